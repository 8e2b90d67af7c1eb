//! The real history of `tests/fixtures`: imported, rebuilt, verified.

use super::ada;
use dbx::service::{ImportOptions, Restrict, Service};
use dbx::wire::{At, CommitRequest, EventsQuery, GetQuery, Operation};
use serde_json::{Map, Value};
use std::io::Cursor;

const SCHEMA: &str = include_str!("../fixtures/file_history.dbx");
const HISTORY: &str = include_str!("../fixtures/file_history.ndjson");
/// The aggregate with the most events.
const LONGEST: &str = "13ee4b2252c9e516";

fn options() -> ImportOptions {
    ImportOptions { name: "history".into(), batch: 256, dry_run: false, skip_existing: false }
}

fn import(service: &Service, text: &str) -> dbx::error::Result<dbx::wire::ImportReport> {
    service.import(&ada(Restrict::Default), &mut Cursor::new(text), &options(), &mut |_| true)
}

fn workspace() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    service.schema_apply(&ada(Restrict::Default), SCHEMA).unwrap();
    (dir, service)
}

fn get(service: &Service, at: Option<At>) -> dbx::wire::AggregateRecord {
    let query = GetQuery {
        aggregate_type: "file".into(),
        aggregate_id: LONGEST.into(),
        at,
        include_events: false,
    };
    service.get(&ada(Restrict::Default), &query).unwrap()
}

/// The state after the first `count` lines of the longest aggregate, folded with another JSON library.
fn folded_by_hand(count: usize) -> Value {
    let lines = HISTORY.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let own = lines.filter(|line| line["aggregate_id"] == LONGEST).take(count);
    let mut state = Map::new();
    for line in own {
        state.extend(line["payload"].as_object().unwrap().clone());
    }
    Value::Object(state)
}

fn as_value(state: &dbx::domain::Json) -> Value {
    serde_json::from_str(&state.to_string()).unwrap()
}

#[test]
fn everything_is_committed_and_every_version_can_be_rebuilt() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    let report = import(&service, HISTORY).unwrap();
    assert_eq!((report.lines, report.events, report.commits, report.skipped), (7462, 7462, 30, 0));
    assert_eq!(get(&service, None).version, 844);
    for version in [1, 49, 50, 51, 400, 843, 844] {
        let found = get(&service, Some(At::Version(version)));
        let expected = folded_by_hand(usize::try_from(version).unwrap());
        assert_eq!(as_value(&found.state), expected, "version {version}");
        let from = found.rebuilt_from.unwrap();
        assert_eq!(from.snapshot, version / 50 * 50, "the nearest snapshot of version {version}");
        assert_eq!(from.snapshot + from.events, version);
    }
    assert_eq!(as_value(&get(&service, None).state), folded_by_hand(844));
    let verdict = service.verify(&me, &|_, _| {}).unwrap();
    assert!(verdict.ok, "{verdict:?}");
    assert_eq!((verdict.count, verdict.aggregates), (7462, 370));
    let verdict = service.verify_aggregate(&me, "file", LONGEST).unwrap();
    assert!(verdict.ok, "{verdict:?}");
    assert_eq!((verdict.count, verdict.merkle_root), (844, get(&service, None).merkle_root));
}

#[test]
fn an_import_goes_on_where_it_stopped_and_a_whole_one_is_not_repeated() {
    let (dir, service) = workspace();
    let me = ada(Restrict::Default);
    let mut batches = 0;
    let stopped = service.import(&me, &mut Cursor::new(HISTORY), &options(), &mut |_| {
        batches += 1;
        batches < 3
    });
    assert_eq!(stopped.unwrap_err().code(), "dbx::import::stopped");
    service.close().unwrap();
    let service = Service::open_in(dir.path()).unwrap();
    assert_eq!(service.status(&me).unwrap().position, "768");
    let report = import(&service, HISTORY).unwrap();
    assert_eq!((report.resumed_after, report.events, report.lines), (768, 7462 - 768, 7462));
    let report = import(&service, HISTORY).unwrap();
    assert_eq!((report.resumed_after, report.events), (7462, 0));
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
}

#[test]
fn a_file_that_grew_continues_and_one_that_only_begins_alike_does_not() {
    let (_dir, service) = workspace();
    let lines: Vec<&str> = HISTORY.lines().collect();
    let first = lines[..300].join("\n") + "\n";
    let grown = lines[..500].join("\n") + "\n";
    assert_eq!(import(&service, &first).unwrap().events, 300);
    let report = import(&service, &grown).unwrap();
    assert_eq!((report.resumed_after, report.events), (300, 200));
    // The same first line, then something else: nothing of it was imported before.
    let other = format!("{}\n{}\n", lines[0], lines[1].replace("file_created", "file_changed"));
    let error = import(&service, &other).unwrap_err();
    assert!(error.message().starts_with("history:1:"), "{error}");
    assert_eq!(service.status(&ada(Restrict::Default)).unwrap().position, "500");
}

#[test]
fn a_violation_stops_at_its_line_and_loses_nothing() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    let mut lines: Vec<String> = HISTORY.lines().map(str::to_owned).collect();
    lines[999] = lines[999].replace("\"added\":", "\"added\":-");
    assert!(lines[999].contains("\"added\":-"));
    let broken = lines.join("\n");
    let error = import(&service, &broken).unwrap_err();
    let column = lines[999].find("\"added\":-").unwrap() + "\"added\":".len() + 1;
    assert!(error.message().starts_with(&format!("history:1000:{column}: ")), "{error}");
    assert_eq!(error.detail_list()[0].pointer, "/payload/added");
    assert_eq!(error.detail_list()[0].code, "range");
    assert_eq!(error.kept_text(), Some("the 768 events committed before it stay"));
    assert_eq!(service.status(&me).unwrap().position, "768");
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
    // Mended behind what was committed, the same file goes on.
    lines[999] = lines[999].replace("\"added\":-", "\"added\":");
    let report = import(&service, &lines.join("\n")).unwrap();
    assert_eq!((report.resumed_after, report.events), (768, 7462 - 768));
}

#[test]
fn lines_that_are_no_events_are_named_by_line_and_column() {
    let (_dir, service) = workspace();
    let good = HISTORY.lines().next().unwrap();
    for (line, code, place) in [
        ("{\"aggregate_type\":\"file\",}", "dbx::import::json", "history:2:26"),
        ("[]", "dbx::import::line", "history:2:1"),
        (r#"{"aggregate_type":"file"}"#, "dbx::import::member", "history:2:1"),
        (r#"{"agregate_type":"file"}"#, "dbx::import::member", "history:2:1"),
        (
            &good.replace("\"added\":1", "\"added\":1,\"added\":2"),
            "dbx::import::json",
            "history:2:",
        ),
    ] {
        let error = import(&service, &format!("{good}\n{line}\n")).unwrap_err();
        assert_eq!(error.code(), code, "{line}");
        assert!(error.message().starts_with(place), "{}", error.message());
        assert_eq!(error.kept_text(), Some("nothing was written"));
    }
    assert_eq!(service.status(&ada(Restrict::Default)).unwrap().position, "0");
}

#[test]
fn existing_aggregates_and_used_keys_can_be_left_out() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    let lines: Vec<&str> = HISTORY.lines().collect();
    import(&service, &(lines[..10].join("\n") + "\n")).unwrap();
    // Not from the first line on: that would be the same source, and go on behind it.
    let all = lines[1..20].join("\n");
    let options = ImportOptions { skip_existing: true, ..options() };
    let report = service.import(&me, &mut Cursor::new(&all), &options, &mut |_| true).unwrap();
    assert_eq!((report.lines, report.events + report.skipped), (19, 19));
    assert!(report.skipped >= 9 && report.events > 0, "{report:?}");

    let keyed = r#"{"aggregate_type":"log","aggregate_id":"1","event_type":"seen","payload":{"n":1},"idempotency_key":"k1"}"#;
    assert_eq!(import(&service, keyed).unwrap().events, 1);
    let again = format!("{}\n{keyed}\n", keyed.replace("k1", "k2"));
    let report = import(&service, &again).unwrap();
    assert_eq!((report.events, report.skipped), (1, 1));
}

#[test]
fn a_time_and_a_position_name_a_version() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    import(&service, HISTORY).unwrap();
    let query = EventsQuery {
        aggregate_type: Some("file".into()),
        aggregate_id: Some(LONGEST.into()),
        take: Some(1),
        reverse: true,
        ..EventsQuery::default()
    };
    let last = service.events(&me, &query).unwrap().events.remove(0);
    assert_eq!(last.version, 844);
    let position: u64 = last.position.parse().unwrap();
    assert_eq!(get(&service, Some(At::Position(position))).version, 844);
    assert_eq!(get(&service, Some(At::Position(position - 1))).version, 843);
    let time = last.metadata.created_at.parse().unwrap();
    assert_eq!(get(&service, Some(At::Time(time))).version, 844);
    let before = dbx::domain::Timestamp::from_micros(0);
    let query = GetQuery {
        aggregate_type: "file".into(),
        aggregate_id: LONGEST.into(),
        at: Some(At::Time(before)),
        include_events: false,
    };
    assert_eq!(service.get(&me, &query).unwrap_err().code(), "dbx::aggregate::not_yet");
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    let operation = Operation {
        aggregate_type: "note".into(),
        aggregate_id: "n".into(),
        event_type: "written".into(),
        ..Operation::default()
    };
    let request =
        CommitRequest { operations: vec![operation], dry_run: true, ..CommitRequest::default() };
    let receipt = service.commit(&me, &request).unwrap();
    assert!(receipt.dry_run);
    assert_eq!((receipt.commit.as_str(), receipt.events[0].position.as_str()), ("c1", "1"));
    assert_eq!(service.status(&me).unwrap().position, "0");
    let real = service.commit(&me, &CommitRequest { dry_run: false, ..request }).unwrap();
    assert_eq!(real.events[0].position, "1");
}
