//! Makes a workspace; safe to repeat, also after a crash in the middle.
//!
//! What is made here is everything but the store: `.dbx/` with its configuration, signing key and folders, and
//! `schema.dbx` where there is none. The store comes after it and writes `FORMAT` last of all.

use super::discover::{self, DiscoverError};
use super::env::Env;
use super::files::{self, Access};
use super::keys::{KeyError, TokenKey};
use super::marks;
use super::paths::{DOT, Paths};
use crate::error::{Error, Kind};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const CONFIG: &str = include_str!("../../templates/config.toml");
const GITIGNORE: &str = include_str!("../../templates/gitignore");
const ORDERS: &str = include_str!("../../templates/orders.dbx");
const MINIMAL: &str = include_str!("../../templates/minimal.dbx");

/// Which `schema.dbx` a new workspace gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Template {
    /// A shop: customers and orders.
    #[default]
    Orders,
    /// One aggregate with two fields.
    Minimal,
    /// No schema file.
    None,
}

impl Template {
    /// Every template, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Orders, Self::Minimal, Self::None];

    /// The name, as `--template` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Minimal => "minimal",
            Self::None => "none",
        }
    }

    /// The schema's source.
    pub fn source(self) -> Option<&'static str> {
        match self {
            Self::Orders => Some(ORDERS),
            Self::Minimal => Some(MINIMAL),
            Self::None => None,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Template {
    type Err = InitError;

    fn from_str(text: &str) -> Result<Self, InitError> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == text)
            .ok_or_else(|| InitError::UnknownTemplate(text.chars().take(48).collect()))
    }
}

/// How to make a workspace.
#[derive(Debug, Clone, Copy, Default)]
pub struct InitOptions {
    /// Which `schema.dbx` to write where there is none.
    pub template: Template,
    /// Make it inside another workspace.
    pub nested: bool,
}

/// What [`init`] made and what was there, as paths seen from the root, in the order of making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitReport {
    /// Where the workspace is.
    pub paths: Paths,
    /// What was made.
    pub created: Vec<PathBuf>,
    /// What was there already and was left as it is.
    pub existing: Vec<PathBuf>,
}

impl InitReport {
    /// Whether `.dbx/` was there before.
    pub fn repeated(&self) -> bool {
        self.existing.iter().any(|path| path == Path::new(DOT))
    }
}

/// Why no workspace was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The directory lies in a workspace already.
    #[error("`{}` is inside the workspace of `{}`", root.display(), outer.display())]
    Nested {
        /// The directory.
        root: PathBuf,
        /// The root of the workspace around it.
        outer: PathBuf,
    },
    /// `.dbx/` holds what dbx did not make.
    #[error("`{}` was made by another program: it holds `{found}` and nothing that marks it as dbx's", dot.display())]
    Foreign {
        /// The folder.
        dot: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// `.dbx` is no folder.
    #[error("`{}` is there and is not a folder", dot.display())]
    NotAFolder {
        /// The path.
        dot: PathBuf,
    },
    /// The directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DiscoverError),
    /// The signing key cannot be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no such template.
    #[error("there is no template `{0}`")]
    UnknownTemplate(String),
    /// A file or folder cannot be made or looked at.
    #[error("cannot make `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<InitError> for Error {
    fn from(error: InitError) -> Self {
        let message = error.to_string();
        match error {
            InitError::Nested { .. } => Self::new(Kind::Invalid, "dbx::workspace::nested", message)
                .kept("nothing was written")
                .help(
                    "use the outer workspace, or make one of its own here with `dbx init --nested`",
                ),
            InitError::Foreign { .. } | InitError::NotAFolder { .. } => {
                Self::new(Kind::Invalid, "dbx::workspace::foreign", message)
                    .kept("it was left as it is")
                    .help("move it away or choose another directory, then `dbx init` again")
            }
            InitError::Directory(error) => error.into(),
            InitError::Key(error) => error.into(),
            InitError::UnknownTemplate(_) => {
                Self::new(Kind::Invalid, "dbx::workspace::template", message)
                    .help("choose `orders`, `minimal` or `none`")
            }
            InitError::Io { source, .. } => {
                Self::new(files::io_kind(&source), "dbx::workspace::io", message)
                    .kept("what was made so far is left; `dbx init` goes on from there")
                    .help("check who owns the directory and whether the disk is full")
            }
        }
    }
}

/// Makes a workspace in the directory `root`, or completes the one that is there.
///
/// # Errors
/// `root` lies in another workspace, its `.dbx/` is not ours (it is left untouched), or something cannot be written.
pub fn init(root: &Path, options: InitOptions, env: &Env) -> Result<InitReport, InitError> {
    let outer = discover::enclosing(root, env)?;
    let root = root.canonicalize().map_err(|source| InitError::Io { path: root.into(), source })?;
    let paths = Paths::at(&root);
    check_ours(&paths)?;
    if let Some(outer) = outer.filter(|_| !options.nested && !paths.dot.exists()) {
        return Err(InitError::Nested { root, outer: outer.root });
    }

    let mut maker =
        Maker { report: InitReport { paths, created: Vec::new(), existing: Vec::new() } };
    let paths = maker.report.paths.clone();
    maker.folder(&paths.dot)?;
    maker.file(&paths.dot.join(".gitignore"), GITIGNORE, Access::Private)?;
    maker.file(&paths.config, CONFIG, Access::Private)?;
    maker.folder(&paths.keys)?;
    let made = TokenKey::ensure(&paths.token_key())?;
    maker.note(&paths.token_key(), made);
    maker.folder(&paths.log)?;
    if let Some(source) = options.template.source() {
        maker.file(&paths.schema_file, source, Access::Shared)?;
    }
    Ok(maker.report)
}

/// Refuses a `.dbx/` that another program made, by the marks of [`marks::stranger`].
///
/// # Errors
/// It is not ours, is no folder, or cannot be looked at.
pub fn check_ours(paths: &Paths) -> Result<(), InitError> {
    let dot = &paths.dot;
    if dot.symlink_metadata().is_err() {
        return Ok(());
    }
    if !dot.is_dir() {
        return Err(InitError::NotAFolder { dot: dot.clone() });
    }
    match marks::stranger(dot) {
        Ok(None) => Ok(()),
        Ok(Some(found)) => Err(InitError::Foreign { dot: dot.clone(), found }),
        Err(source) => Err(InitError::Io { path: dot.clone(), source }),
    }
}

struct Maker {
    report: InitReport,
}

impl Maker {
    fn folder(&mut self, path: &Path) -> Result<(), InitError> {
        let made = files::create_private_dir(path)
            .map_err(|source| InitError::Io { path: path.to_owned(), source })?;
        self.note(path, made);
        Ok(())
    }

    fn file(&mut self, path: &Path, text: &str, access: Access) -> Result<(), InitError> {
        let made = files::create_atomic(path, text.as_bytes(), access)
            .map_err(|source| InitError::Io { path: path.to_owned(), source })?;
        self.note(path, made);
        Ok(())
    }

    fn note(&mut self, path: &Path, made: bool) {
        let path = self.report.paths.relative(path).to_owned();
        let list = if made { &mut self.report.created } else { &mut self.report.existing };
        list.push(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::discover::CEILING_VARIABLE;
    use crate::workspace::files::TEMPORARY_PREFIX;
    use std::collections::BTreeMap;
    use std::fs;
    use tempfile::TempDir;

    fn sandbox() -> (TempDir, Env) {
        let dir = tempfile::tempdir().unwrap();
        let parent = dir.path().canonicalize().unwrap().parent().unwrap().to_owned();
        (dir, Env::fixed("/", [(CEILING_VARIABLE, parent)]))
    }

    /// Every path below `dir` with the bytes of its file.
    fn contents(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.append(&mut contents(&path));
                all.insert(path, None);
            } else {
                all.insert(path.clone(), fs::read(&path).ok());
            }
        }
        all
    }

    fn shown(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.to_str().unwrap()).collect()
    }

    const ALL: [&str; 7] = [
        ".dbx",
        ".dbx/.gitignore",
        ".dbx/config.toml",
        ".dbx/keys",
        ".dbx/keys/token_ed25519.pem",
        ".dbx/log",
        "schema.dbx",
    ];

    #[test]
    fn makes_everything_once_and_private() {
        let (dir, env) = sandbox();
        let first = init(dir.path(), InitOptions::default(), &env).unwrap();
        assert_eq!(shown(&first.created), ALL);
        assert!(first.existing.is_empty() && !first.repeated());
        for name in &ALL[..6] {
            assert_eq!(files::mode_beyond_owner(&dir.path().join(name)).unwrap(), 0, "{name}");
        }
        let before = contents(dir.path());
        let again = init(dir.path(), InitOptions::default(), &env).unwrap();
        assert_eq!(shown(&again.existing), ALL);
        assert!(again.created.is_empty() && again.repeated());
        assert_eq!(contents(dir.path()), before);
    }

    #[test]
    fn goes_on_from_every_place_where_it_can_stop() {
        for stop in 0..ALL.len() {
            let (dir, env) = sandbox();
            init(dir.path(), InitOptions::default(), &env).unwrap();
            for name in ALL.iter().skip(stop + 1).rev() {
                let path = dir.path().join(name);
                if path.is_dir() {
                    fs::remove_dir(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
            }
            fs::write(dir.path().join(DOT).join(format!("{TEMPORARY_PREFIX}1")), "half").unwrap();
            let report = init(dir.path(), InitOptions::default(), &env).unwrap();
            assert_eq!(shown(&report.existing), ALL[..=stop]);
            assert_eq!(shown(&report.created), ALL[stop + 1..]);
        }
    }

    #[test]
    fn several_at_once_make_one_workspace() {
        let (dir, env) = sandbox();
        let reports: Vec<InitReport> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| init(dir.path(), InitOptions::default(), &env).unwrap());
            let threads: Vec<_> = (0..8).map(|_| start()).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for name in ALL {
            let made = |report: &&InitReport| report.created.contains(&PathBuf::from(name));
            assert_eq!(reports.iter().filter(made).count(), 1, "{name}");
        }
        TokenKey::load(&Paths::at(dir.path()).token_key()).unwrap();
        assert_eq!(contents(dir.path()).len(), ALL.len());
    }

    #[test]
    fn keeps_the_schema_that_is_there_and_writes_the_one_asked_for() {
        let (dir, env) = sandbox();
        let schema = dir.path().join("schema.dbx");
        let none = InitOptions { template: Template::None, nested: false };
        init(dir.path(), none, &env).unwrap();
        assert!(!schema.exists());
        let minimal = InitOptions { template: "minimal".parse().unwrap(), nested: false };
        init(dir.path(), minimal, &env).unwrap();
        assert_eq!(fs::read_to_string(&schema).unwrap(), MINIMAL);
        init(dir.path(), InitOptions::default(), &env).unwrap();
        assert_eq!(fs::read_to_string(&schema).unwrap(), MINIMAL);
        assert!("Orders".parse::<Template>().is_err());
    }

    #[test]
    fn refuses_inside_another_workspace_unless_told() {
        let (dir, env) = sandbox();
        init(dir.path(), InitOptions::default(), &env).unwrap();
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let error = init(&inner, InitOptions::default(), &env).unwrap_err();
        assert!(matches!(error, InitError::Nested { .. }));
        assert!(contents(&inner).is_empty());
        let nested = InitOptions { nested: true, ..InitOptions::default() };
        init(&inner, nested, &env).unwrap();
        // It is there now: repeating needs no flag.
        assert!(init(&inner, InitOptions::default(), &env).unwrap().repeated());
    }

    #[test]
    fn leaves_what_others_made_as_it_is() {
        let cases: [&[(&str, &str)]; 4] = [
            &[("data.db", "x")],
            &[("config.toml", "port = 7070\n")],
            &[(".gitignore", "*\n"), ("config.toml", "")],
            &[("FORMAT", "other=1\n"), (".gitignore", "*\n")],
        ];
        for case in cases {
            let (dir, env) = sandbox();
            let dot = dir.path().join(DOT);
            fs::create_dir(&dot).unwrap();
            for (name, text) in case {
                fs::write(dot.join(name), text).unwrap();
            }
            let before = contents(dir.path());
            let error = init(dir.path(), InitOptions::default(), &env).unwrap_err();
            assert!(matches!(error, InitError::Foreign { .. }), "{case:?}: {error}");
            assert_eq!(contents(dir.path()), before);
        }
        let (dir, env) = sandbox();
        fs::write(dir.path().join(DOT), "").unwrap();
        let error = init(dir.path(), InitOptions::default(), &env).unwrap_err();
        assert!(matches!(error, InitError::NotAFolder { .. }));
    }

    #[test]
    fn completes_an_empty_folder_and_one_with_a_format() {
        for name in [None, Some("FORMAT")] {
            let (dir, env) = sandbox();
            let dot = dir.path().join(DOT);
            fs::create_dir(&dot).unwrap();
            if let Some(name) = name {
                fs::write(dot.join(name), "dbx-format=1\n").unwrap();
            }
            let report = init(dir.path(), InitOptions::default(), &env).unwrap();
            assert_eq!(shown(&report.created), ALL[1..]);
        }
    }

    #[test]
    fn a_folder_of_another_program_above_is_no_workspace() {
        let (dir, env) = sandbox();
        fs::create_dir(dir.path().join(DOT)).unwrap();
        fs::write(dir.path().join(DOT).join("data.db"), "x").unwrap();
        let inner = dir.path().join("a");
        fs::create_dir(&inner).unwrap();
        let error = discover::discover(&inner, &env).unwrap_err();
        assert!(crate::error::Error::from(error).help_text().unwrap().contains("passed over"));
        init(&inner, InitOptions::default(), &env).unwrap();
        assert!(discover::discover(&inner, &env).is_ok());
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let (dir, env) = sandbox();
        let error = init(&dir.path().join("nowhere"), InitOptions::default(), &env).unwrap_err();
        assert!(matches!(error, InitError::Directory(_)));
    }
}
