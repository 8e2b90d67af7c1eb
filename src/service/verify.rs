//! Recomputing what is stored.

use super::Service;
use super::aggregates::unknown;
use super::caller::Caller;
use crate::domain::AggregateKey;
use crate::error::Result;
use crate::store::{Progress, verify_aggregate, verify_log};
use crate::wire::{AggregateVerdict, LogVerdict};
use std::thread;

impl Service {
    /// Recomputes one aggregate: bodies, leaves, roots, state and snapshots.
    ///
    /// # Errors
    /// There is none, or it cannot be read at all. Damage is no error but in the verdict.
    pub fn verify_aggregate(
        &self,
        _caller: &Caller,
        aggregate_type: &str,
        id: &str,
    ) -> Result<AggregateVerdict> {
        let name = AggregateKey::new(aggregate_type, id)?;
        verify_aggregate(&self.view()?, &name)?.ok_or_else(|| unknown(&name))
    }

    /// Recomputes the whole log on all cores; `progress` is told how many events of how many are done.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub fn verify(&self, _caller: &Caller, progress: Progress<'_>) -> Result<LogVerdict> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(verify_log(&self.view()?, cores, progress)?)
    }
}
