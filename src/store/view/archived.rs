//! Who is archived: by the index of archived aggregates, or by their heads where there is none.

use super::View;
use crate::domain::AggregateKey;
use crate::store::error::StoreError;
use crate::store::keys::{self, AggregateBytes};
use fjall::{Readable, Slice};
use std::ops::ControlFlow;

/// By what it is known who is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArchivedBy {
    /// Nobody is.
    Nothing,
    /// The index has every one.
    Index,
    /// There is no index that a reader may trust, and each head says it of itself: three times the work.
    Heads,
}

impl View {
    /// By what it is known who is archived.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub(crate) fn archived_by(&self) -> Result<ArchivedBy, StoreError> {
        if !self.indexed {
            return Ok(ArchivedBy::Heads);
        }
        Ok(match self.end()?.archived {
            Some(0) => ArchivedBy::Nothing,
            Some(_) => ArchivedBy::Index,
            None => ArchivedBy::Heads,
        })
    }

    /// Whether an aggregate that has events is archived. Its key is `None` where its type has no number.
    ///
    /// # Errors
    /// Bytes that cannot be read, or a head that is missing.
    pub(crate) fn is_archived(
        &self,
        by: ArchivedBy,
        key: Option<&AggregateBytes>,
        name: &AggregateKey,
    ) -> Result<bool, StoreError> {
        let headless = || {
            StoreError::Inconsistent(format!(
                "`{name}` has events and no head, so that nobody knows whether it is archived"
            ))
        };
        match (by, key) {
            (ArchivedBy::Nothing, _) => Ok(false),
            (_, None) => Err(headless()),
            (ArchivedBy::Index, Some(key)) => self.has_archived(key),
            (ArchivedBy::Heads, Some(key)) => {
                let head = self.frame_by_key(key, name)?;
                Ok(head.ok_or_else(headless)?.archived)
            }
        }
    }

    /// Whether the index has an aggregate.
    pub(in crate::store) fn has_archived(&self, key: &AggregateBytes) -> Result<bool, StoreError> {
        Ok(self.snapshot.contains_key(&self.keyspaces.ix, keys::archived(key))?)
    }

    /// Every key of the index.
    pub(in crate::store) fn archived_keys(
        &self,
    ) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        self.snapshot
            .prefix(&self.keyspaces.ix, keys::ARCHIVED_PREFIX)
            .map(|guard| Ok(guard.key()?))
    }

    /// The key of every aggregate that is archived by its head.
    pub(in crate::store) fn archived_heads(&self) -> Result<Vec<AggregateBytes>, StoreError> {
        let mut found = Vec::new();
        self.stored_heads(None, None, |_, key, stored| {
            found.extend(stored.frame.archived.then(|| key.clone()));
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}
