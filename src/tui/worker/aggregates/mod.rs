//! What the view of aggregates asks.

mod named;

use super::queue::Job;
use crate::error::Result;
use crate::service::{Caller, Service};
use crate::tui::model::{Found, Name, Recent};
use crate::tui::window::PAGE;
use crate::wire::{
    AggregatePage, AggregateRecord, AggregateVerdict, EventRecord, HistoryQuery, ListQuery,
    ProveQuery, ReplayQuery, Sort,
};
use std::time::Instant;

/// Aggregates that are counted: beyond that a filter's count is "more than".
const COUNTED: usize = 100_000;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// A page of a list.
    /// A page of a list; `again` where it is on the screen, and may only be old.
    Page { query: ListQuery, page: usize, epoch: u64, revision: u64, again: bool },
    /// The last events of aggregates at their versions.
    LastEvents(Vec<(Name, u64)>),
    /// What happened to an aggregate last.
    Recent { name: Name, version: u64, events: u64 },
    /// How many aggregates a list has.
    Count { query: ListQuery, epoch: u64, revision: u64 },
    /// Which aggregates have a name like this.
    Named(String),
    /// Which aggregates have staged operations.
    Staged { epoch: u64 },
    /// Whether the stored bytes of aggregates are what was written.
    Verify(Vec<Name>),
    /// The proof that an aggregate's last event is in the log.
    Proof(Name),
}

impl Ask {
    /// The question without how long the log is.
    pub(super) fn of_no_log(&self) -> Self {
        match self.clone() {
            Self::Page { query, page, revision, again, .. } => {
                // Where the page begins is known better from time to time. Of two that are on the screen the older one is
                // read: as the log grows they take turns, and are one question in that.
                let query = ListQuery { after: None, skip: 0, ..query };
                let page = if again { 0 } else { page };
                Self::Page { query, page, epoch: 0, revision, again }
            }
            Self::LastEvents(wanted) => {
                Self::LastEvents(wanted.into_iter().map(|(name, _)| (name, 0)).collect())
            }
            Self::Recent { name, events, .. } => Self::Recent { name, version: 0, events },
            Self::Count { query, revision, .. } => Self::Count { query, epoch: 0, revision },
            Self::Staged { .. } => Self::Staged { epoch: 0 },
            ask @ (Self::Verify(_) | Self::Proof(_) | Self::Named(_)) => ask,
        }
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) index: usize,
    pub(crate) rows: Vec<AggregateRecord>,
    /// Where it begins; `None` where that is as it was asked for.
    pub(crate) start: Option<String>,
    /// Where the next one begins; `None` at the end.
    pub(crate) next: Option<String>,
    /// When it was read.
    pub(crate) epoch: u64,
    /// Which list it is a page of.
    pub(crate) revision: u64,
    /// How long reading it took, in microseconds.
    pub(crate) took: u64,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Page(Page),
    LastEvents(Vec<EventRecord>),
    Recent(Box<Recent>),
    /// How many there are so far, whether that is all, and in which list.
    Count(usize, bool, u64),
    Named(Found),
    Staged(Vec<Name>),
    Verified(Vec<AggregateVerdict>),
    Proof(String),
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Page { query, page, epoch, revision, .. } => {
            let since = Instant::now();
            let (start, found) = page_of(service, caller, query, job)?;
            let took = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
            let (index, epoch, revision) = (*page, *epoch, *revision);
            let (rows, next) = (found.items, found.next);
            Ok(Answer::Page(Page { index, rows, start, next, epoch, revision, took }))
        }
        Ask::LastEvents(wanted) => last_events(service, caller, wanted, job),
        Ask::Recent { name, version, events } => recent(service, caller, name, *version, *events),
        Ask::Count { query, revision, .. } => count(service, caller, query, *revision, job),
        Ask::Named(text) => named::named(service, caller, text, job),
        Ask::Staged { .. } => {
            let staged = service.stage(caller)?.operations.into_iter().map(|staged| Name {
                aggregate_type: staged.operation.aggregate_type,
                id: staged.operation.aggregate_id,
            });
            Ok(Answer::Staged(staged.collect()))
        }
        Ask::Verify(names) => verify(service, caller, names, job),
        Ask::Proof(name) => {
            let query = ProveQuery {
                aggregate_type: name.aggregate_type.clone(),
                aggregate_id: name.id.clone(),
                ..ProveQuery::default()
            };
            let proof = service.prove_inclusion(caller, &query)?;
            Ok(Answer::Proof(super::document(&proof)?))
        }
    }
}

/// A page, and where it begins where that took passing over the rows before it: going over a million rows takes a second,
/// and the same page is read again whenever the log grew.
fn page_of(
    service: &Service,
    caller: &Caller,
    query: &ListQuery,
    job: &Job<'_>,
) -> Result<(Option<String>, AggregatePage)> {
    let list = |query: &ListQuery| service.list_while(caller, query, &|| !job.cancelled());
    let query = ListQuery { take: Some(PAGE), ..query.clone() };
    if query.skip == 0 || query.sort != Sort::Id {
        return Ok((None, list(&query)?));
    }
    let before = ListQuery { take: Some(1), skip: query.skip - 1, ..query.clone() };
    let Some(start) = list(&before)?.next else {
        return Ok((None, AggregatePage { items: Vec::new(), next: None, partial: false }));
    };
    let query = ListQuery { after: Some(start.clone()), skip: 0, ..query };
    Ok((Some(start), list(&query)?))
}

fn last_events(
    service: &Service,
    caller: &Caller,
    wanted: &[(Name, u64)],
    job: &Job<'_>,
) -> Result<Answer> {
    let mut events = Vec::with_capacity(wanted.len());
    for (name, version) in wanted {
        if job.cancelled() {
            break;
        }
        let query = HistoryQuery {
            aggregate_type: name.aggregate_type.clone(),
            aggregate_id: name.id.clone(),
            from: Some(*version),
            to: Some(*version),
            ..HistoryQuery::default()
        };
        events.extend(service.history(caller, &query)?.events);
    }
    Ok(Answer::LastEvents(events))
}

fn recent(
    service: &Service,
    caller: &Caller,
    name: &Name,
    version: u64,
    events: u64,
) -> Result<Answer> {
    let query = ReplayQuery {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        from: Some(version.saturating_sub(events.saturating_sub(1)).max(1)),
        to: Some(version),
    };
    let mut steps = service.replay(caller, &query)?;
    steps.reverse();
    let snapshots = service.snapshots(caller, &name.aggregate_type, &name.id)?;
    let snapshots = snapshots.snapshots.into_iter().map(|snapshot| snapshot.version).collect();
    Ok(Answer::Recent(Box::new(Recent { name: name.clone(), version, steps, snapshots })))
}

/// Counts page by page, with the count so far after each.
fn count(
    service: &Service,
    caller: &Caller,
    query: &ListQuery,
    revision: u64,
    job: &Job<'_>,
) -> Result<Answer> {
    let mut query = ListQuery { sort: Sort::Id, take: None, ..query.clone() };
    let mut counted = 0;
    loop {
        let page = service.list_while(caller, &query, &|| !job.cancelled())?;
        counted += page.items.len();
        query.after = page.next;
        if query.after.is_none() || counted >= COUNTED || job.cancelled() {
            return Ok(Answer::Count(counted, query.after.is_none(), revision));
        }
        job.part(super::Answer::Aggregates(Answer::Count(counted, false, revision)));
    }
}

fn verify(service: &Service, caller: &Caller, names: &[Name], job: &Job<'_>) -> Result<Answer> {
    let mut verdicts = Vec::with_capacity(names.len());
    for name in names {
        if job.cancelled() {
            break;
        }
        let name = (name.aggregate_type.as_str(), name.id.as_str());
        verdicts.push(service.verify_aggregate_while(caller, name, &|| !job.cancelled())?);
    }
    Ok(Answer::Verified(verdicts))
}
