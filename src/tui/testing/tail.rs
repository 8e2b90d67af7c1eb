//! A log that grows: what the view of it is told in tests.

use super::shop::{self, event, hash};
use crate::domain::Json;
use crate::tui::model::{
    Connection, Figures, Lines, Looked, Name, Scope, Served, Server, SheetOf, Short, Side, Tailed,
};
use crate::tui::msg::Msg;
use crate::tui::worker::{TailAnswer as Answer, TailAsk as Ask, TailPage as Page};
use crate::wire::{
    Change, CursorRecord, Daemon, DaemonReport, EventRecord, Issuer, ServerHealth, WatchedSchema,
};
use std::time::Duration;

/// Types and events, the one of the position in turn.
const TYPES: [&str; 5] = ["order", "customer", "order", "invoice", "order"];
const EVENTS: [&str; 5] =
    ["order_paid", "points_added", "order_shipped", "invoice_sent", "note_added"];

/// What a daemon measured, as it tells of it.
pub(crate) const METRICS: &str = r#"# HELP dbx_commit_duration_seconds From the decision to write a batch of commits until it was on disk
# TYPE dbx_commit_duration_seconds histogram
dbx_commit_duration_seconds_bucket{le="0.001"} 0
dbx_commit_duration_seconds_bucket{le="0.0025"} 90
dbx_commit_duration_seconds_bucket{le="0.005"} 100
dbx_commit_duration_seconds_bucket{le="+Inf"} 100
dbx_commit_batch_events_sum 130
dbx_commit_batch_events_count 100
dbx_http_requests_total{method="GET",route="/v1/events",status="200"} 1911
dbx_http_requests_total{method="POST",route="/v1/commits",status="201"} 402
dbx_http_requests_total{method="POST",route="/v1/commits",status="409"} 3
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/events",le="0.0005"} 1911
dbx_http_request_duration_seconds_bucket{method="GET",route="/v1/events",le="+Inf"} 1911
dbx_http_requests_in_flight 1
dbx_store_bytes 2202009
process_open_fds 12
"#;

/// The event at a position: a second after the one before, the last one at the time of the tests.
pub(crate) fn tailed(position: u64) -> Tailed {
    let turn = usize::try_from(position).unwrap() % TYPES.len();
    let now: crate::domain::Timestamp = super::NOW.parse().unwrap();
    let ago = i64::try_from(4_211_u64.saturating_sub(position)).unwrap() * 1_500_000;
    let kind = TYPES[turn];
    Tailed {
        position,
        name: Name { aggregate_type: kind.into(), id: format!("{kind}-{}", position % 43) },
        version: position % 7 * 9 + 1,
        event_type: EVENTS[turn].into(),
        created_at: crate::domain::Timestamp::from_micros(now.as_micros() - ago).to_string(),
        erased: position.is_multiple_of(97),
    }
}

fn fits(scope: &Scope, event: &Tailed) -> bool {
    let wanted = scope.filter.trim().strip_prefix("type:").unwrap_or_default();
    scope.follow.as_ref().is_none_or(|name| *name == event.name)
        && (scope.filter.is_empty() || wanted == event.name.aggregate_type)
}

/// What one page has of so many positions, in their order.
fn page(scope: &Scope, positions: impl Iterator<Item = u64>, take: usize, revision: u64) -> Page {
    let (mut events, mut next, mut more) = (Vec::new(), 0, false);
    for position in positions {
        if events.len() >= take {
            more = true;
            break;
        }
        next = position;
        events.extend(Some(tailed(position)).filter(|event| fits(scope, event)));
    }
    Page { events, next, more, revision, took: 1_200 }
}

fn words(position: u64) -> Vec<Short> {
    let value = |text: &str| Side::Value(text.into());
    let short = |path: &str, before, after| Short { path: path.into(), before, after };
    match position % 4 {
        0 => vec![
            short("status", value("open"), value("paid")),
            short("carrier", Side::Absent, value("DHL")),
        ],
        1 => vec![short("points", value("88"), value("100"))],
        2 => {
            vec![short("lines", Side::Long, Side::Long), short("coupon", value("N"), Side::Absent)]
        }
        _ => Vec::new(),
    }
}

fn record(name: &Name, version: u64, position: u64) -> EventRecord {
    let payload = r#"{"status":"shipped","carrier":"DHL"}"#;
    let of = tailed(position);
    let record = event(name, version);
    let metadata = crate::wire::EventMetadata { created_at: of.created_at, ..record.metadata };
    EventRecord {
        event_type: of.event_type,
        position: position.to_string(),
        payload: Some(Json::parse(payload).unwrap()),
        metadata,
        ..record
    }
}

fn looked(name: &Name, version: u64, position: u64) -> Looked {
    let change = |path: &str, before: Option<&str>, after: &str| Change {
        path: path.into(),
        before: before.map(Json::from),
        after: Some(Json::from(after)),
    };
    let changes = vec![change("/status", Some("paid"), "shipped"), change("/carrier", None, "DHL")];
    Looked { event: record(name, version, position), changes }
}

fn cursor(name: &str, position: u64, moved_at: &str) -> CursorRecord {
    CursorRecord {
        name: name.into(),
        position: position.to_string(),
        event_id: (position * 7).to_string(),
        lag: 4_211_u64.saturating_sub(position),
        moved_at: moved_at.into(),
        moved_by: Issuer { group: "local".into(), user: "ada".into(), uid: None },
    }
}

pub(crate) fn cursors() -> Vec<CursorRecord> {
    vec![
        cursor("audit", 3_303, "2026-11-19T11:00:00Z"),
        cursor("billing", 4_211, "2026-11-20T14:02:10Z"),
        cursor("mail", 4_209, "2026-11-20T13:58:01Z"),
    ]
}

/// A daemon, as it speaks of itself.
pub(crate) fn server() -> Served {
    let daemon = Daemon {
        pid: 4_711,
        instance: "i".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        home: String::new(),
        socket: "/home/ada/shop/.dbx/dbx.sock".into(),
        address: Some("127.0.0.1:7070".into()),
        tls: false,
        started_at: "2026-11-20T11:48:00Z".into(),
        restrict: "default".into(),
        read_only: None,
        unfinished: None,
        dashboard: false,
        detached: true,
        flags: Vec::new(),
        ended: None,
    };
    let schema = WatchedSchema {
        state: "applied".into(),
        version: 7,
        auto_apply: false,
        checked_at: String::new(),
        findings: Vec::new(),
    };
    let report = DaemonReport {
        running: true,
        daemon,
        uptime_seconds: 8_040,
        position: "4211".into(),
        appended: 312,
        requests: 2_316,
        connections: 3,
        streams: 2,
        memory_bytes: Some(32_505_856),
        schema,
        log: "/home/ada/shop/.dbx/log/dbx.log".into(),
    };
    let version = report.daemon.version.clone();
    let health = ServerHealth { status: "ok".into(), version, uptime_seconds: 8_040 };
    Served::By(Box::new(Server { report, health, figures: Figures::read(METRICS) }))
}

/// Lines of a log.
const LOG: [&str; 3] = [
    r#"{"timestamp":"2026-11-20T12:00:00.123456Z","level":"INFO","message":"serving on 127.0.0.1:7070","pid":4711,"target":"dbx::serve"}"#,
    r#"{"timestamp":"2026-11-20T12:00:01.000000Z","level":"INFO","message":"request","method":"GET","route":"/v1/aggregates/{type}/{id}","status":404,"ms":1.25,"bytes":310,"actor":"local/ada","code":"dbx::aggregate::unknown","id":"x1","target":"dbx::request"}"#,
    "no JSON",
];

/// Answers what the view asks of a log that ends where it says so.
pub(crate) fn tail(ask: &Ask) -> Answer {
    match ask {
        Ask::Older { scope, before, revision } => {
            Answer::Older(page(scope, (1..*before).rev(), 256, *revision))
        }
        Ask::Newer { scope, after, end, revision } => {
            let page = page(scope, after + 1..=*end, 1_000, *revision);
            Answer::Newer(page, *after, *end)
        }
        Ask::Words(events) => {
            Answer::Words(events.iter().map(|(_, _, at)| (*at, words(*at))).collect())
        }
        Ask::Look { name, version, position } => {
            Answer::Look(Box::new(looked(name, *version, *position)))
        }
        Ask::Cursors { .. } => Answer::Cursors(cursors()),
        Ask::Served { beat: 0 } => Answer::Served(Served::Nobody(None)),
        Ask::Served { .. } => Answer::Served(server()),
        Ask::Sheet { of, .. } => {
            let lines = match of {
                SheetOf::Metrics => METRICS.lines().map(str::to_owned).collect(),
                SheetOf::Log => LOG.map(str::to_owned).to_vec(),
                SheetOf::Waiting(_) => {
                    let events = vec![tailed(4_210), tailed(4_211)];
                    let waiting = Lines::Waiting { after: 4_209, events, filtered: 1, more: false };
                    return Answer::Sheet(of.clone(), waiting);
                }
            };
            Answer::Sheet(of.clone(), Lines::Text(lines))
        }
        Ask::Move { name, update } => {
            let to = update.position.map_or(0, |to| to.0);
            Answer::Moved(cursor(name, to, super::NOW))
        }
        Ask::Forget(name) => Answer::Forgotten(name.clone()),
    }
}

/// The workspace when its log is so long.
pub(crate) fn status(position: u64) -> crate::wire::StatusReport {
    let root = hash(&position.to_string());
    crate::wire::StatusReport { position: position.to_string(), root, ..shop::status() }
}

/// A dashboard on the end of the log, with all that it asked for, a daemon that serves it, and some events that came.
pub(crate) fn open(width: u16, height: u16) -> super::Stage {
    let mut stage = quiet(width, height);
    for end in [4_198, 4_199, 4_206, 4_209, 4_211] {
        stage.wait(Duration::from_secs(1));
        grow(&mut stage, end);
    }
    stage
}

/// As [`open`] before anything came.
pub(crate) fn quiet(width: u16, height: u16) -> super::Stage {
    let mut stage = super::Stage::new(width, height, Box::new(shop::answer));
    stage.send(Msg::Connection(Connection::Daemon(Some("127.0.0.1:7070".into()), 4_711)));
    grow(&mut stage, 4_190);
    stage.press("6");
    calm(&mut stage);
    stage
}

/// Lets what waits for its time be asked.
pub(crate) fn calm(stage: &mut super::Stage) {
    stage.wait(Duration::from_millis(60));
    stage.wait(Duration::from_millis(60));
}

pub(crate) fn grow(stage: &mut super::Stage, end: u64) {
    stage.send(Msg::Status(Box::new(status(end))));
    calm(stage);
}

pub(crate) fn selected(stage: &super::Stage) -> u64 {
    stage.model.tail.selected().unwrap().position
}
