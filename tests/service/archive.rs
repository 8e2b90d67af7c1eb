//! Archiving: what it refuses, what it does to references, and how it reads afterwards.

use super::{ada, append, archive_request as request};
use dbx::domain::Json;
use dbx::error::Result;
use dbx::service::{ImportOptions, Restrict, Service};
use dbx::wire::{
    AggregateRecord, ArchiveRequest, At, CommitReceipt, CommitRequest, EventsQuery, GetQuery,
    ListQuery, Operation, ReplayQuery,
};
use std::collections::BTreeSet;
use std::io::Cursor;

/// Teams, who is in them, what they own, and what only remembers them.
const TEAMS: &str = r#"
aggregate team {
  field parent { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "restrict"}} }
  event founded {}
}
aggregate person {
  snapshot_threshold = 2
  field name { type = "text" rules = {"required": true} }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  field task {
    type = "object"
    rules = {"properties": {
      "lead": {"type": "reference", "reference": {"integrity": "weak"}},
      "hours": "float"
    }}
  }
  field deputy_of { type = "reference" rules = {"reference": {"cascade": "nullify"}} }
  event joined {}
  event moved { fields = ["team"] }
}
aggregate asset {
  field owner { type = "reference" rules = {"reference": {"cascade": "restrict"}} }
  field value { type = "integer" locked = true }
  event bought {}
}
aggregate memo {
  field about { type = "reference" rules = {"reference": {"integrity": "weak"}} }
  event written {}
}
aggregate vault {
  hidden = true
  field owner { type = "reference" rules = {"reference": {"cascade": "restrict"}} }
  event opened {}
}
aggregate diary {
  hidden = true
  field owner { type = "reference" rules = {"reference": {"cascade": "nullify"}} }
  event opened {}
}
"#;

struct Place {
    service: Service,
    _dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let service = Service::init(dir.path()).unwrap();
        service.schema_apply(&ada(Restrict::Default), TEAMS).unwrap();
        let place = Self { service, _dir: dir };
        place.add("team/red", "founded", "{}");
        place.add("team/blue", "founded", "{}");
        place
    }

    #[track_caller]
    fn add(&self, name: &str, event: &str, payload: &str) -> CommitReceipt {
        self.try_add(name, event, payload).unwrap()
    }

    fn try_add(&self, name: &str, event: &str, payload: &str) -> Result<CommitReceipt> {
        let name = name.split_once('/').unwrap();
        append(&self.service, &ada(Restrict::Default), name, event, payload)
    }

    fn archive(&self, name: &str) -> Result<CommitReceipt> {
        self.service.archive(&ada(Restrict::Default), &request(name))
    }

    fn restore(&self, name: &str) -> Result<CommitReceipt> {
        self.service.restore(&ada(Restrict::Default), &request(name))
    }

    fn get(&self, name: &str, at: Option<At>) -> AggregateRecord {
        let (aggregate_type, id) = name.split_once('/').unwrap();
        let query = GetQuery {
            aggregate_type: aggregate_type.into(),
            aggregate_id: id.into(),
            at,
            include_events: false,
        };
        self.service.get(&ada(Restrict::Default), &query).unwrap()
    }

    fn state(&self, name: &str) -> String {
        self.get(name, None).state.to_string()
    }

    fn position(&self) -> String {
        self.service.status(&ada(Restrict::Default)).unwrap().position
    }

    #[track_caller]
    fn verified(&self) {
        let verdict = self.service.verify(&ada(Restrict::Default), &|_, _| {}).unwrap();
        assert!(verdict.ok, "{verdict:?}");
    }
}

/// The events of a receipt, as `type/id@version event content`.
fn told(receipt: &CommitReceipt) -> Vec<String> {
    let content = |json: &Option<Json>| json.as_ref().map(Json::to_string).unwrap_or_default();
    let line = |event: &dbx::wire::EventRecord| {
        format!(
            "{}/{}@{} {} {}",
            event.aggregate_type,
            event.aggregate_id,
            event.version,
            event.event_type,
            content(&event.payload)
        )
    };
    receipt.events.iter().map(line).collect()
}

fn details(error: &dbx::error::Error) -> Vec<&str> {
    error.detail_list().iter().map(|detail| detail.message.as_str()).collect()
}

#[test]
fn archived_refuses_everything_but_restoring_and_is_left_out_of_lists() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    let note = ArchiveRequest { note: Some("dissolved".into()), ..request("team/red") };
    let receipt = place.service.archive(&me, &note).unwrap();
    assert_eq!(told(&receipt), ["team/red@2 dbx_archived {}"]);
    assert_eq!(receipt.events[0].metadata.note.as_deref(), Some("dissolved"));
    assert_eq!(receipt.events[0].metadata.schema_version, 1);
    assert!(place.get("team/red", None).archived);
    assert!(!place.get("team/red", Some(At::Version(1))).archived);

    let position = place.position();
    let error = place.try_add("team/red", "founded", "{}").unwrap_err();
    assert_eq!((error.code(), error.kind().exit_code()), ("dbx::aggregate::archived", 3));
    assert_eq!(place.archive("team/red").unwrap_err().code(), "dbx::aggregate::archived");
    let error = place.restore("team/blue").unwrap_err();
    assert_eq!((error.code(), error.kind().exit_code()), ("dbx::aggregate::active", 3));
    assert_eq!(place.archive("team/none").unwrap_err().code(), "dbx::aggregate::unknown");
    assert_eq!(place.archive("none/none").unwrap_err().code(), "dbx::aggregate::unknown");
    assert_eq!(place.position(), position);

    let listed = |archived| {
        let query = ListQuery { archived, ..ListQuery::default() };
        let items = place.service.list(&me, &query).unwrap().items;
        items.into_iter().map(|record| record.aggregate_id).collect::<Vec<_>>()
    };
    assert_eq!(listed(false), ["blue"]);
    assert_eq!(listed(true), ["blue", "red"]);

    assert_eq!(told(&place.restore("team/red").unwrap()), ["team/red@3 dbx_restored {}"]);
    assert!(!place.get("team/red", None).archived);
    assert!(place.get("team/red", Some(At::Version(2))).archived);
    place.add("team/red", "founded", "{}");
    place.verified();
}

#[test]
fn writers_cannot_write_what_dbx_writes() {
    let place = Place::new();
    for name in ["dbx_archived", "dbx.archived", "dbx_nullified", "dbx_erased"] {
        let error = place.try_add("team/red", name, "{}").unwrap_err();
        assert_eq!(error.code(), "dbx::name::reserved", "{name}");
    }
}

#[test]
fn restrict_names_every_active_referrer() {
    let place = Place::new();
    place.add("asset/car", "bought", r#"{"owner": "team#red"}"#);
    place.add("asset/van", "bought", r#"{"owner": "team#red"}"#);
    place.add("asset/bus", "bought", r#"{"owner": "team#blue"}"#);
    place.add("team/sub", "founded", r#"{"parent": "team#red"}"#);
    place.add("person/p", "joined", r#"{"name": "P", "team": "team#red"}"#);
    let position = place.position();
    let error = place.archive("team/red").unwrap_err();
    assert_eq!((error.code(), error.kind().exit_code()), ("dbx::reference::restricted", 3));
    assert_eq!(
        details(&error),
        ["`asset/car` at `/owner`", "`asset/van` at `/owner`", "`team/sub` at `/parent`"]
    );
    assert_eq!(place.position(), position, "nothing of it is written");
    assert_eq!(place.state("person/p"), r#"{"name":"P","team":"team#red"}"#);

    place.archive("asset/car").unwrap();
    place.add("asset/van", "bought", r#"{"owner": null}"#);
    place.archive("team/sub").unwrap();
    let receipt = place.archive("team/red").unwrap();
    let expected = ["team/red@2 dbx_archived {}", r#"person/p@2 dbx_nullified {"team":null}"#];
    assert_eq!(told(&receipt), expected);
    assert_eq!(place.state("asset/car"), r#"{"owner":"team#red"}"#, "it was archived: left alone");
    place.verified();
}

#[test]
fn nullify_is_one_event_for_each_referrer_in_the_same_commit() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    place.add(
        "person/p",
        "joined",
        r#"{"name": "P", "deputy_of": "team#red", "team": "team#red", "task": {"lead": "team#red"}}"#,
    );
    place.add("person/q", "joined", r#"{"name": "Q", "team": "team#blue"}"#);
    place.add("person/r", "joined", r#"{"name": "R", "team": "team#red"}"#);
    place.add("memo/m", "written", r#"{"about": "team#red"}"#);
    let dry = ArchiveRequest { dry_run: true, ..request("team/red") };
    let dry = place.service.archive(&me, &dry).unwrap();
    assert_eq!(place.position(), "6", "a dry run writes nothing");
    let receipt = place.archive("team/red").unwrap();
    assert_eq!(told(&dry), told(&receipt));
    assert_eq!(
        told(&receipt),
        [
            "team/red@2 dbx_archived {}",
            r#"person/p@2 dbx_nullified {"team":null,"deputy_of":null}"#,
            r#"person/r@2 dbx_nullified {"team":null}"#,
        ]
    );
    let commit = place.service.commit_record(&me, 7).unwrap();
    assert_eq!((commit.commit.as_str(), commit.count), (receipt.commit.as_str(), 3));

    let left = place.service.referrers(&me, "team", "red").unwrap().referrers;
    let left: Vec<_> = left.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(left, ["/about", "/task/lead"], "the links follow");
    assert_eq!(place.service.snapshots(&me, "person", "p").unwrap().snapshots[0].version, 2);
    let query = ReplayQuery {
        aggregate_type: "person".into(),
        aggregate_id: "r".into(),
        from: Some(2),
        to: None,
    };
    let step = place.service.replay(&me, &query).unwrap().remove(0);
    assert_eq!(step.changes[0].path, "/team");
    let blame = place.service.blame(&me, "person", "r", Some("team"), None).unwrap();
    assert_eq!(blame.lines[0].event.event_type, "dbx_nullified");
    let diff = place.service.diff(&me, "team", "red", At::Version(1), At::Version(2)).unwrap();
    assert!(diff.changes.is_empty());
    place.verified();

    place.restore("team/red").unwrap();
    assert_eq!(place.state("person/r"), r#"{"name":"R","team":null}"#, "nulls stay");
}

#[test]
fn references_made_in_the_same_batch_are_seen() {
    let place = Place::new();
    let threads: Vec<_> = (0..12)
        .map(|thread| {
            let service = place.service.clone();
            std::thread::spawn(move || {
                let me = ada(Restrict::Default);
                for round in 0..12 {
                    let id = format!("p{thread}-{round}");
                    let payload = r#"{"name": "P", "team": "team#red"}"#;
                    append(&service, &me, ("person", &id), "joined", payload).unwrap();
                    // Another thread may have been first.
                    let _ = service.archive(&me, &request("team/red"));
                    let _ = service.restore(&me, &request("team/red"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    // Whatever the threads did first: behind a commit that archives the team, nobody points at it.
    let all = EventsQuery { take: Some(10_000), ..EventsQuery::default() };
    let events = place.service.events(&ada(Restrict::Default), &all).unwrap().events;
    let (mut pointing, mut archived_in) = (BTreeSet::new(), None);
    for event in &events {
        if archived_in.as_ref().is_some_and(|commit| *commit != event.metadata.commit) {
            assert!(pointing.is_empty(), "{pointing:?} before {event:?}");
            archived_in = None;
        }
        match event.event_type.as_str() {
            "joined" => drop(pointing.insert(event.aggregate_id.clone())),
            "dbx_nullified" => assert!(pointing.remove(&event.aggregate_id), "{event:?}"),
            "dbx_archived" => archived_in = Some(event.metadata.commit.clone()),
            _ => {}
        }
    }
    assert!(events.iter().any(|event| event.event_type == "dbx_nullified"));
    place.verified();
}

#[test]
fn own_references_are_no_obstacle() {
    let place = Place::new();
    place.add("team/red", "founded", r##"{"parent": "#red"}"##);
    assert_eq!(told(&place.archive("team/red").unwrap()), ["team/red@3 dbx_archived {}"]);
    place.verified();
}

#[test]
fn a_null_does_not_cascade_further() {
    let place = Place::new();
    place.add("person/p", "joined", r#"{"name": "P", "team": "team#red"}"#);
    place.add("asset/car", "bought", r#"{"owner": "person#p"}"#);
    place.archive("team/red").unwrap();
    assert_eq!(place.state("asset/car"), r#"{"owner":"person#p"}"#);
}

#[test]
fn what_is_hidden_is_counted_and_not_named() {
    let place = Place::new();
    place.add("diary/d", "opened", r#"{"owner": "team#blue"}"#);
    assert_eq!(told(&place.archive("team/blue").unwrap()), ["team/blue@2 dbx_archived {}"]);
    assert_eq!(place.state("diary/d"), r#"{"owner":null}"#);
    place.add("vault/v", "opened", r#"{"owner": "team#red"}"#);
    place.add("asset/car", "bought", r#"{"owner": "team#red"}"#);
    let error = place.archive("team/red").unwrap_err();
    assert_eq!(details(&error), ["`asset/car` at `/owner`", "1 more that are hidden from you"]);
    assert!(error.message().contains("2 references"), "{error}");
    let mut all = ada(Restrict::Default);
    all.show_hidden = true;
    let error = place.service.archive(&all, &request("team/red")).unwrap_err();
    assert_eq!(details(&error), ["`asset/car` at `/owner`", "`vault/v` at `/owner`"]);
}

#[test]
fn a_locked_type_refuses_and_so_does_a_locked_referrer() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    place.add("person/p", "joined", r#"{"name": "P", "team": "team#red"}"#);
    let locked = TEAMS.replace("aggregate person {", "aggregate person {\n  locked = true");
    place.service.schema_apply(&me, &locked).unwrap();
    let error = place.archive("person/p").unwrap_err();
    assert_eq!(error.code(), "dbx::schema::violation");
    assert_eq!(error.detail_list()[0].code, "aggregate_locked");
    let error = place.archive("team/red").unwrap_err();
    assert_eq!(error.message(), "the schema refuses `dbx_nullified` on `person/p`");
    // Without the schema there is neither a lock nor a cascade.
    let off = ada(Restrict::Off);
    let receipt = place.service.archive(&off, &request("team/red")).unwrap();
    assert_eq!(told(&receipt), ["team/red@2 dbx_archived {}"]);
    assert_eq!(place.state("person/p"), r#"{"name":"P","team":"team#red"}"#);
    place.service.archive(&off, &request("person/p")).unwrap();
    let strict = ada(Restrict::Strict);
    append(&place.service, &me, ("loose", "l"), "seen", "{}").unwrap();
    let error = place.service.archive(&strict, &request("loose/l")).unwrap_err();
    assert_eq!(error.code(), "dbx::schema::undeclared");
    place.archive("loose/l").unwrap();
    place.verified();
}

#[test]
fn a_cascade_fits_into_one_commit_or_is_refused() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    let join = |from: usize, to: usize| {
        let operations = (from..to)
            .map(|number| Operation {
                aggregate_type: "person".into(),
                aggregate_id: format!("p{number}"),
                event_type: "joined".into(),
                payload: Some(Json::parse(r#"{"name":"P","team":"team#red"}"#).unwrap()),
                ..Operation::default()
            })
            .collect();
        place
            .service
            .commit(&me, &CommitRequest { operations, ..CommitRequest::default() })
            .unwrap();
    };
    join(0, 999);
    join(999, 1000);
    let position = place.position();
    let error = place.archive("team/red").unwrap_err();
    assert_eq!((error.code(), error.kind().exit_code()), ("dbx::limit::cascade", 2));
    assert!(error.message().contains("1001 events, at most 1000"), "{error}");
    assert_eq!(place.position(), position);
    place.archive("person/p0").unwrap();
    assert_eq!(place.archive("team/red").unwrap().events.len(), 1000);
    place.verified();
}

#[test]
fn a_retry_gives_the_same_answer_and_a_version_is_kept_to() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    place.add("person/p", "joined", r#"{"name": "P", "team": "team#red"}"#);
    let wrong = ArchiveRequest { expected_version: Some(2), ..request("team/red") };
    assert_eq!(place.service.archive(&me, &wrong).unwrap_err().code(), "dbx::conflict::version");
    let keyed = ArchiveRequest { idempotency_key: Some("k".into()), ..request("team/red") };
    let first = place.service.archive(&me, &keyed).unwrap();
    let again = place.service.archive(&me, &keyed).unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(first.events, again.events);
    let error = place.service.restore(&me, &keyed).unwrap_err();
    assert_eq!(error.code(), "dbx::conflict::idempotency_key");
}

#[test]
fn an_import_brings_in_what_dbx_wrote() {
    let place = Place::new();
    let me = ada(Restrict::Default);
    let line = |name: &str, event: &str, more: &str| {
        let (aggregate_type, id) = name.split_once('/').unwrap();
        format!(
            r#"{{"aggregate_type":"{aggregate_type}","aggregate_id":"{id}","event_type":"{event}"{more}}}"#
        )
    };
    let import = |lines: &[String]| {
        let options =
            ImportOptions { name: "it".into(), batch: 9, dry_run: false, skip_existing: false };
        let text = lines.join("\n");
        place.service.import(&me, &mut Cursor::new(text), &options, &mut |_| true)
    };
    let joined = r#","payload":{"name":"P","team":"team#red"}"#;
    import(&[
        line("person/p", "joined", joined),
        line("team/red", "dbx_archived", ""),
        line("person/p", "dbx_nullified", r#","payload":{"team":null}"#),
        line("team/blue", "dbx_archived", r#","payload":{}"#),
        line("team/blue", "dbx_restored", ""),
    ])
    .unwrap();
    assert!(place.get("team/red", None).archived);
    assert_eq!(place.get("person/p", None).version, 2, "one null, and no second one");
    assert!(!place.get("team/blue", None).archived);
    for (bad, code) in [
        (line("team/new", "dbx_archived", ""), "dbx::aggregate::unknown"),
        (line("team/blue", "dbx_archived", r#","payload":{"a":1}"#), "dbx::event::system"),
        (line("team/blue", "dbx_nullified", r#","patch":[]"#), "dbx::event::system"),
        (line("team/blue", "dbx_erased", ""), "dbx::name::reserved"),
        (line("team/red", "founded", ""), "dbx::aggregate::archived"),
    ] {
        assert_eq!(import(std::slice::from_ref(&bad)).unwrap_err().code(), code, "{bad}");
    }
    place.verified();
}

#[test]
fn events_of_the_log_tell_of_it() {
    let place = Place::new();
    place.archive("team/red").unwrap();
    let query = EventsQuery { reverse: true, take: Some(1), ..EventsQuery::default() };
    let event = place.service.events(&ada(Restrict::Default), &query).unwrap().events.remove(0);
    assert_eq!((event.event_type.as_str(), event.patch), ("dbx_archived", None));
    assert_eq!(event.payload.unwrap().to_string(), "{}");
}

#[test]
fn the_place_of_an_archived_aggregate_decides_before_what_the_schema_refuses() {
    let place = Place::new();
    let noted = |name| ArchiveRequest { note: Some("x".repeat(129)), ..request(name) };
    let ada = ada(Restrict::Default);
    let code = |result: Result<CommitReceipt>| result.unwrap_err().code();
    assert_eq!(
        code(place.service.restore(&ada, &noted("team/red"))),
        "dbx::aggregate::active",
        "what is active cannot be restored, whatever the note"
    );
    place.archive("team/red").unwrap();
    assert_eq!(code(place.service.restore(&ada, &noted("team/red"))), "dbx::schema::violation");
    assert_eq!(code(place.service.archive(&ada, &noted("team/red"))), "dbx::aggregate::archived");
    place.verified();
}

#[test]
fn unchecked_writes_are_linked_and_archived_without_cascades() {
    let place = Place::new();
    let free = ada(Restrict::Off);
    append(&place.service, &free, ("person", "ann"), "joined", r#"{"team":"team#red"}"#).unwrap();
    place.service.archive(&free, &request("team/red")).unwrap();
    assert_eq!(place.state("person/ann"), r#"{"team":"team#red"}"#, "no cascade without a schema");
    place.restore("team/red").unwrap();
    let receipt = place.archive("team/red").unwrap();
    assert_eq!(receipt.events.len(), 2, "the unchecked write is in the index of references");
    assert_eq!(place.state("person/ann"), r#"{"team":null}"#);
    place.verified();
}
