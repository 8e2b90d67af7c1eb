//! Taking a commit back: staging what puts the fields that it touched back to what they were before it.
//!
//! Nothing is taken out of the log. For each aggregate of the commit, the last one first, the state before the commit is
//! compared with the one after it. A field that still is what the commit made it gets its old value by an event; one
//! that later commits changed is a conflict. The event is of the type that set the field in the commit where the schema
//! lets that carry it, as a payload or as a patch, otherwise of any type that may. What was created is archived, what
//! was archived is restored, and the other way round.

use super::bench::Bench;
use super::conflict::{event as between, touched};
use super::survey::Ground;
use crate::domain::json::{Json, Object, Pointer};
use crate::domain::{AggregateKey, Event, Kind, Version};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::found::{Found, find};
use crate::service::log;
use crate::service::prepare::Events;
use crate::service::record::Eyes;
use crate::store::{AppliedSchema, StoreError, View};
use crate::wire::{Irreversible, Operation, RevertConflict, RevertReport};
use indexmap::IndexMap;
use std::ops::ControlFlow;
use std::sync::Arc;

impl Local {
    /// Stages what takes a commit back. Where later commits changed a field, or no event can put it back, nothing is
    /// staged unless `partial` asks for the rest; either is in the report and no error.
    ///
    /// # Errors
    /// There is no such commit, or the stage cannot hold what it takes.
    pub fn revert(
        &self,
        caller: &Caller,
        number: u64,
        (partial, dry_run): (bool, bool),
    ) -> Result<RevertReport> {
        self.stage_reader(caller)?;
        let survey = Ground::new(self)?.survey(self, caller)?;
        let Some(events) = log::commit_events(&survey.view, number)? else {
            return Err(log::unknown(&survey.view, number)?);
        };
        let eyes = Eyes::new(&survey.schema.schema, caller);
        let (view, schema) = (survey.view, survey.schema.clone());
        let mut undoing = Undoing {
            view,
            schema,
            eyes: &eyes,
            bench: survey.bench,
            note: format!("reverts c{number}"),
            operations: Vec::new(),
            conflicts: Vec::new(),
            impossible: Vec::new(),
        };
        let mut parts: IndexMap<AggregateKey, Vec<Event>> = IndexMap::new();
        for event in events.into_iter().rev() {
            parts.entry(event.header.aggregate.clone()).or_default().insert(0, event);
        }
        for (name, events) in &parts {
            undoing.aggregate(name, events)?;
        }
        let Undoing { operations, conflicts, impossible, .. } = undoing;
        let whole = conflicts.is_empty() && impossible.is_empty();
        let doit = !operations.is_empty() && (whole || partial);
        let mut ids = Vec::new();
        if doit {
            let remark = format!("revert of c{number}");
            ids = self.add(caller, (&operations, Some(&remark)), Events::All, dry_run)?.ids;
        }
        let shown = |mut operation: Operation| {
            let aggregate_type = operation.aggregate_type.clone();
            operation.payload = operation.payload.map(|it| eyes.content(&aggregate_type, it));
            operation.patch = operation.patch.map(|it| eyes.content(&aggregate_type, it));
            operation
        };
        Ok(RevertReport {
            commit: format!("c{number}"),
            ids,
            staged: doit && !dry_run,
            conflicts,
            impossible,
            operations: operations.into_iter().map(shown).collect(),
        })
    }
}

/// A commit in the course of being taken back.
struct Undoing<'a> {
    view: View,
    schema: Arc<AppliedSchema>,
    eyes: &'a Eyes<'a>,
    bench: Bench<'a>,
    note: String,
    operations: Vec<Operation>,
    conflicts: Vec<RevertConflict>,
    impossible: Vec<Irreversible>,
}

/// Fields to put back: `None` where there was nothing before.
type Fields = IndexMap<String, Option<Json>>;

impl Undoing<'_> {
    /// Takes back what the commit did to one aggregate, by its events of the commit.
    fn aggregate(&mut self, name: &AggregateKey, events: &[Event]) -> Result<()> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        let (first, last) = (first.header.version, last.header.version);
        let found = find(&self.view, name.aggregate_type.as_str(), name.id.as_str())?;
        if events.iter().any(|event| event.header.kind == Kind::Erase) {
            self.impossible(name, Vec::new(), "what was erased is gone for good");
            return Ok(());
        }
        if first == Version(1) {
            return self.created(&found, last);
        }
        let switch = switched(events);
        if switch == Some(Kind::Archive) {
            self.switch(&found, last, Kind::Restore)?;
        }
        let before = found.state_at(&self.view, Version(first.get() - 1))?.0;
        let after = found.state_at(&self.view, last)?.0;
        let fields = self.open_fields(&found, last, (&before, &after))?;
        if !fields.is_empty() {
            self.put_back(name, &fields, events)?;
        }
        if switch == Some(Kind::Restore) {
            self.switch(&found, last, Kind::Archive)?;
        }
        Ok(())
    }

    /// What the commit created is archived, unless it went on since.
    fn created(&mut self, found: &Found, last: Version) -> Result<()> {
        if found.head.archived {
            return Ok(());
        }
        match self.last_event(found, last, |_| true)? {
            Some(event) => self.conflict(&found.name, None, event),
            None => self.step_system(&found.name, Kind::Archive),
        }
        Ok(())
    }

    /// Archives or restores, unless somebody else did since.
    fn switch(&mut self, found: &Found, last: Version, back: Kind) -> Result<()> {
        let switches = |event: &Event| matches!(event.header.kind, Kind::Archive | Kind::Restore);
        match self.last_event(found, last, switches)? {
            // It is as it was before the commit, or was switched to and fro.
            Some(event) if event.header.kind != back => self.conflict(&found.name, None, event),
            Some(_) => {}
            None => self.step_system(&found.name, back),
        }
        Ok(())
    }

    fn step_system(&mut self, name: &AggregateKey, kind: Kind) {
        let operation = self.operation(name, kind.system_type().unwrap_or_default());
        match self.bench.step(&operation, Events::All, 0) {
            Ok(_) => self.operations.push(operation),
            Err(error) => self.impossible(name, Vec::new(), &reason(&error)),
        }
    }

    fn operation(&self, name: &AggregateKey, event_type: &str) -> Operation {
        Operation {
            aggregate_type: name.aggregate_type.to_string(),
            aggregate_id: name.id.to_string(),
            event_type: event_type.to_owned(),
            note: Some(self.note.clone()),
            exists: Some(true),
            ..Operation::default()
        }
    }

    /// The last event after a version that `holds` is true of.
    fn last_event(
        &self,
        found: &Found,
        after: Version,
        holds: impl Fn(&Event) -> bool,
    ) -> Result<Option<Event>> {
        let mut last = None;
        found.events(&self.view, after.next(), found.head.version, |raw| {
            let event = raw.decode()?;
            if holds(&event) {
                last = Some(event);
            }
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        Ok(last)
    }

    /// The fields that the commit changed and that still are what it made them; the others are conflicts, unless they
    /// are what they were before it.
    fn open_fields(
        &mut self,
        found: &Found,
        last: Version,
        (before, after): (&Object, &Object),
    ) -> Result<Fields> {
        let mut fields = Fields::new();
        let standing = self.bench.standing(&found.name)?;
        let behind_stage = standing.map(|standing| standing.state).unwrap_or_default();
        let new = after.keys().filter(|key| !before.contains_key(*key));
        let keys = before.keys().chain(new).filter(|key| before.get(*key) != after.get(*key));
        for key in keys {
            let now = found.head.state.get(key);
            if now == before.get(key) {
                continue;
            }
            if now != after.get(key) {
                let touches = |event: &Event| {
                    event.header.kind == Kind::Erase
                        || touched(event.header.kind, &event.body.content).contains(key)
                };
                if let Some(event) = self.last_event(found, last, touches)? {
                    self.conflict(&found.name, Some(key), event);
                }
            } else if behind_stage.get(key) == now {
                fields.insert(key.clone(), before.get(key).cloned());
            } else if behind_stage.get(key) != before.get(key) {
                let why = "an operation that is staged changes it";
                self.impossible(&found.name, vec![key.clone()], why);
            }
        }
        Ok(fields)
    }

    /// Puts fields back: with one event if one may carry all of them, otherwise with one for those that were set
    /// together, otherwise one by one.
    fn put_back(&mut self, name: &AggregateKey, fields: &Fields, events: &[Event]) -> Result<()> {
        if self.try_fields(name, fields, events)?.is_none() {
            return Ok(());
        }
        let mut groups: IndexMap<Option<&str>, Fields> = IndexMap::new();
        for (field, value) in fields {
            let setter = setters(events, field).next();
            groups.entry(setter).or_default().insert(field.clone(), value.clone());
        }
        for group in groups.values() {
            if groups.len() > 1 && self.try_fields(name, group, events)?.is_none() {
                continue;
            }
            for (field, value) in group {
                let alone = Fields::from([(field.clone(), value.clone())]);
                if let Some(error) = self.try_fields(name, &alone, events)? {
                    self.impossible(name, vec![field.clone()], &reason(&error));
                }
            }
        }
        Ok(())
    }

    /// Tries to put fields back with one event; gives why the first choice was refused if no other fits either.
    fn try_fields(
        &mut self,
        name: &AggregateKey,
        fields: &Fields,
        events: &[Event],
    ) -> Result<Option<Error>> {
        let schema = self.schema.clone();
        let mut types: Vec<&str> = Vec::new();
        let set = fields.keys().flat_map(|field| setters(events, field));
        let declared = schema.schema.aggregates.get(name.aggregate_type.as_str());
        let declared = declared.into_iter().flat_map(|it| it.events.keys().map(String::as_str));
        for event_type in set.chain(declared) {
            if !types.contains(&event_type) {
                types.push(event_type);
            }
        }
        let standing = self.bench.standing(name)?;
        let state = standing.map(|standing| standing.state).unwrap_or_default();
        let mut refused = None;
        for event_type in types {
            let bare = self.operation(name, event_type);
            let patching = patching(&bare, fields, &state);
            for operation in merging(&bare, fields).into_iter().chain([patching]) {
                match self.bench.step(&operation, Events::OfWriters, 0) {
                    Ok(_) => {
                        self.operations.push(operation);
                        return Ok(None);
                    }
                    Err(error) if error.kind() == ErrorKind::Corrupt => return Err(error),
                    Err(error) => {
                        refused.get_or_insert(error);
                    }
                }
            }
        }
        Ok(Some(refused.unwrap_or_else(|| {
            Error::new(ErrorKind::NotFound, "dbx::revert::event", "no event may carry it")
        })))
    }

    fn conflict(&mut self, name: &AggregateKey, field: Option<&str>, event: Event) {
        let aggregate_type = name.aggregate_type.as_str();
        let shown = field.filter(|field| !self.eyes.is_hidden_field(aggregate_type, field));
        self.conflicts.push(RevertConflict {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: name.id.to_string(),
            field: shown.map(str::to_owned),
            event: between(event, self.eyes),
        });
    }

    fn impossible(&mut self, name: &AggregateKey, mut fields: Vec<String>, reason: &str) {
        let aggregate_type = name.aggregate_type.as_str();
        fields.retain(|field| !self.eyes.is_hidden_field(aggregate_type, field));
        self.impossible.push(Irreversible {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: name.id.to_string(),
            fields,
            reason: reason.to_owned(),
        });
    }
}

/// Whether the events archived or restored the aggregate on the whole.
fn switched(events: &[Event]) -> Option<Kind> {
    let kinds = events.iter().map(|event| event.header.kind);
    let mut switches = kinds.filter(|kind| matches!(kind, Kind::Archive | Kind::Restore));
    let first = switches.next()?;
    // Each undoes the one before it.
    (switches.next_back().unwrap_or(first) == first).then_some(first)
}

/// The types of the events that set a field, the last first, but for those of dbx's own.
fn setters<'e>(events: &'e [Event], field: &str) -> impl Iterator<Item = &'e str> {
    let field = field.to_owned();
    events
        .iter()
        .rev()
        .filter(move |event| {
            let kind = event.header.kind;
            !kind.is_system() && touched(kind, &event.body.content).contains(&field)
        })
        .map(|event| event.header.event_type.as_str())
}

/// The fields as a payload, where each had a value.
fn merging(bare: &Operation, fields: &Fields) -> Option<Operation> {
    let member = |(key, value): (&String, &Option<Json>)| Some((key.clone(), value.clone()?));
    let payload: Object = fields.iter().map(member).collect::<Option<_>>()?;
    Some(Operation { payload: Some(Json::Object(payload)), ..bare.clone() })
}

/// The fields as a patch of the state.
fn patching(bare: &Operation, fields: &Fields, state: &Object) -> Operation {
    let step = |(key, value): (&String, &Option<Json>)| {
        let mut step = Object::new();
        let op = match value {
            None => "remove",
            Some(_) if state.contains_key(key) => "replace",
            Some(_) => "add",
        };
        step.insert("op".into(), op.into());
        step.insert("path".into(), Pointer::root().child(key.as_str()).to_string().into());
        if let Some(value) = value {
            step.insert("value".into(), value.clone());
        }
        Json::Object(step)
    };
    let steps = fields.iter().map(step).collect();
    Operation { patch: Some(Json::Array(steps)), ..bare.clone() }
}

/// Why an operation was refused, in one sentence.
fn reason(error: &Error) -> String {
    match error.detail_list() {
        [] => error.message().to_owned(),
        details => {
            details.iter().map(|detail| detail.message.as_str()).collect::<Vec<_>>().join("; ")
        }
    }
}
