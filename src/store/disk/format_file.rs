//! `.dbx/FORMAT`: what the store is, and which versions of dbx can read it.
//!
//! Text, one `key=value` a line, so that a person can read it and every later version too:
//!
//! ```text
//! dbx-format=1
//! written-by=0.1.0
//! store=5f0c9a2e-6f0e-4c55-9a43-2b9a7d3f0c11
//! created=2026-11-20T14:00:00.000000Z
//! fjall=3
//! hash=sha256
//! chunk_max_seen=256
//! features=
//! keyspace.ev=1
//! crc32c=0a1b2c3d
//! ```
//!
//! `dbx-format` is first and `written-by` is there in every format, so that a newer store can say what to install. Keys
//! that this version does not know are kept. `crc32c` is last and covers the lines before it.
//!
//! `init` writes it twice: [`Format::begin`] leaves `FORMAT.new` before `store/` is built, [`Format::write`] puts it in
//! place when all is on disk. So a folder with `FORMAT.new` and no FORMAT is an `init` that did not finish, and one with
//! a store and neither was made by something else.

use super::anchor::{ANCHOR, Anchor};
use super::{DiskError, LOCK, SALVAGE, STORE, fs};
use crate::domain::Timestamp;
use crate::workspace::files::TEMPORARY_PREFIX;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::Path;
use uuid::Uuid;

/// The name of the file, in `.dbx/`.
pub const FORMAT: &str = "FORMAT";

/// The format that this version writes, and the latest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// The feature of a store whose contents are sealed.
pub const ENCRYPTION: &str = "encryption";

/// The features that this version knows.
const FEATURES: [&str; 1] = [ENCRYPTION];

const FJALL: &str = "3";
const HASH: &str = "sha256";
const BYTES_MAX: u64 = 64 << 10;

/// Everything that dbx itself puts into `.dbx/`.
const OURS: [&str; 18] = [
    FORMAT,
    "FORMAT.new",
    ANCHOR,
    "ANCHOR.new",
    LOCK,
    STORE,
    "store.next",
    "store.before",
    "next",
    "next.new",
    SALVAGE,
    "config.toml",
    ".gitignore",
    "cli.token",
    "keys",
    "log",
    "daemon.json",
    "dbx.sock",
];

/// What FORMAT says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The store's identity, for ever.
    pub store: Uuid,
    /// When it was made.
    pub created: Timestamp,
    /// The version of dbx that wrote the file last.
    pub written_by: String,
    /// The most envelopes that a chunk may hold.
    pub chunk_max_seen: u32,
    /// What a reader must know beyond the format.
    pub features: BTreeSet<String>,
    /// The number that fjall gave to each keyspace: the name of its folder.
    pub keyspaces: BTreeMap<String, u64>,
    /// Keys that this version does not know.
    pub extra: BTreeMap<String, String>,
}

/// What a `.dbx/` is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Folder {
    /// Not there, or without a store: `init` may build one.
    Empty,
    /// An `init` that did not finish. It may be built again once fjall's folder, where it exists, is seen to hold no
    /// event.
    Unfinished,
    /// A store.
    Store(Format),
}

impl Format {
    /// The format of a new store, without keyspaces.
    pub fn new(store: Uuid, created: Timestamp) -> Self {
        Self {
            store,
            created,
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            chunk_max_seen: 256,
            features: BTreeSet::new(),
            keyspaces: BTreeMap::new(),
            extra: BTreeMap::new(),
        }
    }

    /// Reads `.dbx/FORMAT`.
    ///
    /// # Errors
    /// [`DiskError::FormatMissing`], [`DiskError::FormatDamaged`], [`DiskError::NewerFormat`],
    /// [`DiskError::UnknownFeature`], [`DiskError::Io`].
    pub fn read(dbx: &Path) -> Result<Self, DiskError> {
        Self::read_file(&dbx.join(FORMAT))
    }

    fn read_file(path: &Path) -> Result<Self, DiskError> {
        let file = match std::fs::File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(DiskError::FormatMissing { path: path.to_owned() });
            }
            other => other.map_err(DiskError::io("open", path))?,
        };
        let mut bytes = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(DiskError::io("read", path))?;
        parse(&bytes).map_err(|problem| problem.at(path))
    }

    /// Says durably that a store is being built here, before anything of it exists.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn begin(&self, dbx: &Path) -> Result<(), DiskError> {
        let path = dbx.join(FORMAT);
        fs::prepare(&path, self.checked_text(&path)?.as_bytes())
    }

    /// Writes `.dbx/FORMAT`, in one step.
    ///
    /// # Errors
    /// [`DiskError::Io`], [`DiskError::FormatDamaged`] if the result could not be read back.
    pub fn write(&self, dbx: &Path) -> Result<(), DiskError> {
        let path = dbx.join(FORMAT);
        fs::replace(&path, self.checked_text(&path)?.as_bytes())
    }

    /// Adds a keyspace and writes the file.
    ///
    /// # Errors
    /// As [`Format::write`]; nothing is added then.
    pub fn add_keyspace(&mut self, dbx: &Path, name: &str, id: u64) -> Result<(), DiskError> {
        let mut next = self.clone();
        next.keyspaces.insert(name.to_owned(), id);
        env!("CARGO_PKG_VERSION").clone_into(&mut next.written_by);
        next.write(dbx)?;
        *self = next;
        Ok(())
    }

    /// The text, once it is certain that it reads back as the same.
    fn checked_text(&self, path: &Path) -> Result<String, DiskError> {
        let text = self.text();
        match parse(text.as_bytes()) {
            Ok(read) if read == *self => Ok(text),
            _ => Err(Problem::damaged("a name or value that cannot be written").at(path)),
        }
    }

    fn text(&self) -> String {
        let features: Vec<_> = self.features.iter().map(String::as_str).collect();
        let mut lines = vec![
            format!("dbx-format={FORMAT_VERSION}"),
            format!("written-by={}", self.written_by),
            format!("store={}", self.store),
            format!("created={}", self.created),
            format!("fjall={FJALL}"),
            format!("hash={HASH}"),
            format!("chunk_max_seen={}", self.chunk_max_seen),
            format!("features={}", features.join(",")),
        ];
        lines.extend(self.keyspaces.iter().map(|(name, id)| format!("keyspace.{name}={id}")));
        lines.extend(self.extra.iter().map(|(key, value)| format!("{key}={value}")));
        let text = lines.join("\n") + "\n";
        let crc = crc32c::crc32c(text.as_bytes());
        text + &format!("crc32c={crc:08x}\n")
    }
}

/// Checks that this version knows every feature of a store that `written_by` wrote.
///
/// # Errors
/// [`DiskError::UnknownFeature`].
pub fn check_features<'f>(
    features: impl IntoIterator<Item = &'f String>,
    written_by: &str,
) -> Result<(), DiskError> {
    match features.into_iter().find(|name| !FEATURES.contains(&name.as_str())) {
        Some(feature) => Err(DiskError::UnknownFeature {
            feature: feature.clone(),
            written_by: written_by.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Says what the folder `dbx` (a `.dbx/`) is, and changes nothing.
///
/// # Errors
/// [`DiskError::Foreign`] for a folder that another program made; [`DiskError::FormatMissing`] for a store that lost its
/// FORMAT, which must never be built anew; and what [`Format::read`] says.
pub fn inspect(dbx: &Path) -> Result<Folder, DiskError> {
    match Format::read(dbx) {
        Err(DiskError::FormatMissing { .. }) => {}
        other => return other.map(Folder::Store),
    }
    let mut names = Vec::new();
    match dbx.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Folder::Empty),
        Err(error) => return Err(DiskError::io("read the folder", dbx)(error)),
        Ok(entries) => {
            for entry in entries {
                let entry = entry.map_err(DiskError::io("read the folder", dbx))?;
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let foreign = |found: Vec<String>| DiskError::Foreign { path: dbx.to_owned(), found };
    // What an `init` that was killed leaves behind is ours too, or it could not be repeated.
    let ours = |name: &str| OURS.contains(&name) || name.starts_with(TEMPORARY_PREFIX);
    let strangers: Vec<_> = names.iter().filter(|name| !ours(name)).cloned().collect();
    if !strangers.is_empty() {
        return Err(foreign(strangers));
    }
    let begun = Format::read_file(&fs::new_path(&dbx.join(FORMAT))).is_ok();
    match Anchor::read(dbx) {
        // An anchor is ours; one that counts events, or none of whose slots can be read, is that of a store in use.
        Ok(anchor) if begun && anchor.state().size == 0 => Ok(Folder::Unfinished),
        Ok(_) | Err(DiskError::AnchorDamaged { .. }) => {
            Err(DiskError::FormatMissing { path: dbx.join(FORMAT) })
        }
        Err(DiskError::AnchorMissing { .. }) if !has(STORE) => {
            Ok(if begun { Folder::Unfinished } else { Folder::Empty })
        }
        Err(DiskError::AnchorMissing { .. }) if begun => Ok(Folder::Unfinished),
        Err(DiskError::AnchorMissing { .. }) => Err(foreign(vec![STORE.to_owned()])),
        Err(error) => Err(error),
    }
}

enum Problem {
    Damaged(String),
    Newer { found: u32, written_by: String },
    Feature { feature: String, written_by: String },
}

impl Problem {
    fn damaged(reason: impl Into<String>) -> Self {
        Self::Damaged(reason.into())
    }

    fn at(self, path: &Path) -> DiskError {
        match self {
            Self::Damaged(reason) => DiskError::FormatDamaged { path: path.to_owned(), reason },
            Self::Newer { found, written_by } => {
                DiskError::NewerFormat { found, supported: FORMAT_VERSION, written_by }
            }
            Self::Feature { feature, written_by } => {
                DiskError::UnknownFeature { feature, written_by }
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Format, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::damaged("it is not text"))?;
    let mut fields = BTreeMap::new();
    for line in text.lines() {
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| Problem::damaged(format!("the line `{line}` has no `=`")))?;
        if fields.insert(key, value).is_some() {
            return Err(Problem::damaged(format!("`{key}` is there twice")));
        }
    }
    let written_by = fields.remove("written-by").unwrap_or("?").to_owned();
    // A later format may write everything else in another way, checksum included.
    let version = fields.remove("dbx-format").filter(|_| text.starts_with("dbx-format="));
    let version: u32 = number("dbx-format", version)?;
    if version > FORMAT_VERSION {
        return Err(Problem::Newer { found: version, written_by });
    }
    check_crc(text, fields.remove("crc32c"))?;
    if version == 0 {
        return Err(Problem::damaged("there is no format 0"));
    }
    let features = fields.remove("features").ok_or_else(|| missing("features"))?;
    let features: BTreeSet<String> =
        features.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let engine = [("fjall", FJALL), ("hash", HASH)].into_iter().find_map(|(key, known)| {
        let value = fields.remove(key).unwrap_or_default();
        (value != known).then(|| format!("{key}={value}"))
    });
    let unknown = features.iter().find(|name| !FEATURES.contains(&name.as_str())).cloned();
    if let Some(feature) = engine.or(unknown) {
        return Err(Problem::Feature { feature, written_by });
    }
    let store = number("store", fields.remove("store"))?;
    let created = number("created", fields.remove("created"))?;
    let chunk_max_seen = number("chunk_max_seen", fields.remove("chunk_max_seen"))?;
    let mut keyspaces = BTreeMap::new();
    let mut extra = BTreeMap::new();
    for (key, value) in fields {
        if let Some(name) = key.strip_prefix("keyspace.") {
            keyspaces.insert(name.to_owned(), number(key, Some(value))?);
        } else {
            extra.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(Format { store, created, written_by, chunk_max_seen, features, keyspaces, extra })
}

fn check_crc(text: &str, crc: Option<&str>) -> Result<(), Problem> {
    let crc = crc.ok_or_else(|| missing("crc32c"))?;
    let last = format!("crc32c={crc}\n");
    let body = text.strip_suffix(&last).ok_or_else(|| Problem::damaged("it is cut short"))?;
    if format!("{:08x}", crc32c::crc32c(body.as_bytes())) == crc {
        Ok(())
    } else {
        Err(Problem::damaged("its checksum is wrong"))
    }
}

fn missing(key: &str) -> Problem {
    Problem::damaged(format!("`{key}` is missing"))
}

fn number<T: std::str::FromStr>(key: &str, value: Option<&str>) -> Result<T, Problem> {
    let value = value.ok_or_else(|| missing(key))?;
    value.parse().map_err(|_| Problem::damaged(format!("`{key}` cannot be `{value}`")))
}

#[cfg(test)]
mod tests {
    use super::super::anchor::State;
    use super::*;
    use crate::domain::{Hash, Position};

    fn format() -> Format {
        let mut format = Format::new(
            Uuid::from_bytes([0x5f; 16]),
            Timestamp::from_micros(1_795_183_200_000_000),
        );
        format.written_by = "0.1.0".to_owned();
        format.keyspaces = [("ev".to_owned(), 1), ("mt".to_owned(), 2)].into();
        format
    }

    /// The text with some lines changed, and a checksum that is right again.
    fn edited(edit: impl Fn(String) -> String) -> String {
        let text = format().text();
        let body = edit(text[..text.rfind("crc32c=").unwrap()].to_owned());
        let crc = crc32c::crc32c(body.as_bytes());
        body + &format!("crc32c={crc:08x}\n")
    }

    fn refused(text: &str) -> String {
        match parse(text.as_bytes()) {
            Ok(read) => panic!("{read:?}"),
            Err(problem) => problem.at(Path::new("FORMAT")).to_string(),
        }
    }

    #[test]
    fn golden_text() {
        insta::assert_snapshot!(format().text(), @r"
        dbx-format=1
        written-by=0.1.0
        store=5f5f5f5f-5f5f-5f5f-5f5f-5f5f5f5f5f5f
        created=2026-11-20T14:00:00.000000Z
        fjall=3
        hash=sha256
        chunk_max_seen=256
        features=
        keyspace.ev=1
        keyspace.mt=2
        crc32c=39b900d8
        ");
    }

    #[test]
    fn reads_back_and_keeps_what_it_does_not_know() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        assert!(matches!(Format::read(dbx), Err(DiskError::FormatMissing { .. })));
        std::fs::write(dbx.join(FORMAT), edited(|text| text + "colour=green\n")).unwrap();
        let mut read = Format::read(dbx).unwrap();
        read.add_keyspace(dbx, "ix", 9).unwrap();
        let read = Format::read(dbx).unwrap();
        assert_eq!(read.keyspaces.get("ix"), Some(&9));
        assert_eq!(read.extra.get("colour").map(String::as_str), Some("green"));
        assert_eq!(read.store, format().store);
    }

    #[test]
    fn says_what_is_wrong() {
        let newer = "dbx-format=2\nwritten-by=3.4.0\nanything=else\n";
        insta::assert_snapshot!(refused(newer), @"the store has format 2, this dbx reads up to 1: install dbx 3.4.0 or later");
        let feature = edited(|text| text.replace("features=", "features=zstd"));
        insta::assert_snapshot!(refused(&feature), @"the store needs `zstd`, which this dbx does not know: install dbx 0.1.0 or later");
        let engine = edited(|text| text.replace("fjall=3", "fjall=4"));
        insta::assert_snapshot!(refused(&engine), @"the store needs `fjall=4`, which this dbx does not know: install dbx 0.1.0 or later");
        let text = format().text();
        insta::assert_snapshot!(refused(&text.replace("5f5f", "5f5e")), @"`FORMAT` is damaged: its checksum is wrong");
        insta::assert_snapshot!(refused(&text[..text.len() - 1]), @"`FORMAT` is damaged: it is cut short");
        insta::assert_snapshot!(refused(&text[..40]), @"`FORMAT` is damaged: `crc32c` is missing");
        insta::assert_snapshot!(refused(""), @"`FORMAT` is damaged: `dbx-format` is missing");
        let twice = edited(|text| text + "hash=sha256\n");
        insta::assert_snapshot!(refused(&twice), @"`FORMAT` is damaged: `hash` is there twice");
    }

    #[test]
    fn refuses_to_write_what_it_could_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut format = format();
        let error = format.add_keyspace(folder.path(), "e\nv", 3).unwrap_err();
        assert!(matches!(error, DiskError::FormatDamaged { .. }));
        assert_eq!(format.keyspaces.len(), 2);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    fn anchor(size: u64) -> State {
        State {
            clean: false,
            last: Position(size),
            size,
            root: Hash::default(),
            journal_floor: 0,
            changes: 0,
            journals: super::super::journal::Journals::default(),
            written: Timestamp::default(),
        }
    }

    #[test]
    fn a_half_written_file_of_an_init_that_was_killed_is_no_stranger() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        std::fs::write(dbx.join(format!("{TEMPORARY_PREFIX}5f5f")), b"# Made").unwrap();
        assert_eq!(inspect(dbx).unwrap(), Folder::Empty);
        std::fs::write(dbx.join("5f5f"), b"").unwrap();
        assert!(matches!(inspect(dbx), Err(DiskError::Foreign { .. })));
    }

    #[test]
    fn tells_an_init_that_did_not_finish_from_a_stranger() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path().join(".dbx");
        assert_eq!(inspect(&dbx).unwrap(), Folder::Empty);
        fs::private_dir(&dbx).unwrap();
        std::fs::write(dbx.join("config.toml"), b"").unwrap();
        assert_eq!(inspect(&dbx).unwrap(), Folder::Empty);
        format().begin(&dbx).unwrap();
        assert_eq!(inspect(&dbx).unwrap(), Folder::Unfinished);
        fs::private_dir(&dbx.join(STORE)).unwrap();
        assert_eq!(inspect(&dbx).unwrap(), Folder::Unfinished);
        Anchor::create(&dbx, format().store, anchor(0)).unwrap();
        assert_eq!(inspect(&dbx).unwrap(), Folder::Unfinished);
        format().write(&dbx).unwrap();
        assert_eq!(inspect(&dbx).unwrap(), Folder::Store(format()));
    }

    #[test]
    fn a_store_without_its_format_is_never_built_anew() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        fs::private_dir(&dbx.join(STORE)).unwrap();
        Anchor::create(dbx, format().store, anchor(5)).unwrap();
        assert!(matches!(inspect(dbx), Err(DiskError::FormatMissing { .. })));
        format().begin(dbx).unwrap();
        assert!(matches!(inspect(dbx), Err(DiskError::FormatMissing { .. })));
        std::fs::write(dbx.join(ANCHOR), b"").unwrap();
        assert!(matches!(inspect(dbx), Err(DiskError::FormatMissing { .. })));
    }

    #[test]
    fn refuses_what_another_program_made() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        fs::private_dir(&dbx.join(STORE)).unwrap();
        assert!(matches!(inspect(dbx), Err(DiskError::Foreign { .. })));
        for name in ["index.db", "a", "b", "c"] {
            std::fs::write(dbx.join(name), b"theirs").unwrap();
        }
        let error = inspect(dbx).unwrap_err().to_string();
        assert!(error.ends_with("not made by dbx: it holds `a`, `b`, `c`, …"), "{error}");
        assert_eq!(std::fs::read(dbx.join("index.db")).unwrap(), b"theirs");
    }
}
