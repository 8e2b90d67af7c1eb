//! The end of the log in memory, and the records that an accepted proposal adds there.

use super::heads::LiveHead;
use super::judge::Judged;
use super::proposal::{Idempotency, Proposal, Proposed};
use crate::domain::{
    AggregateKey, CommitNumber, Event, EventId, Hash, Header, Position, Timestamp, Version,
};
use crate::proof::LogTree;
use crate::store::error::StoreError;
use crate::store::format::{
    ChunkBuilder, CommitEntry, End, IdempotencyEntry, ImportEntry, Message, StEntry, encode_header,
};
use crate::store::keys::{self, AggregateBytes};
use crate::store::ring::Ring;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The keyspace of a record, in the order in which a batch writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Space {
    Ev,
    Mt,
    Ky,
    St,
    Ag,
    Ix,
    Tr,
    Dx,
}

/// The records of a batch, sorted as the database wants them: sorted inserts make a batch a fifth cheaper. `None`
/// removes.
pub(super) type Records = BTreeMap<(Space, Vec<u8>), Option<Vec<u8>>>;

/// The end of the log: what the next event continues.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub(super) end: End,
    pub(super) tree: LogTree,
    pub(super) types: HashMap<String, u32>,
    pub(super) worker: u16,
    /// The keys of an encrypted store.
    pub(super) ring: Option<Arc<Ring>>,
    /// Whether the index of archived aggregates was begun where the store has none.
    pub(super) index_tried: bool,
}

impl Tail {
    /// The number of a type, a new one where it has none yet.
    fn type_number(&mut self, name: &str, records: &mut Records) -> u32 {
        if let Some(number) = self.types.get(name) {
            return *number;
        }
        self.end.type_number += 1;
        let number = self.end.type_number;
        self.types.insert(name.to_owned(), number);
        records.insert((Space::Mt, keys::type_name(name)), Some(number.to_be_bytes().to_vec()));
        number
    }

    pub(super) fn key(
        &mut self,
        aggregate: &AggregateKey,
        records: &mut Records,
    ) -> AggregateBytes {
        let number = self.type_number(aggregate.aggregate_type.as_str(), records);
        AggregateBytes::new(number, &aggregate.id)
    }

    /// Gives the operations of an accepted proposal their places and adds their records. Nothing in here refuses:
    /// what could was judged before.
    pub(super) fn append(
        &mut self,
        proposal: Proposal,
        judged: Vec<Judged>,
        heads: &mut HashMap<AggregateKey, LiveHead>,
        now: Timestamp,
        records: &mut Records,
    ) -> Result<(CommitNumber, Vec<Event>), StoreError> {
        let created_at = now.max(self.end.created_at);
        let commit = self.end.commit.next();
        let size = u32::try_from(proposal.operations.len()).unwrap_or(u32::MAX);
        let first = self.end.position.next();
        let (message_hash, message) = self.message(commit, proposal.message)?;
        let common = Common { created_at, commit, size, message_hash, actor: proposal.actor };
        let mut chunk = ChunkBuilder::default();
        let mut events = Vec::with_capacity(proposal.operations.len());
        for (index, (operation, judged)) in proposal.operations.into_iter().zip(judged).enumerate()
        {
            let key = self.key(&operation.aggregate, records);
            self.link(&key, &judged.relinked, records)?;
            let head = heads.entry(operation.aggregate.clone()).or_default();
            let event = self.event(index, operation, &judged, &common, head);
            let (name, version) = (&event.event.header.aggregate, event.event.header.version);
            if version.get() == 1 {
                self.store_key(name, head.key.as_ref(), records)?;
            }
            let snapshot = judged.snapshot;
            let snapshot = snapshot
                .map(|state| self.snapshot(&key, version, state, head.key.as_ref()))
                .transpose()?;
            self.store(&key, &event, snapshot, &mut chunk, records)?;
            events.push(event.event);
        }
        self.flush(&mut chunk, records)?;
        self.end.commit = commit;
        self.end.created_at = created_at;
        if message != Message::None || size > 1 {
            let entry = CommitEntry { first, count: size, message };
            records.insert((Space::Mt, keys::commit(commit)), Some(entry.encode()));
        }
        if let Some(idempotency) = proposal.idempotency {
            let Idempotency { operations, request, .. } = idempotency;
            let entry = IdempotencyEntry { operations, first, count: size, request };
            records.insert((Space::Mt, keys::idempotency(&idempotency.key)), Some(entry.encode()));
        }
        if let Some((source, progress)) = proposal.import {
            let (key, hash) = self.import_key(source, progress.hash)?;
            let entry = ImportEntry { hash, ..ImportEntry::from(progress) }.encode();
            records.insert((Space::Mt, key), Some(entry));
        }
        Ok((commit, events))
    }

    fn event(
        &mut self,
        index: usize,
        operation: Proposed,
        judged: &Judged,
        common: &Common,
        head: &mut LiveHead,
    ) -> Placed {
        self.end.event_id =
            EventId::after(self.end.event_id, common.created_at.as_millis(), self.worker);
        self.end.position = self.end.position.next();
        let version = Version(head.frontier.size() + 1);
        let header = Header {
            aggregate: operation.aggregate,
            version,
            event_type: operation.event_type,
            event_id: self.end.event_id,
            created_at: common.created_at,
            actor: common.actor.clone(),
            commit: common.commit,
            commit_index: u32::try_from(index).unwrap_or(u32::MAX),
            commit_size: common.size,
            message_hash: common.message_hash,
            schema_version: judged.schema_version,
            kind: operation.kind,
            body_hash: operation.encoded.hash,
        };
        let header_bytes = encode_header(&header);
        let leaf = crate::proof::leaf_hash(&header_bytes);
        let merkle_root = head.place(leaf, self.end.position, common.created_at);
        let event =
            Event { position: self.end.position, header, body: operation.body, leaf, merkle_root };
        Placed { event, header: header_bytes, body: operation.encoded.bytes }
    }

    fn store(
        &mut self,
        key: &AggregateBytes,
        placed: &Placed,
        snapshot: Option<Vec<u8>>,
        chunk: &mut ChunkBuilder,
        records: &mut Records,
    ) -> Result<(), StoreError> {
        let event = &placed.event;
        if chunk.is_full_for(placed.header.len() + placed.body.len()) {
            // The chunk ends before this event, whose position has been given already.
            Self::finish(chunk, Position(event.position.get() - 1), records)?;
        }
        let slot = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        chunk
            .push(&placed.header, &placed.body, event.merkle_root.as_bytes())
            .map_err(StoreError::record(format_args!("event #{}", event.position)))?;
        let entry = StEntry { position: event.position, slot };
        self.index((key, event.header.version), entry, event.leaf, snapshot, records);
        Ok(())
    }

    /// Adds the records that are derived from one event: its place, the snapshot after it, the tiles that it completes.
    pub(super) fn index(
        &mut self,
        (key, version): (&AggregateBytes, Version),
        entry: StEntry,
        leaf: Hash,
        snapshot: Option<Vec<u8>>,
        records: &mut Records,
    ) {
        records.insert((Space::St, keys::version(key, version)), Some(entry.encode().to_vec()));
        if let Some(state) = snapshot {
            records.insert((Space::Dx, keys::snapshot(key, version)), Some(state));
        }
        for tile in self.tree.push(leaf) {
            let mut value: Vec<u8> = tile.hashes.iter().flat_map(|hash| hash.0).collect();
            value.extend_from_slice(tile.root.as_bytes());
            records.insert((Space::Tr, keys::tile(tile.level, tile.index).to_vec()), Some(value));
        }
    }

    fn flush(&mut self, chunk: &mut ChunkBuilder, records: &mut Records) -> Result<(), StoreError> {
        Self::finish(chunk, self.end.position, records)
    }

    /// Writes the collected chunk, whose last event is at `last`.
    fn finish(
        chunk: &mut ChunkBuilder,
        last: Position,
        records: &mut Records,
    ) -> Result<(), StoreError> {
        let done = std::mem::take(chunk);
        if done.len() == 0 {
            return Ok(());
        }
        let first = Position(last.get() + 1 - done.len() as u64);
        let value = done
            .finish(first.get())
            .map_err(StoreError::record(format_args!("the chunk at #{first}")))?;
        records.insert((Space::Ev, keys::event(first).to_vec()), Some(value));
        Ok(())
    }

    /// The record of the end, which every batch rewrites.
    pub(super) fn seal(&mut self, records: &mut Records) {
        self.end.root = self.tree.root();
        self.end.peaks = self.tree.frontier().peaks().to_vec();
        records.insert((Space::Dx, keys::LAST.to_vec()), Some(self.end.encode()));
    }
}

/// What the events of one commit share.
struct Common {
    created_at: Timestamp,
    commit: CommitNumber,
    size: u32,
    message_hash: Option<Hash>,
    actor: crate::domain::Actor,
}

/// An event with the bytes that are stored of it.
struct Placed {
    event: Event,
    header: Vec<u8>,
    body: Vec<u8>,
}
