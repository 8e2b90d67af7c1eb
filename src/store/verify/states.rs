//! The states, snapshots and version indexes of all aggregates.

use super::{Check, Faults, Progress, verify_aggregate_while};
use crate::domain::AggregateKey;
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::Fault;
use std::ops::ControlFlow;
use std::thread;

/// How many aggregates are named at a time, so that memory does not grow with their number.
const PAGE: usize = 4096;

/// Holds every aggregate's state, snapshots and places of versions against a fold of its events. `progress` is told how
/// many of the `aggregates` are done. Gives how many are archived; `None` where not every head can be read.
///
/// # Errors
/// What keeps it from reading at all; damage is a fault.
pub(super) fn check(
    view: &View,
    check: &Check<'_>,
    aggregates: u64,
    progress: Progress<'_>,
    faults: &mut Faults,
) -> Result<Option<u64>, StoreError> {
    let (mut after, mut done, mut archived, mut whole) = (None, 0, 0, true);
    loop {
        let mut names: Vec<AggregateKey> = Vec::new();
        let listed = view.frames(None, after.as_ref(), |name, head| {
            names.push(name);
            archived += u64::from(head.archived);
            let full = names.len() >= PAGE;
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        match listed {
            // The pass over the log has named the head that cannot be read; those before it are looked at.
            Err(error) if !StoreError::is_damage(&error) => return Err(error),
            Ok(()) => {}
            Err(_) => whole = false,
        }
        let Some(last) = names.last().cloned() else { return Ok(whole.then_some(archived)) };
        for fault in page(view, check, &names)? {
            faults.add_new(fault);
        }
        done += names.len() as u64;
        progress(done, aggregates.max(done));
        after = Some(last);
    }
}

fn page(view: &View, check: &Check<'_>, names: &[AggregateKey]) -> Result<Vec<Fault>, StoreError> {
    let share = names.len().div_ceil(check.cores.max(1)).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = names
            .chunks(share)
            .map(|names| {
                scope.spawn(move || {
                    let mut faults = Vec::new();
                    for name in names {
                        let verdict = verify_aggregate_while(view, name, check.wanted)?;
                        faults.extend(verdict.into_iter().flat_map(|verdict| verdict.faults));
                    }
                    Ok::<_, StoreError>(faults)
                })
            })
            .collect();
        let mut faults = Vec::new();
        for thread in threads {
            faults.extend(super::joined(thread.join())??);
        }
        Ok(faults)
    })
}
