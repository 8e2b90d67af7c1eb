//! What the view of the log as it grows asks. Each question is one page, so that other views wait for none of them.

mod written;

use super::queue::Job;
use crate::error::{Kind, Result};
use crate::service::{Caller, Service};
use crate::tui::model::{
    Figures, Lines, Looked, Name, Scope, Served, Server, SheetOf, Short, Side, Tailed,
};
use crate::tui::text::width;
use crate::tui::views::json::path;
use crate::wire::{
    Change, CursorRecord, CursorUpdate, EventPage, EventsQuery, OutboxQuery, ReplayQuery,
};
use std::time::Instant;

/// Events of a page of what came: as many as make a page over HTTP worth its way.
const NEWER: usize = 1_000;

/// Events of a page of what came before: a few screens.
const OLDER: usize = 256;

/// Events behind a cursor that are shown.
const WAITING: usize = 500;

/// Changes of an event that are said in a few letters: more fit on no line.
const SHORTS: usize = 8;

/// How wide a value is at most that is said in a few letters.
const SHORT: usize = 18;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// The events before a position.
    Older { scope: Scope, before: u64, revision: u64 },
    /// The events behind a position, of a log that ends at `end`.
    Newer { scope: Scope, after: u64, end: u64, revision: u64 },
    /// What events changed: their aggregates, versions and positions.
    Words(Vec<(Name, u64, u64)>),
    /// An event with what it changed.
    Look { name: Name, version: u64, position: u64 },
    /// How far consumers are; asked again with each beat.
    Cursors { beat: u64 },
    /// Who serves the store; asked again with each beat.
    Served { beat: u64 },
    /// The lines of a sheet; asked again with each beat.
    Sheet { of: SheetOf, beat: u64 },
    /// Moves a cursor.
    Move { name: String, update: CursorUpdate },
    /// Forgets a cursor.
    Forget(String),
}

/// Some events, and how far was looked.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Tailed>,
    /// The last position that was looked at.
    pub(crate) next: u64,
    /// Whether there is more behind it.
    pub(crate) more: bool,
    pub(crate) revision: u64,
    /// How long reading it took, in microseconds.
    pub(crate) took: u64,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Older(Page),
    /// Behind which position, and where the log ended when it was asked.
    Newer(Page, u64, u64),
    Words(Vec<(u64, Vec<Short>)>),
    Look(Box<Looked>),
    Cursors(Vec<CursorRecord>),
    Served(Served),
    Sheet(SheetOf, Lines),
    Moved(CursorRecord),
    Forgotten(String),
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Older { scope, before, revision } => {
            let query = query(scope, *before, OLDER, true);
            page(service, caller, &query, *revision).map(Answer::Older)
        }
        Ask::Newer { scope, after, end, revision } => {
            let query = query(scope, *after, NEWER, false);
            let page = page(service, caller, &query, *revision)?;
            Ok(Answer::Newer(page, *after, *end))
        }
        Ask::Words(events) => words(service, caller, events, job).map(Answer::Words),
        Ask::Look { name, version, position } => {
            let event = service.event_at(caller, *position)?;
            // What was destroyed cannot be held against what was before it.
            let changes = match event.erased {
                Some(_) => Vec::new(),
                None => changes(service, caller, name, (*version, *version))?
                    .into_iter()
                    .flat_map(|(_, changes)| changes)
                    .collect(),
            };
            Ok(Answer::Look(Box::new(Looked { event, changes })))
        }
        Ask::Cursors { .. } => Ok(Answer::Cursors(service.outbox_cursors(caller)?.cursors)),
        Ask::Served { .. } => served(service).map(Answer::Served),
        Ask::Sheet { of, .. } => {
            let lines = match of {
                SheetOf::Metrics => Lines::Text(measured(service)?),
                SheetOf::Log => Lines::Text(written::last_lines(service.paths())?),
                SheetOf::Waiting(name) => waiting(service, caller, name)?,
            };
            Ok(Answer::Sheet(of.clone(), lines))
        }
        Ask::Move { name, update } => {
            service.outbox_cursor_set(caller, name, update).map(Answer::Moved)
        }
        Ask::Forget(name) => {
            service.outbox_cursor_delete(caller, name)?;
            Ok(Answer::Forgotten(name.clone()))
        }
    }
}

fn query(scope: &Scope, after: u64, take: usize, reverse: bool) -> EventsQuery {
    let name = scope.follow.as_ref();
    EventsQuery {
        aggregate_type: name.map(|name| name.aggregate_type.clone()),
        aggregate_id: name.map(|name| name.id.clone()),
        filter: Some(scope.filter.clone()).filter(|filter| !filter.trim().is_empty()),
        after: Some(after),
        take: Some(take),
        reverse,
    }
}

fn page(service: &Service, caller: &Caller, query: &EventsQuery, revision: u64) -> Result<Page> {
    let start = Instant::now();
    let EventPage { events, next, more } = service.events(caller, query)?;
    let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let events = events.into_iter().map(Tailed::of).collect();
    let next = next.parse().unwrap_or(query.after.unwrap_or(0));
    Ok(Page { events, next, more, revision, took })
}

/// What the events of versions changed, each with its position.
fn changes(
    service: &Service,
    caller: &Caller,
    name: &Name,
    (from, to): (u64, u64),
) -> Result<Vec<(u64, Vec<Change>)>> {
    let query = ReplayQuery {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        from: Some(from),
        to: Some(to),
    };
    match service.replay(caller, &query) {
        Ok(steps) => {
            let step = |step: crate::wire::ReplayStep| {
                (step.event.position.parse().unwrap_or(0), step.changes)
            };
            Ok(steps.into_iter().map(step).collect())
        }
        // The list stays of use where the states of one aggregate cannot be rebuilt.
        Err(error) if error.kind() != Kind::Unavailable => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What events changed in a few letters. Those of an aggregate that follow each other are replayed in one go.
fn words(
    service: &Service,
    caller: &Caller,
    events: &[(Name, u64, u64)],
    job: &Job<'_>,
) -> Result<Vec<(u64, Vec<Short>)>> {
    let mut sorted = events.to_vec();
    sorted.sort();
    let mut words = Vec::with_capacity(sorted.len());
    let follows = |one: &(Name, u64, u64), next: &(Name, u64, u64)| {
        one.0 == next.0 && one.1.checked_add(1) == Some(next.1)
    };
    for run in sorted.chunk_by(follows) {
        let (Some((name, from, _)), Some((_, to, _))) = (run.first(), run.last()) else { continue };
        if job.cancelled() {
            break;
        }
        let found = changes(service, caller, name, (*from, *to))?;
        let known = |position| found.iter().find(|(at, _)| *at == position);
        words.extend(run.iter().map(|(_, _, position)| {
            let changes = known(*position).map(|(_, changes)| changes.as_slice());
            (*position, changes.unwrap_or_default().iter().take(SHORTS).map(short).collect())
        }));
    }
    Ok(words)
}

fn short(change: &Change) -> Short {
    let side = |value: &Option<crate::domain::Json>| match value {
        None => Side::Absent,
        Some(crate::domain::Json::String(text)) if width(text) <= SHORT => {
            Side::Value(text.clone())
        }
        Some(crate::domain::Json::Object(_) | crate::domain::Json::Array(_)) => Side::Long,
        Some(value) => {
            let text = value.to_string();
            if width(&text) <= SHORT { Side::Value(text) } else { Side::Long }
        }
    };
    Short { path: path(&change.path), before: side(&change.before), after: side(&change.after) }
}

fn served(service: &Service) -> Result<Served> {
    let Some(serving) = service.owner_report()? else {
        let last = Service::last_daemon(service.paths()).map(Box::new);
        return Ok(Served::Nobody(last));
    };
    let figures = Figures::read(&serving.metrics);
    let (report, health) = (serving.report, serving.health);
    Ok(Served::By(Box::new(Server { report, health, figures })))
}

fn measured(service: &Service) -> Result<Vec<String>> {
    let metrics = service.owner_report()?.map(|serving| serving.metrics).unwrap_or_default();
    Ok(metrics.lines().map(str::to_owned).collect())
}

fn waiting(service: &Service, caller: &Caller, name: &str) -> Result<Lines> {
    let after = service.outbox_cursor(caller, name)?.position.parse().unwrap_or(0);
    let query = OutboxQuery { after: Some(after), take: Some(WAITING), ..OutboxQuery::default() };
    let page = service.outbox(caller, &query)?;
    let events = page.events.into_iter().map(Tailed::of).collect();
    Ok(Lines::Waiting { after, events, filtered: page.filtered, more: page.more })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Json;

    #[test]
    fn changes_in_a_few_letters() {
        let json = |text: &str| Some(Json::parse(text).unwrap());
        let change =
            |path: &str, before, after| short(&Change { path: path.into(), before, after });
        let value = |text: &str| Side::Value(text.into());
        let found = change("/status", json("\"open\""), json("\"paid\""));
        assert_eq!((found.before, found.after), (value("open"), value("paid")));
        let found = change("/lines/1", None, json("{\"sku\":\"A-1\"}"));
        assert_eq!(
            (found.path.as_str(), found.before, found.after),
            ("lines[1]", Side::Absent, Side::Long)
        );
        let found = change("/n", json("129.90"), json("\"a text that is much too long\""));
        assert_eq!((found.before, found.after), (value("129.90"), Side::Long));
    }
}
