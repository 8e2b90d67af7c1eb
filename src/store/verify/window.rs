//! Reading a stretch of the log, whatever in it cannot be read.

use super::fault;
use super::hashing::{Leaf, leaf};
use crate::domain::Position;
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use std::ops::ControlFlow;

/// What a stretch of the log gave.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// The leaf of each position; `None` where the event could not be read.
    pub(super) leaves: Vec<Option<Leaf>>,
    pub(super) faults: Vec<Fault>,
}

impl Stretch {
    /// Reads one event.
    fn single(&mut self, view: &View, position: Position) -> Result<(), StoreError> {
        match view.with_event(position, |event| Ok(leaf(event))) {
            Ok(Some((leaf, fault))) => {
                self.leaves.push(leaf);
                self.faults.extend(fault);
            }
            Ok(None) => {
                self.leaves.push(None);
                self.faults.push(missing(position));
            }
            Err(error) if error.is_damage() => {
                let mut unreadable = fault(FaultKind::Unreadable, error.to_string());
                unreadable.position = Some(position.to_string());
                self.leaves.push(None);
                self.faults.push(unreadable);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Reads and hashes the events from `from` to `to`, both inclusive. What cannot be read becomes a fault, and the
/// reading goes on behind it.
///
/// # Errors
/// Only what is not damage: the operating system.
pub(super) fn read(view: &View, from: Position, to: Position) -> Result<Stretch, StoreError> {
    let mut stretch = Stretch::default();
    let mut next = from;
    while next <= to {
        let result = view.scan(next, to, false, |event| {
            // Positions that the scan jumped over are missing.
            while next < event.position() {
                stretch.faults.push(missing(next));
                stretch.leaves.push(None);
                next = next.next();
            }
            let (leaf, fault) = leaf(event);
            stretch.leaves.push(leaf);
            stretch.faults.extend(fault);
            next = next.next();
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        });
        match result {
            Ok(()) => {
                while next <= to {
                    stretch.faults.push(missing(next));
                    stretch.leaves.push(None);
                    next = next.next();
                }
            }
            Err(error) if error.is_damage() => {
                // A scan fails some events before what is unreadable, since it looks ahead. So this one is read for
                // itself, and the scan tries again behind it.
                stretch.single(view, next)?;
                next = next.next();
            }
            Err(error) => return Err(error),
        }
    }
    Ok(stretch)
}

fn missing(position: Position) -> Fault {
    let mut fault =
        fault(FaultKind::Sequence, format!("event #{position} is missing from the log"));
    fault.position = Some(position.to_string());
    fault
}
