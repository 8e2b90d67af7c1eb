//! The index of archived aggregates, and how many there are: whoever reads the log asks about every aggregate on the way,
//! and in most stores all of them are active.

use super::batch;
use super::heads::LiveHead;
use super::tail::{Records, Space, Tail};
use crate::store::error::StoreError;
use crate::store::keys::{self, AggregateBytes};
use crate::store::keyspaces::Keyspaces;
use crate::store::view::View;
use fjall::PersistMode;
use std::ops::ControlFlow;

/// How many records of an index that is made anew are written at a time.
const RECORDS_MAX: usize = 10_000;

impl Tail {
    /// Makes the index of a store that was written without one, once. Where a head cannot be read the store stays without.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn begin_index(
        &mut self,
        view: &View,
        keyspaces: &Keyspaces,
    ) -> Result<(), StoreError> {
        if self.end.archived.is_some() || std::mem::replace(&mut self.index_tried, true) {
            return Ok(());
        }
        self.end.archived = match index_all(view, keyspaces) {
            Err(error) if error.is_damage() => None,
            made => Some(made?),
        };
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

/// Makes the index from the heads, and gives how many aggregates are in it. Nothing reads it before the end of the log
/// counts them.
fn index_all(view: &View, keyspaces: &Keyspaces) -> Result<u64, StoreError> {
    // An attempt that did not come to its end may have left some.
    let mut records = Records::new();
    for key in view.archived_keys() {
        add(&mut records, key?.to_vec(), None, keyspaces)?;
    }
    let mut count = 0;
    view.frames(None, None, |name, head| {
        if head.archived
            && let Some(key) = view.key(&name)?
        {
            count += 1;
            add(&mut records, keys::archived(&key), Some(Vec::new()), keyspaces)?;
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    batch::write_as(keyspaces, records, PersistMode::Buffer)?;
    Ok(count)
}

fn add(
    records: &mut Records,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    keyspaces: &Keyspaces,
) -> Result<(), StoreError> {
    records.insert((Space::Ix, key), value);
    if records.len() >= RECORDS_MAX {
        batch::write_as(keyspaces, std::mem::take(records), PersistMode::Buffer)?;
    }
    Ok(())
}
