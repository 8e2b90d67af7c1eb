//! Opening: everything that is looked at before the first read or write.

use super::disk::anchor::State;
use super::disk::format_file::{Folder, inspect};
use super::disk::journal::{self, Journals, Scan};
use super::disk::tables::{self, Depth};
use super::disk::{Anchor, Format, SALVAGE, StoreLock, close, format_file, preflight};
use super::doctor::Copy;
use super::error::StoreError;
use super::format::{End, decode_header};
use super::guard::Guard;
use super::keyspaces::Keyspaces;
use super::ring::Ring;
use super::view::View;
use super::{Options, ReadOnly, keys, rotate, spare, swap};
use crate::domain::{Hash, Position};
use crate::proof::{EMPTY_ROOT, LogTree, RestoreError, TILE_WIDTH};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long a close waits for memtables to reach the disk.
pub(super) const FLUSH_WAIT: Duration = Duration::from_secs(30);

/// What an opening found.
pub(super) struct Opened {
    pub(super) keyspaces: Keyspaces,
    pub(super) format: Format,
    pub(super) guard: Guard,
    pub(super) end: End,
    pub(super) tree: LogTree,
    /// Why the store takes no writes; `None` where it does.
    pub(super) read_only: Option<ReadOnly>,
    /// What ANCHOR says; `None` where it cannot be read.
    pub(super) anchor: Option<State>,
    /// The bytes of batches in the journals: what the next opening has to replay.
    pub(super) journal_bytes: u64,
    /// The copy that was opened instead of the damaged original; removed at the close.
    pub(super) spare: Option<spare::Spare>,
}

/// Opens the store of a workspace.
pub(super) fn open(options: &Options) -> Result<Opened, StoreError> {
    let lock = lock(options)?;
    swap::settle(options)?;
    let format = match inspect(&options.dot)? {
        Folder::Store(format) => format,
        Folder::Empty | Folder::Unfinished => {
            return Err(StoreError::NotBuilt(options.dot.clone()));
        }
    };
    let (anchor, mut read_only) = match Anchor::open(&options.dot, format.store) {
        Ok(anchor) => (anchor, None),
        Err(error) if error.is_corruption() => {
            (Anchor::lost(&options.dot, format.store), Some(of_files(error.to_string())))
        }
        Err(error) => return Err(error.into()),
    };
    preflight::check(&options.store, &format)?;
    let known = read_only.is_none().then(|| *anchor.state());
    let (mut path, mut journal_bytes, mut batches, mut copy) = (options.store.clone(), 0, 0, None);
    if !anchor.trusts(&Journals::of(&options.store)?) {
        let scan = journal::scan(&options.store, anchor.state().journal_floor)?;
        batches = scan.batches();
        journal_bytes = scan.journals.iter().map(|journal| journal.end).sum();
        if let Some(reason) = damage(options, &scan)? {
            let made = spare::Spare::make(&options.store, &options.dot.join(SALVAGE), &scan)?;
            made.path().clone_into(&mut path);
            (read_only, copy) = (Some(of_files(reason)), Some(made));
        } else {
            for (file, cut_at) in scan.torn() {
                journal::cut(&file.path, cut_at)?;
            }
        }
    }
    let (mut keyspaces, without) = engine(options, &format, &path, anchor.state().journal_floor)?;
    if let Some((reason, made)) = without {
        (read_only, copy) = (Some(of_files(reason)), Some(made));
    }
    if format.features.contains(format_file::ENCRYPTION) {
        let ring = Ring::open(&keyspaces, format.store, &options.keys, options.cache_heads)?;
        read_only = read_only.or_else(|| ring.damage().map(of_files));
        keyspaces.ring = Some(Arc::new(ring));
    }
    let view = View::new(&keyspaces);
    let (end, tree) = match check(&view, anchor.state()) {
        Ok(checked) => checked,
        Err(error) if error.is_damage() => {
            read_only
                .get_or_insert_with(|| ReadOnly { reason: error.to_string(), of_files: false });
            (view.end().unwrap_or_default(), LogTree::new())
        }
        Err(error) => return Err(error),
    };
    // Sequence numbers below this cannot stand in a journal that was empty now.
    let floor = (batches == 0).then(|| keyspaces.db.seqno());
    let changes = view.changes().unwrap_or_default();
    let guard = Guard::new(lock, anchor, options.clock.clone(), end.clone(), floor, changes);
    let anchor = known;
    Ok(Opened {
        keyspaces,
        format,
        guard,
        end,
        tree,
        read_only,
        anchor,
        journal_bytes,
        spare: copy,
    })
}

/// Looks at what fjall trusts when it opens: at some damage there it panics, or asks for all the memory there is.
fn frames(store: &Path, format: &Format) -> Result<(), StoreError> {
    let named = format.keyspaces.values().copied();
    for id in std::iter::once(0).chain(named) {
        let folder = store.join("keyspaces").join(id.to_string());
        if let Some(bad) = tables::inspect(&folder, Depth::Frame).bad.first() {
            return Err(StoreError::Damaged(bad.to_string()));
        }
    }
    Ok(())
}

/// Lets fjall open `path`; or else a copy without the files that it cannot open, as long as they are not those of the log,
/// and gives that copy and the reason.
fn engine(
    options: &Options,
    format: &Format,
    path: &Path,
    floor: u64,
) -> Result<(Keyspaces, Option<(String, spare::Spare)>), StoreError> {
    let error = match frames(&options.store, format).and_then(|()| Keyspaces::open(path)) {
        Err(error) if error.is_damage() => error,
        other => return Ok((other?, None)),
    };
    let scan = journal::scan(&options.store, floor)?;
    let copy = Copy::open(options, Some(format), &scan, Depth::Frame)?;
    if copy.broken.iter().any(|broken| broken.name == "ev") {
        return Err(error);
    }
    Ok((copy.keyspaces, Some((error.to_string(), copy.spare))))
}

fn of_files(reason: String) -> ReadOnly {
    ReadOnly { reason, of_files: true }
}

/// Takes the lock of the workspace.
pub(super) fn lock(options: &Options) -> Result<StoreLock, StoreError> {
    Ok(StoreLock::acquire(
        &options.dot.join(super::disk::LOCK),
        options.lock_wait,
        &options.command,
        options.clock.now(),
    )?)
}

/// How many events the store has, where it has any or a schema is in force; `None` where it holds nothing. The caller has
/// the lock.
///
/// # Errors
/// A store that cannot be looked into.
pub(super) fn holds(options: &Options) -> Result<Option<Position>, StoreError> {
    let Folder::Store(format) = inspect(&options.dot)? else {
        // A store that was begun has nothing in it, or is not to be touched.
        clear_unfinished(options)?;
        return Ok(None);
    };
    let anchor = Anchor::open(&options.dot, format.store)?;
    if anchor.state().last > Position(0) {
        return Ok(Some(anchor.state().last));
    }
    preflight::check(&options.store, &format)?;
    if journal::scan(&options.store, anchor.state().journal_floor)?.damaged().next().is_some() {
        return Err(StoreError::Inconsistent("the journals are damaged".into()));
    }
    let view = View::new(&Keyspaces::open(&options.store)?);
    let last = view.last_chunk()?.map_or(0, |chunk| chunk.last());
    let anything = last > 0 || view.schema_in_force()?.is_some();
    Ok(anything.then_some(Position(last)))
}

/// Copies damaged journals aside and says what is wrong with them; `None` where none is.
fn damage(options: &Options, scan: &Scan) -> Result<Option<String>, StoreError> {
    let damaged: Vec<_> = scan.damaged().collect();
    let Some(first) = damaged.first() else { return Ok(None) };
    let files: Vec<_> = damaged.iter().map(|journal| journal.file.path.as_path()).collect();
    let to: PathBuf = options.dot.join(SALVAGE);
    journal::salvage(&files, &to)?;
    let name = first.file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let reason = match first.verdict {
        journal::Verdict::BadLastBatch { offset, .. } => format!(
            "the last batch of the journal `{name}`, at byte {offset}, is not what was written"
        ),
        journal::Verdict::DamagedMiddle { offset, valid_after, .. } => format!(
            "the journal `{name}` is damaged at byte {offset}, and {valid_after} whole batches follow"
        ),
        _ => format!("the journal `{name}` is damaged"),
    };
    Ok(Some(format!("{reason}; a copy is in `{}`", to.display())))
}

/// Builds a store where there is none: the folder of fjall, ANCHOR, and FORMAT last, so that whatever a crash leaves
/// behind is seen to be unfinished.
///
/// With `encrypted`, everything that comes into it will be sealed.
pub(super) fn build(options: &Options, encrypted: bool) -> Result<bool, StoreError> {
    let _lock = lock(options)?;
    swap::settle(options)?;
    match inspect(&options.dot)? {
        Folder::Store(format) => {
            // To call it complete it has to be there.
            preflight::check(&options.store, &format)?;
            Anchor::open(&options.dot, format.store)?;
            return Ok(false);
        }
        Folder::Empty => {}
        Folder::Unfinished => clear_unfinished(options)?,
    }
    let now = options.clock.now();
    let mut format = Format::new(uuid::Uuid::new_v4(), now);
    format.begin(&options.dot)?;
    super::disk::fs::private_dir(&options.store)?;
    let keyspaces = Keyspaces::open(&options.store)?;
    if encrypted {
        let (master, _) = options.keys.ensure()?;
        let mut batch = keyspaces.db.batch();
        batch.insert(&keyspaces.ky, keys::STORE_KEY, rotate::store_key(&master, format.store)?);
        batch.commit()?;
        format.features.insert(format_file::ENCRYPTION.to_owned());
    }
    format.keyspaces = keyspaces.ids().into_iter().collect();
    let floor = keyspaces.db.seqno();
    close::flush(keyspaces.all().into_iter().map(|(_, keyspace)| keyspace), FLUSH_WAIT)?;
    drop(keyspaces);
    let journals = close::flush_and_truncate(&options.store)?;
    // fjall does not sync the folder of a new keyspace: without this a power loss could take it.
    super::disk::fs::sync_tree(&options.store)?;
    let state = State {
        clean: true,
        last: Position(0),
        size: 0,
        root: EMPTY_ROOT,
        journal_floor: floor,
        journals,
        changes: 0,
        written: now,
    };
    Anchor::create(&options.dot, format.store, state)?;
    format.write(&options.dot)?;
    Ok(true)
}

/// Removes what an `init` that did not finish left behind, unless there is an event in it.
fn clear_unfinished(options: &Options) -> Result<(), StoreError> {
    if !options.store.exists() {
        return Ok(());
    }
    // A half-made folder may lack what fjall needs; one that opens is looked into.
    if preflight::check(&options.store, &Format::new(uuid::Uuid::nil(), options.clock.now()))
        .is_ok()
    {
        let keyspaces = Keyspaces::open(&options.store)?;
        if View::new(&keyspaces).last_chunk()?.is_some() {
            return Err(StoreError::Inconsistent(format!(
                "`{}` holds events but `{}` is missing",
                options.store.display(),
                options.dot.join(format_file::FORMAT).display()
            )));
        }
    }
    std::fs::remove_dir_all(&options.store)
        .map_err(|error| StoreError::Engine(format!("cannot remove the unfinished store: {error}")))
}

/// Checks that the log, its end and its tree agree with each other and with ANCHOR.
fn check(view: &View, anchor: &State) -> Result<(End, LogTree), StoreError> {
    let end = view.end()?;
    let (last, header) = last_event(view)?;
    if last != end.position {
        return Err(StoreError::Inconsistent(format!(
            "the log ends at #{last}, but its end is recorded as #{}",
            end.position
        )));
    }
    if let Some(header) = &header
        && (header.event_id != end.event_id || header.commit != end.commit)
    {
        let message = format!("the last event, #{last}, is not the one that was recorded last");
        return Err(StoreError::Inconsistent(message));
    }
    if let Some(header) = &header
        && header.commit_index.saturating_add(1) < header.commit_size
    {
        let (commit, there) = (header.commit, u64::from(header.commit_index) + 1);
        let message = format!(
            "commit c{commit} is there only in part: the log ends with event {there} of {}",
            header.commit_size
        );
        return Err(StoreError::Inconsistent(message));
    }
    let tree = restore(view, last.get())?;
    if tree.root() != end.root {
        return Err(StoreError::Inconsistent(format!(
            "the root of the log is {}, but {} is recorded",
            tree.root(),
            end.root
        )));
    }
    if anchor.size > last.get() {
        return Err(StoreError::Inconsistent(format!(
            "the log ends at #{last}, but it had {} events before: it was rolled back or cut",
            anchor.size
        )));
    }
    let root =
        if anchor.size == last.get() { tree.root() } else { restore(view, anchor.size)?.root() };
    if root != anchor.root {
        return Err(StoreError::Inconsistent(format!(
            "the first {} events have the root {root}, but it was {} before: they were rewritten",
            anchor.size, anchor.root
        )));
    }
    match anchor.changes_gone(view.changes()?) {
        0 => Ok((end, tree)),
        gone => Err(StoreError::Inconsistent(undone(gone))),
    }
}

/// What is said where ANCHOR knows of changes beside the log that are not there.
pub(super) fn undone(gone: u32) -> String {
    let changes = if gone == 1 { "change".to_owned() } else { format!("{gone} changes") };
    format!(
        "the last {changes} of what stands beside the log (tokens, stage, schemas) cannot be found: it was rolled back or cut"
    )
}

fn last_event(view: &View) -> Result<(Position, Option<crate::domain::Header>), StoreError> {
    let Some(chunk) = view.last_chunk()? else { return Ok((Position(0), None)) };
    let slot = chunk.count() - 1;
    let last = Position(chunk.first() + slot as u64);
    let name = format!("event #{last}");
    let envelope = chunk.envelope(slot).map_err(StoreError::record(name.as_str()))?;
    let header = decode_header(envelope.header).map_err(StoreError::record(name))?;
    Ok((last, Some(header)))
}

/// Rebuilds the ragged edge of the log's tree at a size from the leaves and the tiles.
pub(super) fn restore(view: &View, size: u64) -> Result<LogTree, StoreError> {
    let row = |level: u8, index: u64| -> Result<Vec<Hash>, StoreError> {
        let first = index * TILE_WIDTH as u64;
        let count = crate::proof::ragged_len(size, level) as u64;
        match level.checked_sub(1) {
            None => {
                let mut leaves = Vec::new();
                let (from, to) = (Position(first + 1), Position(first + count));
                view.scan(from, to, false, |event| {
                    leaves.push(event.leaf());
                    Ok::<_, StoreError>(ControlFlow::Continue(()))
                })?;
                Ok(leaves)
            }
            Some(below) => (first..first + count)
                .map(|tile| {
                    let hashes = view.tile(below, tile)?;
                    hashes.and_then(|hashes| hashes.last().copied()).ok_or_else(|| {
                        StoreError::Inconsistent(format!("tile {tile} of level {below} is missing"))
                    })
                })
                .collect(),
        }
    };
    LogTree::restore(size, row).map_err(|error| match error {
        RestoreError::Source(error) => error,
        other @ RestoreError::Length { .. } => StoreError::Inconsistent(other.to_string()),
    })
}
