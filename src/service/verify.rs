//! Recomputing what is stored.

use super::Local;
use super::caller::Caller;
use super::found::unknown;
use crate::domain::AggregateKey;
use crate::domain::access::Action;
use crate::error::Result;
use crate::store::{Progress, verify_aggregate};
use crate::wire::{AggregateVerdict, Fault, FaultKind, LogVerdict};
use std::thread;

impl Local {
    /// Recomputes one aggregate: bodies, leaves, roots, state and snapshots. A store that opened for reading only is
    /// never good: the aggregate may have had events behind the damage.
    ///
    /// # Errors
    /// There is none, or it cannot be read at all. Damage is no error but in the verdict.
    pub fn verify_aggregate(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
    ) -> Result<AggregateVerdict> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let name = AggregateKey::new(aggregate_type, id)?;
        let mut verdict = verify_aggregate(&self.view()?, &name)?.ok_or_else(|| unknown(&name))?;
        if let Some(fault) = self.damage().filter(|_| verdict.ok) {
            verdict.ok = false;
            verdict.faults.push(fault);
        }
        Ok(verdict)
    }

    /// Recomputes the log and its trees on all cores; `progress` is told how many events of how many are done. A store
    /// that opened for reading only is never good, even where all that is left of the log is.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub fn verify(&self, caller: &Caller, progress: Progress<'_>) -> Result<LogVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        Ok(self.store().verify(cores(), false, progress, &|_, _| {})?)
    }

    /// As [`Local::verify`], and then everything that stands beside the log: states, snapshots, archived flags and the
    /// index of versions are compared with a fold of the events, commits with their records, the index of references
    /// with the states, the numbers of the types with each other. `refolded` is told how many aggregates of how many
    /// are done.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub fn verify_all(
        &self,
        caller: &Caller,
        progress: Progress<'_>,
        refolded: Progress<'_>,
    ) -> Result<LogVerdict> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        Ok(self.store().verify(cores(), true, progress, refolded)?)
    }

    /// What the opening found: a log that lost its end has nothing in it any more that is wrong.
    fn damage(&self) -> Option<Fault> {
        self.read_only().map(|reason| Fault {
            kind: FaultKind::Unreadable,
            message: reason.to_owned(),
            position: None,
            aggregate: None,
            version: None,
            stored: None,
            recomputed: None,
        })
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
