//! One aggregate, or many.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use crate::domain::access::Action;
use crate::domain::filter::FilterSubject;
use crate::domain::json::Json;
use crate::domain::{AggregateKey, AggregateType, Timestamp, Version};
use crate::error::{Error, Kind, Result};
use crate::schema::Snapshot;
use crate::store::{AggregateBytes, Head, StoreError, View};
use crate::wire::{
    AggregatePage, AggregateRecord, GetQuery, ListQuery, Referrer, Referrers, SnapshotInfo,
    Snapshots, Sort,
};
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// An aggregate of a view, as it is or as it was.
pub(super) fn get_in(view: &View, eyes: &Eyes<'_>, query: &GetQuery) -> Result<AggregateRecord> {
    let found = find(view, &query.aggregate_type, &query.aggregate_id)?;
    let then = query.at.map(|at| found.version_at(view, at)).transpose()?;
    let mut events = None;
    if query.include_events {
        let (mut all, last) = (Vec::new(), then.unwrap_or(found.head.version));
        found.events(view, Version(1), last, |event| {
            all.push(eyes.event(event.decode()?));
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        events = Some(all);
    }
    let record = match then {
        None => found.record(view, eyes)?,
        Some(version) => found.record_at(view, version, eyes)?,
    };
    Ok(AggregateRecord { events, ..record })
}

impl Local {
    /// An aggregate, as it is or as it was.
    ///
    /// # Errors
    /// There is none, or it did not exist at that moment.
    pub fn get(&self, caller: &Caller, query: &GetQuery) -> Result<AggregateRecord> {
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let schema = self.store().schema();
        get_in(&self.view()?, &Eyes::new(&schema.schema, caller), query)
    }

    /// Aggregates, one page at a time.
    ///
    /// # Errors
    /// A filter or cursor that cannot be read.
    pub fn list(&self, caller: &Caller, query: &ListQuery) -> Result<AggregatePage> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, query.aggregate_type.as_deref())?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let aggregate_type = query.aggregate_type.as_deref().map(AggregateType::new).transpose()?;
        let filter = self.filter(query.filter.as_deref())?;
        let after = query.after.as_deref().map(cursor).transpose()?;
        let wanted = |name: &AggregateKey, head: &Head| {
            (query.archived || !(head.archived || head.erased))
                && eyes.lists(name)
                && filter
                    .as_ref()
                    .is_none_or(|filter| filter.matches(&Subject { name, head, eyes: &eyes }))
        };
        let (take, mut skip) = (self.page(query.take), query.skip);
        let mut found: Vec<(AggregateKey, Head)> = Vec::new();
        if query.sort == Sort::Id {
            view.heads(aggregate_type.as_ref(), after.as_ref(), |name, head| {
                if wanted(&name, &head) {
                    match skip {
                        0 => found.push((name, head)),
                        _ => skip -= 1,
                    }
                }
                // One more than asked for tells whether there is a next page.
                let full = found.len() > take;
                Ok::<_, StoreError>(if full {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
        } else {
            view.heads(aggregate_type.as_ref(), None, |name, head| {
                if wanted(&name, &head) {
                    found.push((name, head));
                }
                Ok::<_, StoreError>(ControlFlow::Continue(()))
            })?;
            sort(&mut found, query.sort);
            if let Some(after) = &after {
                // Starting over instead would hand out the same pages for ever.
                let seen = found.iter().position(|(name, _)| name == after).ok_or_else(|| {
                    let message = format!("`{after}` is not in this list any more");
                    Error::new(Kind::Invalid, "dbx::query::cursor", message)
                        .help("list again from the start, with the same filter and order")
                })?;
                found.drain(..=seen);
            }
            found.drain(..skip.min(found.len()));
        }
        let more = found.len() > take;
        found.truncate(take);
        let next = found.last().filter(|_| more).map(|(name, _)| name.to_string());
        let items = found.into_iter().map(|(name, head)| {
            let key = AggregateBytes::new(0, &name.id);
            Found { name, key, head }.record(&view, &eyes)
        });
        Ok(AggregatePage { items: items.collect::<Result<_>>()?, next })
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

fn cursor(text: &str) -> Result<AggregateKey> {
    let (aggregate_type, id) = text.split_once('/').ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            "dbx::query::cursor",
            format!("`{text}` is not a cursor of a list"),
        )
        .help("give the `next` of the page before")
    })?;
    Ok(AggregateKey::new(aggregate_type, id)?)
}

fn sort(found: &mut [(AggregateKey, Head)], by: Sort) {
    match by {
        Sort::Id => {}
        Sort::Updated => found.sort_by_key(|(_, head)| Reverse(head.position)),
        Sort::Created => found.sort_by_key(|(_, head)| Reverse(head.created_at)),
        Sort::Version => found.sort_by_key(|(_, head)| Reverse(head.version)),
    }
}

/// An aggregate, as a filter sees it.
struct Subject<'a> {
    name: &'a AggregateKey,
    head: &'a Head,
    eyes: &'a Eyes<'a>,
}

impl FilterSubject for Subject<'_> {
    fn aggregate_type(&self) -> &str {
        self.name.aggregate_type.as_str()
    }

    fn id(&self) -> &str {
        self.name.id.as_str()
    }

    fn version(&self) -> u64 {
        self.head.version.get()
    }

    fn event_types(&self) -> Vec<&str> {
        Vec::new()
    }

    fn actor(&self) -> Option<(&str, &str)> {
        None
    }

    fn time(&self) -> Timestamp {
        self.head.updated_at
    }

    fn archived(&self) -> bool {
        self.head.archived
    }

    fn state(&self, key: &str) -> Option<&Json> {
        // What may not be seen may not be searched either.
        let visible = !self.eyes.is_hidden_field(self.name.aggregate_type.as_str(), key);
        self.head.state.get(key).filter(|_| visible)
    }
}
