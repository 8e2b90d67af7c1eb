//! What the writer holds of the files around the database: the lock, and ANCHOR as it moves with the log.

use super::disk::anchor::State;
use super::disk::{Anchor, DiskError, StoreLock};
use super::format::End;
use crate::clock::Clock;
use crate::domain::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// ANCHOR is rewritten at most this often while writes go on: it says how far the log was at
/// least, and a write of its own for each batch would cost as much as the batch.
const ANCHOR_EVERY: Duration = Duration::from_secs(1);

/// The lock and the anchor of an open store. Dropping it lets the next process in.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) anchor: Anchor,
    /// Held until ANCHOR is written.
    lock: StoreLock,
    clock: Arc<dyn Clock>,
    /// When ANCHOR was written last in this opening; `None` before the first write of the store.
    written: Option<Instant>,
    /// Whether the log moved since then.
    behind: bool,
    end: End,
    /// The lowest sequence number of fjall that can stand in a journal.
    floor: u64,
    bytes: u64,
    /// How often records beside the log were changed without an event.
    changes: u64,
}

impl Guard {
    pub(super) fn new(
        lock: StoreLock,
        anchor: Anchor,
        clock: Arc<dyn Clock>,
        end: End,
        floor: Option<u64>,
        changes: u64,
    ) -> Self {
        let floor = floor.unwrap_or(anchor.state().journal_floor);
        Self { anchor, lock, clock, written: None, behind: false, end, floor, bytes: 0, changes }
    }

    /// Whether the store is still where it was opened: files that were removed take writes without a word, and those of a
    /// copy that took their place would be changed.
    ///
    /// # Errors
    /// [`DiskError::LockGone`], [`DiskError::Io`].
    pub(super) fn check(&self) -> Result<(), DiskError> {
        self.lock.check()
    }

    /// Marks ANCHOR dirty, durably, before the first write of an opening. Before every one, looks whether the store is
    /// still there.
    pub(super) fn before_write(&mut self) -> Result<(), DiskError> {
        self.check()?;
        if self.written.is_some() {
            return Ok(());
        }
        let state = State { clean: false, journal_floor: self.floor, ..*self.anchor.state() };
        self.anchor.write(state)?;
        self.written = Some(Instant::now());
        Ok(())
    }

    /// Lets ANCHOR follow the log, after the batch is durable.
    pub(super) fn after_write(
        &mut self,
        end: &End,
        bytes: u64,
        now: Instant,
    ) -> Result<(), DiskError> {
        self.bytes += bytes;
        self.end = end.clone();
        self.behind = true;
        if self.written.is_some_and(|written| now.duration_since(written) >= ANCHOR_EVERY) {
            self.write(false)?;
            self.written = Some(now);
        }
        Ok(())
    }

    /// The number of the next change of records beside the log without an event.
    pub(super) fn next_change(&self) -> u64 {
        self.changes + 1
    }

    /// That change is durable.
    pub(super) fn changed(&mut self) {
        self.changes += 1;
    }

    /// How many bytes were written to the database in this opening.
    pub(super) fn bytes_written(&self) -> u64 {
        self.bytes
    }

    /// Writes ANCHOR for the last time, where the store is still there. `journals` are what a close left behind that
    /// emptied them.
    pub(super) fn close(
        mut self,
        journals: Option<super::disk::journal::Journals>,
    ) -> Result<(), DiskError> {
        match journals {
            Some(journals) => {
                self.check()?;
                let state = State { clean: true, journals, ..self.state(true) };
                self.anchor.write(state)
            }
            None if self.behind => self.write(false),
            None => Ok(()),
        }
    }

    fn write(&mut self, clean: bool) -> Result<(), DiskError> {
        self.check()?;
        let state = self.state(clean);
        self.anchor.write(state)?;
        self.behind = false;
        Ok(())
    }

    fn state(&self, clean: bool) -> State {
        let written: Timestamp = self.clock.now();
        State {
            clean,
            last: self.end.position,
            size: self.end.position.get(),
            root: self.end.root,
            written,
            journal_floor: self.floor,
            changes: low(self.changes),
            ..*self.anchor.state()
        }
    }
}

/// What ANCHOR has room for of a count of changes.
pub(super) fn low(changes: u64) -> u32 {
    let [low @ .., _, _, _, _] = changes.to_le_bytes();
    u32::from_le_bytes(low)
}
