//! Folders on a real disk, and what lies in them.

use rustix::fs::Advice;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The number of tmpfs among file systems (`linux/magic.h`).
const TMPFS: i64 = 0x0102_1994;

/// A folder for this run that is not in memory: an fsync there would cost nothing.
pub(crate) fn real_folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for parent in [std::env::temp_dir().as_path(), target, Path::new("/var/tmp")] {
        let Ok(system) = rustix::fs::statfs(parent) else { continue };
        if system.f_type != TMPFS {
            return tempfile::Builder::new().prefix("dbx-bars-").tempdir_in(parent).unwrap();
        }
    }
    panic!("no folder on a real disk: set TMPDIR to one");
}

/// Every file below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Asks the system to forget what it keeps in memory of the files below `folder`: reads go to the disk then.
pub(crate) fn forget(folder: &Path) {
    for path in files(folder) {
        let file = File::open(path).unwrap();
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    }
}

/// The bytes of the tables below `folder`: without journals, which a close empties and a next opening makes anew.
pub(crate) fn table_bytes(folder: &Path) -> u64 {
    files(folder)
        .into_iter()
        .filter(|path| path.extension().is_none_or(|extension| extension != "jnl"))
        .map(|path| path.metadata().unwrap().len())
        .sum()
}
