//! Hashing one event.

use super::Place;
use crate::domain::{AggregateKey, Hash, Position, Version};
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
        aggregate: header.aggregate,
    };
    (Some(leaf), fault)
}
