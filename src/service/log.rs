//! The history as commits.

use super::Local;
use super::caller::Caller;
use super::events::{LOOKED_AT_MAX, Seen};
use super::record::{Eyes, issuer};
use crate::domain::access::Action;
use crate::domain::filter::Filter;
use crate::domain::{AggregateId, AggregateType, CommitNumber, Event, Header, Position};
use crate::error::{Error, Kind, Result};
use crate::store::{StoreError, View};
use crate::wire::{CommitPage, CommitRecord, LogQuery};
use std::ops::ControlFlow;

/// A commit in the log.
struct Located {
    number: CommitNumber,
    first: Position,
    count: u64,
}

/// The commit that holds the event at a position. Every header says where in its commit it stands.
fn commit_at(view: &View, position: Position) -> Result<Located, StoreError> {
    let header = view.with_event(position, |event| event.header())?.ok_or_else(|| {
        StoreError::Inconsistent(format!("event #{position} is missing from the log"))
    })?;
    Ok(Located {
        number: header.commit,
        first: Position(position.get().saturating_sub(u64::from(header.commit_index))),
        count: header.commit_size.into(),
    })
}

fn find(view: &View, number: u64) -> Result<Option<Located>, StoreError> {
    let wanted = CommitNumber(number);
    let last = view.last_where(|event| Ok(event.header()?.commit <= wanted))?;
    if last.get() == 0 {
        return Ok(None);
    }
    let found = commit_at(view, last)?;
    Ok(Some(found).filter(|found| found.number == wanted))
}

pub(super) fn unknown(view: &View, number: u64) -> Result<Error> {
    let last = view.last_commit()?;
    let message = format!("there is no commit c{number}: the log has c1 to c{last}");
    Ok(Error::new(Kind::NotFound, "dbx::commit::unknown", message))
}

fn events(view: &View, located: &Located) -> Result<Vec<Event>, StoreError> {
    let last = Position(located.first.get() + located.count.saturating_sub(1));
    let mut events = Vec::new();
    view.scan(located.first, last, false, |event| {
        events.push(event.decode()?);
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    Ok(events)
}

/// The events of a commit; `None` where there is none.
pub(super) fn commit_events(view: &View, number: u64) -> Result<Option<Vec<Event>>, StoreError> {
    find(view, number)?.map(|located| events(view, &located)).transpose()
}

/// The headers of a commit, each with its position.
fn headers(view: &View, located: &Located) -> Result<Vec<(Position, Header)>, StoreError> {
    let last = Position(located.first.get() + located.count.saturating_sub(1));
    let mut headers = Vec::new();
    view.scan(located.first, last, false, |event| {
        headers.push((event.position(), event.header()?));
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    Ok(headers)
}

/// A commit as it is shown to whoever may see `seen` of its events, the first of which is at `position`. What it was about
/// is told to those who may see all of it: the message may speak of the rest.
fn record(
    view: &View,
    located: &Located,
    (position, first, seen): (Position, &Header, u64),
) -> Result<CommitRecord, StoreError> {
    let whole = seen == located.count;
    let message_sealed = whole && view.is_message_shut(located.number)?;
    let readable = whole && !message_sealed;
    let message = if readable { view.commit_message(located.number)? } else { None };
    Ok(CommitRecord {
        commit: format!("c{}", located.number),
        message,
        message_sealed,
        created_at: first.created_at.to_string(),
        issued_by: issuer(first.actor.clone()),
        first_position: position.to_string(),
        count: seen,
        events: None,
    })
}

/// Which commits are wanted.
struct Wanted<'a> {
    aggregate_type: Option<AggregateType>,
    aggregate_id: Option<AggregateId>,
    filter: Option<Filter>,
    eyes: &'a Eyes<'a>,
}

impl Wanted<'_> {
    fn all(&self) -> bool {
        self.aggregate_type.is_none() && self.filter.is_none() && self.eyes.reads_all()
    }

    fn header(&self, header: &Header) -> bool {
        let name = &header.aggregate;
        self.aggregate_type.as_ref().is_none_or(|wanted| *wanted == name.aggregate_type)
            && self.aggregate_id.as_ref().is_none_or(|wanted| *wanted == name.id)
            && self.eyes.reads(name)
    }

    /// Whether any event of a commit is wanted. Bodies are read for a filter only: they may be sealed.
    fn any(&self, view: &View, located: &Located) -> Result<bool, StoreError> {
        let last = Position(located.first.get() + located.count.saturating_sub(1));
        let mut found = false;
        view.scan(located.first, last, false, |raw| {
            found = match &self.filter {
                None => self.header(&raw.header()?),
                Some(filter) => {
                    let event = raw.decode()?;
                    self.header(&event.header)
                        && filter.matches(&Seen { event: &event, eyes: self.eyes })
                }
            };
            Ok::<_, StoreError>(if found {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        Ok(found)
    }
}

impl Local {
    /// Commits, newest first, one page at a time. Where few of them are wanted a page ends before it is full, so that it
    /// never takes long.
    ///
    /// # Errors
    /// A filter or name that cannot be read, or a commit that does not exist.
    pub fn log(&self, caller: &Caller, query: &LogQuery) -> Result<CommitPage> {
        self.log_within(caller, query, LOOKED_AT_MAX)
    }

    /// As [`Local::log`], looking at so many events, and those of one more commit.
    fn log_within(&self, caller: &Caller, query: &LogQuery, most: u64) -> Result<CommitPage> {
        let gate = self.gate(caller)?;
        let (aggregate_type, id) = (query.aggregate_type.as_deref(), query.aggregate_id.as_deref());
        gate.named(Action::AggregateRead, aggregate_type, id)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let wanted = Wanted {
            aggregate_type: query.aggregate_type.as_deref().map(AggregateType::new).transpose()?,
            aggregate_id: query.aggregate_id.as_deref().map(AggregateId::new).transpose()?,
            filter: self.filter(query.filter.as_deref())?,
            eyes: &eyes,
        };
        let mut position = match query.before {
            None => view.last_position()?,
            Some(number) => match find(&view, number)? {
                Some(found) => Position(found.first.get().saturating_sub(1)),
                // Where the log ends is not everybody's business; behind its end one begins at the end.
                None if !gate.reads_all() => view.last_position()?,
                None => return Err(unknown(&view, number)?),
            },
        };
        let take = self.page(query.take)?;
        let mut commits = Vec::new();
        let (mut looked_at, mut last) = (0, None);
        while position.get() > 0 && commits.len() < take && looked_at < most {
            let located = commit_at(&view, position)?;
            looked_at += if wanted.all() { 1 } else { located.count };
            last = Some(located.number);
            position = Position(located.first.get().saturating_sub(1));
            let mut headers = if wanted.all() {
                let first = view.with_event(located.first, |event| event.header())?;
                first.map(|header| (located.first, header)).into_iter().collect()
            } else {
                headers(&view, &located)?
            };
            headers.retain(|(_, header)| eyes.reads(&header.aggregate));
            let seen = if wanted.all() { located.count } else { headers.len() as u64 };
            let Some((place, first)) = headers.first() else { continue };
            if wanted.all() || wanted.any(&view, &located)? {
                commits.push(record(&view, &located, (*place, first, seen))?);
            }
        }
        let next = last.filter(|_| position.get() > 0).map(|number| format!("c{number}"));
        Ok(CommitPage { commits, next })
    }

    /// One commit with its events.
    ///
    /// # Errors
    /// There is none.
    pub fn commit_record(&self, caller: &Caller, number: u64) -> Result<CommitRecord> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, None)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let view = self.view()?;
        let none = || match gate.unreadable(&format!("commit c{number}")) {
            Some(error) => Ok(error),
            None => unknown(&view, number),
        };
        let Some(located) = find(&view, number)? else { return Err(none()?) };
        let mut events = events(&view, &located)?;
        events.retain(|event| eyes.reads(&event.header.aggregate));
        let Some(first) = events.first() else { return Err(none()?) };
        let shown = (first.position, &first.header, events.len() as u64);
        let mut commit = record(&view, &located, shown)?;
        let shown = events
            .into_iter()
            .filter(|event| !eyes.is_hidden(event.header.aggregate.aggregate_type.as_str()));
        commit.events = Some(shown.map(|event| eyes.event(event)).collect());
        Ok(commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;

    #[test]
    fn a_page_of_commits_that_finds_little_ends_and_says_where_to_go_on() {
        let (_dir, local, me) = testing::local();
        for commit in 1..=9 {
            let kind = if commit % 4 == 1 { "order" } else { "item" };
            let operation = testing::operation(&format!("{kind}/{commit}"), "came");
            testing::commit(&local, &me, vec![operation]);
        }
        let mut query = LogQuery { filter: Some("type:order".to_owned()), ..LogQuery::default() };
        let mut pages = Vec::new();
        loop {
            let page = local.log_within(&me, &query, 3).unwrap();
            let commits: Vec<String> = page.commits.into_iter().map(|it| it.commit).collect();
            pages.push((commits, page.next.clone()));
            let Some(next) = page.next else { break };
            query.before = Some(next.trim_start_matches('c').parse().unwrap());
        }
        let page =
            |commit: &str, next: Option<&str>| (vec![commit.to_owned()], next.map(str::to_owned));
        assert_eq!(pages, [page("c9", Some("c7")), page("c5", Some("c4")), page("c1", None)]);
        // In one piece it is the same, and a full page ends where it is full.
        let (before, take) = (None, Some(2));
        let whole = local.log(&me, &LogQuery { before, take, ..query }).unwrap();
        let commits: Vec<String> = whole.commits.into_iter().map(|it| it.commit).collect();
        assert_eq!(
            (commits, whole.next),
            (vec!["c9".to_owned(), "c5".to_owned()], Some("c5".to_owned()))
        );
    }

    #[test]
    fn an_id_without_its_type_is_refused_and_no_question_for_everything() {
        let (_dir, local, me) = testing::local();
        let query = LogQuery { aggregate_id: Some("red".to_owned()), ..LogQuery::default() };
        let error = local.log(&me, &query).unwrap_err();
        assert_eq!(error.code(), "dbx::query::type_missing");
        let query =
            crate::wire::EventsQuery { aggregate_id: query.aggregate_id, ..Default::default() };
        assert_eq!(local.events(&me, &query).unwrap_err(), error);
    }
}
