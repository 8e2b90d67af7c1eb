//! Heads in memory: where each aggregate stands, for the writer alone.

use crate::domain::json::{Object, object_to_string};
use crate::domain::{AggregateKey, Hash, Kind, Position, Timestamp, Version};
use crate::proof::Frontier;
use crate::seal::Key;
use crate::store::error::StoreError;
use crate::store::format::{Head, HeadParts, StoredState};
use crate::store::keys::AggregateBytes;
use crate::store::ring::{Place, Ring};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use std::sync::Arc;

/// The most bytes of heads that the cache holds, however many aggregates it may hold.
const CACHE_BYTES: u64 = 48 << 20;

/// What a head weighs beside its state: names, peaks, times.
const HEAD_BYTES: u64 = 512;

/// An aggregate's head, ready to take the next event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LiveHead {
    pub(super) version: Version,
    pub(super) position: Position,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) archived: bool,
    /// Whether its records say that it is archived.
    pub(super) indexed: bool,
    pub(super) erased: bool,
    /// The data key of the aggregate, where there is one.
    pub(super) key: Option<Arc<Key>>,
    pub(super) frontier: Frontier,
    pub(super) state: Object,
    /// At least the size of the state as JSON. Grows with every event; measured again when it reaches the limit.
    pub(super) state_bytes: u64,
}

impl LiveHead {
    pub(super) fn from_record(
        name: &AggregateKey,
        head: Head,
        key: Option<Arc<Key>>,
    ) -> Result<Self, StoreError> {
        let frontier = Frontier::from_parts(head.version.get(), head.peaks)
            .map_err(|error| StoreError::Inconsistent(format!("the head of `{name}`: {error}")))?;
        let state_bytes = object_to_string(&head.state).len() as u64;
        Ok(Self {
            version: head.version,
            position: head.position,
            created_at: head.created_at,
            updated_at: head.updated_at,
            archived: head.archived,
            indexed: head.archived,
            erased: head.erased,
            key,
            frontier,
            state: head.state,
            state_bytes,
        })
    }

    /// The bytes of its record in the store, under its key there.
    pub(super) fn encode(
        &self,
        key: &AggregateBytes,
        ring: Option<&Arc<Ring>>,
    ) -> Result<Vec<u8>, StoreError> {
        let text = object_to_string(&self.state);
        let sealed = match (ring, &self.key) {
            (Some(ring), Some(data)) => {
                let version = self.version.get();
                let place = Place { space: "ag", key: key.as_bytes(), version };
                Some(ring.seal_with(data, place, text.as_bytes())?)
            }
            (Some(_), None) if !self.erased => {
                return Err(StoreError::Inconsistent("a head has no data key".into()));
            }
            _ => None,
        };
        let parts = HeadParts {
            version: self.version,
            position: self.position,
            created_at: self.created_at,
            updated_at: self.updated_at,
            archived: self.archived,
            erased: self.erased,
            peaks: self.frontier.peaks(),
            state: match &sealed {
                Some(sealed) => StoredState::Sealed(sealed),
                // Nothing in the clear can be in a sealed store, whatever is in memory.
                None if self.erased => StoredState::Plain(b"{}"),
                None => StoredState::Plain(text.as_bytes()),
            },
        };
        Ok(parts.encode())
    }

    /// Gives the next event its place: appends its leaf to the aggregate's tree and gives the root.
    pub(super) fn place(&mut self, leaf: Hash, position: Position, created_at: Timestamp) -> Hash {
        self.frontier.push(leaf);
        self.position = position;
        self.updated_at = created_at;
        if self.frontier.size() == 1 {
            self.created_at = created_at;
        }
        self.frontier.root()
    }

    /// Follows an event in what is no part of the state.
    pub(super) fn follow(&mut self, kind: Kind) {
        match kind {
            Kind::Archive => self.archived = true,
            Kind::Restore => self.archived = false,
            Kind::Erase => (self.archived, self.erased, self.key) = (true, true, None),
            _ => {}
        }
    }
}

/// Weighs a head so that neither the number of heads nor their bytes pass their limits.
#[derive(Debug, Clone)]
pub(super) struct Weight {
    least: u64,
}

impl Weighter<AggregateKey, LiveHead> for Weight {
    fn weight(&self, _: &AggregateKey, head: &LiveHead) -> u64 {
        (head.state_bytes + HEAD_BYTES).max(self.least)
    }
}

/// The heads that were used last.
pub(super) type HeadCache = Cache<AggregateKey, LiveHead, Weight>;

/// A cache of at most `aggregates` heads.
pub(super) fn cache(aggregates: usize) -> HeadCache {
    let aggregates = aggregates.max(1);
    let least = (CACHE_BYTES / aggregates as u64).max(1);
    Cache::with_weighter(aggregates, CACHE_BYTES, Weight { least })
}
