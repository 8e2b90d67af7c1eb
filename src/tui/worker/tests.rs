//! Every question, asked of a real store.

use super::queue::{Job, Queue, Request};
use super::{
    AggregatesAnswer, AggregatesAsk, Answer, Ask, SchemaAnswer, SchemaAsk, Slot, TailAnswer,
    TailAsk, TimelineAnswer, TimelineAsk,
};
use crate::domain::Json;
use crate::error::Result;
use crate::service::{Caller, Restrict, Service};
use crate::tui::model::{Declared, Lines, Name, Scope, Served, SheetOf, Side, Verdict};
use crate::wire::{At, CommitRequest, CursorUpdate, Decimal64, ListQuery, Operation};
use tempfile::TempDir;

struct Shop {
    service: Service,
    caller: Caller,
    _dir: TempDir,
}

fn name() -> Name {
    Name { aggregate_type: "order".into(), id: "42".into() }
}

/// A store with one order of `events` events.
fn shop(events: u64) -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let caller = Caller::local("ada", Restrict::Off);
    for version in 0..events {
        let payload = format!(r#"{{"total":"{version}","status":"open"}}"#);
        let operation = Operation {
            aggregate_type: "order".into(),
            aggregate_id: "42".into(),
            event_type: if version % 2 == 0 { "order_placed" } else { "order_paid" }.into(),
            payload: Some(Json::parse(&payload).unwrap()),
            ..Operation::default()
        };
        let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
        service.commit(&caller, &request).unwrap();
    }
    Shop { service, caller, _dir: dir }
}

impl Shop {
    fn ask(&self, ask: Ask) -> Result<Answer> {
        let queue = Queue::default();
        queue.put(Request { slot: Slot::Page, generation: 1, ask: ask.clone() });
        let request = Request { slot: Slot::Page, generation: 1, ask };
        let job = Job::new(&queue, &request, &|_| {});
        super::answer(&self.service, &self.caller, &request.ask, &job)
    }

    fn aggregates(&self, ask: AggregatesAsk) -> AggregatesAnswer {
        match self.ask(Ask::Aggregates(ask)) {
            Ok(Answer::Aggregates(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn tail(&self, ask: TailAsk) -> TailAnswer {
        match self.ask(Ask::Tail(ask)) {
            Ok(Answer::Tail(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn schema(&self, ask: SchemaAsk) -> Result<SchemaAnswer> {
        match self.ask(Ask::Schema(ask))? {
            Answer::Schema(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }

    fn timeline(&self, ask: TimelineAsk) -> TimelineAnswer {
        match self.ask(Ask::Timeline(ask)) {
            Ok(Answer::Timeline(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_list_is_read_counted_verified_and_proven() {
    let shop = shop(3);
    let query = || ListQuery { archived: true, ..ListQuery::default() };
    let page = AggregatesAsk::Page { query: query(), page: 0, epoch: 4, revision: 2, again: false };
    let AggregatesAnswer::Page(page) = shop.aggregates(page) else { panic!() };
    assert_eq!((page.rows.len(), page.next, page.epoch, page.revision), (1, None, 4, 2));
    let last = AggregatesAsk::LastEvents(vec![(name(), 3)]);
    let AggregatesAnswer::LastEvents(last) = shop.aggregates(last) else { panic!() };
    assert_eq!(last[0].event_type, "order_placed");
    let recent = AggregatesAsk::Recent { name: name(), version: 3, events: 2 };
    let AggregatesAnswer::Recent(recent) = shop.aggregates(recent) else { panic!() };
    let versions: Vec<u64> = recent.steps.iter().map(|step| step.event.version).collect();
    assert_eq!(versions, [3, 2], "the newest first, as many as were asked for");
    let count = AggregatesAsk::Count { query: query(), epoch: 0, revision: 3 };
    assert!(matches!(shop.aggregates(count), AggregatesAnswer::Count(1, true, 3)));
    let staged = shop.aggregates(AggregatesAsk::Staged { epoch: 0 });
    assert!(matches!(staged, AggregatesAnswer::Staged(names) if names.is_empty()));
    let verified = shop.aggregates(AggregatesAsk::Verify(vec![name()]));
    assert!(matches!(verified, AggregatesAnswer::Verified(verdicts) if verdicts[0].ok));
    let proof = shop.aggregates(AggregatesAsk::Proof(name()));
    assert!(matches!(proof, AggregatesAnswer::Proof(text) if text.contains("inclusion")));
}

#[test]
fn where_a_page_begins_is_known_once_the_rows_before_it_were_passed_over() {
    let shop = shop(1);
    for id in 100..110 {
        let operation = Operation {
            aggregate_type: "order".into(),
            aggregate_id: id.to_string(),
            event_type: "order_placed".into(),
            payload: Some(Json::parse("{}").unwrap()),
            ..Operation::default()
        };
        let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
        shop.service.commit(&shop.caller, &request).unwrap();
    }
    let read = |query: ListQuery| {
        let ask = AggregatesAsk::Page { query, page: 1, epoch: 0, revision: 0, again: false };
        let AggregatesAnswer::Page(page) = shop.aggregates(ask) else { panic!() };
        let ids: Vec<String> = page.rows.into_iter().map(|row| row.aggregate_id).collect();
        (page.start, ids)
    };
    // In the order of ids the last one is 42.
    let (start, ids) = read(ListQuery { skip: 8, ..ListQuery::default() });
    assert_eq!(ids, ["108", "109", "42"]);
    assert_eq!(read(ListQuery { after: start.clone(), ..ListQuery::default() }), (None, ids));
    let (further, ids) = read(ListQuery { after: start, skip: 2, ..ListQuery::default() });
    assert_eq!((further.is_some(), ids), (true, vec!["42".to_owned()]));
    for beyond in [11, 12, 500] {
        let found = read(ListQuery { skip: beyond, ..ListQuery::default() });
        assert_eq!(found, (None, Vec::new()), "{beyond} of 11 are passed over");
    }
    // In an order that changes as the log grows, the row before a page is no mark.
    let recent = ListQuery { skip: 9, sort: crate::wire::Sort::Updated, ..ListQuery::default() };
    assert_eq!(read(recent), (None, vec!["100".to_owned(), "42".to_owned()]));
}

#[test]
fn a_history_is_read_at_every_place() {
    let shop = shop(5);
    let head = shop.timeline(TimelineAsk::Head { name: name(), epoch: 0 });
    assert!(matches!(head, TimelineAnswer::Head(5)));
    let events = TimelineAsk::Events { name: name(), page: 0, last: 5 };
    let TimelineAnswer::Events { events, .. } = shop.timeline(events) else { panic!() };
    assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let track = shop.timeline(TimelineAsk::Track { name: name(), last: 5 });
    assert!(matches!(track, TimelineAnswer::Track(track) if track.times.len() == 5));
    let state = TimelineAsk::State { name: name(), version: 2 };
    let TimelineAnswer::State(state) = shop.timeline(state) else { panic!() };
    assert_eq!(state.record.state.get("total"), Some(&Json::from("1")));
    let changes = |from, to| {
        let ask = TimelineAsk::Changes { name: name(), from, to };
        let TimelineAnswer::Changes(changes) = shop.timeline(ask) else { panic!() };
        changes.made.into_iter().map(|change| change.path).collect::<Vec<_>>()
    };
    assert_eq!(changes(0, 1), ["/total", "/status"], "the first event made all of it");
    assert_eq!(changes(1, 2), ["/total"]);
    assert_eq!(changes(2, 5), ["/total"]);
    let moment = |at, next| shop.timeline(TimelineAsk::Moment { name: name(), at, next });
    assert!(matches!(moment(At::Position(3), false), TimelineAnswer::Version(3)));
    assert!(matches!(moment(At::Position(3), true), TimelineAnswer::Version(4)));
    let find = |position, older| {
        let filter = "event:order_paid".to_owned();
        shop.timeline(TimelineAsk::Find { name: name(), filter, position, older })
    };
    assert!(matches!(find(5, true), TimelineAnswer::Found(Some(4))));
    assert!(matches!(find(4, true), TimelineAnswer::Found(Some(2))));
    assert!(matches!(find(2, true), TimelineAnswer::Found(None)));
    assert!(matches!(find(2, false), TimelineAnswer::Found(Some(4))));
    let proven = shop.timeline(TimelineAsk::Prove { name: name(), version: 2 });
    assert!(matches!(&proven, TimelineAnswer::Proven(true, _)), "{proven:?}");
    let id = events[2].metadata.event_id.parse().unwrap();
    let cause = shop.timeline(TimelineAsk::Cause(id));
    assert!(matches!(cause, TimelineAnswer::Cause(found, 3) if found == name()));
}

#[test]
fn a_long_history_is_sampled() {
    let shop = shop(230);
    let TimelineAnswer::Track(track) =
        shop.timeline(TimelineAsk::Track { name: name(), last: 230 })
    else {
        panic!()
    };
    let ends = (track.times.first().unwrap().0, track.times.last().unwrap().0);
    assert_eq!((ends, track.times.len()), ((1, 230), 192));
    assert_eq!(track.snapshots, [100, 200]);
    assert_eq!(track.density(80).iter().sum::<u64>(), 230);
}

#[test]
fn a_schema_is_compared_counted_and_applied() {
    const FIRST: &str = "aggregate order {\n  field total { type = \"text\" }\n  event order_placed {}\n  event order_paid {}\n}\n";
    let shop = shop(5);
    let (first, second) = (FIRST, FIRST.replace("\"text\"", "\"date\""));
    let compared = |text: &str| {
        let ask = SchemaAsk::Compare { version: 0, tries: 0, text: text.into() };
        let Ok(SchemaAnswer::Compared(compared)) = shop.schema(ask) else { panic!() };
        compared
    };
    let apply = |over, breaks, text: &str| {
        shop.schema(SchemaAsk::Apply { over, breaks, text: text.into() })
    };
    let fresh = compared(first);
    assert_eq!((fresh.version(), fresh.rows.len(), fresh.is_applied()), (0, 1, false));
    assert!(matches!(apply(0, false, first), Ok(SchemaAnswer::Applied(it)) if it.version == 1));
    assert!(compared(first).is_applied());
    let changed = compared(&second);
    let [row] = changed.rows.as_slice() else { panic!("{changed:?}") };
    let what = (row.declared.clone(), row.what.as_str(), row.verdict);
    assert_eq!(what, (Declared::Field("total".into()), "text → date", Verdict::Breaking));
    let ask = SchemaAsk::Impact { epoch: 0, old: changed.old.clone(), new: second.as_str().into() };
    let Ok(SchemaAnswer::Impact(impacts)) = shop.schema(ask) else { panic!() };
    let impacts = row.impacts(&impacts);
    assert!(
        !impacts.is_empty() && impacts.iter().all(|one| (one.events, one.aggregates) == (5, 1))
    );
    let ask = SchemaAsk::Affected {
        change: 0,
        epoch: 0,
        aggregate: "order".into(),
        declared: row.declared.clone(),
        states: vec![name()],
        text: second.as_str().into(),
    };
    let Ok(SchemaAnswer::Affected(0, found)) = shop.schema(ask) else { panic!() };
    let versions: Vec<u64> = found.events.iter().map(|event| event.version).collect();
    assert_eq!((versions, found.more), (vec![5, 4, 3, 2, 1], false), "the newest first");
    assert_eq!(found.states, [(name(), 5)]);
    let code = |result: Result<SchemaAnswer>| result.unwrap_err().code().to_owned();
    assert_eq!(code(apply(0, true, &second)), "dbx::schema::moved");
    assert_eq!(code(apply(1, false, &second)), "dbx::schema::moved", "nobody agreed to it");
    assert!(matches!(apply(1, true, &second), Ok(SchemaAnswer::Applied(it)) if it.version == 2));
    let ask = SchemaAsk::Difference { version: 1, text: second.as_str().into() };
    let Ok(SchemaAnswer::Difference(difference)) = shop.schema(ask) else { panic!() };
    assert_eq!(difference.lines.len(), 6, "one line is another");
}

#[test]
fn the_log_is_read_in_pages_from_both_ends() {
    let shop = shop(300);
    let positions = |page: &super::TailPage| -> Vec<u64> {
        page.events.iter().map(|event| event.position).collect()
    };
    let all = Scope::default();
    let older = |scope: &Scope, before| match shop.tail(TailAsk::Older {
        scope: scope.clone(),
        before,
        revision: 3,
    }) {
        TailAnswer::Older(page) => page,
        other => panic!("{other:?}"),
    };
    let newer = |scope: &Scope, after| match shop.tail(TailAsk::Newer {
        scope: scope.clone(),
        after,
        end: 300,
        revision: 3,
    }) {
        TailAnswer::Newer(page, from, end) => {
            assert_eq!((from, end, page.revision), (after, 300, 3));
            page
        }
        other => panic!("{other:?}"),
    };
    let page = older(&all, 301);
    assert_eq!((positions(&page), page.next, page.more), ((45..=300).rev().collect(), 45, true));
    let page = older(&all, 45);
    assert_eq!((positions(&page), page.more), ((1..45).rev().collect(), false));
    let page = newer(&all, 297);
    assert_eq!((positions(&page), page.next, page.more), (vec![298, 299, 300], 300, false));
    let paid = Scope { follow: Some(name()), filter: "event:order_paid".into() };
    assert_eq!(positions(&newer(&paid, 295)), [296, 298, 300]);
    assert_eq!(positions(&older(&paid, 7)), [6, 4, 2]);
    let nobody = Scope { follow: None, filter: "type:nobody".into() };
    let page = older(&nobody, 301);
    assert_eq!((page.events.len(), page.more), (0, false), "all of it was looked at");
}

#[test]
fn events_are_looked_at_and_put_in_words() {
    let shop = shop(5);
    let events = [5, 2, 3].map(|version| (name(), version, version)).to_vec();
    let TailAnswer::Words(mut words) = shop.tail(TailAsk::Words(events)) else { panic!() };
    words.sort_by_key(|(position, _)| *position);
    let places: Vec<u64> = words.iter().map(|(position, _)| *position).collect();
    let changed = &words[0].1[0];
    assert_eq!((places, changed.path.as_str()), (vec![2, 3, 5], "total"));
    assert_eq!(
        (&changed.before, &changed.after),
        (&Side::Value("0".into()), &Side::Value("1".into()))
    );
    let look = TailAsk::Look { name: name(), version: 4, position: 4 };
    let TailAnswer::Look(looked) = shop.tail(look) else { panic!() };
    assert_eq!((looked.event.version, looked.changes.len()), (4, 1));
    let lost = vec![(Name { id: "nobody".into(), ..name() }, 1, 9)];
    let TailAnswer::Words(words) = shop.tail(TailAsk::Words(lost)) else { panic!() };
    assert_eq!(words, [(9, Vec::new())], "what cannot be rebuilt has no words, and the rest has");
}

#[test]
fn consumers_are_found_and_moved() {
    let shop = shop(5);
    let to =
        |position| CursorUpdate { position: Some(Decimal64(position)), ..CursorUpdate::default() };
    let set = TailAsk::Move { name: "mail".into(), update: to(3) };
    let TailAnswer::Moved(cursor) = shop.tail(set) else { panic!() };
    assert_eq!((cursor.position.as_str(), cursor.lag), ("3", 2));
    let back = Ask::Tail(TailAsk::Move { name: "mail".into(), update: to(1) });
    assert_eq!(shop.ask(back).unwrap_err().code(), "dbx::cursor::backwards");
    let of = SheetOf::Waiting("mail".into());
    let TailAnswer::Sheet(_, lines) = shop.tail(TailAsk::Sheet { of, beat: 0 }) else { panic!() };
    let Lines::Waiting { after, events, more, .. } = lines else { panic!() };
    let waiting: Vec<u64> = events.iter().map(|event| event.position).collect();
    assert_eq!((after, waiting, more), (3, vec![4, 5], false));
    let TailAnswer::Cursors(cursors) = shop.tail(TailAsk::Cursors { beat: 0 }) else { panic!() };
    assert_eq!(cursors.len(), 1);
    assert!(matches!(shop.tail(TailAsk::Forget("mail".into())), TailAnswer::Forgotten(_)));
    let TailAnswer::Cursors(cursors) = shop.tail(TailAsk::Cursors { beat: 1 }) else { panic!() };
    assert!(cursors.is_empty());
    let served = shop.tail(TailAsk::Served { beat: 0 });
    assert!(matches!(served, TailAnswer::Served(Served::Nobody(None))));
    for of in [SheetOf::Log, SheetOf::Metrics] {
        let TailAnswer::Sheet(_, lines) = shop.tail(TailAsk::Sheet { of, beat: 0 }) else {
            panic!()
        };
        assert_eq!(lines.len(), 0, "nobody serves, and nothing was written down");
    }
}
