//! What is derived from the log, made anew from the log: for a restore, and for the repair of a damaged store.
//!
//! `st`, `ag`, `ix`, `tr` and `dx` follow from `ev` and `mt` (and `ky`, where bodies are sealed). The records are made by
//! the very functions that the writer uses, so that a rebuilt store equals the one that was written, byte for byte:
//! snapshots by the schema that was in force at each event, links by the schema in force at the end.
//!
//! The log is read once, and memory is bounded: records are written whenever there are a few megabytes of them, heads
//! whenever too many are held. Nothing is durable until the caller flushes the keyspaces, which must not be those of a
//! store in use.

use super::batch;
use super::heads::LiveHead;
use super::judge;
use super::tail::{Records, Space, Tail};
use crate::domain::{AggregateKey, Header, Position, Timestamp, fold};
use crate::proof::{LogTree, body_hash};
use crate::schema::Schema;
use crate::store::error::StoreError;
use crate::store::format::{Chunk, End, StEntry};
use crate::store::keys::AggregateBytes;
use crate::store::keyspaces::Keyspaces;
use crate::store::verify::Progress;
use crate::store::view::{RawEvent, View, raw};
use fjall::{PersistMode, Slice};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Records are written when there are so many bytes of them: some of a memtable, so that flushes keep up.
const RECORDS_BYTES: usize = 2 << 20;

/// Heads are written, and forgotten, beyond this many bytes of them.
const HEADS_BYTES: u64 = 16 << 20;

/// What a head weighs beside its state.
const HEAD_BYTES: u64 = 512;

/// Told about progress every so many events.
const PROGRESS_EVERY: u64 = 1024;

/// Fills `st`, `ag`, `ix`, `tr` and `dx`, which must be empty, from `ev`, `mt` and `ky` of the same database. Gives the
/// end of the log, whose root is computed from the leaves.
///
/// Every body is held against its header and every root of an aggregate against the stored one. Types that the
/// dictionary in `mt` does not have are numbered anew.
///
/// # Errors
/// Events that cannot be read or do not go on from each other, by their position; and what the database says.
pub(in crate::store) fn rebuild(
    keyspaces: &Keyspaces,
    progress: Progress<'_>,
) -> Result<End, StoreError> {
    let view = View::new(keyspaces);
    if view.derived_anything()? {
        return Err(StoreError::Inconsistent("only an empty store can be rebuilt".into()));
    }
    let last = view.last_chunk()?.map_or(0, |chunk| chunk.last());
    let history = History::read(&view)?;
    let written = view.types()?.len() + history.versions.len();
    let mut rebuild = Rebuild::new(keyspaces, &view)?;
    view.chunks(Position(0), |chunk| {
        rebuild.chunk(&chunk, &history)?;
        let done = rebuild.tail.end.position.get();
        if done.is_multiple_of(PROGRESS_EVERY) || done == last {
            progress(done, last);
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    rebuild.finish(&history, last > 0 || written > 0)
}

/// The applied schemas, and when each came into force.
struct History {
    versions: Vec<Applied>,
}

struct Applied {
    version: u64,
    /// The last position before it, where that was recorded; otherwise the times tell.
    after: Option<Position>,
    since: Timestamp,
    schema: Schema,
}

impl History {
    fn read(view: &View) -> Result<Self, StoreError> {
        let compile = |(version, entry): (u64, crate::store::format::SchemaEntry)| {
            let schema = crate::schema::compile(&entry.source).schema.ok_or_else(|| {
                StoreError::Inconsistent(format!("schema version {version} does not compile"))
            })?;
            Ok(Applied { version, after: entry.after, since: entry.applied_at, schema })
        };
        let versions = view.schemas()?.into_iter().map(compile);
        Ok(Self { versions: versions.collect::<Result<_, StoreError>>()? })
    }

    /// The schema in force for an event: the one that admitted it where it says so, else the newest before it.
    fn at(&self, position: Position, header: &Header) -> Option<&Schema> {
        let in_force = |applied: &&Applied| match (header.schema_version, applied.after) {
            (0, Some(after)) => after < position,
            (0, None) => applied.since <= header.created_at,
            (admitted, _) => applied.version == admitted,
        };
        self.versions.iter().rev().find(in_force).map(|applied| &applied.schema)
    }
}

struct Rebuild<'k> {
    keyspaces: &'k Keyspaces,
    /// Sees the log, and the keys.
    log: View,
    /// Sees the heads that were written so far.
    view: View,
    tail: Tail,
    heads: HashMap<AggregateKey, (AggregateBytes, LiveHead)>,
    heads_bytes: u64,
    /// Whether a head that is not held may have been written.
    spilled: bool,
    records: Records,
    records_bytes: usize,
}

impl<'k> Rebuild<'k> {
    fn new(keyspaces: &'k Keyspaces, view: &View) -> Result<Self, StoreError> {
        let types: HashMap<_, _> =
            view.types()?.into_iter().map(|(name, number)| (name.to_string(), number)).collect();
        let type_number = types.values().copied().max().unwrap_or(0);
        let end = End { type_number, archived: Some(0), ..End::default() };
        Ok(Self {
            keyspaces,
            log: view.clone(),
            view: view.clone(),
            tail: Tail {
                end,
                tree: LogTree::new(),
                types,
                worker: 0,
                ring: keyspaces.ring.clone(),
                index_tried: true,
            },
            heads: HashMap::new(),
            heads_bytes: 0,
            spilled: false,
            records: Records::new(),
            records_bytes: 0,
        })
    }

    fn chunk(&mut self, chunk: &Chunk<Slice>, history: &History) -> Result<(), StoreError> {
        let expected = self.tail.end.position.next();
        if chunk.first() != expected.get() {
            let message =
                format!("#{expected} was expected, the log goes on at #{}", chunk.first());
            return Err(StoreError::Inconsistent(message));
        }
        // Events are read through what was there at the beginning, which does not change.
        let view = self.log.clone();
        for slot in 0..chunk.count() {
            self.event(raw(&view, chunk, slot)?, slot, history)?;
        }
        self.records_bytes += chunk.bytes().len();
        if self.heads_bytes > HEADS_BYTES {
            self.spill()?;
        }
        if self.records_bytes > RECORDS_BYTES {
            self.write()?;
        }
        Ok(())
    }

    fn event(
        &mut self,
        event: RawEvent<'_>,
        slot: usize,
        history: &History,
    ) -> Result<(), StoreError> {
        let (position, header) = (event.position(), event.header()?);
        let schema = history.at(position, &header);
        let wrong = |what: &str| StoreError::Inconsistent(format!("event #{position}: {what}"));
        let body = event.body()?;
        if body_hash(event.body_bytes()) != header.body_hash {
            return Err(wrong("the body is not the one that its header names"));
        }
        let leaf = event.leaf();
        let mut records = std::mem::take(&mut self.records);
        let (key, head) = self.head(&header.aggregate, &mut records)?;
        fold(&mut head.state, header.kind, &body.content)
            .map_err(|error| wrong(&format!("it cannot be folded: {error}")))?;
        head.follow(header.kind);
        head.version = head.version.next();
        if head.place(leaf, position, header.created_at) != event.merkle_root()
            || head.version != header.version
        {
            return Err(wrong(&format!("it is not the next event of `{}`", header.aggregate)));
        }
        let declared =
            schema.and_then(|it| it.aggregates.get(header.aggregate.aggregate_type.as_str()));
        // What was erased leaves no snapshots either.
        let snapshot = judge::snapshot(declared, head).filter(|_| !head.erased);
        let (key, weight) = (key.clone(), event.body_bytes().len());
        head.state_bytes += weight as u64;
        let data = head.key.clone();
        self.records_bytes += snapshot.as_ref().map_or(0, String::len);
        let snapshot = snapshot
            .map(|state| self.tail.snapshot(&key, header.version, state, data.as_ref()))
            .transpose()?;
        self.heads_bytes += weight as u64;
        let entry = StEntry { position, slot: u16::try_from(slot).unwrap_or(u16::MAX) };
        self.tail.index((&key, header.version), entry, leaf, snapshot, &mut records);
        self.records = records;
        let end = &mut self.tail.end;
        (end.position, end.commit) = (position, header.commit);
        (end.event_id, end.created_at) = (header.event_id, header.created_at);
        Ok(())
    }

    /// The key and the head of an aggregate, at its beginning where it has none yet.
    fn head(
        &mut self,
        name: &AggregateKey,
        records: &mut Records,
    ) -> Result<&mut (AggregateBytes, LiveHead), StoreError> {
        if !self.heads.contains_key(name) {
            let key = self.tail.key(name, records);
            let stored = if self.spilled { self.view.head_by_key(&key, name)? } else { None };
            let ring = self.log.ring();
            // The key of an aggregate that was erased is gone, and with it what its events before that moment say.
            let erased = ring.is_some() && self.log.erasure(name)?.is_some();
            let data = match ring {
                Some(ring) if !erased => ring.stored(&self.log, name)?,
                _ => None,
            };
            let head = match stored {
                Some(head) => LiveHead::from_record(name, head, data)?,
                None => LiveHead { key: data, erased, ..LiveHead::default() },
            };
            self.heads_bytes += HEAD_BYTES + head.state_bytes;
            self.heads.insert(name.clone(), (key, head));
        }
        self.heads
            .get_mut(name)
            .ok_or_else(|| StoreError::Inconsistent(format!("`{name}` has no head")))
    }

    /// Turns the heads into records, and forgets them.
    fn spill(&mut self) -> Result<(), StoreError> {
        for (key, mut head) in std::mem::take(&mut self.heads).into_values() {
            self.tail.index_archived(&key, &mut head, &mut self.records);
            let record = head.encode(&key, self.tail.ring.as_ref())?;
            self.records.insert((Space::Ag, key.as_bytes().to_vec()), Some(record));
        }
        // What is written of them counts as records that wait.
        self.records_bytes += usize::try_from(self.heads_bytes).unwrap_or(usize::MAX);
        (self.heads_bytes, self.spilled) = (0, true);
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let records = std::mem::take(&mut self.records);
        batch::write_as(self.keyspaces, records, PersistMode::Buffer)?;
        self.records_bytes = 0;
        self.view = View::new(self.keyspaces);
        Ok(())
    }

    /// Writes what waits, the links, and the end of the log, where the log or its dictionary has `anything`.
    fn finish(mut self, history: &History, anything: bool) -> Result<End, StoreError> {
        self.spill()?;
        self.write()?;
        let mut records = Records::new();
        if let Some(in_force) = history.versions.last() {
            let (view, keyspaces) = (self.view.clone(), self.keyspaces);
            let none = Schema::default();
            self.tail.link_all(&view, &none, &in_force.schema, &mut records, |records| {
                if records.len() < 10_000 {
                    return Ok(());
                }
                batch::write_as(keyspaces, std::mem::take(records), PersistMode::Buffer).map(drop)
            })?;
        }
        if anything {
            self.tail.seal(&mut records);
        } else {
            self.tail.end.root = self.tail.tree.root();
        }
        batch::write_as(self.keyspaces, records, PersistMode::SyncData)?;
        Ok(self.tail.end)
    }
}
