//! The repairs. Each looks again first, so that it does what is called for now, and each may be killed at any moment: what
//! was there is still there then, or what takes its place is whole.

use super::exam::{Found, lock, look, plural};
use super::files;
use super::rebuild::rebuild_store;
use crate::domain::{Event, Position};
use crate::store::disk::anchor::{ANCHOR, State};
use crate::store::disk::format_file::{ENCRYPTION, FORMAT};
use crate::store::disk::journal::{self, Journals, Verdict};
use crate::store::disk::{Anchor, Format, SALVAGE, fs};
use crate::store::error::StoreError;
use crate::store::open::restore;
use crate::store::verify::Progress;
use crate::store::{Options, guard};
use crate::wire::{RepairKind, Repaired};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How events are saved that a repair cannot keep.
pub(crate) struct Salvage<'a> {
    /// An event as a line that an import takes, without its line break.
    pub(crate) line: &'a dyn Fn(Event) -> String,
}

/// Does a repair that an examination offered.
///
/// # Errors
/// It is not called for any more, another process has the store, or what the disk says; then nothing was lost.
pub(crate) fn repair(
    options: &Options,
    kind: RepairKind,
    salvage: &Salvage<'_>,
    progress: Progress<'_>,
) -> Result<Repaired, StoreError> {
    let _lock = lock(options)?;
    let (exam, found) = look(options, &|_, _| {})?;
    if !exam.repairs.iter().any(|repair| repair.kind == kind) {
        return Err(StoreError::Inconsistent("that repair is not called for any more".into()));
    }
    match kind {
        RepairKind::Leftovers => leftovers(options),
        RepairKind::Format => format(options, &found),
        RepairKind::Anchor => anchor(options, &found, RepairKind::Anchor),
        RepairKind::Accept if found.whole_but_anchor && !found.undone => {
            anchor(options, &found, RepairKind::Accept)
        }
        RepairKind::Cut => cut(options, found),
        _ => remake(options, &found, kind, salvage, progress),
    }
}

fn done(kind: RepairKind, what: impl Into<String>, kept: &[PathBuf]) -> Repaired {
    let kept = kept.iter().map(|path| path.display().to_string()).collect();
    Repaired { kind, what: what.into(), kept }
}

fn leftovers(options: &Options) -> Result<Repaired, StoreError> {
    let found = files::found(options);
    for path in &found {
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        removed.map_err(crate::store::disk::DiskError::io("remove", path))?;
    }
    let count = plural(found.len() as u64, "file or folder was", "files or folders were");
    Ok(done(RepairKind::Leftovers, format!("{count} removed"), &[]))
}

/// Copies files of `.dbx/` that are there into the salvage folder.
fn keep(options: &Options, names: &[&str]) -> Result<Vec<PathBuf>, StoreError> {
    let files: Vec<PathBuf> =
        names.iter().map(|name| options.dot.join(name)).filter(|path| path.is_file()).collect();
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    Ok(journal::salvage(&files, &options.dot.join(SALVAGE))?)
}

/// What FORMAT has to say. The identity comes from ANCHOR, without which nobody knows whose store it is.
fn format_of(options: &Options, found: &Found) -> Result<Format, StoreError> {
    if let Some(format) = &found.format {
        return Ok(format.clone());
    }
    let copy = found.copy.as_ref().ok_or(StoreError::Closed)?;
    let store = match Anchor::read(&options.dot) {
        Ok(anchor) => anchor.store(),
        // What is sealed opens only under its own identity.
        Err(error) if copy.is_encrypted() => return Err(error.into()),
        Err(_) => uuid::Uuid::new_v4(),
    };
    let first = copy.view().event(Position(1)).ok().flatten();
    let created = first.map_or_else(|| options.clock.now(), |event| event.header.created_at);
    let mut format = Format::new(store, created);
    format.keyspaces = copy.keyspaces.ids().into_iter().collect();
    if copy.is_encrypted() {
        format.features.insert(ENCRYPTION.to_owned());
    }
    Ok(format)
}

fn format(options: &Options, found: &Found) -> Result<Repaired, StoreError> {
    let format = format_of(options, found)?;
    let kept = keep(options, &[FORMAT])?;
    format.write(&options.dot)?;
    Ok(done(
        RepairKind::Format,
        format!("`FORMAT` was written anew, store {}", format.store),
        &kept,
    ))
}

fn anchor(options: &Options, found: &Found, kind: RepairKind) -> Result<Repaired, StoreError> {
    let kept = keep(options, &[ANCHOR])?;
    let last = write_anchor(options, found)?;
    Ok(done(kind, format!("`ANCHOR` was written anew, the log ends at #{last}"), &kept))
}

/// Writes ANCHOR for the store as it is.
fn write_anchor(options: &Options, found: &Found) -> Result<Position, StoreError> {
    let copy = found.copy.as_ref().ok_or(StoreError::Closed)?;
    let view = copy.view();
    let end = view.end()?;
    let root = restore(&view, end.position.get())?.root();
    let state = State {
        clean: false,
        last: end.position,
        size: end.position.get(),
        root,
        journal_floor: 0,
        journals: Journals::default(),
        changes: guard::low(view.changes()?),
        written: options.clock.now(),
    };
    Anchor::create(&options.dot, format_of(options, found)?.store, state)?;
    Ok(end.position)
}

/// Cuts last batches that cannot be read off the journals. What follows from that for ANCHOR belongs to the same repair.
fn cut(options: &Options, found: Found) -> Result<Repaired, StoreError> {
    let bad = |verdict: Verdict| match verdict {
        Verdict::BadLastBatch { offset, .. } => Some(offset),
        _ => None,
    };
    let files: Vec<(PathBuf, u64)> = found
        .scan
        .journals
        .iter()
        .filter_map(|one| Some((one.file.path.clone(), bad(one.verdict)?)))
        .collect();
    let paths: Vec<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
    let mut kept = journal::salvage(&paths, &options.dot.join(SALVAGE))?;
    kept.extend(keep(options, &[ANCHOR])?);
    // The copy must not outlive the look that it belongs to: the next one takes its place.
    drop(found);
    let mut bytes = 0;
    for (path, offset) in &files {
        let length =
            path.metadata().map_err(crate::store::disk::DiskError::io("look at", path))?.len();
        bytes += length.saturating_sub(*offset);
        journal::cut(path, *offset)?;
    }
    let (_, found) = look(options, &|_, _| {})?;
    let mut what = format!("the journal was cut by {}", plural(bytes, "byte", "bytes"));
    if found.whole_but_anchor {
        let last = write_anchor(options, &found)?;
        what = format!("{what}; the log ends at #{last}");
    }
    Ok(done(RepairKind::Cut, what, &kept))
}

/// Makes a new store, after saving what it cannot hold.
fn remake(
    options: &Options,
    found: &Found,
    kind: RepairKind,
    salvage: &Salvage<'_>,
    progress: Progress<'_>,
) -> Result<Repaired, StoreError> {
    let format = format_of(options, found)?;
    let mut kept = Vec::new();
    kept.extend(events(options, found, salvage)?);
    kept.extend(keep(options, &[FORMAT, ANCHOR])?);
    let end = rebuild_store(options, found, format, &mut kept, progress)?;
    let events = plural(end.position.get(), "event", "events");
    Ok(done(
        kind,
        format!("the store was made anew and verified: {events}, root {}", end.root),
        &kept,
    ))
}

/// Saves the events behind the good part of the log that can be read.
fn events(
    options: &Options,
    found: &Found,
    salvage: &Salvage<'_>,
) -> Result<Option<PathBuf>, StoreError> {
    let Some(copy) = &found.copy else { return Ok(None) };
    let positions = found.lost.saved();
    let (Some(first), Some(last)) = (positions.first(), positions.last()) else { return Ok(None) };
    let folder = options.dot.join(SALVAGE);
    let building = folder.join("saving");
    fs::private_dir(&building)?;
    let path = building.join(format!("events-{first}-{last}.ndjson"));
    let written = || -> std::io::Result<std::fs::File> {
        fs::private().write(true).create(true).truncate(true).open(&path)
    };
    let failed = |error| crate::store::disk::DiskError::io("write", &path)(error);
    let mut out = std::io::BufWriter::new(written().map_err(failed)?);
    let view = copy.view();
    for position in &positions {
        if let Ok(Some(event)) = view.event(Position(*position)) {
            writeln!(out, "{}", (salvage.line)(event)).map_err(failed)?;
        }
    }
    out.flush().map_err(failed)?;
    drop(out);
    let kept = journal::salvage(&[&path], &folder)?;
    std::fs::remove_dir_all(&building).map_err(failed)?;
    Ok(kept.into_iter().next())
}
