//! Lists of aggregates.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::filter::FilterSubject;
use crate::domain::json::{Json, Object};
use crate::domain::{AggregateKey, AggregateType, Event, Filter, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::store::{AggregateBytes, Head, View};
use crate::wire::{AggregatePage, AggregateRecord, ListQuery, Sort};
use std::cell::Cell;
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// How many aggregates are looked at until it is asked whether the page is still wanted: a millisecond or so.
const LOOK: usize = 1024;

impl Local {
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
    fn has(&self, name: &AggregateKey, head: &Head) -> Result<bool> {
        if !(self.query.archived || !(head.archived || head.erased)) || !self.eyes.lists(name) {
            return Ok(false);
        }
        let Some(filter) = &self.filter else { return Ok(true) };
        let looks = filter.looks_at_event();
        let last = if looks { self.view.event(head.position)? } else { None };
        Ok(filter.matches(&Subject { name, head, last, eyes: self.eyes }))
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
            if !self.has(&name, &head)? {
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
            if self.has(&name, &head)? {
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
    /// Its last event, where the filter asks for something of that.
    last: Option<Event>,
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
        self.last.as_ref().map(FilterSubject::event_types).unwrap_or_default()
    }

    fn actor(&self) -> Option<(&str, &str)> {
        self.last.as_ref().and_then(FilterSubject::actor)
    }

    fn correlation(&self) -> Option<&str> {
        self.last.as_ref().and_then(FilterSubject::correlation)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;
    use crate::wire::{CommitRequest, Operation};

    #[test]
    fn a_list_knows_what_happened_to_an_aggregate_last_and_by_whom() {
        let (_dir, local, ada) = testing::local();
        let bob = Caller::local("bob", crate::service::Restrict::Off);
        for (caller, id, event) in
            [(&ada, "1", "placed"), (&bob, "1", "paid"), (&ada, "2", "placed"), (&bob, "3", "lost")]
        {
            let operation = Operation {
                aggregate_type: "order".to_owned(),
                aggregate_id: id.to_owned(),
                event_type: event.to_owned(),
                payload: Some(Json::parse("{}").unwrap()),
                ..Operation::default()
            };
            let operations = vec![operation];
            local
                .commit(caller, &CommitRequest { operations, ..CommitRequest::default() })
                .unwrap();
        }
        let listed = |filter: &str| {
            let query = ListQuery { filter: Some(filter.to_owned()), ..ListQuery::default() };
            let items = local.list(&ada, &query).unwrap().items;
            items.into_iter().map(|one| one.aggregate_id).collect::<Vec<_>>()
        };
        assert_eq!(listed("event:placed"), ["2"], "the first event of 1 is not its last");
        assert_eq!(listed("-event:placed"), ["1", "3"]);
        assert_eq!(listed("actor:bob"), ["1", "3"]);
        assert_eq!(listed("actor:bob event:p*"), ["1"]);
        assert_eq!(listed("corr:none"), [""; 0]);
    }

    #[test]
    fn a_list_that_nobody_waits_for_any_more_ends() {
        let (_dir, local, ada) = testing::local();
        let operations = (0..3 * LOOK).map(|number| Operation {
            aggregate_type: "item".to_owned(),
            aggregate_id: number.to_string(),
            event_type: "came".to_owned(),
            payload: Some(Json::parse("{}").unwrap()),
            ..Operation::default()
        });
        let operations: Vec<Operation> = operations.collect();
        for some in operations.chunks(500) {
            let request = CommitRequest { operations: some.to_vec(), ..CommitRequest::default() };
            local.commit(&ada, &request).unwrap();
        }
        let filter = Some("id:none".to_owned());
        for sort in [Sort::Id, Sort::Updated] {
            let query = ListQuery { filter: filter.clone(), sort, ..ListQuery::default() };
            let looks = |most: usize| {
                let looked = Cell::new(0);
                let found =
                    local.list_while(&ada, &query, &|| looked.replace(looked.get() + 1) < most);
                (
                    found.map_err(|error| error.code().to_owned()).map(|page| page.items.len()),
                    looked.get(),
                )
            };
            assert_eq!(looks(usize::MAX), (Ok(0), 3), "it is asked now and then");
            for most in 0..3 {
                assert_eq!(looks(most), (Err("dbx::query::stopped".to_owned()), most + 1));
            }
        }
    }
}
