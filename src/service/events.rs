//! The log, and the part of it that is one aggregate's.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find};
use super::outbox::beyond;
use super::record::Eyes;
use super::room::Room;
use crate::domain::access::Action;
use crate::domain::filter::{Filter, FilterSubject};
use crate::domain::{
    AggregateType, Body, Event, EventId, Json, Kind as EventKind, Position, Timestamp, Version,
};
use crate::error::{Error, Kind, Result};
use crate::store::{RawEvent, StoreError, View};
use crate::wire::{EventPage, EventRecord, EventsQuery};
use std::ops::ControlFlow;
use std::time::Duration;

/// How many events one page looks at when a filter lets few of them through, so that a page never takes long.
pub(super) const LOOKED_AT_MAX: u64 = 65_536;

/// A page in the making.
struct Paging<'a> {
    filter: Option<Filter>,
    eyes: &'a Eyes<'a>,
    aggregate_type: Option<AggregateType>,
    take: usize,
    looked_at: u64,
    room: Room,
    events: Vec<EventRecord>,
    next: Position,
    more: bool,
}

impl Paging<'_> {
    fn visit(&mut self, raw: RawEvent<'_>) -> Result<ControlFlow<()>, StoreError> {
        // Looking at the type first spares the rest of the decoding for events of other types.
        let full = self.events.len() >= self.take || self.room.is_full();
        if full || self.looked_at >= LOOKED_AT_MAX {
            self.more = true;
            return Ok(ControlFlow::Break(()));
        }
        self.looked_at += 1;
        self.next = raw.position();
        let header = raw.header()?;
        let name = &header.aggregate.aggregate_type;
        let hidden = self.aggregate_type.is_none() && self.eyes.is_hidden(name.as_str());
        let hidden = hidden || !self.eyes.reads(&header.aggregate);
        if hidden || self.aggregate_type.as_ref().is_some_and(|wanted| wanted != name) {
            return Ok(ControlFlow::Continue(()));
        }
        let event = Event {
            position: raw.position(),
            header,
            body: raw.body()?,
            leaf: raw.leaf(),
            merkle_root: raw.merkle_root(),
        };
        if self
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&Seen { event: &event, eyes: self.eyes }))
        {
            self.room.take(raw.body_bytes().len());
            self.events.push(self.eyes.event(event));
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// An event, as a filter of this caller sees it.
pub(super) struct Seen<'a> {
    pub(super) event: &'a Event,
    pub(super) eyes: &'a Eyes<'a>,
}

impl FilterSubject for Seen<'_> {
    fn aggregate_type(&self) -> &str {
        self.event.aggregate_type()
    }

    fn id(&self) -> &str {
        self.event.id()
    }

    fn version(&self) -> u64 {
        self.event.version()
    }

    fn event_types(&self) -> Vec<&str> {
        self.event.event_types()
    }

    fn actor(&self) -> Option<(&str, &str)> {
        self.event.actor()
    }

    fn correlation(&self) -> Option<&str> {
        self.event.correlation()
    }

    fn time(&self) -> Timestamp {
        self.event.time()
    }

    fn archived(&self) -> bool {
        self.event.header.kind == EventKind::Archive
    }

    fn state(&self, key: &str) -> Option<&Json> {
        let visible = !self.eyes.is_hidden_field(self.event.aggregate_type(), key);
        self.event.state(key).filter(|_| visible)
    }
}

impl Local {
    /// Events, one page at a time: of the log, of a type or of an aggregate.
    ///
    /// # Errors
    /// A filter that cannot be read, an aggregate that does not exist, or a place behind the end of the log to go on from.
    pub fn events(&self, caller: &Caller, query: &EventsQuery) -> Result<EventPage> {
        let gate = self.gate(caller)?;
        let (aggregate_type, id) = (query.aggregate_type.as_deref(), query.aggregate_id.as_deref());
        gate.named(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let last = view.last_position()?;
        let aggregate_type = query.aggregate_type.as_deref().map(AggregateType::new).transpose()?;
        let start = query.after.unwrap_or(if query.reverse { u64::MAX } else { 0 });
        // What comes next would be passed over in silence.
        if !query.reverse && start > last.get() {
            return Err(beyond(last, &format!("#{start}")));
        }
        let mut paging = Paging {
            filter: self.filter(query.filter.as_deref())?,
            eyes: &eyes,
            aggregate_type,
            take: self.page(query.take)?,
            looked_at: 0,
            room: Room::page(),
            events: Vec::new(),
            next: Position(start.min(last.get().saturating_add(1))),
            more: false,
        };
        if let (Some(aggregate_type), Some(id)) = (&query.aggregate_type, &query.aggregate_id) {
            let found = find(&view, aggregate_type, id)?;
            aggregate_page(&view, &found, (start, query.reverse), &mut paging)?;
        } else {
            let (from, to) = if query.reverse {
                (1, start.saturating_sub(1).min(last.get()))
            } else {
                (start.saturating_add(1), last.get())
            };
            view.scan(Position(from), Position(to), query.reverse, |event| paging.visit(event))?;
        }
        let next = paging.next.to_string();
        Ok(EventPage { events: paging.events, next, more: paging.more })
    }

    /// The event at a position of the log.
    ///
    /// # Errors
    /// There is none.
    pub fn event_at(&self, caller: &Caller, position: u64) -> Result<EventRecord> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, None)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let found = view.event(Position(position))?;
        if let Some(event) = found.filter(|event| eyes.reads(&event.header.aggregate)) {
            return Ok(eyes.event(event));
        }
        if let Some(error) = gate.unreadable(&format!("event #{position}")) {
            return Err(error);
        }
        let last = view.last_position()?;
        let message = format!("there is no event #{position}: the log has #1 to #{last}");
        Err(Error::new(Kind::NotFound, "dbx::event::unknown", message))
    }

    /// As [`Local::event_at`] with nothing of its contents, which takes no key.
    ///
    /// # Errors
    /// There is none.
    pub fn event_summary(&self, caller: &Caller, position: u64) -> Result<EventRecord> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, None)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let found = self.view()?.with_event(Position(position), |event| {
            Ok(Event {
                position: event.position(),
                header: event.header()?,
                body: Body::default(),
                leaf: event.leaf(),
                merkle_root: event.merkle_root(),
            })
        })?;
        if let Some(event) = found.filter(|event| eyes.reads(&event.header.aggregate)) {
            return Ok(eyes.event(event));
        }
        Err(gate.unreadable(&format!("event #{position}")).unwrap_or_else(|| {
            let message = format!("there is no event #{position}");
            Error::new(Kind::NotFound, "dbx::event::unknown", message)
        }))
    }

    /// The event with a Snowflake id. Ids ascend with positions, so this is a binary search.
    ///
    /// # Errors
    /// There is none.
    pub fn event_by_id(&self, caller: &Caller, event_id: u64) -> Result<EventRecord> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, None)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let wanted = EventId(event_id);
        let position = view.position_of(wanted)?;
        let found = view.event(position)?.filter(|event| event.header.event_id == wanted);
        if let Some(event) = found.filter(|event| eyes.reads(&event.header.aggregate)) {
            return Ok(eyes.event(event));
        }
        if let Some(error) = gate.unreadable(&format!("the event with the id {event_id}")) {
            return Err(error);
        }
        let message = format!("there is no event with the id {event_id}");
        Err(Error::new(Kind::NotFound, "dbx::event::unknown", message))
    }

    /// The last durable position, and word of every later one: what to wait for where nothing may block.
    pub(crate) fn end(&self) -> tokio::sync::watch::Receiver<Position> {
        self.store().end()
    }

    /// The last durable position as soon as it is beyond `position`, or whatever it is after `timeout`.
    ///
    /// # Errors
    /// None while the store is open in this process.
    pub fn wait_beyond(&self, position: u64, timeout: Duration) -> Result<u64> {
        Ok(self.store().wait_beyond(Position(position), timeout).get())
    }
}

/// How many versions of an aggregate lie at or before a position.
pub(super) fn versions_up_to(view: &View, found: &Found, position: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, found.head.version.get());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let entry = view.locate(&found.key, Version(middle))?;
        let entry = entry.ok_or_else(|| found.lost(Version(middle)))?;
        if entry.position.get() <= position { low = middle } else { high = middle - 1 }
    }
    Ok(low)
}

/// A page of one aggregate's events, by way of its versions.
fn aggregate_page(
    view: &View,
    found: &Found,
    (start, reverse): (u64, bool),
    paging: &mut Paging<'_>,
) -> Result<(), StoreError> {
    let newest = found.head.version;
    let low = versions_up_to(view, found, if reverse { start.saturating_sub(1) } else { start })?;
    if !reverse {
        return found.events(view, Version(low + 1), newest, |event| paging.visit(event));
    }
    for version in (1..=low).rev() {
        if found.read(view, Version(version), |event| paging.visit(event))?.is_break() {
            break;
        }
    }
    Ok(())
}
