//! Records beside the log that change without an event: the stage, tokens, keys.
//!
//! A change is decided on the writer's thread, between two batches, so that what it read still holds when it is
//! written: whoever reads, decides and writes elsewhere would lose the change of another.

use super::Loop;
use super::batch;
use super::tail::{Records, Space};
use crate::domain::Timestamp;
use crate::store::error::StoreError;
use crate::store::keys;
use crate::store::view::View;
use std::sync::Arc;

/// The records that a change writes and removes: all of them become durable together.
#[derive(Debug, Default)]
pub(in crate::store) struct Changes {
    records: Records,
}

impl Changes {
    /// Writes a record.
    pub(in crate::store) fn put(&mut self, space: Space, key: Vec<u8>, value: Vec<u8>) {
        self.records.insert((space, key), Some(value));
    }

    /// What the change writes there; `None` where it writes nothing.
    pub(in crate::store) fn get(&self, space: Space, key: &[u8]) -> Option<&[u8]> {
        self.records.get(&(space, key.to_vec()))?.as_deref()
    }

    /// Removes a record; nothing where there is none.
    pub(in crate::store) fn remove(&mut self, space: Space, key: Vec<u8>) {
        self.records.insert((space, key), None);
    }
}

/// Reads at a moment (which is also given as a time) and says what changes. What it writes is dropped where it fails.
pub(super) type Decide = Box<dyn FnOnce(&View, Timestamp, &mut Changes) -> Told + Send>;

/// Tells whoever asked: called with `None` once the change is durable, or with why it may not be.
pub(super) type Told = Result<Box<dyn FnOnce(Option<StoreError>) + Send>, Refused>;

/// The change was refused, which whoever asked knows already.
pub(super) struct Refused;

/// A decision with the way back to whoever waits for it.
pub(super) fn pair<T, E>(
    decide: impl FnOnce(&View, Timestamp, &mut Changes) -> Result<T, E> + Send + 'static,
) -> (Decide, impl FnOnce() -> Result<T, E>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    // Whoever is gone does not need the answer.
    let decide: Decide = Box::new(move |view, now, changes| match decide(view, now, changes) {
        Ok(value) => Ok(Box::new(move |failed: Option<StoreError>| {
            drop(sender.send(failed.map_or(Ok(value), |error| Err(E::from(error)))));
        })),
        Err(error) => {
            drop(sender.send(Err(error)));
            Err(Refused)
        }
    });
    (decide, move || receiver.recv().map_err(|_| E::from(StoreError::unanswered()))?)
}

impl Loop {
    /// Decides a change and makes it durable.
    pub(super) fn change(&mut self, decide: Decide) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        let view = View::new(&self.keyspaces);
        let Ok(tell) = decide(&view, self.clock.now(), &mut changes) else { return Ok(()) };
        drop(view);
        if changes.records.is_empty() {
            tell(None);
            return Ok(());
        }
        self.count(&mut changes.records);
        let written = self
            .guard
            .before_write()
            .map_err(StoreError::from)
            .and_then(|()| batch::write(&self.keyspaces, changes.records));
        let failed = written.as_ref().err().cloned();
        tell(failed.map(|error| StoreError::OutcomeUnknown(Arc::new(error))));
        written.and_then(|bytes| self.follow_change(bytes))
    }

    /// Numbers a batch without an event, so that ANCHOR knows of it.
    pub(super) fn count(&self, records: &mut Records) {
        let number = self.guard.next_change().to_be_bytes().to_vec();
        records.insert((Space::Mt, keys::CHANGES.to_vec()), Some(number));
    }

    /// Lets ANCHOR follow such a batch.
    pub(super) fn follow_change(&mut self, bytes: u64) -> Result<(), StoreError> {
        self.guard.changed();
        self.follow(bytes)
    }
}
