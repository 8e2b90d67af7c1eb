//! One order through time: what the view of a history is told in tests.

use super::shop::event;
use crate::domain::Json;
use crate::tui::model::{Changes, Folded, Name, Track};
use crate::tui::window::PAGE;
use crate::tui::worker::{TimelineAnswer as Answer, TimelineAsk as Ask};
use crate::wire::{AggregateRecord, Change, RebuiltFrom};

/// How many events it has.
pub(crate) const LAST: u64 = 48;

fn state(version: u64) -> Json {
    let (total, status) = (version * 3, if version < 47 { "open" } else { "paid" });
    let text = format!(
        r#"{{"status":"{status}","total":"{total}.90","customer":"customer#7","lines":[{{"sku":"A-1","qty":{version}}}]}}"#
    );
    Json::parse(&text).unwrap()
}

fn record(name: &Name, version: u64) -> AggregateRecord {
    let snapshot = version / 20 * 20;
    AggregateRecord {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        version,
        state: state(version),
        rebuilt_from: Some(RebuiltFrom { snapshot, events: version - snapshot }),
        ..super::shop::order(42)
    }
}

fn track() -> Track {
    let name = Name { aggregate_type: "order".into(), id: "order-42".into() };
    let time = |version| {
        let time: crate::domain::Timestamp =
            event(&name, version).metadata.created_at.parse().unwrap();
        // Bursts with days of nothing between them, as orders have.
        (version, time.as_micros() + i64::try_from(version / 12).unwrap() * 86_400_000_000)
    };
    Track { last: LAST, times: (1..=LAST).map(time).collect(), snapshots: vec![20, 40] }
}

fn changes(from: u64, to: u64) -> Changes {
    let change = |path: &str, before: Option<Json>, after: Option<Json>| Change {
        path: path.into(),
        before,
        after,
    };
    let total = |version: u64| Some(Json::from(format!("{}.90", version * 3).as_str()));
    let line = Json::parse(r#"{"sku":"B-9","qty":1}"#).unwrap();
    let mut found =
        vec![change("/total", total(from), total(to)), change("/lines/1", None, Some(line))];
    if from < 47 && to >= 47 {
        found.push(change("/status", Some("open".into()), Some("paid".into())));
    }
    let touched = if to - from > 1 { vec!["/coupon".to_owned()] } else { Vec::new() };
    Changes { from, to, made: found, touched }
}

/// Answers what the view of a history asks.
pub(crate) fn timeline(ask: &Ask) -> Answer {
    match ask {
        Ask::Head { .. } => Answer::Head(LAST),
        Ask::Events { name, page, last } => {
            let first = u64::try_from(page * PAGE).unwrap() + 1;
            let end = (first + PAGE as u64 - 1).min(*last);
            let events = (first..=end).map(|version| event(name, version)).collect();
            Answer::Events { page: *page, events, last: *last }
        }
        Ask::Track { .. } => Answer::Track(track()),
        Ask::State { name, version } => {
            Answer::State(Box::new(Folded { record: record(name, *version), took: 400 }))
        }
        Ask::Changes { from, to, .. } => Answer::Changes(changes(*from, *to)),
        Ask::Moment { next, .. } => Answer::Version(30 + u64::from(*next)),
        Ask::Find { older, .. } => Answer::Found(older.then_some(12)),
        Ask::Prove { version, .. } => {
            Answer::Proven(true, format!("v{version} is in the log: 13 hashes lead to its root"))
        }
        Ask::Cause(_) => {
            Answer::Cause(Name { aggregate_type: "invoice".into(), id: "invoice-7".into() }, 2)
        }
    }
}
