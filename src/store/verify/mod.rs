//! Verification: reading the bytes and recomputing, never repeating a stored answer.
//!
//! The log is read in windows. Within a window the events are hashed on all cores (bodies, leaves and the tiles of the
//! log's tree), then the trees of the aggregates go on, each core with the aggregates that fall to it. So memory is
//! bounded by the number of aggregates and the window, not by the log.

mod aggregate;
mod forest;
mod hashing;
mod log;
mod states;
mod window;

pub(crate) use aggregate::verify_aggregate;
pub(crate) use log::verify_log;
pub(crate) use states::verify_states;

use crate::domain::{Hash, Position, Version};
use crate::store::error::StoreError;
use crate::wire::{Fault, FaultKind};

/// Told how many events of how many were verified.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// The most faults that are listed one by one.
const FAULTS_MAX: usize = 1000;

/// The faults found so far, with the first position that any of them touches.
#[derive(Debug, Default)]
struct Faults {
    list: Vec<Fault>,
    count: u64,
    first: Option<u64>,
}

impl Faults {
    fn add(&mut self, fault: Fault) {
        self.count += 1;
        if let Some(position) = fault.position.as_ref().and_then(|text| text.parse().ok()) {
            self.first = Some(self.first.map_or(position, |first: u64| first.min(position)));
        }
        if self.list.len() < FAULTS_MAX {
            self.list.push(fault);
        }
    }

    fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }

    /// The faults in the order of the log, those without a position last.
    fn sorted(mut self) -> (Vec<Fault>, u64) {
        let place = |fault: &Fault| {
            fault.position.as_ref().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
        };
        self.list.sort_by_key(place);
        (self.list, self.count)
    }
}

/// What a thread of a verification gave. One that panicked looked at part of the bytes only, so there is no verdict.
fn joined<T>(result: std::thread::Result<T>) -> Result<T, StoreError> {
    result.map_err(|_| StoreError::Panicked)
}

/// A fault without a place.
fn fault(kind: FaultKind, message: impl Into<String>) -> Fault {
    Fault {
        kind,
        message: message.into(),
        position: None,
        aggregate: None,
        version: None,
        stored: None,
        recomputed: None,
    }
}

/// Where a fault is.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    position: Position,
    /// `type/id`
    aggregate: &'a str,
    version: Version,
}

impl Place<'_> {
    fn fault(&self, kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            position: Some(self.position.to_string()),
            aggregate: Some(self.aggregate.to_owned()),
            version: Some(self.version.get()),
            ..fault(kind, message)
        }
    }

    fn hashes(&self, kind: FaultKind, message: &str, stored: Hash, recomputed: Hash) -> Fault {
        Fault {
            stored: Some(stored.to_string()),
            recomputed: Some(recomputed.to_string()),
            ..self.fault(kind, message)
        }
    }
}
