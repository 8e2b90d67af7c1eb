//! Being told when files change.

use crate::error::{Error, Kind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Editors write a file in several steps: quiet for this long means that they are done.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// A file that is written all the time is looked at this often.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is asked whether to go on.
const TICK: Duration = Duration::from_millis(200);

/// Watches files by name, whether they are there or not.
#[derive(Debug)]
pub struct FileWatch {
    /// It watches for as long as it is there.
    _watcher: RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl FileWatch {
    /// Begins to watch; every change from here on counts.
    ///
    /// Watched are the folders, not the files: many editors replace the file, and a watch on the old one would see nothing
    /// more.
    ///
    /// # Errors
    /// A folder that is not there, or a system that allows no more watches.
    pub fn new<'f>(files: impl IntoIterator<Item = &'f Path>) -> Result<Self, Error> {
        let (mut names, mut folders) = (BTreeSet::<OsString>::new(), BTreeSet::new());
        for file in files {
            names.extend(file.file_name().map(OsString::from));
            folders.insert(file.parent().unwrap_or(Path::new("/")).to_owned());
        }
        let (sender, changes) = mpsc::channel();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let ours =
                    |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
                let concerns = |event: notify::Event| {
                    // A queue that ran over lost what it was about.
                    !event.kind.is_access() && (event.need_rescan() || event.paths.iter().any(ours))
                };
                if event.is_ok_and(concerns) {
                    // The receiver is gone when the watch ends.
                    let _ = sender.send(());
                }
            })
            .map_err(|error| failed(&error))?;
        for folder in folders {
            watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| failed(&error))?;
        }
        Ok(Self { _watcher: watcher, changes })
    }

    /// Waits for a change and for the quiet behind it; false where `stopped` says so first.
    pub fn changed(&self, stopped: impl Fn() -> bool) -> bool {
        loop {
            match self.changes.recv_timeout(TICK) {
                Ok(()) => break,
                Err(RecvTimeoutError::Timeout) if !stopped() => {}
                Err(_) => return false,
            }
        }
        let first = Instant::now();
        while self.changes.recv_timeout(DEBOUNCE).is_ok() && first.elapsed() < PATIENCE {}
        true
    }
}

fn failed(error: &notify::Error) -> Error {
    Error::new(Kind::Unavailable, "dbx::watch", format!("cannot watch for changes: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;

    /// Whether the watch sees something within a minute, which nothing here takes.
    fn sees(watch: &FileWatch) -> bool {
        let end = Instant::now() + Duration::from_secs(60);
        watch.changed(|| Instant::now() > end)
    }

    /// Whether the watch still has something to say when it was asked twice whether it should stop.
    fn is_quiet(watch: &FileWatch) -> bool {
        let asked = Cell::new(0);
        !watch.changed(|| asked.replace(asked.get() + 1) > 0)
    }

    #[test]
    fn every_way_in_which_editors_write() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schema.dbx");
        let watch = FileWatch::new([file.as_path()]).unwrap();
        fs::write(&file, "one").unwrap();
        assert!(sees(&watch), "made");
        fs::write(&file, "two").unwrap();
        assert!(sees(&watch), "truncated and written");
        let beside = folder.path().join(".schema.dbx.swp");
        fs::write(&beside, "three").unwrap();
        fs::rename(&beside, &file).unwrap();
        assert!(sees(&watch), "renamed over");
        fs::rename(&file, folder.path().join("schema.dbx~")).unwrap();
        fs::write(&file, "four").unwrap();
        assert!(sees(&watch), "the old one moved away");
        fs::remove_file(&file).unwrap();
        assert!(sees(&watch), "removed");
        // A machine that is slow enough may tell of the second save when the quiet behind the first one is over.
        let once = (0..10).any(|_| {
            fs::write(&file, "five").unwrap();
            fs::write(&file, "six").unwrap();
            assert!(sees(&watch), "two saves");
            is_quiet(&watch)
        });
        assert!(once, "they are one change");
        fs::write(folder.path().join("other.dbx"), "x").unwrap();
        fs::read_to_string(&file).unwrap();
        assert!(is_quiet(&watch), "another file, and a look at this one");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = FileWatch::new([folder.path().join("gone/schema.dbx").as_path()]).unwrap_err();
        assert_eq!(error.kind().exit_code(), 4);
    }
}
