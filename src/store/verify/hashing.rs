//! What verification keeps of one event.

use super::{Place, fault};
use crate::domain::{CommitNumber, EventId, Hash, Position, Timestamp, Version};
use crate::proof::body_hash;
use crate::store::format::Identity;
use crate::store::view::RawEvent;
use crate::wire::{Fault, FaultKind};
use std::hash::{BuildHasher, RandomState};

/// What the stored bytes of an event say and hash to.
pub(super) struct Recomputed<'e> {
    pub(super) identity: Identity<'e>,
    pub(super) leaf: Hash,
    body: Hash,
}

impl<'e> Recomputed<'e> {
    /// Reads the header of an event and hashes it and the body.
    ///
    /// # Errors
    /// The fault where the header cannot be read.
    pub(super) fn of(event: &'e RawEvent<'_>) -> Result<Self, Box<Fault>> {
        match event.identity() {
            Ok(identity) => {
                Ok(Self { identity, leaf: event.leaf(), body: body_hash(event.body_bytes()) })
            }
            Err(error) => {
                let mut fault = fault(FaultKind::Unreadable, error.to_string());
                fault.position = Some(event.position().to_string());
                Err(Box::new(fault))
            }
        }
    }

    /// The fault where the body is not the one that the header binds. It does not keep the leaf from the trees.
    pub(super) fn body_fault(&self, place: &Place<'_>) -> Option<Fault> {
        let (stored, found) = (self.identity.body_hash, self.body);
        let message = "the body is not the one that was committed";
        (found != stored).then(|| place.hashes(FaultKind::BodyChanged, message, stored, found))
    }
}

/// What the trees need of an event. The name of its aggregate lies with those of its stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) position: Position,
    pub(super) aggregate: Name,
    pub(super) version: Version,
    pub(super) hash: Hash,
    pub(super) stored_root: Hash,
}

/// The name of an aggregate among those of a stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    /// What the name hashes to: the same for all events of an aggregate, and hardly ever for two aggregates.
    pub(super) hash: u64,
    start: u32,
    end: u32,
}

/// Names as `type/id`, one after the other: there is one of these for every event.
#[derive(Debug, Default)]
pub(super) struct Names(String);

impl Names {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What a name hashes to.
    pub(super) fn hash(hasher: &RandomState, aggregate_type: &str, id: &str) -> u64 {
        // Told to the hasher piece by piece, it would take twice the time.
        let mut name = [0; 64];
        let (all, len) = (aggregate_type.len() + 1 + id.len(), aggregate_type.len());
        if let Some((first, rest)) =
            name.get_mut(..all).and_then(|name| name.split_at_mut_checked(len))
            && let Some((slash, last)) = rest.split_first_mut()
        {
            first.copy_from_slice(aggregate_type.as_bytes());
            *slash = b'/';
            last.copy_from_slice(id.as_bytes());
            return hasher.hash_one(name.get(..all).unwrap_or_default());
        }
        hasher.hash_one([aggregate_type, "/", id].concat().as_bytes())
    }

    /// Adds a name and what it hashes to.
    pub(super) fn push(&mut self, aggregate_type: &str, id: &str, hash: u64) -> Name {
        // A header, and so a name, has at most 64 KiB, and a stretch a few thousand of them.
        let end = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let start = end(&self.0);
        self.0.push_str(aggregate_type);
        self.0.push('/');
        self.0.push_str(id);
        Name { hash, start, end: end(&self.0) }
    }

    pub(super) fn get(&self, name: Name) -> &str {
        self.0.get(name.start as usize..name.end as usize).unwrap_or_default()
    }

    pub(super) fn place(&self, leaf: &Leaf) -> Place<'_> {
        Place {
            position: leaf.position,
            aggregate: self.get(leaf.aggregate),
            version: leaf.version,
        }
    }
}

/// What rises from event to event in the order in which they were committed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    event_id: EventId,
    created_at: Timestamp,
    commit: CommitNumber,
    /// The place in the commit, from 0, and the events in it.
    part: (u32, u32),
}

impl Order {
    pub(super) fn of(identity: &Identity<'_>) -> Self {
        Self {
            event_id: identity.event_id,
            created_at: identity.created_at,
            commit: identity.commit,
            part: (identity.commit_index, identity.commit_size),
        }
    }

    /// The commit, the place in it, from 0, and the events in it.
    pub(super) fn commit(&self) -> (CommitNumber, u32, u32) {
        (self.commit, self.part.0, self.part.1)
    }

    /// Why this event cannot be the one after `before`, or the first of the log; `None` where it can.
    pub(super) fn fault(&self, before: Option<&Self>) -> Option<String> {
        let (index, size) = self.part;
        let (commit, part) = match before {
            Some(before) if before.part.0.saturating_add(1) < before.part.1 => {
                (before.commit, (before.part.0 + 1, before.part.1))
            }
            Some(before) => (before.commit.next(), (0, size)),
            None => (CommitNumber(1), (0, size)),
        };
        if (self.commit, self.part) != (commit, part) || index >= size {
            return Some(format!(
                "event {} of {} of commit c{commit} was expected, event {} of {size} of c{} is stored",
                part.0.saturating_add(1),
                part.1,
                u64::from(index) + 1,
                self.commit
            ));
        }
        let before = before?;
        if self.event_id <= before.event_id {
            return Some("its event id is not above that of the event before".to_owned());
        }
        (self.created_at < before.created_at)
            .then(|| "it was committed earlier than the event before".to_owned())
    }
}
