//! One page, for which so many aggregates are looked at and no more.

use super::cursor::{Cursor, Place};
use super::subject::Subject;
use super::whole;
use crate::domain::access::Action;
use crate::domain::{AggregateKey, AggregateType, Filter};
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::found::{Found, find, find_frame};
use crate::service::record::Eyes;
use crate::service::room::Room;
use crate::store::{AggregateBytes, Head, View};
use crate::wire::{AggregatePage, AggregateRecord, ListQuery, Sort};
use std::cell::Cell;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

/// How many aggregates are looked at until it is asked whether the page is still wanted: a millisecond or so, and ten
/// where the last events are read.
pub(super) const LOOK: usize = 1024;

/// How many aggregates one part of a page looks at when a filter lets few of them through, so that none takes long.
const LOOKED_AT_MAX: usize = 65_536;

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
    pub(in crate::service) fn list_while(
        &self,
        caller: &Caller,
        query: &ListQuery,
        wanted: &dyn Fn() -> bool,
    ) -> Result<AggregatePage> {
        let page_limit = self.config().page_limit;
        whole(query, page_limit, |query| self.list_part(caller, query, wanted))
    }

    /// As [`Local::list`], as far as it never takes long: the page says where it ended before it was full.
    ///
    /// # Errors
    /// As there, and that the page is not wanted any more.
    pub(crate) fn list_part(
        &self,
        caller: &Caller,
        query: &ListQuery,
        wanted: &dyn Fn() -> bool,
    ) -> Result<AggregatePage> {
        self.list_within(caller, query, LOOKED_AT_MAX, wanted)
    }

    /// As [`Local::list_part`], looking at so many aggregates.
    pub(super) fn list_within(
        &self,
        caller: &Caller,
        query: &ListQuery,
        most: usize,
        wanted: &dyn Fn() -> bool,
    ) -> Result<AggregatePage> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, query.aggregate_type.as_deref())?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let aggregate_type = query.aggregate_type.as_deref().map(AggregateType::new).transpose()?;
        let filter = self.filter(query.filter.as_deref())?;
        let after =
            query.after.as_deref().map(|text| Cursor::read(text, query.sort)).transpose()?;
        let seen = Cell::new(0);
        let whole =
            List { view: &view, eyes: &eyes, query, aggregate_type, filter, after, seen, wanted };
        let page = Page {
            items: Vec::new(),
            take: self.page(query.take)?,
            room: Room::page(),
            skip: query.skip.saturating_add(whole.after.as_ref().map_or(0, |after| after.skip)),
            looks: most,
            looked_at: None,
            shown: None,
            more: false,
            partial: false,
        };
        let page = match query.sort {
            Sort::Id => whole.by_id(page)?,
            _ => whole.sorted(page)?,
        };
        Ok(page.end(query.sort))
    }
}

/// A list that is wanted.
struct List<'a> {
    view: &'a View,
    eyes: &'a Eyes<'a>,
    query: &'a ListQuery,
    aggregate_type: Option<AggregateType>,
    filter: Option<Filter>,
    after: Option<Cursor>,
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
        Err(stopped())
    }

    /// Whether an aggregate is in the list, as far as no filter says so.
    fn shows(&self, head: &Head) -> bool {
        self.query.archived || !(head.archived || head.erased)
    }

    /// Whether the filter lets an aggregate through.
    fn matches(&self, name: &AggregateKey, head: &Head) -> Result<bool> {
        let Some(filter) = &self.filter else { return Ok(true) };
        Ok(filter.matches(&Subject::read(self.view, (name, head), filter, self.eyes)?))
    }

    /// Whether states must be read to know what is in the list.
    fn looks_into_states(&self) -> bool {
        self.filter.as_ref().is_some_and(Filter::looks_into_state)
    }

    /// Whether something must be read for each aggregate, beside its frame, to know whether it is in the list.
    fn reads_for_each(&self) -> bool {
        self.looks_into_states() || self.filter.as_ref().is_some_and(Filter::looks_at_event)
    }

    /// Hands the heads of what the caller may see to `visit`, by type and id, behind `after`: with their states only where
    /// these are asked for, as reading one takes longer than all the rest of a head.
    fn heads(
        &self,
        after: Option<&AggregateKey>,
        states: bool,
        mut visit: impl FnMut(AggregateKey, Head) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let visit = |name: AggregateKey, head: Head| {
            self.goes_on()?;
            if self.eyes.lists(&name) { visit(name, head) } else { Ok(ControlFlow::Continue(())) }
        };
        let of = self.aggregate_type.as_ref();
        if states { self.view.heads(of, after, visit) } else { self.view.frames(of, after, visit) }
    }

    /// A page in the order of types and ids.
    fn by_id(&self, mut page: Page) -> Result<Page> {
        // Where all of the heads are given they come with their states, else the states of these are read.
        let all = self.filter.is_none() && page.skip == 0;
        let states = all || self.looks_into_states();
        self.heads(self.after.as_ref().map(|after| &after.place.name), states, |name, head| {
            // What the caller may not see is not counted: a page must not end at its name.
            if !page.looks_at_one_more() {
                return Ok(ControlFlow::Break(()));
            }
            let has = self.shows(&head) && self.matches(&name, &head)?;
            let place = Place::of(Sort::Id, name, &head);
            if has && page.skip == 0 {
                let head = if states { head } else { self.whole(&place.name)? };
                if page.add(self.view, self.eyes, (&place, head))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            } else if has {
                page.skip -= 1;
            }
            page.looked_at = Some(place);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }

    /// A page in another order: the frames of all are looked at for it, and the first behind its beginning are kept, as
    /// many as it can need. What more a filter asks is read in the order of the list, until the page is full.
    fn sorted(&self, mut page: Page) -> Result<Page> {
        let reads = self.reads_for_each();
        let most = if reads { page.looks } else { page.skip.saturating_add(page.take) };
        let mut first = BinaryHeap::new();
        self.heads(None, false, |name, head| {
            if self.shows(&head) && (reads || self.matches(&name, &head)?) {
                let place = Place::of(self.query.sort, name, &head);
                if self.after.as_ref().is_none_or(|after| place > after.place) {
                    first.push(place);
                }
                // One more than that tells whether there are more.
                if first.len() > most.saturating_add(1) {
                    first.pop();
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for place in first.into_sorted_vec() {
            if reads && !page.looks_at_one_more() {
                break;
            }
            let has = !reads || self.lets_through(&place.name)?;
            if has && page.skip == 0 {
                let head = self.whole(&place.name)?;
                if page.add(self.view, self.eyes, (&place, head))?.is_break() {
                    break;
                }
            } else if has {
                page.skip -= 1;
            }
            page.looked_at = Some(place);
        }
        Ok(page)
    }

    /// Reads of an aggregate what the filter asks for, and asks it.
    fn lets_through(&self, name: &AggregateKey) -> Result<bool> {
        self.goes_on()?;
        let (aggregate_type, id) = (name.aggregate_type.as_str(), name.id.as_str());
        let found = if self.looks_into_states() {
            find(self.view, aggregate_type, id)?
        } else {
            find_frame(self.view, aggregate_type, id)?
        };
        self.matches(name, &found.head)
    }

    /// The head of an aggregate of the list, with its state.
    fn whole(&self, name: &AggregateKey) -> Result<Head> {
        Ok(find(self.view, name.aggregate_type.as_str(), name.id.as_str())?.head)
    }
}

/// The error of a list that nobody waits for any more.
pub(in crate::service) fn stopped() -> Error {
    Error::new(Kind::Interrupted, "dbx::query::stopped", "the list was stopped")
}

/// A page of a list in the making.
struct Page {
    items: Vec<AggregateRecord>,
    take: usize,
    room: Room,
    /// How many are still passed over.
    skip: usize,
    /// How many may still be looked at.
    looks: usize,
    /// The last that was looked at.
    looked_at: Option<Place>,
    /// The last that is on it.
    shown: Option<Place>,
    /// Whether it is full, and there are more.
    more: bool,
    /// Whether it ends because enough was looked at.
    partial: bool,
}

impl Page {
    /// Whether one more may be looked at. Where not, the page ends.
    fn looks_at_one_more(&mut self) -> bool {
        self.partial = self.looks == 0;
        self.looks = self.looks.saturating_sub(1);
        !self.partial
    }

    /// Adds an aggregate, or says that there is more than this page has.
    fn add(
        &mut self,
        view: &View,
        eyes: &Eyes<'_>,
        (place, head): (&Place, Head),
    ) -> Result<ControlFlow<()>> {
        if self.items.len() >= self.take || self.room.is_full() {
            self.more = true;
            return Ok(ControlFlow::Break(()));
        }
        let (name, key) = (place.name.clone(), AggregateBytes::new(0, &place.name.id));
        let record = Found { name, key, head }.record(view, eyes)?;
        self.room.take_json(&record.state);
        self.items.push(record);
        self.shown = Some(place.clone());
        Ok(ControlFlow::Continue(()))
    }

    /// What is told of it.
    fn end(self, sort: Sort) -> AggregatePage {
        let last = match (self.more, self.partial) {
            (true, _) => self.shown,
            (false, true) => self.looked_at,
            (false, false) => None,
        };
        let next = last.map(|place| Cursor { skip: self.skip, sort, place }.to_string());
        AggregatePage { items: self.items, next, partial: self.partial }
    }
}
