//! A copy of a damaged store to read from, so that fjall never sees the original: it would cut the damaged journal at
//! the first byte that it cannot read, and the rest would be gone.
//!
//! Tables never change once written, so they are hard-linked (or copied where links cannot be made); everything else
//! is copied; damaged journals are copied up to their last batch before the damage.

use super::disk::fs::private_dir;
use super::disk::journal::{Scan, Verdict};
use super::error::StoreError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The copy. Removed when it is dropped.
#[derive(Debug)]
pub(super) struct Spare {
    path: PathBuf,
}

impl Spare {
    /// Makes the copy of `store` in the folder `to`, in place of what a process that was killed left of its own: only
    /// the holder of the lock makes copies.
    pub(super) fn make(store: &Path, to: &Path, scan: &Scan) -> Result<Self, StoreError> {
        private_dir(to)?;
        let path = to.join("view");
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed(&path))?;
        }
        let spare = Self { path };
        copy_dir(store, &spare.path, scan).map_err(failed(&spare.path))?;
        Ok(spare)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        // What is left behind is only a copy; the next opening makes it anew.
        drop(fs::remove_dir_all(&self.path));
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Engine(format!("cannot make the copy `{}`: {error}", path.display()))
}

fn copy_dir(from: &Path, to: &Path, scan: &Scan) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_dir(&source, &target, scan)?;
        } else if from.file_name().is_some_and(|name| name == "tables") {
            fs::hard_link(&source, &target).or_else(|_| fs::copy(&source, &target).map(drop))?;
        } else if let Some(journal) = scan.journals.iter().find(|one| one.file.path == source) {
            copy_journal(&source, &target, journal.end, journal.verdict)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

fn copy_journal(from: &Path, to: &Path, end: u64, verdict: Verdict) -> io::Result<()> {
    let keep = match verdict {
        Verdict::Clean { end } => end,
        Verdict::TornTail { cut_at } => cut_at,
        _ => end,
    };
    let mut source = io::Read::take(fs::File::open(from)?, keep);
    io::copy(&mut source, &mut fs::File::create(to)?)?;
    Ok(())
}
