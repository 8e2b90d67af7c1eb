//! One aggregate, or many.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::{AggregateKey, Version};
use crate::error::{Error, Kind, Result};
use crate::schema::Snapshot;
use crate::store::{StoreError, View};
use crate::wire::{
    AggregateRecord, EventRecord, GetQuery, Referrer, Referrers, SnapshotInfo, Snapshots,
};
use std::ops::ControlFlow;

/// An aggregate of a view, as it is or as it was, with at most so many events.
pub(super) fn get_in(
    view: &View,
    eyes: &Eyes<'_>,
    query: &GetQuery,
    most: usize,
) -> Result<AggregateRecord> {
    let found = find(view, &query.aggregate_type, &query.aggregate_id)?;
    let then = query.at.map(|at| found.version_at(view, at)).transpose()?;
    let mut events = None;
    if query.include_events {
        let last = then.unwrap_or(found.head.version);
        events = Some(events_of(view, eyes, &found, (last, most))?);
    }
    let record = match then {
        None => found.record(view, eyes)?,
        Some(version) => found.record_at(view, version, eyes)?,
    };
    Ok(AggregateRecord { events, ..record })
}

/// All events of an aggregate up to a version, where a page has room for them. A part of them would be taken for all.
fn events_of(
    view: &View,
    eyes: &Eyes<'_>,
    found: &Found,
    (last, most): (Version, usize),
) -> Result<Vec<EventRecord>> {
    let (mut all, mut room) = (Vec::new(), Room::page());
    let fits = last.get() <= u64::try_from(most).unwrap_or(u64::MAX);
    if fits {
        found.events(view, Version(1), last, |event| {
            room.take(event.body_bytes().len());
            all.push(eyes.event(event.decode()?));
            let full = room.is_full();
            Ok::<_, StoreError>(if full {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
    }
    if fits && u64::try_from(all.len()).is_ok_and(|read| read == last.get()) {
        return Ok(all);
    }
    let message = format!(
        "`{}` has {last} events up to there, which is more than are given with its state",
        found.name
    );
    Err(Error::new(Kind::Invalid, "dbx::query::events", message)
        .kept("nothing was left out in silence")
        .help("read them a page at a time, as the events of the aggregate"))
}

impl Local {
    /// An aggregate, as it is or as it was.
    ///
    /// # Errors
    /// There is none, it did not exist at that moment, or it has more events than a page where they were asked for.
    pub fn get(&self, caller: &Caller, query: &GetQuery) -> Result<AggregateRecord> {
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        get_in(&self.view()?, &eyes, query, self.config().page_limit)
    }

    /// Who points at an aggregate.
    ///
    /// # Errors
    /// There is none.
    pub fn referrers(&self, caller: &Caller, aggregate_type: &str, id: &str) -> Result<Referrers> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = find(&view, aggregate_type, id)?;
        let types = view.types()?;
        let mut referrers = Vec::new();
        for (number, id, field) in view.referrers(&found.key)? {
            let name =
                types.iter().find(|(_, known)| *known == number).map(|(name, _)| name.clone());
            let aggregate_type = name.ok_or_else(|| {
                StoreError::Inconsistent("the index of references names an unknown type".into())
            })?;
            let source = AggregateKey { aggregate_type, id };
            if eyes.shows_reference(&source, &field) {
                referrers.push(Referrer {
                    aggregate_type: source.aggregate_type.to_string(),
                    aggregate_id: source.id.to_string(),
                    field,
                });
            }
        }
        referrers.sort_by(|a, b| {
            (&a.aggregate_type, &a.aggregate_id, &a.field).cmp(&(
                &b.aggregate_type,
                &b.aggregate_id,
                &b.field,
            ))
        });
        Ok(Referrers {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            referrers,
        })
    }

    /// Which snapshots of an aggregate exist.
    ///
    /// # Errors
    /// There is no such aggregate.
    pub fn snapshots(&self, caller: &Caller, aggregate_type: &str, id: &str) -> Result<Snapshots> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let view = self.view()?;
        let found = find(&view, aggregate_type, id)?;
        let declared = schema.schema.aggregates.get(aggregate_type);
        let snapshots = view.snapshots(&found.key, &found.name)?;
        Ok(Snapshots {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            threshold: declared.map_or(Snapshot::Default, |declared| declared.snapshot).threshold(),
            snapshots: snapshots
                .into_iter()
                .map(|(version, state)| SnapshotInfo {
                    version: version.get(),
                    bytes: state.len() as u64,
                })
                .collect(),
        })
    }
}
