//! How an aggregate came to be what it is.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::json::{Object, Pointer};
use crate::domain::{Event, Version, diff_objects, fold};
use crate::error::{Error, Kind, Result};
use crate::store::{StoreError, View};
use crate::wire::{At, Blame, BlameLine, Change, Difference, ReplayQuery, ReplayStep};
use indexmap::{IndexMap, IndexSet};
use std::ops::ControlFlow;

pub(super) fn wire(change: crate::domain::Change) -> Change {
    Change { path: change.pointer.to_string(), before: change.before, after: change.after }
}

/// The differences between two states that the caller may see.
fn changes(
    eyes: &Eyes<'_>,
    aggregate_type: &str,
    before: &Object,
    after: &Object,
) -> Vec<crate::domain::Change> {
    let (before, after) =
        (eyes.object(aggregate_type, before.clone()), eyes.object(aggregate_type, after.clone()));
    diff_objects(&before, &after)
}

/// Folds the events of versions `from` to `to`, handing each one to `step` with the states around it, until it breaks. The state before
/// `from` is rebuilt from the nearest snapshot.
fn steps(
    view: &View,
    found: &Found,
    from: Version,
    to: Version,
    mut step: impl FnMut(Event, &Object, &Object) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let before_first = Version(from.get().saturating_sub(1));
    let mut state = match before_first.get() {
        0 => Object::new(),
        _ => found.state_at(view, before_first)?.0,
    };
    found.events(view, from, to, |event| {
        let event = event.decode()?;
        let before = state.clone();
        fold(&mut state, event.header.kind, &event.body.content).map_err(|error| {
            let version = event.header.version;
            StoreError::Inconsistent(format!("version {version} of `{}`: {error}", found.name))
        })?;
        step(event, &before, &state)
    })
}

impl Local {
    /// An aggregate's events, each with what it changed: as many as a page has. Where the last of them is not the last
    /// that was asked for, the next page starts with the version behind it.
    ///
    /// # Errors
    /// There is no such aggregate or version.
    pub fn replay(&self, caller: &Caller, query: &ReplayQuery) -> Result<Vec<ReplayStep>> {
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = find(&view, &query.aggregate_type, &query.aggregate_id)?;
        let to = match query.to {
            Some(version) => found.version_at(&view, At::Version(version))?,
            None => found.head.version,
        };
        let from = found.version_at(&view, At::Version(query.from.unwrap_or(1)))?;
        if from > to {
            let message = format!("version {from} is after version {to}");
            return Err(Error::new(Kind::Invalid, "dbx::query::range", message));
        }
        let (mut replayed, mut room) = (Vec::new(), Room::page());
        let most = self.config().page_limit;
        steps(&view, &found, from, to, |event, before, after| {
            let changes = changes(&eyes, &query.aggregate_type, before, after);
            let changes = changes.into_iter().map(wire).collect();
            let step = ReplayStep { event: eyes.event(event), changes };
            room.take_json(&step);
            replayed.push(step);
            let full = room.is_full() || replayed.len() >= most;
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(replayed)
    }

    /// What differs between two moments of an aggregate.
    ///
    /// # Errors
    /// There is no such aggregate, or it did not exist at one of them.
    pub fn diff(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
        from: At,
        to: At,
    ) -> Result<Difference> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = find(&view, aggregate_type, id)?;
        let (from, to) = (found.version_at(&view, from)?, found.version_at(&view, to)?);
        let (low, high) = (from.min(to), from.max(to));
        let mut touched: IndexSet<Pointer> = IndexSet::new();
        let first = found.state_at(&view, low)?.0;
        let mut last = first.clone();
        if low < high {
            steps(&view, &found, low.next(), high, |_, before, after| {
                touched.extend(
                    changes(&eyes, aggregate_type, before, after)
                        .into_iter()
                        .map(|change| change.pointer),
                );
                last.clone_from(after);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        let (before, after) = if from <= to { (&first, &last) } else { (&last, &first) };
        let changes = changes(&eyes, aggregate_type, before, after);
        // What lies within a difference, or around one, did not come back to what it was.
        let differs = |place: &Pointer| changes.iter().any(|change| change.pointer.overlaps(place));
        let between = touched.iter().filter(|place| !differs(place));
        let touched_between = between.map(Pointer::to_string).collect();
        Ok(Difference {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            from: from.get(),
            to: to.get(),
            changes: changes.into_iter().map(wire).collect(),
            touched_between,
        })
    }

    /// Which event set each top-level field of an aggregate to what it is; of one field only if it is named.
    ///
    /// # Errors
    /// There is no such aggregate, moment or field.
    pub fn blame(
        &self,
        caller: &Caller,
        aggregate_type: &str,
        id: &str,
        field: Option<&str>,
        at: Option<At>,
    ) -> Result<Blame> {
        self.gate(caller)?.aggregate(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = find(&view, aggregate_type, id)?;
        let version = at.map_or(Ok(found.head.version), |at| found.version_at(&view, at))?;
        let mut setters: IndexMap<String, Event> = IndexMap::new();
        let mut last = Object::new();
        steps(&view, &found, Version(1), version, |event, before, after| {
            for key in before.keys().chain(after.keys()) {
                // A field that an event sets to what it was already is still set by it no more than before.
                if before.get(key) != after.get(key) {
                    setters.insert(key.clone(), event.clone());
                }
            }
            last.clone_from(after);
            Ok(ControlFlow::Continue(()))
        })?;
        setters.retain(|key, _| {
            !eyes.is_hidden_field(aggregate_type, key) && field.is_none_or(|wanted| wanted == key)
        });
        if let Some(field) = field
            && setters.is_empty()
        {
            let message = format!("`{}` never had a field `{field}`", found.name);
            return Err(Error::new(Kind::NotFound, "dbx::aggregate::field", message)
                .help(format!("`dbx blame {}` prints the fields that it has", found.name)));
        }
        let present = |key: &String| field.is_some() || last.contains_key(key);
        let mut lines: Vec<(usize, BlameLine)> = setters
            .into_iter()
            .filter(|(key, _)| present(key))
            .map(|(key, event)| {
                let value = last.get(&key).cloned().unwrap_or_default();
                let place = last.get_index_of(&key).unwrap_or(usize::MAX);
                let path = Pointer::from_segments([key]).to_string();
                (place, BlameLine { path, value, event: eyes.event(event) })
            })
            .collect();
        lines.sort_by_key(|(place, _)| *place);
        Ok(Blame {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            version: version.get(),
            lines: lines.into_iter().map(|(_, line)| line).collect(),
        })
    }
}
