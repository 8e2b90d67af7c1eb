//! The walk through the log that pages and streams share.

use crate::domain::access::{Action, Rights};
use crate::domain::filter::Filter;
use crate::domain::{
    AggregateKey, AggregateType, EventId, Header, Kind as EventKind, Position, Version,
};
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::events::{Seen, versions_up_to};
use crate::service::found::{Found, find_frame};
use crate::service::record::Eyes;
use crate::store::{AggregateBytes, ArchivedBy, RawEvent, StoreError, View};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many events a page looks at when little of them is given, so that it never takes long.
pub(super) const LOOKED_AT_MAX: u64 = 65_536;

/// Where a walk starts: behind that.
#[derive(Debug, Clone, Copy)]
pub(super) enum After {
    Position(u64),
    Event(u64),
}

/// What is pulled.
#[derive(Debug, Clone)]
pub(super) struct Pull<'q> {
    /// What the caller must be allowed on an aggregate to be given its events.
    pub(super) action: Action,
    pub(super) aggregate_type: Option<&'q str>,
    pub(super) aggregate_id: Option<&'q str>,
    pub(super) filter: Option<&'q str>,
    pub(super) after: After,
    pub(super) take: usize,
    /// How many events are looked at.
    pub(super) look: u64,
    /// How many bytes are given: a walk ends with the event that reaches them.
    pub(super) bytes: usize,
    /// Whether events of archived aggregates are given.
    pub(super) archived: bool,
}

/// How far a walk came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pulled {
    /// Everything up to here was looked at.
    pub(super) next: Position,
    /// The id of the event there; 0 before the first one.
    pub(super) next_id: EventId,
    /// How many of what was looked at were left out.
    pub(super) filtered: u64,
    /// Whether there is more behind `next`.
    pub(super) more: bool,
}

/// What a walk does with an event: it gives how many bytes that took.
pub(super) trait Keep {
    fn keep(
        &mut self,
        eyes: &Eyes<'_>,
        raw: RawEvent<'_>,
        header: Header,
    ) -> Result<usize, StoreError>;
}

impl Local {
    /// Walks through the log, and hands over what the caller may be given.
    ///
    /// # Errors
    /// No right to it, a filter or a name that cannot be read, an aggregate that does not exist, or a place behind the
    /// end of the log.
    pub(super) fn pull(
        &self,
        caller: &Caller,
        pull: &Pull<'_>,
        keep: &mut dyn Keep,
    ) -> Result<Pulled> {
        let gate = self.gate(caller)?;
        gate.named(pull.action, pull.aggregate_type, pull.aggregate_id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let end = view.last_position()?;
        let start = start(&view, end, pull.after)?;
        // What a token allows on everything needs no look at each event.
        let narrow = gate.own().filter(|rights| !rights.allow_all(pull.action));
        let mut walk = Walk {
            filter: self.filter(pull.filter)?,
            aggregate_type: pull.aggregate_type.map(AggregateType::new).transpose()?,
            eyes: &eyes,
            rights: narrow,
            action: pull.action,
            archived: (!pull.archived).then(|| Archived::new(&view)).transpose()?,
            take: pull.take,
            bytes: pull.bytes,
            look: pull.look,
            filtered: 0,
            next: start,
            next_id: None,
            more: false,
            keep,
        };
        match (pull.aggregate_type, pull.aggregate_id) {
            (Some(aggregate_type), Some(id)) => {
                let found = find_frame(&view, aggregate_type, id)?;
                walk.versions(&view, &found, start, end)?;
            }
            _ => view.scan(start.next(), end, false, |raw| walk.visit(raw))?,
        }
        let next_id = match walk.next_id {
            Some(id) => id,
            None => view
                .with_event(walk.next, |event| Ok(event.header()?.event_id))?
                .unwrap_or_default(),
        };
        let Walk { next, filtered, more, .. } = walk;
        Ok(Pulled { next, next_id, filtered, more })
    }
}

/// The position behind which a walk starts. Whoever is further than the log is has the place of another history: what
/// comes next would be passed over in silence.
fn start(view: &View, end: Position, after: After) -> Result<Position> {
    let (start, what) = match after {
        After::Position(position) => (Position(position), format!("#{position}")),
        After::Event(0) => return Ok(Position(0)),
        After::Event(id) => {
            let last = view.with_event(end, |event| Ok(event.header()?.event_id))?;
            if EventId(id) <= last.unwrap_or_default() {
                return Ok(view.position_of(EventId(id))?);
            }
            (end.next(), format!("the event {id}"))
        }
    };
    if start <= end {
        return Ok(start);
    }
    Err(beyond(end, &what))
}

/// Why nothing is read from a place behind the end of the log.
pub(in crate::service) fn beyond(end: Position, what: &str) -> Error {
    let message = format!("the log ends at #{end}, before {what}");
    Error::new(Kind::Conflict, "dbx::outbox::beyond", message)
        .kept("nothing was passed over")
        .help("an older backup may have taken the place of the log: go on from a place that it has, or from 0")
}

/// A walk under way.
struct Walk<'a> {
    filter: Option<Filter>,
    aggregate_type: Option<AggregateType>,
    eyes: &'a Eyes<'a>,
    /// Where they do not allow everything.
    rights: Option<Arc<Rights>>,
    action: Action,
    /// Where events of archived aggregates are left out.
    archived: Option<Archived<'a>>,
    take: usize,
    bytes: usize,
    look: u64,
    filtered: u64,
    next: Position,
    /// The id of the event at `next`, where one was looked at.
    next_id: Option<EventId>,
    more: bool,
    keep: &'a mut dyn Keep,
}

impl Walk<'_> {
    fn visit(&mut self, raw: RawEvent<'_>) -> Result<ControlFlow<()>, StoreError> {
        if self.take == 0 || self.bytes == 0 || self.look == 0 {
            self.more = true;
            return Ok(ControlFlow::Break(()));
        }
        let (position, header) = (raw.position(), raw.header()?);
        let id = header.event_id;
        if self.gives(raw, &header)? {
            let bytes = self.keep.keep(self.eyes, raw, header)?;
            self.take -= 1;
            self.bytes = self.bytes.saturating_sub(bytes);
        } else {
            self.filtered += 1;
        }
        self.look -= 1;
        (self.next, self.next_id) = (position, Some(id));
        Ok(ControlFlow::Continue(()))
    }

    fn gives(&mut self, raw: RawEvent<'_>, header: &Header) -> Result<bool, StoreError> {
        let name = &header.aggregate;
        let of_type =
            self.aggregate_type.as_ref().is_none_or(|wanted| *wanted == name.aggregate_type);
        // Whoever names a type may look at its events; consumers are given hidden ones only by a right of its own.
        let by_name = self.aggregate_type.is_some() && self.action != Action::OutboxRead;
        let of_type = of_type && (by_name || !self.eyes.is_hidden(name.aggregate_type.as_str()));
        let allowed = |rights: &Arc<Rights>| rights.allow(self.action, name);
        if !of_type || !self.rights.as_ref().is_none_or(allowed) {
            return Ok(false);
        }
        // That it was archived is what its consumers have to know, and what was erased they have to erase too.
        let told = matches!(header.kind, EventKind::Archive | EventKind::Erase);
        if !told
            && let Some(archived) = &mut self.archived
            && archived.is(name)?
        {
            return Ok(false);
        }
        let Some(filter) = &self.filter else { return Ok(true) };
        Ok(filter.matches(&Seen { event: &raw.decode()?, eyes: self.eyes }))
    }

    /// Walks by way of an aggregate's versions. Nothing else of the log is looked at, nor could it be given.
    fn versions(
        &mut self,
        view: &View,
        found: &Found,
        start: Position,
        end: Position,
    ) -> Result<()> {
        let from = Version(versions_up_to(view, found, start.get())?).next();
        found.events(view, from, found.head.version, |raw| self.visit(raw))?;
        if !self.more {
            (self.next, self.next_id) = (end, None);
        }
        Ok(())
    }
}

/// Which aggregates are archived, as far as it was asked.
struct Archived<'a> {
    view: &'a View,
    by: ArchivedBy,
    /// The numbers of types, which every look at a head begins with.
    types: HashMap<AggregateType, Option<u32>>,
    known: HashMap<AggregateKey, bool>,
}

impl<'a> Archived<'a> {
    fn new(view: &'a View) -> Result<Self, StoreError> {
        let by = view.archived_by()?;
        Ok(Self { view, by, types: HashMap::new(), known: HashMap::new() })
    }

    fn is(&mut self, name: &AggregateKey) -> Result<bool, StoreError> {
        if self.by == ArchivedBy::Nothing {
            return Ok(false);
        }
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let number = if let Some(number) = self.types.get(&name.aggregate_type) {
            *number
        } else {
            let number = self.view.type_number(&name.aggregate_type)?;
            self.types.insert(name.aggregate_type.clone(), number);
            number
        };
        let key = number.map(|number| AggregateBytes::new(number, &name.id));
        let archived = self.view.is_archived(self.by, key.as_ref(), name)?;
        self.known.insert(name.clone(), archived);
        Ok(archived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;
    use crate::wire::{CommitRequest, Operation};

    /// Counts what it is handed.
    struct Count(u64);

    impl Keep for Count {
        fn keep(
            &mut self,
            _eyes: &Eyes<'_>,
            _raw: RawEvent<'_>,
            _header: Header,
        ) -> Result<usize, StoreError> {
            self.0 += 1;
            Ok(10)
        }
    }

    #[test]
    fn a_walk_looks_at_so_many_events_and_goes_on_behind_them() {
        let (_dir, local, ada) = testing::local();
        let operation = |number: u64| Operation {
            aggregate_type: if number.is_multiple_of(10) { "ten" } else { "other" }.into(),
            aggregate_id: "1".into(),
            event_type: "seen".into(),
            ..Operation::default()
        };
        let operations = (1..=45).map(operation).collect();
        local.commit(&ada, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
        let pull = |after: u64, look: u64, bytes: usize| {
            let pull = Pull {
                action: Action::AggregateRead,
                aggregate_type: Some("ten"),
                aggregate_id: None,
                filter: None,
                after: After::Position(after),
                take: 100,
                look,
                bytes,
                archived: true,
            };
            let mut count = Count(0);
            let pulled = local.pull(&ada, &pull, &mut count).unwrap();
            let id = local.event_by_id(&ada, pulled.next_id.get());
            assert_eq!(id.map_or("0".into(), |event| event.position), pulled.next.to_string());
            (count.0, pulled.next.get(), pulled.filtered, pulled.more)
        };
        assert_eq!(
            pull(0, 7, 1_000),
            (0, 7, 7, true),
            "nothing is found, and it is told how far it is"
        );
        assert_eq!(pull(7, 7, 1_000), (1, 14, 6, true));
        assert_eq!(pull(0, 45, 1_000), (4, 45, 41, false), "there is nothing more to look at");
        assert_eq!(
            pull(0, 1_000, 11),
            (2, 20, 18, true),
            "so many bytes and the event that has them"
        );
        assert_eq!(pull(45, 7, 1_000), (0, 45, 0, false));
    }
}
