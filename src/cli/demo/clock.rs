//! Time as the story goes.

use crate::clock::Clock;
use crate::domain::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that stands where it was put.
#[derive(Debug)]
pub(super) struct Stepping(AtomicI64);

impl Stepping {
    /// A clock that stands at `time`.
    pub(super) fn at(time: Timestamp) -> Self {
        Self(AtomicI64::new(time.as_micros()))
    }

    /// Puts it to `time`.
    pub(super) fn set(&self, time: Timestamp) {
        self.0.store(time.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for Stepping {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
