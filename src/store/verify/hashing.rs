//! Hashing one event.

use super::Place;
use crate::domain::{
    AggregateKey, CommitNumber, EventId, Hash, Header, Position, Timestamp, Version,
};
use crate::proof::body_hash;
use crate::store::view::RawEvent;
use crate::wire::{Fault, FaultKind};

/// What the trees need of an event.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) position: Position,
    pub(super) aggregate: AggregateKey,
    pub(super) version: Version,
    pub(super) hash: Hash,
    pub(super) stored_root: Hash,
    pub(super) order: Order,
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
    fn of(header: &Header) -> Self {
        Self {
            event_id: header.event_id,
            created_at: header.created_at,
            commit: header.commit,
            part: (header.commit_index, header.commit_size),
        }
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
    let header = match event.header() {
        Ok(header) => header,
        Err(error) => {
            let mut fault = super::fault(FaultKind::Unreadable, error.to_string());
            fault.position = Some(event.position().to_string());
            return (None, Some(fault));
        }
    };
    let body = body_hash(event.body_bytes());
    let place =
        Place { position: event.position(), aggregate: &header.aggregate, version: header.version };
    let fault = (body != header.body_hash).then(|| {
        let message = "the body is not the one that was committed";
        place.hashes(FaultKind::BodyChanged, message, header.body_hash, body)
    });
    let leaf = Leaf {
        position: event.position(),
        version: header.version,
        hash: event.leaf(),
        stored_root: event.merkle_root(),
        order: Order::of(&header),
        aggregate: header.aggregate,
    };
    (Some(leaf), fault)
}
