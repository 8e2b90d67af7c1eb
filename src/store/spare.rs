//! A copy of a damaged store to read from, so that fjall never sees the original: it would cut the damaged journal at
//! the first byte that it cannot read, and the rest would be gone.
//!
//! Tables never change once written, so they are hard-linked (or copied where links cannot be made); everything else
//! is copied; damaged journals are copied up to their last batch before the damage.

use super::disk::close;
use super::disk::fs::{private_dir, sync_dir, sync_tree};
use super::disk::journal::{Scan, Verdict};
use super::error::StoreError;
use super::keyspaces::Keyspaces;
use super::open::FLUSH_WAIT;
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

    /// As [`Spare::make`], without the folders of the keyspaces with these numbers: the engine makes them anew, empty.
    pub(super) fn without(
        store: &Path,
        to: &Path,
        scan: &Scan,
        skipped: &[u64],
    ) -> Result<Self, StoreError> {
        private_dir(to)?;
        let path = to.join("view");
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed(&path))?;
        }
        let spare = Self { path };
        let skipped: Vec<PathBuf> =
            skipped.iter().map(|id| store.join("keyspaces").join(id.to_string())).collect();
        copy_all_but(store, &spare.path, scan, &skipped).map_err(failed(&spare.path))?;
        // What the engine wants to see in its folder, and what is in there.
        for (name, content) in [("lock", b"".as_slice()), ("version", b"FJL\x03")] {
            let file = spare.path.join(name);
            if !file.exists() {
                fs::write(&file, content).map_err(failed(&file))?;
            }
        }
        Ok(spare)
    }

    /// Makes an empty database in the folder `to`, with the journals of `store` and the files of these keyspaces of it, by
    /// name and number: a store whose other files are missing or broken opens so.
    pub(super) fn graft(
        store: &Path,
        to: &Path,
        scan: &Scan,
        keyspaces: &[(&str, u64)],
    ) -> Result<Self, StoreError> {
        private_dir(to)?;
        let path = to.join("view");
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed(&path))?;
        }
        let spare = Self { path };
        let empty = Keyspaces::open(&spare.path)?;
        let ids = empty.ids();
        close::flush(empty.all().into_iter().map(|(_, keyspace)| keyspace), FLUSH_WAIT)?;
        drop(empty);
        for (name, id) in keyspaces {
            if !ids.iter().any(|(of, number)| of == name && number == id) {
                let message =
                    format!("the keyspace `{name}` has the number {id}, which is another's");
                return Err(StoreError::Inconsistent(message));
            }
            let [from, to] = [store, spare.path.as_path()]
                .map(|folder| folder.join("keyspaces").join(id.to_string()));
            fs::remove_dir_all(&to)
                .and_then(|()| copy_dir(&from, &to, scan))
                .map_err(failed(&to))?;
        }
        for journal in &scan.journals {
            let name = journal.file.path.file_name().unwrap_or_default();
            let to = spare.path.join(name);
            copy_journal(&journal.file.path, &to, journal.end, journal.verdict)
                .map_err(failed(&to))?;
        }
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
        // The folder around it stays where something is kept in there.
        if let Some(folder) = self.path.parent() {
            drop(fs::remove_dir(folder));
        }
    }
}

/// Keeps the files of `store` in the folder `to`, as `store-1`, `store-2` …: tables as links, which cost nothing.
pub(super) fn keep(store: &Path, to: &Path) -> Result<PathBuf, StoreError> {
    private_dir(to)?;
    let building = to.join("keeping");
    if building.exists() {
        fs::remove_dir_all(&building).map_err(failed(&building))?;
    }
    if store.exists() {
        copy_dir(store, &building, &Scan::default()).map_err(failed(&building))?;
    } else {
        private_dir(&building)?;
    }
    sync_tree(&building)?;
    let mut number = 1_u32;
    let mut kept = to.join("store-1");
    while kept.exists() {
        number += 1;
        kept = to.join(format!("store-{number}"));
    }
    fs::rename(&building, &kept).map_err(failed(&kept))?;
    sync_dir(to)?;
    Ok(kept)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Engine(format!("cannot make the copy `{}`: {error}", path.display()))
}

fn copy_dir(from: &Path, to: &Path, scan: &Scan) -> io::Result<()> {
    copy_all_but(from, to, scan, &[])
}

fn copy_all_but(from: &Path, to: &Path, scan: &Scan, but: &[PathBuf]) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if but.contains(&source) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_all_but(&source, &target, scan, but)?;
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
