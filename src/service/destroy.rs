//! Removing everything that is stored.

use super::{Local, OpenOptions};
use crate::error::{Error, Result};
use crate::store::{Doomed, Store};
use crate::workspace::Paths;
use crate::workspace::files::io_kind;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is the daemon's and speaks of what was stored.
fn beside(paths: &Paths) -> [PathBuf; 4] {
    [paths.cli_token.clone(), paths.log.clone(), paths.daemon_file(), paths.socket()]
}

impl Local {
    /// What [`Local::destroy`] would remove, and how many bytes that is.
    pub fn to_destroy(options: &OpenOptions) -> (Vec<PathBuf>, u64) {
        let mut doomed = Doomed::of(&options.store()).paths();
        doomed.extend(beside(&options.paths));
        doomed.retain(|path| path.symlink_metadata().is_ok());
        let bytes = doomed.iter().map(|path| size(path)).sum();
        (doomed, bytes)
    }

    /// Removes the store with everything in it, the log of the daemon and the bootstrap token, and names what was removed.
    /// The configuration and the keys stay. Interrupted, it can be repeated.
    ///
    /// # Errors
    /// Another process has the store for longer than the wait, or something cannot be removed.
    pub fn destroy(options: &OpenOptions) -> Result<Vec<PathBuf>> {
        let (doomed, _) = Self::to_destroy(options);
        Store::destroy(&options.store())?;
        for path in beside(&options.paths) {
            remove(&path)?;
        }
        Ok(doomed)
    }
}

fn remove(path: &Path) -> Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let message = format!("cannot remove `{}`: {error}", path.display());
            Err(Error::new(io_kind(&error), "dbx::serve::destroy", message)
                .kept("what was stored is gone; this is left")
                .help("repeat the command when nothing uses it"))
        }
        _ => Ok(()),
    }
}

/// The bytes of a file or of everything in a folder, as far as it can be looked at.
fn size(path: &Path) -> u64 {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| size(&entry.path())).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
