//! The journal files as files: listed, summarised, copied aside, cut.

use super::super::{DiskError, fs};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

/// How much of two files is compared at a time.
const COMPARE_BYTES: usize = 64 << 10;

/// One `<n>.jnl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFile {
    /// Its number; the highest is the one that fjall writes to.
    pub id: u64,
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes, the preallocated zeros included.
    pub len: u64,
}

/// The journals in the folder of fjall, by ascending number.
///
/// # Errors
/// [`DiskError::Stray`] for a name or kind at which fjall would fail or panic, [`DiskError::Io`].
pub fn list(store: &Path) -> Result<Vec<JournalFile>, DiskError> {
    let mut files = Vec::new();
    let entries = store.read_dir().map_err(DiskError::io("read the folder", store))?;
    for entry in entries {
        let entry = entry.map_err(DiskError::io("read the folder", store))?;
        let path = entry.path();
        let name = entry.file_name();
        // fjall refuses to open for any name that is not UTF-8, whatever its extension.
        let Some(name) = name.to_str() else {
            return Err(DiskError::Stray { path });
        };
        let Some((base, extension)) = name.rsplit_once('.') else { continue };
        if !extension.eq_ignore_ascii_case("jnl") || base.is_empty() {
            continue;
        }
        let meta = entry.metadata().map_err(DiskError::io("look at", &path))?;
        let id = base.parse::<u64>().ok().filter(|id| name == format!("{id}.jnl"));
        let Some(id) = id.filter(|_| meta.is_file()) else {
            return Err(DiskError::Stray { path });
        };
        files.push(JournalFile { id, path, len: meta.len() });
    }
    files.sort_by_key(|file| file.id);
    Ok(files)
}

/// Which journals there are and how long each is, in short: ANCHOR keeps it, to notice at the next opening that others
/// have been put in their place. It finds accidents, not an adversary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Journals {
    /// How many.
    pub count: u32,
    /// Their lengths together, in bytes.
    pub bytes: u64,
    /// xxh3-64 over the number and the length of each, as two u64 little-endian, by ascending number.
    pub digest: u64,
}

impl Journals {
    /// What is in the folder of fjall now.
    ///
    /// # Errors
    /// As [`list`].
    pub fn of(store: &Path) -> Result<Self, DiskError> {
        Ok(Self::from_files(&list(store)?))
    }

    /// The summary of some journals, by ascending number.
    pub fn from_files(files: &[JournalFile]) -> Self {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        let mut bytes = 0_u64;
        for file in files {
            hasher.update(&file.id.to_le_bytes());
            hasher.update(&file.len.to_le_bytes());
            bytes = bytes.saturating_add(file.len);
        }
        let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
        Self { count, bytes, digest: hasher.digest() }
    }
}

/// Copies files into the folder `to`, which is created if need be, and returns the copies once they are on disk. A name
/// that is taken gets a number, so that no earlier copy is ever overwritten; where one of them holds the same bytes, that
/// is the copy: a damaged store is opened more than once.
///
/// # Errors
/// [`DiskError::Io`]; the originals are never touched.
pub fn salvage(files: &[&Path], to: &Path) -> Result<Vec<PathBuf>, DiskError> {
    fs::private_dir(to)?;
    let mut copies = Vec::with_capacity(files.len());
    for path in files {
        let mut from = std::fs::File::open(path).map_err(DiskError::io("open", path))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "file".to_owned());
        let (mut file, copy) = match place_for(&mut from, to, &name)? {
            Place::Taken(copy) => {
                copies.push(copy);
                continue;
            }
            Place::Free(file, copy) => (file, copy),
        };
        from.rewind().map_err(DiskError::io("read", path))?;
        io::copy(&mut from, &mut file).map_err(DiskError::io("copy", path))?;
        file.sync_all().map_err(DiskError::io("sync", &copy))?;
        copies.push(copy);
    }
    fs::sync_dir(to)?;
    if let Some(folder) = to.parent().filter(|folder| *folder != Path::new("")) {
        fs::sync_dir(folder)?;
    }
    Ok(copies)
}

/// Where a copy goes.
enum Place {
    /// The same bytes are there already.
    Taken(PathBuf),
    /// A file that was just created.
    Free(std::fs::File, PathBuf),
}

fn place_for(from: &mut std::fs::File, folder: &Path, name: &str) -> Result<Place, DiskError> {
    let mut copy = folder.join(name);
    let mut number = 0_u32;
    loop {
        match fs::private().write(true).create_new(true).open(&copy) {
            Ok(file) => return Ok(Place::Free(file, copy)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if same(from, &copy).map_err(DiskError::io("compare", &copy))? {
                    return Ok(Place::Taken(copy));
                }
                number = number.saturating_add(1);
                copy = folder.join(format!("{name}.{number}"));
            }
            Err(error) => return Err(DiskError::io("create", &copy)(error)),
        }
    }
}

fn same(one: &mut std::fs::File, other: &Path) -> io::Result<bool> {
    let mut other = std::fs::File::open(other)?;
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    one.rewind()?;
    let (mut left, mut right) = (vec![0; COMPARE_BYTES], vec![0; COMPARE_BYTES]);
    loop {
        let read = one.read(&mut left)?;
        let (Some(left), Some(right)) = (left.get(..read), right.get_mut(..read)) else {
            return Ok(false);
        };
        other.read_exact(right)?;
        if left != right || read == 0 {
            return Ok(read == 0);
        }
    }
}

/// Cuts a journal to its first `at` bytes and waits until that is on disk. Never makes it longer.
///
/// # Errors
/// [`DiskError::Io`].
pub fn cut(file: &Path, at: u64) -> Result<(), DiskError> {
    let handle =
        std::fs::OpenOptions::new().write(true).open(file).map_err(DiskError::io("open", file))?;
    let len = handle.metadata().map_err(DiskError::io("look at", file))?.len();
    if at < len {
        handle.set_len(at).map_err(DiskError::io("cut", file))?;
    }
    handle.sync_all().map_err(DiskError::io("sync", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn lists_by_number_and_refuses_what_fjall_trips_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path();
        for name in ["10.jnl", "9.jnl", "version", "notes.txt"] {
            touch(store, name, b"abc");
        }
        let ids: Vec<_> = list(store).unwrap().iter().map(|file| file.id).collect();
        assert_eq!(ids, [9, 10]);
        for bad in ["x.jnl", "007.jnl", "+5.jnl", "1.JNL", "1.2.jnl"] {
            let path = touch(store, bad, b"");
            let found = list(store);
            assert!(matches!(&found, Err(DiskError::Stray { path: p }) if *p == path), "{found:?}");
            std::fs::remove_file(path).unwrap();
        }
        std::fs::create_dir(store.join("11.jnl")).unwrap();
        assert!(matches!(list(store), Err(DiskError::Stray { .. })));
    }

    #[test]
    fn the_summary_sees_number_and_length() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), "1.jnl", b"");
        let one = Journals::of(folder.path()).unwrap();
        assert_eq!((one.count, one.bytes), (1, 0));
        touch(folder.path(), "1.jnl", b"x");
        let longer = Journals::of(folder.path()).unwrap();
        assert_ne!(one.digest, longer.digest);
        std::fs::rename(folder.path().join("1.jnl"), folder.path().join("2.jnl")).unwrap();
        assert_ne!(Journals::of(folder.path()).unwrap(), longer);
    }

    #[test]
    fn salvage_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = touch(folder.path(), "3.jnl", b"first");
        let to = folder.path().join("salvage");
        let first = salvage(&[&path], &to).unwrap();
        touch(folder.path(), "3.jnl", b"second");
        let second = salvage(&[&path], &to).unwrap();
        assert_eq!(std::fs::read(&first[0]).unwrap(), b"first");
        assert_eq!(std::fs::read(&second[0]).unwrap(), b"second");
        assert_eq!(salvage(&[&path], &to).unwrap(), second, "the same bytes are not copied twice");
        touch(folder.path(), "3.jnl", b"secone");
        assert_ne!(salvage(&[&path], &to).unwrap(), second);
        assert_eq!(to.read_dir().unwrap().count(), 3);
    }

    #[test]
    fn cut_never_extends() {
        let folder = tempfile::tempdir().unwrap();
        let path = touch(folder.path(), "3.jnl", b"abcdef");
        cut(&path, 10).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"abcdef");
        cut(&path, 2).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
    }
}
