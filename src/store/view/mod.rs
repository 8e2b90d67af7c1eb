//! Reading: everything through one snapshot, so that no reader sees half of a commit.

mod archived;
mod event;
mod events;
mod heads;
mod records;
mod sealed;

pub(crate) use archived::ArchivedBy;
pub use event::RawEvent;
pub(in crate::store) use event::raw;

use crate::domain::{AggregateType, CommitNumber, Position, Version};
use crate::store::error::StoreError;
use crate::store::format::End;
use crate::store::keys::{self};
use crate::store::keyspaces::Keyspaces;
use fjall::{Readable, Snapshot};
use std::sync::Arc;

/// The store at one moment. Cheap to take and to clone; later commits do not show in it.
#[derive(Clone)]
pub struct View {
    snapshot: Snapshot,
    keyspaces: Keyspaces,
    /// Stands in for the dictionary of types where that cannot be read.
    types: Option<Arc<[(AggregateType, u32)]>>,
    /// Whether the index of archived aggregates is to be trusted: it is not where anything is damaged.
    indexed: bool,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl View {
    pub(crate) fn new(keyspaces: &Keyspaces) -> Self {
        Self {
            snapshot: keyspaces.db.snapshot(),
            keyspaces: keyspaces.clone(),
            types: None,
            indexed: true,
        }
    }

    /// The same with a dictionary of types that stands in for the stored one.
    pub(in crate::store) fn with_types(
        mut self,
        types: Option<Arc<[(AggregateType, u32)]>>,
    ) -> Self {
        self.types = types;
        self
    }

    /// The same without the index of archived aggregates where `damaged` says so.
    pub(in crate::store) fn with_damage(mut self, damaged: bool) -> Self {
        self.indexed &= !damaged;
        self
    }

    /// The end of the log; that of an empty log where nothing was written yet.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub(crate) fn end(&self) -> Result<End, StoreError> {
        if let Some(bytes) = self.snapshot.get(&self.keyspaces.dx, keys::LAST)? {
            return End::decode(&bytes).map_err(StoreError::record("the end of the log"));
        }
        let root = crate::proof::EMPTY_ROOT;
        Ok(End { root, archived: Some(0), ..End::default() })
    }

    /// The last position; 0 in an empty log. Where the record of the end is lost the log itself says it: what is there is
    /// to be read.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub fn last_position(&self) -> Result<Position, StoreError> {
        let recorded = self.end()?.position;
        if recorded > Position(0) {
            return Ok(recorded);
        }
        let last = self.last_chunk()?;
        Ok(Position(last.map_or(0, |chunk| chunk.last())))
    }

    /// Whether any keyspace that follows from the log holds a record.
    pub(in crate::store) fn derived_anything(&self) -> Result<bool, StoreError> {
        let Keyspaces { st, ag, ix, tr, dx, .. } = &self.keyspaces;
        for keyspace in [st, ag, ix, tr, dx] {
            if let Some(guard) = self.snapshot.first_key_value(keyspace) {
                guard.key()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The number of the last commit; 0 in an empty log.
    pub(crate) fn last_commit(&self) -> Result<CommitNumber, StoreError> {
        Ok(self.end()?.commit)
    }
}

fn version_of(key: &[u8]) -> Result<Version, StoreError> {
    let bytes = key.last_chunk::<8>();
    let bytes =
        bytes.ok_or_else(|| StoreError::Inconsistent("a version's key is too short".into()))?;
    Ok(Version(u64::from_be_bytes(*bytes)))
}
