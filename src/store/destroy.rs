//! Removing a store.
//!
//! ```text
//! STORE -> STORE.before   one rename: from here on nothing is stored
//! FORMAT, ANCHOR          removed: there is no store
//! STORE.before, …         removed
//! ```
//!
//! Whatever a crash leaves of it, the next call removes. The lock stays, for whoever waits for it; so does everything in
//! `.dbx/` that is not the store's.

use super::disk::anchor::ANCHOR;
use super::disk::format_file::FORMAT;
use super::disk::{DiskError, SALVAGE, fs};
use super::error::StoreError;
use super::open::lock;
use super::swap::{NEXT, NEXT_NEW, Places};
use super::{Options, Store};
use std::io;
use std::path::{Path, PathBuf};

/// What is removed with a store.
#[derive(Debug)]
pub(crate) struct Doomed {
    places: Places,
    files: [PathBuf; 2],
    folders: [PathBuf; 3],
}

impl Doomed {
    /// Of the store of a workspace.
    pub(crate) fn of(options: &Options) -> Self {
        let dot = |name: &str| options.dot.join(name);
        Self {
            places: Places::of(options),
            files: [dot(FORMAT), dot(ANCHOR)],
            folders: [dot(NEXT), dot(NEXT_NEW), dot(SALVAGE)],
        }
    }

    /// Everything that there may be.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let folders = self.places.folders().map(Path::to_owned);
        folders.into_iter().chain(self.files.clone()).chain(self.folders.clone()).collect()
    }
}

impl Store {
    /// Removes the store of a workspace, whatever state it is in.
    ///
    /// # Errors
    /// Another process has it for longer than the wait, or something cannot be removed.
    pub(crate) fn destroy(options: &Options) -> Result<(), StoreError> {
        let _lock = lock(options)?;
        let doomed = Doomed::of(options);
        doomed.places.set_aside()?;
        for file in &doomed.files {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(DiskError::io("remove", file)(error).into());
                }
                _ => {}
            }
        }
        fs::sync_dir(&options.dot)?;
        let folders = doomed.folders.iter().map(PathBuf::as_path);
        for folder in doomed.places.folders().into_iter().chain(folders) {
            remove(folder).map_err(DiskError::io("remove", folder))?;
        }
        Ok(fs::sync_dir(&options.dot)?)
    }
}

/// Removes a folder and everything in it; where it is a link, what it points at too. A folder that has to stay, as that
/// of a mounted disk, is emptied.
fn remove(folder: &Path) -> io::Result<()> {
    let metadata = match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        looked => looked?,
    };
    if metadata.is_symlink() {
        if let Ok(target) = folder.canonicalize() {
            remove(&target)?;
        }
        return std::fs::remove_file(folder);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.symlink_metadata()?.is_dir() {
            std::fs::remove_dir_all(path)?;
        } else {
            std::fs::remove_file(path)?;
        }
    }
    match std::fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(()),
        removed => removed,
    }
}
