//! The process that has the store, as it speaks of itself.

use super::{At, Service};
use crate::error::Result;
use crate::wire::{DaemonReport, ServerHealth};

/// What a process says of itself that has the store and serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerReport {
    /// Who it is and what it does.
    pub report: DaemonReport,
    /// How it does.
    pub health: ServerHealth,
    /// What it measured, in the text format of Prometheus.
    pub metrics: String,
}

impl Service {
    /// What the process says of itself that has the store; `None` where that is this one.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn owner_report(&self) -> Result<Option<OwnerReport>> {
        let remote = match &self.at {
            At::Here(_) => return Ok(None),
            At::There(remote) => remote,
        };
        let (report, health) = (remote.report()?, remote.health()?);
        Ok(Some(OwnerReport { report, health, metrics: remote.metrics()? }))
    }
}
