//! What a server shows of the store beside what is in it.

use super::Local;
use super::caller::Caller;
use crate::domain::access::Action;
use crate::error::Result;
pub use crate::store::Written;

/// The store in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The last position of the log.
    pub position: u64,
    /// How many commits it has.
    pub commits: u64,
    /// Bytes on disk, journals included.
    pub disk_bytes: u64,
    /// The version of the schema in force; 0 for none.
    pub schema_version: u64,
}

impl Local {
    /// The store in figures.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub(crate) fn figures(&self, caller: &Caller) -> Result<Figures> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let end = self.view()?.end()?;
        Ok(Figures {
            position: end.position.get(),
            commits: end.commit.get(),
            disk_bytes: self.store().disk_bytes()?,
            schema_version: self.store().schema().version,
        })
    }

    /// Tells `told` of every batch of events from now on, from the writer's thread: it must not block. The first who asks is
    /// the only one.
    pub fn observe(&self, told: impl Fn(&Written) + Send + Sync + 'static) {
        self.store().observe(told);
    }

    /// Whether the store still takes writes, as far as it did at the opening.
    ///
    /// # Errors
    /// It failed while it was written to, and takes nothing more until it is opened again.
    pub fn check(&self) -> Result<()> {
        Ok(self.store().check()?)
    }
}
