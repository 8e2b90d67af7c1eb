//! A store made from backups, in place of the one that is there.

use super::carry::Carried;
use super::read::Item;
use super::{BackupError, BackupSummary, Checked, check_chain};
use crate::domain::{AggregateKey, Erasure, Hash, Position};
use crate::store::disk::format_file::check_features;
use crate::store::disk::{DiskError, Format};
use crate::store::error::StoreError;
use crate::store::format::{take_chunk, take_record};
use crate::store::keyspaces::Keyspaces;
use crate::store::swap::{self, Replacement};
use crate::store::verify::{Check, TO_THE_END, verify_log};
use crate::store::view::View;
use crate::store::writer::rebuild;
use crate::store::{Options, Store, keys, open};
use fjall::{Keyspace, PersistMode, Readable};
use std::collections::BTreeSet;
use std::io::Read;

/// A backup to restore.
pub(crate) struct Input<'a> {
    /// What to call it: the file as the user wrote it.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) source: Box<dyn Read + 'a>,
}

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RestoreProgress {
    /// Bytes of all inputs that were read.
    Read(u64),
    /// Events, of how many, whose records were made anew.
    Rebuilt(u64, u64),
}

/// What a restore made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restored {
    pub(crate) store: uuid::Uuid,
    pub(crate) position: Position,
    pub(crate) root: Hash,
    pub(crate) aggregates: u64,
    pub(crate) bytes: u64,
    /// The schema in force.
    pub(crate) schema: Option<String>,
    /// Why the store that was backed up could only be read, or what else is wrong with what came out of it.
    pub(crate) damage: Option<String>,
    /// How many aggregates were erased that the backup still had.
    pub(crate) erased: u64,
    /// Whether the store that was there could not be asked what was erased and revoked since.
    pub(crate) old_unread: bool,
}

impl Store {
    /// Builds a store from a whole backup and the increments that follow it, checks every hash, and puts it in the place
    /// of the one that is there, which must hold nothing unless `force` is given.
    ///
    /// The new store is the one that was backed up: it has the same identity, so that checkpoints and proofs of it hold,
    /// and sealed bodies, which are bound to it, can be opened. Whatever happens before the end, the old one is there.
    ///
    /// What was erased and revoked in the store that is there stays so, and `erasures` are done again as well.
    ///
    /// # Errors
    /// Backups that are damaged or do not go on from each other, a store that holds something, or what the disk says.
    pub(crate) fn restore(
        options: &Options,
        inputs: Vec<Input<'_>>,
        force: bool,
        erasures: Vec<(AggregateKey, Erasure)>,
        progress: &(dyn Fn(RestoreProgress) + Sync),
    ) -> Result<Restored, BackupError> {
        let _lock = open::lock(options)?;
        swap::settle(options).map_err(StoreError::from)?;
        if !force {
            check_empty(options)?;
        }
        let mut made = Replacement::begin(options)?;
        let (last, bytes) = read(made.keyspaces()?, inputs, progress)?;
        let mut format = Format::new(last.header.store, last.header.store_created);
        format.features = last.header.features.iter().cloned().collect::<BTreeSet<_>>();
        format.chunk_max_seen = last.header.chunk_max;
        made.unlock(options, &format)?;
        let keyspaces = made.keyspaces()?;
        // Before anything is derived: what was erased since leaves no state in the new files either.
        let carried = Carried::of(options, last.header.store)?;
        let old_unread = carried.is_none();
        let mut carried = carried.unwrap_or_default();
        carried.also(erasures);
        let erased = carried.put(keyspaces)?;
        let end = rebuild(keyspaces, &|done, of| progress(RestoreProgress::Rebuilt(done, of)))?;
        let BackupSummary { header, trailer, .. } = last;
        if (end.position, end.root) != (trailer.position, trailer.root) {
            let message = format!(
                "the restored log ends at #{} with the root {}, and the backup with #{} and {}",
                end.position, end.root, trailer.position, trailer.root
            );
            return Err(StoreError::Inconsistent(message).into());
        }
        let view = View::new(keyspaces);
        let mut aggregates = 0;
        for (_, number) in view.types()? {
            aggregates += view.count_type(number)?;
        }
        let schema = view.schema_in_force()?.map(|(_, entry)| entry.source);
        let fault = fault(&view, schema.as_deref())?;
        drop(view);
        made.finish(format, &end, options.clock.now())?;
        Ok(Restored {
            store: header.store,
            position: end.position,
            root: end.root,
            aggregates,
            bytes,
            schema,
            damage: header.damage.or(fault),
            erased,
            old_unread,
        })
    }
}

/// What is wrong beside the log, whose hashes hold: a backup holds the records there as they were.
fn fault(view: &View, schema: Option<&str>) -> Result<Option<String>, StoreError> {
    let schema = schema.and_then(|source| crate::schema::compile(source).schema);
    let schema = schema.unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let check = Check { cores, anchor: None, beside: Some(&schema), wanted: TO_THE_END };
    let verdict = verify_log(view, &check, &|_, _| {}, &|_, _| {})?;
    Ok(verdict.faults.into_iter().next().map(|fault| fault.message))
}

/// Refuses unless there is a store without events and without a schema.
fn check_empty(options: &Options) -> Result<(), BackupError> {
    let occupied = |events| Err(BackupError::NotEmpty { events });
    match open::holds(options) {
        Ok(None) => Ok(()),
        Ok(Some(events)) => occupied(Some(events)),
        Err(StoreError::Disk(error)) if matches!(*error, DiskError::Foreign { .. }) => {
            Err(StoreError::Disk(error).into())
        }
        Err(error) if error.is_damage() => occupied(None),
        Err(StoreError::Disk(error)) if error.is_corruption() => occupied(None),
        Err(error) => Err(error.into()),
    }
}

/// Puts the records of all backups into an empty database; gives the last of them, and how many bytes they have.
pub(crate) fn read(
    keyspaces: &Keyspaces,
    inputs: Vec<Input<'_>>,
    progress: &(dyn Fn(RestoreProgress) + Sync),
) -> Result<(BackupSummary, u64), BackupError> {
    let mut before: Option<(String, BackupSummary)> = None;
    let mut bytes = 0;
    for Input { name, source } in inputs {
        let mut reader = Checked::open(source).map_err(BackupError::of(&name))?;
        let last = before.as_ref().map(|(name, summary)| (name.as_str(), summary));
        let header = reader.header();
        check_chain(last, (&name, header))?;
        check_features(&header.features, &header.written_by).map_err(StoreError::from)?;
        if before.is_some() {
            clear_replaced(keyspaces)?;
        }
        loop {
            let done = bytes + reader.bytes();
            let Some(item) = reader.next().map_err(BackupError::of(&name))? else { break };
            store(keyspaces, &item).map_err(BackupError::of(&name))?;
            progress(RestoreProgress::Read(done));
        }
        bytes += reader.bytes();
        before = Some((name, reader.summary()?));
    }
    let (_, last) =
        before.ok_or_else(|| BackupError::Chain("there is no backup to restore".into()))?;
    Ok((last, bytes))
}

/// Stores what a frame holds. Nothing is durable before all of it is.
fn store(keyspaces: &Keyspaces, item: &Item<'_>) -> Result<(), BackupError> {
    let mut batch = keyspaces.db.batch().durability(Some(PersistMode::Buffer));
    let damaged = BackupError::format(0);
    let result = match item {
        Item::Mt(payload) | Item::Ky(payload) => {
            let keyspace = if matches!(item, Item::Mt(_)) { &keyspaces.mt } else { &keyspaces.ky };
            let mut rest: &[u8] = payload;
            loop {
                match take_record(&mut rest) {
                    Ok(Some((key, value))) => batch.insert(keyspace, key, value),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        }
        Item::Log(payload) => {
            let mut rest: &[u8] = payload;
            loop {
                match take_chunk(&mut rest) {
                    Ok(Some(chunk)) => {
                        // The key is the position of the first event, as the chunk has it in little-endian.
                        let first = chunk.get(8..16).and_then(|bytes| bytes.try_into().ok());
                        let first = Position(u64::from_le_bytes(first.unwrap_or_default()));
                        batch.insert(&keyspaces.ev, keys::event(first), chunk);
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        }
    };
    result.map_err(damaged)?;
    batch.commit().map_err(|error| BackupError::Store(error.into()))
}

/// Removes what an increment replaces: all but the log, and the commits and idempotency keys beside it.
fn clear_replaced(keyspaces: &Keyspaces) -> Result<(), StoreError> {
    let adds = |key: &[u8]| {
        key.starts_with(keys::COMMIT_PREFIX) || key.starts_with(keys::IDEMPOTENCY_PREFIX)
    };
    let clear = |keyspace: &Keyspace, keep: &dyn Fn(&[u8]) -> bool| {
        let snapshot = keyspaces.db.snapshot();
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::Buffer));
        let mut count = 0;
        for guard in snapshot.iter(keyspace) {
            let key = guard.key()?;
            if keep(&key) {
                continue;
            }
            batch.remove(keyspace, key);
            count += 1;
            if count % 10_000 == 0 {
                std::mem::replace(
                    &mut batch,
                    keyspaces.db.batch().durability(Some(PersistMode::Buffer)),
                )
                .commit()?;
            }
        }
        batch.commit()?;
        Ok::<_, StoreError>(())
    };
    clear(&keyspaces.mt, &adds)?;
    clear(&keyspaces.ky, &|_| false)
}
