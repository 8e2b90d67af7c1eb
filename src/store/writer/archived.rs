//! The index of archived aggregates, and how many there are: whoever reads the log asks about every aggregate on the way,
//! and in most stores all of them are active.

use super::batch;
use super::heads::LiveHead;
use super::tail::{Records, Space, Tail};
use crate::store::error::StoreError;
use crate::store::keys::{self, AggregateBytes};
use crate::store::keyspaces::Keyspaces;
use crate::store::view::View;

/// How many records of an index that is made anew are written at a time. Each piece is durable before the next: a journal
/// has at most one batch that is not.
const RECORDS_MAX: usize = 10_000;

impl Tail {
    /// Makes the index of a store that was written without one, once. Where it cannot be read who is archived, the store
    /// stays without: that is no reason to refuse a write to another aggregate.
    ///
    /// # Errors
    /// What the database says to what is written.
    pub(super) fn begin_index(
        &mut self,
        view: &View,
        keyspaces: &Keyspaces,
    ) -> Result<(), StoreError> {
        if self.end.archived.is_some() || std::mem::replace(&mut self.index_tried, true) {
            return Ok(());
        }
        // Everything is read before anything is written.
        let (Ok(archived), Ok(stale)) = (view.archived_heads(), stale(view)) else {
            return Ok(());
        };
        let added = archived.iter().map(|key| (keys::archived(key), Some(Vec::new())));
        let removed = stale.into_iter().map(|key| (key, None));
        // What is in both is added.
        let mut records = removed.chain(added).map(|(key, value)| ((Space::Ix, key), value));
        loop {
            let piece: Records = records.by_ref().take(RECORDS_MAX).collect();
            if piece.is_empty() {
                break;
            }
            batch::write(keyspaces, piece)?;
        }
        self.end.archived = Some(archived.len() as u64);
        Ok(())
    }

    /// Adds what the index has to say about an aggregate, where that is not what it says.
    pub(super) fn index_archived(
        &mut self,
        key: &AggregateBytes,
        head: &mut LiveHead,
        records: &mut Records,
    ) {
        if head.archived == head.indexed {
            return;
        }
        head.indexed = head.archived;
        let value = head.archived.then(Vec::new);
        records.insert((Space::Ix, keys::archived(key)), value);
        self.end.archived = self.end.archived.map(|count| {
            if head.archived { count.saturating_add(1) } else { count.saturating_sub(1) }
        });
    }
}

/// What an index has that no end of the log counts: what an attempt left that did not come to its end.
fn stale(view: &View) -> Result<Vec<Vec<u8>>, StoreError> {
    view.archived_keys().map(|key| Ok(key?.to_vec())).collect()
}
