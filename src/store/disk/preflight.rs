//! What must be there, and what must not, before fjall looks at its folder.
//!
//! fjall recreates an empty keyspace where its `current` file is missing, and deletes what no list names any more; it
//! panics at a folder whose name it does not understand. Both are found here, by names alone, in a few system calls.

use super::{DiskError, Format, journal};
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::Path;

const KEYSPACES: &str = "keyspaces";
const CURRENT: &str = "current";
const TABLES: &str = "tables";
/// The number of fjall's own keyspace, which names the others.
const META: u64 = 0;

/// Checks the folder of fjall (`.dbx/store`) against FORMAT, and changes nothing.
///
/// Files that fjall passes over (a note in its folder, a `.DS_Store`) are passed over here too.
///
/// # Errors
/// [`DiskError::StoreMissing`], [`DiskError::Missing`], [`DiskError::Stray`], [`DiskError::Io`].
pub fn check(store: &Path, format: &Format) -> Result<(), DiskError> {
    if !is_there(store)? {
        return Err(DiskError::StoreMissing { path: store.to_owned() });
    }
    for name in ["version", "lock"] {
        need(&store.join(name))?;
    }
    let keyspaces = store.join(KEYSPACES);
    let named: BTreeSet<u64> = format.keyspaces.values().copied().collect();
    for id in std::iter::once(META).chain(named.iter().copied()) {
        need(&keyspaces.join(id.to_string()).join(CURRENT))?;
    }
    if journal::list(store)?.is_empty() {
        return Err(DiskError::Missing { path: store.join("*.jnl") });
    }
    each(&keyspaces, |entry| {
        // fjall warns about a plain file and goes on; anything else must be a keyspace, or it panics.
        let kind = entry.file_type().map_err(DiskError::io("look at", &entry.path()))?;
        if kind.is_file() {
            return Ok(());
        }
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.parse::<u64>().ok());
        match id.filter(|id| kind.is_dir() && id.to_string().as_str() == name) {
            Some(_) => check_tables(&entry.path().join(TABLES)),
            None => Err(DiskError::Stray { path: entry.path() }),
        }
    })
}

fn check_tables(tables: &Path) -> Result<(), DiskError> {
    if !is_there(tables)? {
        return Ok(()); // a keyspace that was being created: its own `current` is missing too
    }
    each(tables, |entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let passed_over = name == ".DS_Store" || name.starts_with("._");
        let kind = entry.file_type().map_err(DiskError::io("look at", &entry.path()))?;
        if passed_over || (kind.is_file() && name.parse::<u64>().is_ok()) {
            Ok(())
        } else {
            Err(DiskError::Stray { path: entry.path() })
        }
    })
}

fn each(
    folder: &Path,
    check: impl Fn(&DirEntry) -> Result<(), DiskError>,
) -> Result<(), DiskError> {
    for entry in folder.read_dir().map_err(DiskError::io("read the folder", folder))? {
        check(&entry.map_err(DiskError::io("read the folder", folder))?)?;
    }
    Ok(())
}

fn is_there(path: &Path) -> Result<bool, DiskError> {
    path.try_exists().map_err(DiskError::io("look at", path))
}

fn need(path: &Path) -> Result<(), DiskError> {
    if is_there(path)? { Ok(()) } else { Err(DiskError::Missing { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use fjall::{Database, KeyspaceCreateOptions};
    use std::path::PathBuf;

    fn store(folder: &Path) -> (PathBuf, Format) {
        let store = folder.join("store");
        let db = Database::builder(&store).worker_threads(1).open().unwrap();
        let mut format = Format::new(uuid::Uuid::nil(), Timestamp::default());
        for name in ["ev", "mt"] {
            let keyspace = db.keyspace(name, KeyspaceCreateOptions::default).unwrap();
            keyspace.insert("key", "value").unwrap();
            keyspace.rotate_memtable_and_wait().unwrap();
            format.keyspaces.insert(name.to_owned(), keyspace.id());
        }
        (store, format)
    }

    #[test]
    fn names_each_file_that_fjall_would_recreate() {
        let folder = tempfile::tempdir().unwrap();
        let (store, format) = store(folder.path());
        check(&store, &format).unwrap();
        for name in [
            "version",
            "lock",
            "0.jnl",
            "keyspaces/0/current",
            "keyspaces/1/current",
            "keyspaces/2/current",
        ] {
            let path = store.join(name);
            let aside = folder.path().join("aside");
            std::fs::rename(&path, &aside).unwrap();
            let error = check(&store, &format).unwrap_err();
            let expected = if name == "0.jnl" { store.join("*.jnl") } else { path.clone() };
            assert!(matches!(&error, DiskError::Missing { path } if *path == expected), "{error}");
            std::fs::rename(&aside, &path).unwrap();
        }
        check(&store, &format).unwrap();
        let gone = folder.path().join("gone");
        assert!(matches!(check(&gone, &format), Err(DiskError::StoreMissing { .. })));
    }

    #[test]
    fn names_what_fjall_trips_over_and_passes_over_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let (store, format) = store(folder.path());
        for (name, is_folder) in [
            ("x.jnl", false),
            ("7.jnl", true),
            ("keyspaces/old", true),
            ("keyspaces/01", true),
            ("keyspaces/1/tables/notes.txt", false),
            ("keyspaces/1/tables/900", true),
        ] {
            let path = store.join(name);
            if is_folder {
                std::fs::create_dir(&path).unwrap();
            } else {
                std::fs::write(&path, b"").unwrap();
            }
            let error = check(&store, &format).unwrap_err();
            assert!(matches!(&error, DiskError::Stray { path: p } if *p == path), "{error}");
            if is_folder {
                std::fs::remove_dir(&path).unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
        }
        for name in ["notes.txt", "keyspaces/notes.txt", "keyspaces/1/tables/.DS_Store"] {
            std::fs::write(store.join(name), b"").unwrap();
        }
        check(&store, &format).unwrap();
        drop(Database::builder(&store).worker_threads(1).open().unwrap());
    }
}
