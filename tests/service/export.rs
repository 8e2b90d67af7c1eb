//! Out and in again.

use super::{ada, append, archive_request};
use dbx::domain::Json;
use dbx::service::{
    Caller, ExportError, ExportFormat, ExportQuery, ExportSink, ImportOptions, Restrict, Service,
};
use dbx::wire::{AggregateRecord, CommitRequest, EventsQuery, ListQuery, Operation};
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};

/// Files in memory, by name.
#[derive(Default)]
struct Files {
    files: Vec<(String, Vec<u8>)>,
}

impl Write for Files {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.files.last_mut().unwrap().1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ExportSink for Files {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        self.files.push((name.to_owned(), Vec::new()));
        Ok(())
    }
}

impl Files {
    fn texts(self) -> BTreeMap<String, String> {
        let text = |(name, bytes)| (name, String::from_utf8(bytes).unwrap());
        self.files.into_iter().map(text).collect()
    }
}

fn everything() -> ExportQuery {
    ExportQuery { aggregate_type: None, archived: true, raw: false }
}

fn states(
    service: &Service,
    caller: &Caller,
    query: &ExportQuery,
    format: ExportFormat,
) -> BTreeMap<String, String> {
    let mut files = Files::default();
    service.export(caller, query, format, &mut files, &mut |_| true).unwrap();
    files.texts()
}

fn events(service: &Service, caller: &Caller) -> String {
    let mut files = Files::default();
    service.export_events(caller, &everything(), &mut files, &mut |_| true).unwrap();
    files.texts().remove("events.ndjson").unwrap()
}

fn workspace(schema: &str) -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    if !schema.is_empty() {
        service.schema_apply(&ada(Restrict::Default), schema).unwrap();
    }
    (dir, service)
}

fn import(service: &Service, text: &str) -> dbx::wire::ImportReport {
    let options =
        ImportOptions { name: "it".into(), batch: 100, dry_run: false, skip_existing: false };
    let me = ada(Restrict::Default);
    service.import(&me, &mut Cursor::new(text), &options, &mut |_| true).unwrap()
}

/// Everything about the aggregates that an import keeps: names, versions, states, whether they are archived.
fn kept(service: &Service) -> Vec<(String, u64, String, bool)> {
    let mut caller = ada(Restrict::Default);
    caller.show_hidden = true;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = ListQuery { archived: true, after, ..ListQuery::default() };
        let page = service.list(&caller, &query).unwrap();
        all.extend(page.items.into_iter().map(|record| {
            let name = format!("{}/{}", record.aggregate_type, record.aggregate_id);
            (name, record.version, record.state.to_string(), record.archived)
        }));
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn a_real_history_goes_out_and_in_again() {
    let schema = include_str!("../fixtures/file_history.dbx");
    let history = include_str!("../fixtures/file_history.ndjson");
    let (_first_dir, first) = workspace(schema);
    import(&first, history);
    let out = events(&first, &ada(Restrict::Default));
    assert_eq!(out.lines().count(), 7462);
    let (_second_dir, second) = workspace(schema);
    assert_eq!(import(&second, &out).events, 7462);
    assert_eq!(kept(&first), kept(&second));
    assert_eq!(events(&second, &ada(Restrict::Default)), out, "and out again the same");
    assert!(second.verify(&ada(Restrict::Default), &|_, _| {}).unwrap().ok);
}

const MIXED: &str = r#"
aggregate team { event founded {} }
aggregate person {
  hidden_fields = ["secret"]
  field name { type = "text" rules = {"required": true} }
  field balance { type = "decimal(20,2)" }
  field team { type = "reference" rules = {"reference": {"cascade": "nullify"}} }
  field secret { type = "text" }
  event joined {}
  event changed {}
}
aggregate shadow { hidden = true event cast {} }
"#;

/// Patches, nulls, large numbers, notes, metadata, archived and restored aggregates, cascades, hidden things.
fn mixed(service: &Service) {
    let me = ada(Restrict::Default);
    let add = |name: &str, event: &str, payload: &str| {
        append(service, &me, name.split_once('/').unwrap(), event, payload).unwrap();
    };
    let patch = |name: &str, event: &str, patch: &str| {
        let (aggregate_type, id) = name.split_once('/').unwrap();
        let operation = Operation {
            aggregate_type: aggregate_type.into(),
            aggregate_id: id.into(),
            event_type: event.into(),
            patch: Some(Json::parse(patch).unwrap()),
            metadata: Some(Json::parse(r#"{"@source":{"n":1.0}}"#).unwrap()),
            note: Some("a \"patch\"".into()),
            ..Operation::default()
        };
        let operations = vec![operation];
        service.commit(&me, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
    };
    add("team/red", "founded", r#"{"n":1e400,"m":-0.0,"big":123456789012345678901234567890}"#);
    add("team/blue", "founded", r#"{"deep":{"a":[null,1.50,{"é":"\u0000"}]},"none":null}"#);
    add("person/p", "joined", r#"{"name":"P","balance":"100.50","team":"team#red","secret":"s"}"#);
    add("person/q", "joined", r#"{"name":"Q","team":"team#blue"}"#);
    patch(
        "person/p",
        "changed",
        r#"[{"op":"replace","path":"/balance","value":"-7.10"},{"op":"add","path":"/x","value":{"y":1}}]"#,
    );
    patch(
        "person/p",
        "changed",
        r#"[{"op":"remove","path":"/x/y"},{"op":"test","path":"/name","value":"P"}]"#,
    );
    add("shadow/s", "cast", r#"{"by":"light"}"#);
    service.archive(&me, &archive_request("team/red")).unwrap();
    service.archive(&me, &archive_request("person/q")).unwrap();
    service.restore(&me, &archive_request("person/q")).unwrap();
    add("person/q", "changed", r#"{"name":"Q2"}"#);
    add("loose/l", "seen", "{}");
}

#[test]
fn everything_that_an_event_can_be_goes_out_and_in_again() {
    let (_first_dir, first) = workspace(MIXED);
    mixed(&first);
    let mut all = ada(Restrict::Default);
    all.show_hidden = true;
    let out = events(&first, &all);
    let (_second_dir, second) = workspace(MIXED);
    import(&second, &out);
    let before = kept(&first);
    assert_eq!(before, kept(&second));
    assert!(before.iter().any(|(name, version, _, archived)| {
        (name.as_str(), *version, *archived) == ("team/red", 2, true)
    }));
    assert_eq!(events(&second, &all), out);
    // Without a schema nothing is checked, and what was stored is already normal.
    let (_third_dir, third) = workspace("");
    import(&third, &out);
    assert_eq!(before, kept(&third));
    let query = EventsQuery { filter: Some("event:changed".into()), ..EventsQuery::default() };
    let event = third.events(&all, &query).unwrap().events.remove(0);
    assert_eq!(event.metadata.note.as_deref(), Some("a \"patch\""));
    assert_eq!(event.metadata.extensions["@source"].to_string(), r#"{"n":1.0}"#);
}

#[test]
fn what_is_hidden_stays_here_and_that_is_said() {
    let (_dir, service) = workspace(MIXED);
    mixed(&service);
    let me = ada(Restrict::Default);
    let mut files = Files::default();
    let query = everything();
    let report = service.export_events(&me, &query, &mut files, &mut |_| true).unwrap();
    let out = files.texts().remove("events.ndjson").unwrap();
    assert!(report.hidden_left_out);
    assert!(!out.contains("secret") && !out.contains("shadow"), "{out}");
    assert!(!states(&service, &me, &query, ExportFormat::Csv).contains_key("shadow.csv"));
    let mut all = me.clone();
    all.show_hidden = true;
    let report = service.export_events(&all, &query, &mut Files::default(), &mut |_| true).unwrap();
    assert!(!report.hidden_left_out);
    assert!(states(&service, &all, &query, ExportFormat::Csv).contains_key("shadow.csv"));
}

#[test]
fn json_and_ndjson_hold_the_same_records_as_a_list() {
    let (_dir, service) = workspace(MIXED);
    mixed(&service);
    let me = ada(Restrict::Default);
    let records = |archived| {
        let query = ListQuery { archived, ..ListQuery::default() };
        service.list(&me, &query).unwrap().items
    };
    for archived in [true, false] {
        let query = ExportQuery { archived, ..everything() };
        let ndjson = &states(&service, &me, &query, ExportFormat::Ndjson)["aggregates.ndjson"];
        let lines: Vec<AggregateRecord> =
            ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, records(archived));
        let json = &states(&service, &me, &query, ExportFormat::Json)["aggregates.json"];
        let array: Vec<AggregateRecord> = serde_json::from_str(json).unwrap();
        assert_eq!(array, lines);
        // Of an aggregate that is archived: numbers keep their text.
        assert_eq!(json.contains("1e400"), archived);
    }
    let (_dir, empty) = workspace("");
    let json = &states(&empty, &me, &everything(), ExportFormat::Json)["aggregates.json"];
    assert_eq!(json, "[\n]\n");
}

#[test]
fn tables_have_their_columns_in_order() {
    let (_dir, service) = workspace(MIXED);
    let me = ada(Restrict::Default);
    let add = |id: &str, payload: &str| {
        append(&service, &me, ("person", id), "joined", payload).unwrap();
    };
    add("a", r#"{"zip":"1","name":"=cmd()","balance":"-5","version":7,"tags":["x","y"]}"#);
    add("b", r#"{"name":"","archived":null,"b":true,"text":"a \"b\",\nc"}"#);
    let tables = states(&service, &me, &everything(), ExportFormat::Csv);
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["person.csv"]);
    let times = regex::Regex::new("2[0-9T:.-]+Z").unwrap();
    let shown = times.replace_all(&tables["person.csv"], "TIME").replace("\r\n", "|\n");
    insta::assert_snapshot!(shown, @r#"
    aggregate_id,version,created_at,updated_at,archived,name,balance,team,state.archived,b,tags,text,state.version,zip|
    a,1,TIME,TIME,false,'=cmd(),-5,,,,"[""x"",""y""]",,7,1|
    b,1,TIME,TIME,false,"",,,,true,,"a ""b"",
    c",,|
    "#);
    let query = ExportQuery { aggregate_type: Some("team".into()), raw: true, ..everything() };
    let tables = states(&service, &me, &query, ExportFormat::Csv);
    let head = "aggregate_id,version,created_at,updated_at,archived\r\n";
    assert_eq!(tables["team.csv"], head, "declared, and without an aggregate");
    let query = ExportQuery { aggregate_type: Some("teem".into()), ..everything() };
    let error =
        service.export(&me, &query, ExportFormat::Csv, &mut Files::default(), &mut |_| true);
    let Err(ExportError::Service(error)) = error else { panic!("{error:?}") };
    assert_eq!(error.code(), "dbx::aggregate::unknown_type");
}

#[test]
fn an_export_can_be_stopped_and_a_sink_may_fail() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl ExportSink for Full {
        fn begin(&mut self, _: &str) -> Result<(), ExportError> {
            Ok(())
        }
    }
    let (_dir, service) = workspace("");
    let me = ada(Restrict::Default);
    for number in 0..70 {
        append(&service, &me, ("t", &format!("a{number}")), "seen", "{}").unwrap();
    }
    let stopped =
        service.export_events(&me, &everything(), &mut Files::default(), &mut |progress| {
            assert_eq!((progress.done, progress.of), (64, 70));
            false
        });
    let Err(ExportError::Service(error)) = stopped else { panic!("{stopped:?}") };
    assert_eq!(error.code(), "dbx::export::stopped");
    let full = service.export(&me, &everything(), ExportFormat::Json, &mut Full, &mut |_| true);
    assert!(matches!(full, Err(ExportError::Output(_))), "{full:?}");
}
