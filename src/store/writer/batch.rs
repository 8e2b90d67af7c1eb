//! One batch: the proposals that queued up during the last fsync, judged one after the other and made durable
//! together.

use super::cascade::{Done, Index, Verdict};
use super::heads::{HeadCache, LiveHead};
use super::judge::judge;
use super::proposal::{
    Accepted, Admission, AppliedSchema, Idempotency, Proposal, Proposed, Unstage,
};
use super::sealing;
use super::tail::{Records, Space, Tail};
use super::ticket::Ledger;
use crate::domain::{AggregateKey, Hash, Kind, Position, Timestamp};
use crate::store::error::{Refusal, Rejection, StoreError};
use crate::store::keys;
use crate::store::keyspaces::Keyspaces;
use crate::store::stage::{self, Unstaged};
use crate::store::view::View;
use fjall::PersistMode;
use std::collections::HashMap;

/// The proposals of one batch so far. Each works on copies of the heads that it touches; the copies become the
/// batch's only when all of the proposal is accepted, so a refusal leaves no trace.
pub(super) struct Batch<'w> {
    pub(super) tail: &'w mut Tail,
    cache: &'w mut HeadCache,
    schema: &'w AppliedSchema,
    pub(super) view: View,
    heads: HashMap<AggregateKey, LiveHead>,
    keys: HashMap<Hash, Used>,
    ledger: Ledger,
    pub(super) records: Records,
    broken: Option<StoreError>,
}

/// The longest group and user together, in bytes: a header has at most 64 KiB.
const ACTOR_BYTES_MAX: usize = 4 << 10;

/// What a key of this batch was used for: the operations, the first position and the count.
type Used = (Hash, Position, u32);

impl<'w> Batch<'w> {
    pub(super) fn new(
        tail: &'w mut Tail,
        cache: &'w mut HeadCache,
        schema: &'w AppliedSchema,
        view: View,
    ) -> Self {
        Self {
            tail,
            cache,
            schema,
            view,
            heads: HashMap::new(),
            keys: HashMap::new(),
            ledger: Ledger::default(),
            records: Records::new(),
            broken: None,
        }
    }

    /// Judges a proposal and, if it is accepted, adds it to the batch.
    pub(super) fn propose(
        &mut self,
        mut proposal: Proposal,
        now: Timestamp,
    ) -> Result<Accepted, Rejection> {
        check_form(&proposal)?;
        let token = self.ledger.admit(&self.view, proposal.ticket.as_ref(), now)?;
        proposal.idempotency =
            proposal.idempotency.map(|key| sealing::coded(&self.view, key)).transpose()?;
        if let Some(replay) =
            proposal.idempotency.map(|key| self.replay(key)).transpose()?.flatten()
        {
            return Ok(replay);
        }
        let schema = match proposal.admission {
            Admission::Unchecked => (self.schema, false),
            Admission::Checked(version) if version == self.schema.version => (self.schema, true),
            Admission::Checked(_) => {
                return Err(Refusal::StaleSchema { in_force: self.schema.version }.into());
            }
        };
        let given = std::mem::take(&mut proposal.operations);
        // What follows by a cascade is the schema's doing, and how much that is may be nobody's business.
        let asked = given.len() as u64;
        if let Some(token) = &token {
            token.afford(asked).map_err(Refusal::from)?;
        }
        // An import brings in what a cascade did then as events of their own.
        let cascades = schema.1 && proposal.import.is_none();
        let mut done = Done { ticket: proposal.ticket.take(), ..Done::default() };
        let mut more = given.len();
        for (index, operation) in given.into_iter().enumerate() {
            more -= 1;
            let archived = cascades && operation.kind == Kind::Archive;
            let target = archived.then(|| operation.aggregate.clone());
            let result = self.step(operation, schema, &mut done).and_then(|()| match target {
                Some(target) => self.cascade(&target, schema, &mut done, more),
                None => Ok(()),
            });
            result.map_err(|refusal| match refusal {
                Refusal::Store(error) => Rejection::from(error),
                refusal => Rejection { operation: Some(index), refusal },
            })?;
        }
        let Done { operations, judged, mut heads, .. } = done;
        let unstage = proposal.unstage.take();
        let unstaged = unstage.map(|it| self.unstage(&it, &operations)).transpose()?;
        proposal.operations = operations;
        if proposal.dry_run {
            let (commit, events) =
                self.tail.clone().append(proposal, judged, &mut heads, now, &mut Records::new())?;
            return Ok(Accepted::Committed { commit, events });
        }
        let key = proposal.idempotency;
        let first = self.tail.end.position.next();
        let (commit, events) = self
            .tail
            .append(proposal, judged, &mut heads, now, &mut self.records)
            .inspect_err(|error| {
                // The tail in memory is half-way through the proposal: nothing may be built on it.
                self.broken = Some(error.clone());
            })?;
        self.ledger.spend(token, asked, now, &mut self.records);
        self.erase(&events).inspect_err(|error| self.broken = Some(error.clone()))?;
        if let Some(key) = key {
            let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
            self.keys.insert(key.key, (key.operations, first, count));
        }
        let unstaged = unstaged.into_iter().flatten();
        self.records.extend(unstaged.map(|(key, value)| ((Space::Mt, key), value)));
        self.heads.extend(heads);
        Ok(Accepted::Committed { commit, events })
    }

    /// What the commit of the stage removes and leaves.
    fn unstage(&self, unstage: &Unstage, done: &[Proposed]) -> Result<Unstaged, Refusal> {
        // Whoever was before in this batch took the stage with it.
        if self.records.contains_key(&(Space::Mt, keys::STAGE.to_vec())) {
            return Err(Refusal::StageMoved);
        }
        stage::unstage(&self.view, unstage, |name| {
            done.iter().filter(|operation| operation.aggregate == *name).count() as u64
        })
    }

    /// Judges one operation and adds it to those that are done.
    pub(super) fn step(
        &self,
        mut operation: Proposed,
        schema: (&AppliedSchema, bool),
        done: &mut Done,
    ) -> Result<(), Refusal> {
        let mut head = self.head(&operation.aggregate, done)?;
        sealing::seal(&self.view, &mut operation, &mut head)?;
        let mut failed = None;
        let mut exists = |target: &AggregateKey| {
            // What may not be seen may not be pointed at, whether or not it is there.
            done.ticket.as_ref().is_none_or(|ticket| ticket.sees(target))
                && (done.heads.contains_key(target)
                    || self.exists(target).unwrap_or_else(|error| {
                        failed = Some(error);
                        false
                    }))
        };
        let verdict = judge(&mut operation, &mut head, schema, &mut exists);
        if let Some(error) = failed {
            return Err(error.into());
        }
        done.judged.push(verdict?);
        head.follow(operation.kind);
        done.heads.insert(operation.aggregate.clone(), head);
        done.operations.push(operation);
        Ok(())
    }

    /// Adds what follows from an archiving that was just done.
    pub(super) fn cascade(
        &self,
        target: &AggregateKey,
        schema: (&AppliedSchema, bool),
        done: &mut Done,
        more: usize,
    ) -> Result<(), Refusal> {
        let index = Index {
            view: &self.view,
            records: &self.records,
            types: &self.tail.types,
            schema: &schema.0.schema,
        };
        let mut verdict = Verdict::default();
        for name in index.candidates(target, done)? {
            verdict.look(target, (&name, &self.head(&name, done)?), &schema.0.schema)?;
        }
        for event in verdict.events(target, done, more)? {
            self.step(event, schema, done)?;
        }
        Ok(())
    }

    /// Where an aggregate stands after what is done; at its beginning where there is none.
    pub(super) fn head(
        &self,
        aggregate: &AggregateKey,
        done: &Done,
    ) -> Result<LiveHead, StoreError> {
        match done.heads.get(aggregate) {
            Some(head) => Ok(head.clone()),
            None => match (self.load(aggregate)?, self.view.ring()) {
                (Some(head), _) => Ok(head),
                (None, None) => Ok(LiveHead::default()),
                // A key may be older than the first event: something may be staged.
                (None, Some(ring)) => {
                    Ok(LiveHead { key: ring.stored(&self.view, aggregate)?, ..LiveHead::default() })
                }
            },
        }
    }

    fn replay(&self, wanted: Idempotency) -> Result<Option<Accepted>, Refusal> {
        let found = match self.keys.get(&wanted.key) {
            Some(found) => Some(*found),
            None => self
                .view
                .idempotency(&wanted.key)?
                .map(|entry| (entry.operations, entry.first, entry.count)),
        };
        match found {
            Some((operations, first, count)) if operations == wanted.operations => {
                Ok(Some(Accepted::Replayed { first, count }))
            }
            Some((_, first, _)) => Err(Refusal::KeyReused { first }),
            None => Ok(None),
        }
    }

    pub(super) fn load(&self, aggregate: &AggregateKey) -> Result<Option<LiveHead>, StoreError> {
        if let Some(head) = self.heads.get(aggregate) {
            return Ok(Some(head.clone()));
        }
        if let Some(head) = self.cache.get(aggregate) {
            return Ok(Some(head.clone()));
        }
        // A type without a number has no aggregate yet, and the view need not be asked.
        let Some(number) = self.tail.types.get(aggregate.aggregate_type.as_str()) else {
            return Ok(None);
        };
        let key = crate::store::keys::AggregateBytes::new(*number, &aggregate.id);
        let Some(head) = self.view.head_by_key(&key, aggregate)? else { return Ok(None) };
        let data = match self.view.ring() {
            Some(ring) if !head.erased => Some(ring.key_for(&self.view, aggregate)?),
            _ => None,
        };
        LiveHead::from_record(aggregate, head, data).map(Some)
    }

    fn exists(&self, aggregate: &AggregateKey) -> Result<bool, StoreError> {
        let known = self.heads.contains_key(aggregate) || self.cache.peek(aggregate).is_some();
        if known {
            return Ok(true);
        }
        let key = self.view.key(aggregate)?;
        let head = key.map(|key| self.view.frame_by_key(&key, aggregate)).transpose()?;
        Ok(head.flatten().is_some())
    }

    /// What broke the tail in memory, after which the batch must not be committed and the writer must stop.
    pub(super) fn take_broken(&mut self) -> Option<StoreError> {
        self.broken.take()
    }

    /// Whether any accepted proposal wants something written.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Makes the batch durable: one atomic write over all keyspaces, on disk before this returns. Gives its size in
    /// bytes. An index that a store of before lacks is made first, in writes of its own.
    ///
    /// # Errors
    /// Whatever the database says; the writer must not be used again then, for the tail in memory is ahead of it.
    pub(super) fn commit(mut self, keyspaces: &Keyspaces) -> Result<u64, StoreError> {
        self.tail.begin_index(&self.view, keyspaces)?;
        let mut names: Vec<_> = self.heads.keys().cloned().collect();
        names.sort_unstable();
        for name in names {
            let key = self.tail.key(&name, &mut self.records);
            if let Some(mut head) = self.heads.remove(&name) {
                if let Some(ring) = self.view.ring().filter(|_| head.erased) {
                    ring.forget(&name);
                }
                self.tail.index_archived(&key, &mut head, &mut self.records);
                let record = head.encode(&key, self.view.ring())?;
                self.records.insert((Space::Ag, key.as_bytes().to_vec()), Some(record));
                self.cache.insert(name, head);
            }
        }
        self.tail.seal(&mut self.records);
        write(keyspaces, self.records)
    }
}

/// Checks what the records could not hold, before anything of the proposal is given a place.
fn check_form(proposal: &Proposal) -> Result<(), Refusal> {
    if proposal.operations.is_empty() {
        return Err(Refusal::Empty);
    }
    let bytes = proposal.actor.group.len() + proposal.actor.user.len();
    if bytes > ACTOR_BYTES_MAX {
        let (bytes, max) = (bytes as u64, ACTOR_BYTES_MAX as u64);
        return Err(Refusal::TooLarge { what: "the name of the actor".into(), bytes, max });
    }
    Ok(())
}

/// Writes records in one durable batch and gives their size in bytes.
pub(super) fn write(keyspaces: &Keyspaces, records: Records) -> Result<u64, StoreError> {
    write_as(keyspaces, records, PersistMode::SyncData)
}

/// As [`write`], as durable as `mode` says.
pub(super) fn write_as(
    keyspaces: &Keyspaces,
    records: Records,
    mode: PersistMode,
) -> Result<u64, StoreError> {
    let mut bytes = 0;
    let mut batch = keyspaces.db.batch().durability(Some(mode));
    for ((space, key), value) in records {
        let keyspace = keyspaces.of(space);
        bytes += (key.len() + value.as_ref().map_or(0, Vec::len)) as u64;
        match value {
            Some(value) => batch.insert(keyspace, key, value),
            None => batch.remove(keyspace, key),
        }
    }
    batch.commit()?;
    Ok(bytes)
}
