//! Telling somebody what was written, and how long it took.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

/// What one batch made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// How many events.
    pub events: u64,
    /// How many commits they belong to.
    pub commits: u64,
    /// How many bytes of records.
    pub bytes: u64,
    /// From the decision to write until everything was on disk.
    pub took: Duration,
}

/// What is done with a report.
type Told = Box<dyn Fn(&Written) + Send + Sync>;

/// Whoever is told; nobody at first.
#[derive(Default)]
pub(in crate::store) struct Observer {
    told: OnceLock<Told>,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Observer {
    /// Tells `told` from now on; the first who asks is the only one. It is called from the writer's thread.
    pub(in crate::store) fn set(&self, told: impl Fn(&Written) + Send + Sync + 'static) {
        let _ = self.told.set(Box::new(told));
    }

    pub(super) fn tell(&self, written: &Written) {
        if let Some(told) = self.told.get() {
            told(written);
        }
    }
}
