//! Another store in place of the one that is there, so that whatever happens, one of the two is there whole.
//!
//! The new store is built beside the old one and checked; then it takes its place in renames. A folder says durably that
//! they have begun, so that whoever opens the store next finishes them; without it, they have not, and what was built
//! is removed. All of it happens under the lock.
//!
//! ```text
//! STORE.next        being built beside STORE, the folder of fjall
//! .dbx/next.new/    FORMAT and ANCHOR of the new store, being written
//! .dbx/next/        the same, all of it on disk: the swap has begun
//!   STORE        -> STORE.before
//!   STORE.next   -> STORE
//!   next/FORMAT  -> FORMAT
//!   next/ANCHOR  -> ANCHOR
//! .dbx/next/        removed: the swap is done
//! STORE.before      removed
//! ```

use super::disk::anchor::{ANCHOR, State};
use super::disk::format_file::{ENCRYPTION, FORMAT};
use super::disk::{Anchor, DiskError, Format, close, fs};
use super::error::StoreError;
use super::format::End;
use super::keyspaces::Keyspaces;
use super::open::FLUSH_WAIT;
use super::view::View;
use super::{Options, guard, ring};
use crate::domain::Timestamp;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder that says that a swap has begun, in `.dbx/`.
pub(super) const NEXT: &str = "next";

/// What [`NEXT`] is called while it is written.
pub(super) const NEXT_NEW: &str = "next.new";

/// The places of one swap.
#[derive(Debug)]
pub(super) struct Places {
    dot: PathBuf,
    store: PathBuf,
    building: PathBuf,
    before: PathBuf,
    next: PathBuf,
    next_new: PathBuf,
}

impl Places {
    pub(super) fn of(options: &Options) -> Self {
        let beside = |end: &str| {
            let mut name = OsString::from(options.store.as_os_str());
            name.push(end);
            PathBuf::from(name)
        };
        Self {
            dot: options.dot.clone(),
            store: options.store.clone(),
            building: beside(".next"),
            before: beside(".before"),
            next: options.dot.join(NEXT),
            next_new: options.dot.join(NEXT_NEW),
        }
    }

    /// The folders of a database that there may be.
    pub(super) fn folders(&self) -> [&Path; 3] {
        [&self.store, &self.building, &self.before]
    }

    /// Takes the store's name from its folder. One whose name cannot change, as that of a mounted disk, keeps it.
    pub(super) fn set_aside(&self) -> Result<(), DiskError> {
        if exists(&self.store)? {
            remove(&self.before)?;
            let _ = rename(&self.store, &self.before);
        }
        fs::sync_dir(self.store_folder())
    }

    fn store_folder(&self) -> &Path {
        self.store.parent().unwrap_or(Path::new("."))
    }

    /// Does what is left of a swap that has begun; doing it again changes nothing. Where the folders cannot change their
    /// names, as that of a mounted disk cannot, the swap is given up and the old store stays.
    fn finish(&self) -> Result<(), DiskError> {
        if exists(&self.building)?
            && let Err(error) = self.exchange()
        {
            // Once anything has the name, it is the old store.
            if !exists(&self.before)? {
                rename(&self.next, &self.next_new)?;
                fs::sync_dir(&self.dot)?;
                self.undo()?;
            }
            return Err(error);
        }
        for name in [FORMAT, ANCHOR] {
            let from = self.next.join(name);
            if exists(&from)? {
                rename(&from, &self.dot.join(name))?;
            }
        }
        fs::sync_dir(&self.dot)?;
        remove(&self.next)?;
        fs::sync_dir(&self.dot)?;
        remove(&self.before)
    }

    /// Puts the new folder in the place of the old one, or leaves both where they are.
    fn exchange(&self) -> Result<(), DiskError> {
        let old = exists(&self.store)?;
        if old {
            rename(&self.store, &self.before)?;
        }
        if let Err(error) = rename(&self.building, &self.store) {
            if old {
                // Where this fails too, the old store is still there under its other name, and the next opening goes on.
                rename(&self.before, &self.store)?;
            }
            return Err(error);
        }
        fs::sync_dir(self.store_folder())
    }

    /// Takes away what a swap that had not begun has built.
    fn undo(&self) -> Result<(), DiskError> {
        [&self.building, &self.next_new, &self.before].into_iter().try_for_each(|path| remove(path))
    }
}

/// Finishes or undoes what a process left that was killed in the middle of a swap. Only the holder of the lock may.
pub(super) fn settle(options: &Options) -> Result<(), DiskError> {
    let places = Places::of(options);
    if !exists(&places.next)? {
        return places.undo();
    }
    match places.finish() {
        // It was given up: what is there is the old store, and whole.
        Err(_) if !exists(&places.next)? => Ok(()),
        finished => finished,
    }
}

/// A store that is being built to take the place of another one. Dropped before it does, nothing of it stays.
pub(super) struct Replacement {
    places: Places,
    keyspaces: Option<Keyspaces>,
    done: bool,
}

impl Replacement {
    /// Begins with an empty database beside the store.
    pub(super) fn begin(options: &Options) -> Result<Self, StoreError> {
        let places = Places::of(options);
        places.undo()?;
        fs::private_dir(&places.building)?;
        let mut made = Self { places, keyspaces: None, done: false };
        made.keyspaces = Some(Keyspaces::open(&made.places.building)?);
        Ok(made)
    }

    /// What is being built.
    pub(super) fn keyspaces(&self) -> Result<&Keyspaces, StoreError> {
        self.keyspaces.as_ref().ok_or(StoreError::Closed)
    }

    /// Finds the keys to what was put into it, where `format` says that it is encrypted.
    pub(super) fn unlock(&mut self, options: &Options, format: &Format) -> Result<(), StoreError> {
        let keyspaces = self.keyspaces.as_mut().ok_or(StoreError::Closed)?;
        if format.features.contains(ENCRYPTION) {
            ring::unlock(keyspaces, format.store, options)?;
        }
        Ok(())
    }

    /// Makes everything durable and lets it take the place of the old store, whatever that was. `format` is what FORMAT
    /// says but for the keyspaces.
    pub(super) fn finish(
        mut self,
        format: Format,
        end: &End,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.decide(format, end, now)?;
        Ok(self.places.finish()?)
    }

    /// Makes everything durable, and says last that the swap has begun.
    pub(super) fn decide(
        &mut self,
        mut format: Format,
        end: &End,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let keyspaces = self.keyspaces.take().ok_or(StoreError::Closed)?;
        format.keyspaces = keyspaces.ids().into_iter().collect();
        let floor = keyspaces.db.seqno();
        let changes = guard::low(View::new(&keyspaces).changes()?);
        close::flush(keyspaces.all().into_iter().map(|(_, keyspace)| keyspace), FLUSH_WAIT)?;
        drop(keyspaces);
        let journals = close::flush_and_truncate(&self.places.building)?;
        fs::sync_tree(&self.places.building)?;
        fs::sync_dir(self.places.store_folder())?;
        let state = State {
            clean: true,
            last: end.position,
            size: end.position.get(),
            root: end.root,
            journal_floor: floor,
            journals,
            changes,
            written: now,
        };
        fs::private_dir(&self.places.next_new)?;
        Anchor::create(&self.places.next_new, format.store, state)?;
        format.write(&self.places.next_new)?;
        rename(&self.places.next_new, &self.places.next)?;
        // From here on it is decided: what is built must not be taken away any more.
        self.done = true;
        Ok(fs::sync_dir(&self.places.dot)?)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        drop(self.keyspaces.take());
        if !self.done {
            // What is left is removed by the next opening.
            drop(self.places.undo());
        }
    }
}

fn exists(path: &Path) -> Result<bool, DiskError> {
    // A link counts, wherever it points.
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DiskError::io("look at", path)(error)),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), DiskError> {
    std::fs::rename(from, to).map_err(DiskError::io("rename", from))
}

fn remove(path: &Path) -> Result<(), DiskError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DiskError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
