//! One aggregate, or many.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::filter::FilterSubject;
use crate::domain::json::{Json, Object};
use crate::domain::{AggregateKey, AggregateType, Filter, Timestamp, Version};
use crate::error::{Error, Kind, Result};
use crate::schema::Snapshot;
use crate::store::{AggregateBytes, Head, StoreError, View};
use crate::wire::{
    AggregatePage, AggregateRecord, EventRecord, GetQuery, ListQuery, Referrer, Referrers,
    SnapshotInfo, Snapshots, Sort,
};
use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// How many aggregates are looked at until it is asked whether the page is still wanted: a millisecond or so.
const LOOK: usize = 1024;

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
        get_in(&self.view()?, &eyes, query, self.page(None))
    }

    /// Aggregates, one page at a time.
    ///
    /// # Errors
    /// A filter or cursor that cannot be read.
    pub fn list(&self, caller: &Caller, query: &ListQuery) -> Result<AggregatePage> {
        self.list_while(caller, query, &|| true)
    }

    /// As [`Local::list`], for as long as the page is wanted: a filter that lets nothing through looks at all there is.
    ///
    /// # Errors
    /// As there, and that the page is not wanted any more.
    pub(super) fn list_while(
        &self,
        caller: &Caller,
        query: &ListQuery,
        wanted: &dyn Fn() -> bool,
    ) -> Result<AggregatePage> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, query.aggregate_type.as_deref())?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let aggregate_type = query.aggregate_type.as_deref().map(AggregateType::new).transpose()?;
        let filter = self.filter(query.filter.as_deref())?;
        let after = query.after.as_deref().map(cursor).transpose()?;
        let seen = Cell::new(0);
        let whole =
            List { view: &view, eyes: &eyes, query, aggregate_type, filter, after, seen, wanted };
        let take = self.page(query.take);
        let page = Page { items: Vec::new(), take, room: Room::page(), more: false };
        let page = match query.sort {
            Sort::Id => whole.by_id(page)?,
            _ => whole.sorted(page)?,
        };
        let Page { items, more, .. } = page;
        let last = items.last().filter(|_| more);
        let next = last.map(|last| format!("{}/{}", last.aggregate_type, last.aggregate_id));
        Ok(AggregatePage { items, next })
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

/// A list that is wanted.
struct List<'a> {
    view: &'a View,
    eyes: &'a Eyes<'a>,
    query: &'a ListQuery,
    aggregate_type: Option<AggregateType>,
    filter: Option<Filter>,
    after: Option<AggregateKey>,
    /// How many aggregates were looked at.
    seen: Cell<usize>,
    /// Whether the page is still wanted.
    wanted: &'a dyn Fn() -> bool,
}

impl List<'_> {
    /// Ends the search where nobody wants the page any more.
    fn goes_on(&self) -> Result<()> {
        let seen = self.seen.replace(self.seen.get().wrapping_add(1));
        if !seen.is_multiple_of(LOOK) || (self.wanted)() {
            return Ok(());
        }
        Err(Error::new(Kind::Interrupted, "dbx::query::stopped", "the list was stopped"))
    }

    /// Whether an aggregate is in the list.
    fn has(&self, name: &AggregateKey, head: &Head) -> bool {
        let subject = Subject { name, head, eyes: self.eyes };
        (self.query.archived || !(head.archived || head.erased))
            && self.eyes.lists(name)
            && self.filter.as_ref().is_none_or(|filter| filter.matches(&subject))
    }

    /// Whether states must be read to know what is in the list. Reading one takes longer than all the rest of a head.
    fn looks_into_states(&self) -> bool {
        self.filter.as_ref().is_some_and(Filter::looks_into_state)
    }

    /// A page in the order of types and ids.
    fn by_id(&self, mut page: Page) -> Result<Page> {
        let mut skip = self.query.skip;
        // Where only some of the heads are given, the states of these are read.
        let some = !self.looks_into_states() && (self.filter.is_some() || skip > 0);
        let mut visit = |name: AggregateKey, head: Head| {
            self.goes_on()?;
            if !self.has(&name, &head) {
                return Ok(ControlFlow::Continue(()));
            }
            if skip > 0 {
                skip -= 1;
                return Ok(ControlFlow::Continue(()));
            }
            let head = if some { self.whole(&name)? } else { head };
            page.add(self.view, self.eyes, (name, head))
        };
        let (of, after) = (self.aggregate_type.as_ref(), self.after.as_ref());
        if some {
            self.view.frames(of, after, &mut visit)?;
        } else {
            self.view.heads(of, after, &mut visit)?;
        }
        Ok(page)
    }

    /// A page in another order, for which all are looked at.
    fn sorted(&self, mut page: Page) -> Result<Page> {
        let mut found: Vec<(AggregateKey, Head)> = Vec::new();
        let mut visit = |name: AggregateKey, head: Head| {
            self.goes_on()?;
            if self.has(&name, &head) {
                // What is on the page is read again: all of all would not fit into memory.
                let (peaks, state) = (Vec::new(), Object::new());
                found.push((name, Head { peaks, state, ..head }));
            }
            Ok::<_, Error>(ControlFlow::Continue(()))
        };
        let of = self.aggregate_type.as_ref();
        if self.looks_into_states() {
            self.view.heads(of, None, &mut visit)?;
        } else {
            self.view.frames(of, None, &mut visit)?;
        }
        sort(&mut found, self.query.sort);
        if let Some(after) = &self.after {
            // Starting over instead would hand out the same pages for ever.
            let seen = found.iter().position(|(name, _)| name == after).ok_or_else(|| {
                let message = format!("`{after}` is not in this list any more");
                Error::new(Kind::Invalid, "dbx::query::cursor", message)
                    .help("list again from the start, with the same filter and order")
            })?;
            found.drain(..=seen);
        }
        for (name, _) in found.into_iter().skip(self.query.skip) {
            let head = self.whole(&name)?;
            if page.add(self.view, self.eyes, (name, head))?.is_break() {
                break;
            }
        }
        Ok(page)
    }

    /// The head of an aggregate of the list, with its state.
    fn whole(&self, name: &AggregateKey) -> Result<Head> {
        Ok(find(self.view, name.aggregate_type.as_str(), name.id.as_str())?.head)
    }
}

/// A page of a list in the making.
struct Page {
    items: Vec<AggregateRecord>,
    take: usize,
    room: Room,
    more: bool,
}

impl Page {
    /// Adds an aggregate, or says that there is more than this page has.
    fn add(
        &mut self,
        view: &View,
        eyes: &Eyes<'_>,
        (name, head): (AggregateKey, Head),
    ) -> Result<ControlFlow<()>> {
        if self.items.len() >= self.take || self.room.is_full() {
            self.more = true;
            return Ok(ControlFlow::Break(()));
        }
        let key = AggregateBytes::new(0, &name.id);
        let record = Found { name, key, head }.record(view, eyes)?;
        self.room.take_json(&record.state);
        self.items.push(record);
        Ok(ControlFlow::Continue(()))
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

    fn correlation(&self) -> Option<&str> {
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
