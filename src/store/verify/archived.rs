//! The index of archived aggregates. What it says of an aggregate that has a head is held against that with the aggregate.

use super::{Faults, fault};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};

/// Holds the index, and how many there are by the end of a log of `last` events, against how many heads are archived.
/// Where one of them is known to be wrong, or what they are counted by, the numbers cannot be right.
///
/// # Errors
/// What keeps it from reading at all; damage is a fault.
pub(super) fn check(
    view: &View,
    (last, heads): (u64, u64),
    faults: &mut Faults,
) -> Result<(), StoreError> {
    let known = |fault: &Fault| matches!(fault.kind, FaultKind::Archived | FaultKind::Types);
    if faults.list.iter().any(known) {
        return Ok(());
    }
    let (counted, indexed) = match count(view, last) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        Err(error) if error.is_damage() => {
            faults.add_new(fault(FaultKind::Unreadable, error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if (counted, indexed) != (heads, heads) {
        let message = format!(
            "archived aggregates: {heads} by their heads, {indexed} in the index, {counted} by the end of the log"
        );
        faults.add(fault(FaultKind::Archived, message));
    }
    Ok(())
}

/// How many there are by the end of the log and in the index; `None` where there is no index, or another end.
fn count(view: &View, last: u64) -> Result<Option<(u64, u64)>, StoreError> {
    let end = view.end()?;
    let Some(counted) = end.archived.filter(|_| end.position.get() == last) else {
        return Ok(None);
    };
    let mut indexed = 0;
    for key in view.archived_keys() {
        key?;
        indexed += 1;
    }
    Ok(Some((counted, indexed)))
}
