//! What the view of one aggregate's history asks.

use super::queue::Job;
use crate::domain::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::service::{Caller, Service, Trusted, check_proof};
use crate::tui::model::{Changes, Folded, Name, Track};
use crate::tui::window::PAGE;
use crate::wire::{At, EventRecord, EventsQuery, GetQuery, HistoryQuery, ProveQuery, ReplayQuery};
use std::time::Instant;

/// Times that a track is drawn from: more than a wide screen has columns. A longer history is sampled.
const SAMPLES: u64 = 192;

/// A question, about one aggregate but for the last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// How many versions there are.
    Head { name: Name, epoch: u64 },
    /// A page of events, of which `last` is the last one of all.
    Events { name: Name, page: usize, last: u64 },
    /// When its versions came to be.
    Track { name: Name, last: u64 },
    /// The state of a version.
    State { name: Name, version: u64 },
    /// What differs between two versions.
    Changes { name: Name, from: u64, to: u64 },
    /// The version at a moment; the one behind it where `next` says so.
    Moment { name: Name, at: At, next: bool },
    /// The next event that a filter lets through, behind a position or before it.
    Find { name: Name, filter: String, position: u64, older: bool },
    /// Whether a version is in the log.
    Prove { name: Name, version: u64 },
    /// The event with an id.
    Cause(u64),
}

impl Ask {
    /// The question without how long the log is.
    pub(super) fn of_no_log(&self) -> Self {
        match self.clone() {
            Self::Head { name, .. } => Self::Head { name, epoch: 0 },
            Self::Events { name, page, .. } => Self::Events { name, page, last: 0 },
            Self::Track { name, .. } => Self::Track { name, last: 0 },
            ask => ask,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Head(u64),
    Events {
        page: usize,
        events: Vec<EventRecord>,
        last: u64,
    },
    Track(Track),
    State(Box<Folded>),
    Changes(Changes),
    Version(u64),
    /// A version that a filter lets through; `None` where there is no further one.
    Found(Option<u64>),
    /// Whether a version is in the log, and in a sentence why.
    Proven(bool, String),
    Cause(Name, u64),
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Head { name, .. } => Ok(Answer::Head(service.get(caller, &get(name, None))?.version)),
        Ask::Events { name, page, last } => {
            let first = u64::try_from(page * PAGE).unwrap_or(u64::MAX) + 1;
            let to = (first + PAGE as u64 - 1).min(*last);
            let events = versions(service, caller, name, first, to)?;
            Ok(Answer::Events { page: *page, events, last: *last })
        }
        Ask::Track { name, last } => track(service, caller, name, *last, job).map(Answer::Track),
        Ask::State { name, version } => {
            let start = Instant::now();
            let record = service.get(caller, &get(name, Some(At::Version(*version))))?;
            let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            Ok(Answer::State(Box::new(Folded { record, took })))
        }
        Ask::Changes { name, from, to } => {
            changes(service, caller, name, *from, *to).map(Answer::Changes)
        }
        Ask::Moment { name, at, next } => {
            let version = service.get(caller, &get(name, Some(*at)))?.version;
            Ok(Answer::Version(version + u64::from(*next)))
        }
        Ask::Find { name, filter, position, older } => {
            let query = EventsQuery {
                aggregate_type: Some(name.aggregate_type.clone()),
                aggregate_id: Some(name.id.clone()),
                filter: Some(filter.clone()),
                after: Some(*position),
                take: Some(1),
                reverse: *older,
            };
            find(service, caller, query, job)
        }
        Ask::Prove { name, version } => prove(service, caller, name, *version),
        Ask::Cause(id) => {
            let event = service.event_by_id(caller, *id)?;
            Ok(Answer::Cause(Name::of_event(&event), event.version))
        }
    }
}

fn get(name: &Name, at: Option<At>) -> GetQuery {
    let (aggregate_type, aggregate_id) = (name.aggregate_type.clone(), name.id.clone());
    GetQuery { aggregate_type, aggregate_id, at, include_events: false }
}

/// The events of versions `first` to `last`.
fn versions(
    service: &Service,
    caller: &Caller,
    name: &Name,
    first: u64,
    last: u64,
) -> Result<Vec<EventRecord>> {
    let query = HistoryQuery {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        from: Some(first),
        to: Some(last),
        ..HistoryQuery::default()
    };
    Ok(service.history(caller, &query)?.events)
}

fn track(
    service: &Service,
    caller: &Caller,
    name: &Name,
    last: u64,
    job: &Job<'_>,
) -> Result<Track> {
    let time = |event: &EventRecord| {
        let time = event.metadata.created_at.parse::<Timestamp>().unwrap_or_default();
        (event.version, time.as_micros())
    };
    let mut times = Vec::new();
    if last <= SAMPLES {
        times.extend(versions(service, caller, name, 1, last)?.iter().map(time));
    } else {
        for sample in 0..SAMPLES {
            if job.cancelled() {
                break;
            }
            let version = 1 + (last - 1) * sample / (SAMPLES - 1);
            times.extend(versions(service, caller, name, version, version)?.iter().map(time));
        }
    }
    let snapshots = service.snapshots(caller, &name.aggregate_type, &name.id)?.snapshots;
    let snapshots = snapshots.into_iter().map(|snapshot| snapshot.version).collect();
    Ok(Track { last, times, snapshots })
}

fn changes(service: &Service, caller: &Caller, name: &Name, from: u64, to: u64) -> Result<Changes> {
    let (kind, id) = (&name.aggregate_type, &name.id);
    // There is no state before the first event to compare with; what that event made is the difference.
    if from + 1 == to {
        let query = ReplayQuery {
            aggregate_type: kind.clone(),
            aggregate_id: id.clone(),
            from: Some(to),
            to: Some(to),
        };
        let steps = service.replay(caller, &query)?;
        let changes = steps.into_iter().flat_map(|step| step.changes).collect();
        return Ok(Changes { from, to, made: changes, touched: Vec::new() });
    }
    let (first, second) = (At::Version(from), At::Version(to));
    let difference = service.diff(caller, kind, id, first, second)?;
    let (made, touched) = (difference.changes, difference.touched_between);
    Ok(Changes { from, to, made, touched })
}

fn find(
    service: &Service,
    caller: &Caller,
    mut query: EventsQuery,
    job: &Job<'_>,
) -> Result<Answer> {
    loop {
        let page = service.events(caller, &query)?;
        if let Some(event) = page.events.first() {
            return Ok(Answer::Found(Some(event.version)));
        }
        query.after = page.next.parse().ok();
        if !page.more || query.after.is_none() || job.cancelled() {
            return Ok(Answer::Found(None));
        }
    }
}

fn prove(service: &Service, caller: &Caller, name: &Name, version: u64) -> Result<Answer> {
    let query = ProveQuery {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        at: Some(At::Version(version)),
        ..ProveQuery::default()
    };
    let proof = service.prove_inclusion(caller, &query)?;
    let text = serde_json::to_string(&proof).map_err(|error| {
        Error::new(Kind::Internal, "dbx::proof::malformed", format!("the proof: {error}"))
    })?;
    let root = service.log_root(caller)?.root.parse().ok();
    let trusted = Trusted { root, checkpoint: None, key: None };
    let verdict = check_proof(&text, &trusted)?;
    let steps: usize = verdict.checks.iter().map(|check| check.steps.len()).sum();
    let said = match verdict.checks.iter().find(|check| !check.ok) {
        None => format!("v{version} is in the log: {steps} hashes lead to its root"),
        Some(check) => {
            let reason = check.reason.as_deref().unwrap_or("does not hold");
            format!("v{version}: {}: {reason}", check.claim)
        }
    };
    Ok(Answer::Proven(verdict.ok, said))
}
