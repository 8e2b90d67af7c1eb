//! Hashing one event.

use super::Place;
use crate::domain::{CommitNumber, EventId, Hash, Position, Timestamp, Version};
use crate::proof::body_hash;
use crate::store::format::Identity;
use crate::store::view::RawEvent;
use crate::wire::{Fault, FaultKind};

/// What the trees need of an event.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) position: Position,
    /// `type/id`, in one piece: there is one of these for every event.
    pub(super) aggregate: Box<str>,
    pub(super) version: Version,
    pub(super) hash: Hash,
    pub(super) stored_root: Hash,
    pub(super) order: Order,
    /// The hash of its commit's message.
    pub(super) message: Option<Hash>,
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
    fn of(identity: &Identity<'_>) -> Self {
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

/// Recomputes the hashes of an event; the fault is about its body, which does not keep its leaf from the trees.
pub(super) fn leaf(event: RawEvent<'_>) -> (Option<Leaf>, Option<Fault>) {
    let identity = match event.identity() {
        Ok(identity) => identity,
        Err(error) => {
            let mut fault = super::fault(FaultKind::Unreadable, error.to_string());
            fault.position = Some(event.position().to_string());
            return (None, Some(fault));
        }
    };
    let aggregate = [identity.aggregate_type, "/", identity.id].concat().into_boxed_str();
    let (version, body) = (identity.version, body_hash(event.body_bytes()));
    let fault = (body != identity.body_hash).then(|| {
        let place = Place { position: event.position(), aggregate: &aggregate, version };
        let message = "the body is not the one that was committed";
        place.hashes(FaultKind::BodyChanged, message, identity.body_hash, body)
    });
    let leaf = Leaf {
        position: event.position(),
        version,
        hash: event.leaf(),
        stored_root: event.merkle_root(),
        order: Order::of(&identity),
        message: identity.message_hash,
        aggregate,
    };
    (Some(leaf), fault)
}
