//! Where the log ends: by its record, by ANCHOR, and up to where it is good.

use super::log::Read;
use super::{Faults, Part, fault};
use crate::domain::{CommitNumber, Position};
use crate::proof::TILE_WIDTH;
use crate::store::disk::anchor::State;
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{AnchorVerdict, Fault, FaultKind};

/// Holds the end of the log against its record, the tiles that it may have, and ANCHOR.
pub(super) fn check(
    view: &View,
    anchor: Option<&State>,
    read: &Read,
    faults: &mut Faults,
) -> Option<AnchorVerdict> {
    record(view, read, faults);
    faults.extend(read.stray_tiles.iter().cloned());
    let state = anchor?;
    let ok = read.at_anchor == Some(state.root);
    if !ok {
        faults.part = Part::Anchor;
        faults.add(Fault {
            stored: Some(state.root.to_string()),
            recomputed: read.at_anchor.map(|root| root.to_string()),
            ..fault(FaultKind::Anchor, unlike(state, read))
        });
        faults.part = Part::Derived;
    }
    Some(AnchorVerdict { position: state.last.to_string(), root: state.root.to_string(), ok })
}

fn unlike(anchor: &State, read: &Read) -> String {
    if anchor.size > read.last {
        return format!(
            "the log ends at #{}, but it had {} events when it was last closed: it was rolled back or cut",
            read.last, anchor.size
        );
    }
    format!(
        "the first {} events are not those that were there before: they were rewritten",
        anchor.size
    )
}

fn record(view: &View, read: &Read, faults: &mut Faults) {
    let end = match view.end() {
        Ok(end) => end,
        Err(error) => return faults.add(fault(FaultKind::Unreadable, error.to_string())),
    };
    if end.position.get() != read.last {
        let message = format!("the log ends at #{}, but #{} is recorded", read.last, end.position);
        faults.add(fault(FaultKind::Sequence, message));
    }
    if end.root != read.root {
        faults.add(Fault {
            stored: Some(end.root.to_string()),
            recomputed: Some(read.root.to_string()),
            ..fault(FaultKind::LogRoot, "the root of the log is not the stored one")
        });
    }
    // Where the last event cannot be read, the log's own pass has named it.
    if let Ok(Some((commit, event_id, created_at))) = last(view, read.last)
        && (commit, event_id, created_at) != (end.commit, end.event_id, end.created_at)
    {
        let message =
            format!("the last event, #{}, is not the one that is recorded as the last", read.last);
        faults.add(fault(FaultKind::Index, message));
    }
}

type Last = (CommitNumber, crate::domain::EventId, crate::domain::Timestamp);

fn last(view: &View, position: u64) -> Result<Option<Last>, StoreError> {
    view.with_event(Position(position), |event| {
        let identity = event.identity()?;
        Ok((identity.commit, identity.event_id, identity.created_at))
    })
}

/// Names tiles that a log of this size cannot have. Those that it must have are compared as they fill up.
pub(super) fn stray_tiles(view: &View, size: u64) -> Vec<Fault> {
    let mut faults = Vec::new();
    for key in view.tile_keys() {
        match key {
            Ok((level, index)) => {
                let leaves = (TILE_WIDTH as u64).checked_pow(u32::from(level) + 1);
                let end = leaves.and_then(|leaves| index.checked_add(1)?.checked_mul(leaves));
                if end.is_none_or(|end| end > size) {
                    let message = format!(
                        "tile {index} of level {level} of the log's tree is beyond the log"
                    );
                    faults.push(fault(FaultKind::LogTree, message));
                }
            }
            Err(error) => {
                faults.push(fault(FaultKind::Unreadable, error.to_string()));
                break;
            }
        }
    }
    faults
}

/// Up to which position and commit everything is good. Where no fault has a place, but a root is not what it was, only
/// what ANCHOR vouches for is certain.
pub(super) fn good(
    view: &View,
    read: &Read,
    anchor: Option<(&State, &AnchorVerdict)>,
    faults: &Faults,
) -> (Position, CommitNumber) {
    let vouched = match anchor {
        Some((state, verdict)) if verdict.ok => state.size,
        _ => 0,
    };
    let moved = |fault: &Fault| match fault.kind {
        FaultKind::LogRoot => true,
        FaultKind::Anchor => fault.recomputed.is_some(),
        _ => false,
    };
    let up_to = match faults.first {
        Some(first) => first.saturating_sub(1),
        None if faults.list.iter().any(moved) => vouched.min(read.last),
        None => read.last,
    };
    let commit = commit_before(view, up_to).unwrap_or_default();
    (Position(up_to), commit)
}

/// The last commit that ends at a position or before it.
fn commit_before(view: &View, position: u64) -> Result<CommitNumber, StoreError> {
    let found = view.with_event(Position(position), |event| {
        let identity = event.identity()?;
        let whole = identity.commit_index.saturating_add(1) >= identity.commit_size;
        let before = CommitNumber(identity.commit.get().saturating_sub(1));
        Ok(if whole { identity.commit } else { before })
    })?;
    Ok(found.unwrap_or_default())
}

/// The last position at or before `position` at which a commit ends; 0 where there is none.
pub(in crate::store) fn whole_commits(view: &View, position: u64) -> Position {
    let found = view.with_event(Position(position), |event| {
        let identity = event.identity()?;
        let whole = identity.commit_index.saturating_add(1) >= identity.commit_size;
        let begun = u64::from(identity.commit_index) + 1;
        Ok(if whole { position } else { position.saturating_sub(begun) })
    });
    Position(found.ok().flatten().unwrap_or(0))
}
