//! The events of one aggregate, by their versions.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find_frame};
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::{Position, Version};
use crate::error::{Error, Kind, Result};
use crate::store::{StoreError, View};
use crate::wire::{EventPage, HistoryQuery};
use std::ops::ControlFlow;

impl Local {
    /// The events of one aggregate, by their versions, a page at a time.
    ///
    /// # Errors
    /// There is no such aggregate, or versions in the wrong order.
    pub fn history(&self, caller: &Caller, query: &HistoryQuery) -> Result<EventPage> {
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = find_frame(&view, &query.aggregate_type, &query.aggregate_id)?;
        let newest = found.head.version.get();
        let (from, to) = (query.from.unwrap_or(1), query.to.unwrap_or(u64::MAX));
        if from > to {
            let message = format!("version {from} is behind version {to}");
            return Err(Error::new(Kind::Invalid, "dbx::query::versions", message)
                .help("name the earlier version first"));
        }
        let seen = query.after.map(|after| versions_up_to(&view, &found, Position(after)));
        let skip = u64::try_from(query.skip).unwrap_or(u64::MAX);
        let before =
            from.saturating_sub(1).max(seen.transpose()?.unwrap_or(0)).saturating_add(skip);
        let take = u64::try_from(self.page(query.take)?).unwrap_or(u64::MAX);
        let end = newest.min(to);
        let last = end.min(before.saturating_add(take));
        let (mut events, mut room) = (Vec::new(), Room::page());
        if before < last {
            found.events(&view, Version(before + 1), Version(last), |event| {
                room.take(event.body_bytes().len());
                events.push(eyes.event(event.decode()?));
                let full = room.is_full();
                Ok::<_, StoreError>(if full {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
        }
        // Whoever goes on from an empty page goes on from where it would have been.
        let passed = match u64::try_from(events.len()).unwrap_or(u64::MAX) {
            0 => before.min(newest),
            read => before + read,
        };
        let next = match passed {
            0 => Position(query.after.unwrap_or(0)),
            version => found.read(&view, Version(version), |event| Ok(event.position()))?,
        };
        Ok(EventPage { events, next: next.to_string(), more: passed < end })
    }
}

/// How many versions an aggregate had at a position of the log; versions ascend with positions.
fn versions_up_to(view: &View, found: &Found, position: Position) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, found.head.version.get());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let entry = view.locate(&found.key, Version(middle))?;
        let entry = entry.ok_or_else(|| found.lost(Version(middle)))?;
        if entry.position <= position { low = middle } else { high = middle - 1 }
    }
    Ok(low)
}
