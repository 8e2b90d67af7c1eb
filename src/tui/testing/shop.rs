//! A shop that never changes: what the dashboard is told in tests.

use crate::domain::Json;
use crate::domain::json::Object;
use crate::error::{Error, Kind, Result};
use crate::tui::model::{Found, Name, Recent};
use crate::tui::worker::{AggregatesAnswer, AggregatesAsk, AggregatesPage, Answer, Ask};
use crate::wire::{
    AggregateRecord, AggregateVerdict, Change, EventMetadata, EventRecord, Issuer, ListQuery,
    ReplayStep, StatusReport, TypeCount,
};
use std::fmt::Write as _;

/// Minutes between the last events of two orders.
const APART: [u32; 10] = [2, 9, 31, 75, 130, 150, 190, 200, 310, 1500];

/// The events of orders, the one of the version in turn.
const EVENTS: [&str; 4] = ["order_paid", "order_shipped", "order_created", "order_refunded"];

pub(super) fn hash(of: &str) -> String {
    let mut digits = String::new();
    for byte in of.bytes() {
        let _ = write!(digits, "{byte:02x}");
    }
    format!("{digits:0<60}a1e0").chars().take(64).collect()
}

/// The time so many minutes before that of the tests.
fn ago(minutes: u32) -> String {
    let now: crate::domain::Timestamp = super::NOW.parse().unwrap();
    let micros = i64::from(minutes) * 60_000_000;
    crate::domain::Timestamp::from_micros(now.as_micros() - micros).to_string()
}

/// The workspace at a glance.
pub(crate) fn status() -> StatusReport {
    let count = |name: &str, aggregates| TypeCount { aggregate_type: name.into(), aggregates };
    StatusReport {
        workspace: "/home/ada/shop".into(),
        store: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".into(),
        position: "4211".into(),
        root: hash("root"),
        commits: 7,
        types: vec![count("customer", 311), count("invoice", 990), count("order", 1204)],
        last_event_at: Some(ago(2)),
        schema_version: 7,
        schema_state: "applied".into(),
        stage: crate::wire::StageSummary::default(),
        read_only: None,
        encryption: None,
        address: "127.0.0.1:7070".into(),
        disk_bytes: 2_202_009,
    }
}

/// Order number `number`.
pub(crate) fn order(number: u32) -> AggregateRecord {
    let state = format!(
        r#"{{"status":"paid","total":"{}.90","customer":"customer#{}","paid_at":"2026-11-20T14:00:12Z","lines":[{{"sku":"A-1","qty":2,"price":"40.00"}},{{"sku":"B-9","qty":1,"price":"39.90"}}],"address":{{"city":"Bern","zip":"3011"}},"note":null}}"#,
        number * 3 + 3,
        number % 9,
    );
    let minutes = usize::try_from(42_u32.saturating_sub(number)).unwrap();
    let minutes = APART.get(minutes).copied().unwrap_or(2_000 + 1_440 * (42 - number.min(42)));
    AggregateRecord {
        aggregate_type: "order".into(),
        aggregate_id: format!("order-{number}"),
        version: u64::from(number * 7 % 48 + 1),
        state: Json::parse(&state).unwrap(),
        merkle_root: hash(&format!("order-{number}")),
        created_at: ago(20_000),
        updated_at: ago(minutes),
        archived: number == 36,
        erased: None,
        rebuilt_from: None,
        events: None,
        resolved: None,
    }
}

/// An event of an aggregate.
pub(crate) fn event(name: &Name, version: u64) -> EventRecord {
    let at = usize::try_from(version).unwrap();
    let mut extensions = Object::new();
    extensions.insert("@correlation".into(), "7f3a000000000c21".into());
    EventRecord {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        event_type: EVENTS[at % EVENTS.len()].into(),
        version,
        position: (4_000 + version).to_string(),
        payload: Some(Json::parse(r#"{"status":"paid"}"#).unwrap()),
        patch: None,
        erased: None,
        metadata: EventMetadata {
            event_id: "1".into(),
            created_at: ago(60 * u32::try_from(49_u64.saturating_sub(version)).unwrap()),
            commit: "c7".into(),
            schema_version: 7,
            issued_by: Issuer { group: "local".into(), user: "alice".into(), uid: None },
            note: None,
            extensions,
        },
        hash: hash(&format!("leaf{version}")),
        merkle_root: hash(&format!("root{version}")),
    }
}

/// How many orders a list of them has.
const ORDERS: u32 = 42;

/// What a store says that cannot be read.
pub(crate) fn broken() -> Error {
    let message = "the store cannot be read: the disk does not answer";
    Error::new(Kind::Unavailable, "dbx::store::io", message)
        .kept("what was committed is safe")
        .help("look at the system's log")
}

fn page(query: &ListQuery, index: usize, epoch: u64, revision: u64) -> AggregatesPage {
    let none = query.filter.as_deref().is_some_and(|filter| filter.contains("nobody"));
    let of = query.aggregate_type.as_deref().is_none_or(|name| name == "order");
    let rows = (1..=ORDERS).rev().filter(|_| of && !none).map(order).collect();
    AggregatesPage { index, rows, start: None, next: None, epoch, revision, took: 1_200 }
}

fn recent(name: &Name, version: u64, events: u64) -> Recent {
    let change = |path: &str, before: Option<&str>, after: Option<&str>| Change {
        path: path.into(),
        before: before.map(Json::from),
        after: after.map(Json::from),
    };
    let first = version.saturating_sub(events).max(1);
    let step = |version: u64| ReplayStep {
        event: event(name, version),
        changes: match version % 3 {
            0 => vec![change("/status", Some("open"), Some("paid"))],
            1 => vec![change("/lines/1/sku", None, Some("B-9"))],
            _ => vec![change("/coupon", Some("NOV10"), None)],
        },
    };
    let steps = (first..=version).rev().map(step).collect();
    Recent { name: name.clone(), version, steps, snapshots: vec![version.saturating_sub(4)] }
}

/// What the store has by a name: the first orders, and one that no list has.
fn named(text: &str) -> Found {
    let name = |id: &str| Name { aggregate_type: "order".into(), id: id.into() };
    let far = ["order-41", "order-7731"].into_iter().filter(|id| id.contains(text));
    Found { text: text.to_owned(), names: far.map(|id| (name(id), 9)).collect(), more: false }
}

/// Answers what the view of aggregates asks.
pub(crate) fn aggregates(ask: &AggregatesAsk) -> AggregatesAnswer {
    match ask {
        AggregatesAsk::Page { query, page: index, epoch, revision, .. } => {
            AggregatesAnswer::Page(page(query, *index, *epoch, *revision))
        }
        AggregatesAsk::LastEvents(wanted) => AggregatesAnswer::LastEvents(
            wanted.iter().map(|(name, version)| event(name, *version)).collect(),
        ),
        AggregatesAsk::Recent { name, version, events } => {
            AggregatesAnswer::Recent(Box::new(recent(name, *version, *events)))
        }
        AggregatesAsk::Count { revision, .. } => AggregatesAnswer::Count(42, true, *revision),
        AggregatesAsk::Named(text) => AggregatesAnswer::Named(named(text)),
        AggregatesAsk::Staged { .. } => AggregatesAnswer::Staged(Vec::new()),
        AggregatesAsk::Verify(names) => AggregatesAnswer::Verified(
            names
                .iter()
                .map(|name| AggregateVerdict {
                    aggregate_type: name.aggregate_type.clone(),
                    aggregate_id: name.id.clone(),
                    count: 7,
                    merkle_root: hash("root"),
                    ok: true,
                    faults: Vec::new(),
                    states_left_out: None,
                })
                .collect(),
        ),
        AggregatesAsk::Proof(name) => AggregatesAnswer::Proof(format!("{{\"proof\":\"{name}\"}}")),
    }
}

/// Answers everything.
#[expect(clippy::unnecessary_wraps, reason = "a test may put what fails in its place")]
pub(crate) fn answer(ask: &Ask) -> Result<Answer> {
    match ask {
        Ask::Aggregates(ask) => Ok(Answer::Aggregates(aggregates(ask))),
        Ask::Timeline(ask) => Ok(Answer::Timeline(super::history::timeline(ask))),
        Ask::Verify(ask) => Ok(Answer::Verify(super::verify::answer(ask))),
        Ask::Stage(ask) => Ok(Answer::Stage(super::stage::stage(ask))),
        Ask::Schema(ask) => Ok(Answer::Schema(super::schema::answer(ask))),
        Ask::Tail(ask) => Ok(Answer::Tail(super::tail::tail(ask))),
    }
}

/// A dashboard on the shop, with all that it asked for.
pub(crate) fn open(width: u16, height: u16) -> super::Stage {
    let mut stage = super::Stage::new(width, height, Box::new(answer));
    stage.send(crate::tui::msg::Msg::Status(Box::new(status())));
    stage.wait(std::time::Duration::from_secs(1));
    stage
}

/// Answers what is asked of a workspace in which nothing happened yet.
fn nothing(ask: &Ask) -> Result<Answer> {
    use crate::tui::worker::{SchemaAnswer, SchemaAsk, StageAnswer, StageAsk, TailAnswer, TailAsk};
    Ok(match (ask, answer(ask)?) {
        (_, Answer::Aggregates(AggregatesAnswer::Page(page))) => {
            let page = AggregatesPage { rows: Vec::new(), ..page };
            Answer::Aggregates(AggregatesAnswer::Page(page))
        }
        (Ask::Stage(StageAsk::Report { .. }), _) => {
            let report = crate::wire::StageReport {
                undo: 0,
                redo: 0,
                bytes: 0,
                next_position: "1".into(),
                ..super::stage::report(Vec::new())
            };
            Answer::Stage(StageAnswer::Report(Box::new(report)))
        }
        (Ask::Stage(StageAsk::Commits { .. }), _) => {
            Answer::Stage(StageAnswer::Commits(Vec::new()))
        }
        (Ask::Schema(SchemaAsk::Compare { text, .. }), _) => {
            let mut compared = super::schema::compared(text);
            (compared.history, compared.old) = (Vec::new(), None);
            Answer::Schema(SchemaAnswer::Compared(Box::new(compared)))
        }
        (Ask::Tail(TailAsk::Cursors { .. }), _) => Answer::Tail(TailAnswer::Cursors(Vec::new())),
        (_, other) => other,
    })
}

/// A dashboard on a workspace in which nothing happened yet.
pub(crate) fn unused(width: u16, height: u16) -> super::Stage {
    let mut stage = super::Stage::new(width, height, Box::new(nothing));
    let status = StatusReport {
        position: "0".into(),
        root: hash("nothing"),
        types: Vec::new(),
        commits: 0,
        last_event_at: None,
        schema_version: 0,
        schema_state: "none".into(),
        disk_bytes: 65_536,
        ..status()
    };
    stage.send(crate::tui::msg::Msg::Status(Box::new(status)));
    stage.wait(std::time::Duration::from_secs(1));
    stage
}
