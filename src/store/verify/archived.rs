//! The index of archived aggregates. What it says of an aggregate that has a head is held against that with the aggregate.

use super::{Faults, fault};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::FaultKind;

/// Holds the index, and how many there are by the end of the log, against how many heads are archived. Where one of them
/// is known to be wrong, the numbers cannot be right.
///
/// # Errors
/// What keeps it from reading at all; damage is a fault.
pub(super) fn check(view: &View, heads: u64, faults: &mut Faults) -> Result<(), StoreError> {
    if faults.list.iter().any(|fault| fault.kind == FaultKind::Archived) {
        return Ok(());
    }
    let (counted, indexed) = match count(view) {
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

/// How many there are by the end of the log and in the index; `None` where there is no index.
fn count(view: &View) -> Result<Option<(u64, u64)>, StoreError> {
    let Some(counted) = view.archived_count()? else { return Ok(None) };
    let mut indexed = 0;
    for key in view.archived_keys() {
        key?;
        indexed += 1;
    }
    Ok(Some((counted, indexed)))
}
