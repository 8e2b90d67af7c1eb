//! A new store from what is readable of an old one.

use super::copy::Copy;
use super::exam::Found;
use super::records::each;
use crate::domain::{Actor, CommitNumber, Erasure, Hash, Kind, Position, Timestamp};
use crate::store::disk::Format;
use crate::store::error::StoreError;
use crate::store::format::{
    Chunk, CommitEntry, End, ErasureEntry, IdempotencyEntry, Message, TokenEntry,
};
use crate::store::keys;
use crate::store::keyspaces::Keyspaces;
use crate::store::swap::Replacement;
use crate::store::verify::{Check, Progress, TO_THE_END, verify_log};
use crate::store::view::View;
use crate::store::writer::rebuild;
use crate::store::{Options, spare};
use fjall::{OwnedWriteBatch, PersistMode};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// How many records are written at a time.
const BATCH: usize = 4096;

/// Builds the new store, verifies it, keeps the old files in the folder `kept`, and lets the new one take the place of the
/// old one.
///
/// # Errors
/// What keeps it from being built or verified; the old store is as it was then.
pub(super) fn rebuild_store(
    options: &Options,
    found: &Found,
    format: Format,
    kept: &mut Vec<PathBuf>,
    progress: Progress<'_>,
) -> Result<End, StoreError> {
    let copy = found.copy.as_ref().ok_or(StoreError::Closed)?;
    let mut made = Replacement::begin(options)?;
    primary(copy, made.keyspaces()?, found, options.clock.now())?;
    made.unlock(options, &format)?;
    let end = rebuild(made.keyspaces()?, progress)?;
    verified(made.keyspaces()?, found.good)?;
    kept.push(spare::keep(&options.store, &options.dot.join(crate::store::disk::SALVAGE))?);
    made.finish(format, &end, options.clock.now())?;
    Ok(end)
}

/// Nothing takes the place of a store that is not whole itself.
fn verified(keyspaces: &Keyspaces, good: Position) -> Result<(), StoreError> {
    let view = View::new(keyspaces);
    let in_force = view.schema_in_force()?;
    let schema = in_force.and_then(|(_, entry)| crate::schema::compile(&entry.source).schema);
    let schema = schema.unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let check = Check { cores, anchor: None, beside: Some(&schema), wanted: TO_THE_END };
    let verdict = verify_log(&view, &check, &|_, _| {}, &|_, _| {})?;
    if let Some(fault) = verdict.faults.first() {
        let message = format!("the store that was made anew does not verify: {}", fault.message);
        return Err(StoreError::Inconsistent(message));
    }
    if verdict.count != good.get() {
        let message =
            format!("the store that was made anew ends at #{}, not at #{good}", verdict.count);
        return Err(StoreError::Inconsistent(message));
    }
    Ok(())
}

/// Copies the log up to `good`, the records beside it that fit it, and the keys.
fn primary(copy: &Copy, to: &Keyspaces, found: &Found, now: Timestamp) -> Result<(), StoreError> {
    let good = found.good;
    let from = &copy.keyspaces;
    let snapshot = from.db.snapshot();
    let mut out = Writer::new(to);
    each(&snapshot, &from.ev, &mut |key, value| {
        let fits = Chunk::parse(value.clone()).is_ok_and(|chunk| chunk.last() <= good.get());
        if fits { out.put(&to.ev, &key, &value) } else { Ok(()) }
    })?;
    let types = sound_types(&copy.view());
    let staged = &found.beside_lost.staged;
    each(&snapshot, &from.mt, &mut |key, value| {
        let keep = if key.starts_with(keys::TYPE_PREFIX) {
            types
        } else if key.starts_with(keys::IDEMPOTENCY_PREFIX) {
            IdempotencyEntry::decode(&value)
                .is_ok_and(|entry| entry.first.get() + u64::from(entry.count) <= good.get() + 1)
        } else {
            // Records of commits are held against the log below.
            let orphan = staged.orphans && key.starts_with(keys::STAGED_PREFIX);
            !key.starts_with(keys::COMMIT_PREFIX) && !orphan
        };
        let mended = if *key == *keys::STAGE { staged.stage.clone() } else { None };
        match mended.or_else(|| revoked(found, &key, &value, now)) {
            Some(value) => out.put(&to.mt, &key, &value),
            None if keep => out.put(&to.mt, &key, &value),
            None => Ok(()),
        }
    })?;
    each(&snapshot, &from.ky, &mut |key, value| out.put(&to.ky, &key, &value))?;
    out.flush()?;
    commits(&copy.view(), to, good)
}

/// A token that cannot be trusted any more, as one that is revoked: that it was may be what is lost.
fn revoked(found: &Found, key: &[u8], value: &[u8], now: Timestamp) -> Option<Vec<u8>> {
    if !key.starts_with(keys::TOKEN_PREFIX) || !found.beside_lost.tokens.has(key) {
        return None;
    }
    let entry = TokenEntry::decode(value).ok().filter(|entry| entry.revoked.is_none())?;
    let doctor = Actor { group: "dbx".into(), user: "doctor".into(), uid: None };
    Some(TokenEntry { revoked: Some((now, doctor)), ..entry }.encode())
}

/// Whether the dictionary of types can be kept as it is: every number once, none that was never given.
fn sound_types(view: &View) -> bool {
    let Ok(types) = view.types() else { return false };
    let last = view.end().map_or(u32::MAX, |end| end.type_number);
    let numbers: BTreeSet<u32> = types.iter().map(|(_, number)| *number).collect();
    numbers.len() == types.len() && numbers.iter().all(|number| (1..=last).contains(number))
}

/// Writes the record of every commit that needs one: the stored one where it says what the headers say, and else one
/// that is made from the headers.
fn commits(view: &View, to: &Keyspaces, good: Position) -> Result<(), StoreError> {
    let mut out = Writer::new(to);
    view.scan(Position(1), good, false, |event| {
        let header = event.header()?;
        let key = keys::data_key(&header.aggregate);
        if header.kind == Kind::Erase && view.key_record(&key)?.is_some() {
            // A table that was out of force, and was read all the same, may still have it.
            out.remove(&to.ky, &key)?;
        }
        if header.kind == Kind::Erase
            && !view.erasure(&header.aggregate).is_ok_and(|erasure| erasure.is_some())
        {
            // That it was erased is in the event, which is never sealed; without the record nobody knows why its key is
            // gone.
            let (name, at) = (header.aggregate, header.created_at);
            let erasure = Erasure { position: event.position(), at, actor: header.actor };
            out.put(&to.mt, &keys::erasure(&name), &ErasureEntry(erasure).encode())?;
            out.put(&to.ky, keys::UNFINISHED, b"")?;
        }
        let identity = event.identity()?;
        if identity.commit_index > 0
            || (identity.commit_size == 1 && identity.message_hash.is_none())
        {
            return Ok::<_, StoreError>(ControlFlow::Continue(()));
        }
        let (first, count) = (event.position(), identity.commit_size);
        let message = message(view, identity.commit, identity.message_hash)?;
        let entry = CommitEntry { first, count, message };
        out.put(&to.mt, &keys::commit(identity.commit), &entry.encode())?;
        Ok(ControlFlow::Continue(()))
    })?;
    out.flush()
}

/// The message of a commit as it is stored, where a record holds the one that the headers name.
fn message(view: &View, commit: CommitNumber, hash: Option<Hash>) -> Result<Message, StoreError> {
    if hash.is_none() {
        return Ok(Message::None);
    }
    // Without the key nobody can say that it is not the one.
    view.opens()?;
    let entry = view.commit(commit).ok().flatten();
    let stored = entry.map_or(Message::None, |entry| entry.message);
    let same = view.message_hash(commit, &stored).is_ok_and(|found| found == hash);
    Ok(if same { stored } else { Message::Lost })
}

/// Writes in batches. Nothing is durable before the new store is finished.
struct Writer {
    db: fjall::Database,
    batch: OwnedWriteBatch,
    count: usize,
}

impl Writer {
    fn new(to: &Keyspaces) -> Self {
        let db = to.db.clone();
        Self { batch: db.batch().durability(Some(PersistMode::Buffer)), db, count: 0 }
    }

    fn put(
        &mut self,
        keyspace: &fjall::Keyspace,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        self.batch.insert(keyspace, key, value);
        self.count += 1;
        if self.count >= BATCH { self.flush() } else { Ok(()) }
    }

    fn remove(&mut self, keyspace: &fjall::Keyspace, key: &[u8]) -> Result<(), StoreError> {
        self.flush()?;
        self.batch.remove(keyspace, key);
        self.flush()
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let next = self.db.batch().durability(Some(PersistMode::Buffer));
        std::mem::replace(&mut self.batch, next).commit()?;
        self.count = 0;
        Ok(())
    }
}
