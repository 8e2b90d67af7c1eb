//! The stage, as a program that embeds dbx uses it.

use super::{ada, append, archive_request, open};
use dbx::domain::Json;
use dbx::error::Kind;
use dbx::service::{Restrict, Service};
use dbx::wire::{
    CommitReceipt, Operation, RebaseOutcome, StageCommitRequest, StageEdit, StageReport,
    StageRequest,
};
use dbx::workspace::Key;

const SCHEMA: &str = r#"
aggregate team { event founded {} }
aggregate person {
  field name { type = "text" locked = true }
  field age { type = "integer" }
  field secret { type = "text" hidden = true }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  event joined {}
  event renamed { fields = ["name"] }
  event aged { fields = ["age"] }
  event moved { fields = ["team", "age"] }
}
"#;

fn operation(name: &str, event: &str, payload: &str) -> Operation {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    Operation {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        event_type: event.into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    }
}

/// A team with two people, in one commit each.
fn office() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let (service, me) = (Service::init(dir.path()).unwrap(), ada(Restrict::Default));
    service.schema_apply(&me, SCHEMA).unwrap();
    append(&service, &me, ("team", "red"), "founded", "{}").unwrap();
    for id in ["ada", "bob"] {
        let payload = format!(r#"{{"name":"{id}","age":30,"secret":"s","team":"team#red"}}"#);
        append(&service, &me, ("person", id), "joined", &payload).unwrap();
    }
    (dir, service)
}

fn add(service: &Service, operations: Vec<Operation>) -> dbx::error::Result<StageReport> {
    let request = StageRequest { operations, dry_run: false };
    service.stage_add(&ada(Restrict::Default), &request).map(|changed| changed.stage)
}

fn commit(service: &Service) -> dbx::error::Result<CommitReceipt> {
    let request = StageCommitRequest { message: Some("why".into()), ..Default::default() };
    service.stage_commit(&ada(Restrict::Default), &request)
}

fn age(age: u32) -> Operation {
    operation("person/ada", "aged", &format!(r#"{{"age":{age}}}"#))
}

fn state(service: &Service, name: &str, field: &str) -> Option<String> {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    let query = dbx::wire::GetQuery {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        ..Default::default()
    };
    let record = service.get(&ada(Restrict::Default), &query).unwrap();
    record.state.get(field).map(Json::to_string)
}

#[test]
fn an_operation_builds_on_those_that_are_staged_before_it() {
    let (_dir, service) = office();
    let create = Operation { exists: Some(false), ..operation("team/blue", "founded", "{}") };
    add(&service, vec![create]).unwrap();
    // A reference to what is only staged, and an expected version that counts what is staged.
    let joins = operation("person/ada", "moved", r#"{"team":"team#blue","age":31}"#);
    let second = Operation { expected_version: Some(2), ..age(32) };
    let stage = add(&service, vec![joins, second]).unwrap();
    let versions: Vec<(u64, u64)> =
        stage.operations.iter().map(|one| (one.base, one.version)).collect();
    assert_eq!(versions, [(0, 1), (1, 2), (1, 3)]);
    assert_eq!((stage.conflicts, stage.refused, stage.next_position.as_str()), (0, 0, "4"));
    // What others need may go, which is said; what would be wrong may not come.
    let me = ada(Restrict::Default);
    let after = service.stage_drop(&me, &["s1".into()]).unwrap().stage;
    let problems: Vec<bool> = after.operations.iter().map(|one| one.problem.is_some()).collect();
    assert_eq!(problems, [true, false]);
    let error = commit(&service).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Violation, "dbx::schema::violation"));
    assert_eq!(error.detail_list()[0].pointer, "/operations/0/payload/team");
    assert!(error.message().starts_with("s2: "), "{error}");
    service.stage_undo(&me, 1).unwrap();
    let receipt = commit(&service).unwrap();
    assert_eq!(receipt.events.len(), 3);
    assert!(service.stage(&me).unwrap().operations.is_empty());
    assert_eq!(state(&service, "person/ada", "age").as_deref(), Some("32"));
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
}

#[test]
fn what_follows_from_an_archiving_counts_for_what_is_staged_behind_it() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let stage = service.stage_archive(&me, &archive_request("team/red")).unwrap().stage;
    let effects = &stage.operations[0].effects;
    assert_eq!(effects.len(), 2);
    assert_eq!(effects[0].changes[0].path, "/team");
    let stage = add(&service, vec![age(31)]).unwrap();
    assert_eq!((stage.operations[1].base, stage.operations[1].version), (1, 3));
    let receipt = commit(&service).unwrap();
    let kinds: Vec<&str> = receipt.events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(kinds, ["dbx_archived", "dbx_nullified", "dbx_nullified", "aged"]);
    // Taken back: the team is there again, and the references point at it.
    let number = receipt.commit[1..].parse().unwrap();
    let report = service.revert(&me, number, (false, false)).unwrap();
    assert!(report.staged && report.conflicts.is_empty(), "{report:?}");
    commit(&service).unwrap();
    assert_eq!(state(&service, "person/ada", "team").as_deref(), Some("\"team#red\""));
    assert_eq!(state(&service, "person/bob", "team").as_deref(), Some("\"team#red\""));
    assert_eq!(state(&service, "person/ada", "age").as_deref(), Some("30"));
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
}

#[test]
fn every_conflict_says_what_happened_and_what_both_change() {
    const EXPECTED: [RebaseOutcome; 4] = [
        RebaseOutcome::Rebased,
        RebaseOutcome::Rebased,
        RebaseOutcome::Unchanged,
        RebaseOutcome::Unchanged,
    ];
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let bob = operation("person/bob", "aged", r#"{"age":40}"#);
    add(&service, vec![age(31), age(32), bob]).unwrap();
    let bot = dbx::service::Caller::local("bot", Restrict::Default);
    for age in 50..75 {
        append(&service, &bot, ("person", "ada"), "aged", &format!(r#"{{"age":{age}}}"#)).unwrap();
    }
    let error = commit(&service).unwrap_err();
    assert_eq!((error.kind().exit_code(), error.code()), (3, "dbx::stage::conflict"));
    let pointers: Vec<&str> =
        error.detail_list().iter().map(|detail| detail.pointer.as_str()).collect();
    assert_eq!(pointers, ["/operations/0", "/operations/1"]);
    assert!(error.detail_list()[0].message.contains("5 earlier events, then v7 `aged` by bot at "));
    assert!(error.detail_list()[0].message.ends_with("both change `age`"));
    let stage = service.stage(&me).unwrap();
    let conflict = stage.operations[1].conflict.as_ref().unwrap();
    assert_eq!((conflict.base, conflict.head, conflict.more), (1, 26, 5));
    assert_eq!(conflict.events.len(), 20);
    let ages = |changes: &[dbx::wire::Change]| {
        let text = |value: &Option<Json>| value.as_ref().unwrap().to_string();
        changes.iter().map(|one| (text(&one.before), text(&one.after))).collect::<Vec<_>>()
    };
    assert_eq!(ages(&conflict.yours), [("31".into(), "32".into())]);
    assert_eq!(ages(&conflict.theirs), [("30".into(), "74".into())]);
    assert_eq!(ages(&stage.operations[0].changes), [("74".into(), "31".into())]);
    // An operation that is staged now is bound to what is there now.
    let stage = add(&service, vec![age(33)]).unwrap();
    assert_eq!((stage.operations[3].base, stage.conflicts), (26, 2));
    let report = service.stage_rebase(&me, false).unwrap();
    let outcomes: Vec<RebaseOutcome> = report.operations.iter().map(|one| one.outcome).collect();
    assert_eq!((report.rebased, outcomes), (true, EXPECTED.to_vec()));
    assert_eq!(commit(&service).unwrap().events.len(), 4);
}

#[test]
fn a_part_may_be_committed_and_the_rest_follows_later() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let bob = operation("person/bob", "aged", r#"{"age":40}"#);
    add(&service, vec![age(31), bob, age(32), age(33)]).unwrap();
    let only = |ids: &[&str]| {
        let only = ids.iter().map(|id| (*id).to_owned()).collect();
        service.stage_commit(&me, &StageCommitRequest { only, ..Default::default() })
    };
    assert_eq!(only(&["s1", "s9"]).unwrap_err().code(), "dbx::stage::unknown");
    let receipt = only(&["s3", "s1"]).unwrap();
    let versions: Vec<u64> = receipt.events.iter().map(|event| event.version).collect();
    assert_eq!((versions, state(&service, "person/ada", "age")), (vec![2, 3], Some("32".into())));
    let stage = service.stage(&me).unwrap();
    let left: Vec<(&str, u64, u64)> =
        stage.operations.iter().map(|one| (one.id.as_str(), one.base, one.version)).collect();
    assert_eq!(left, [("s2", 1, 2), ("s4", 3, 4)]);
    assert_eq!((stage.conflicts, stage.refused, stage.undo), (0, 0, 0));
    // What is in conflict elsewhere is in nobody's way, and stays in conflict.
    append(&service, &me, ("person", "ada"), "aged", r#"{"age":50}"#).unwrap();
    only(&["s2"]).unwrap();
    assert_eq!(commit(&service).unwrap_err().code(), "dbx::stage::conflict");
    service.stage_rebase(&me, false).unwrap();
    commit(&service).unwrap();
    assert_eq!(state(&service, "person/ada", "age").as_deref(), Some("33"));
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
}

#[test]
fn hidden_fields_stay_hidden_and_are_not_lost() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let stage =
        add(&service, vec![operation("person/ada", "joined", r#"{"secret":"new","age":31}"#)]);
    let shown = stage.unwrap();
    assert_eq!(
        shown.operations[0].operation.payload.as_ref().unwrap().to_string(),
        r#"{"age":31}"#
    );
    assert_eq!(shown.operations[0].changes.len(), 1);
    append(&service, &me, ("person", "ada"), "joined", r#"{"secret":"other"}"#).unwrap();
    let text = format!("{:?}{:?}", service.stage(&me).unwrap(), commit(&service).unwrap_err());
    assert!(!text.contains("other") && !text.contains("secret"), "{text}");
    service.stage_rebase(&me, false).unwrap();
    let receipt = commit(&service).unwrap();
    let number = receipt.commit[1..].parse().unwrap();
    let report = service.revert(&me, number, (false, false)).unwrap();
    assert!(!format!("{report:?}").contains("other"), "{report:?}");
    commit(&service).unwrap();
    let mut seer = me;
    seer.show_hidden = true;
    let query = dbx::wire::GetQuery {
        aggregate_type: "person".into(),
        aggregate_id: "ada".into(),
        ..Default::default()
    };
    let record = service.get(&seer, &query).unwrap();
    assert_eq!(record.state.get("secret").unwrap().as_str(), Some("other"));
}

#[test]
fn a_revert_names_what_it_cannot_take_back() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let late = r#"{"name":"Cy","age":20,"team":"team#red"}"#;
    let create = Operation { exists: Some(false), ..operation("person/cy", "joined", late) };
    let moves = operation("person/ada", "moved", r#"{"team":null,"age":35}"#);
    let more = operation("person/bob", "joined", r#"{"nick":"b","age":36}"#);
    add(&service, vec![create, moves, more]).unwrap();
    let number = commit(&service).unwrap().commit[1..].parse().unwrap();
    append(&service, &me, ("person", "ada"), "aged", r#"{"age":36}"#).unwrap();
    let report = service.revert(&me, number, (false, false)).unwrap();
    assert!(!report.staged && report.ids.is_empty());
    let conflict = &report.conflicts[0];
    assert_eq!((conflict.field.as_deref(), conflict.event.version), (Some("age"), 3));
    assert_eq!(report.conflicts.len(), 1);
    let said: Vec<String> = report
        .operations
        .iter()
        .map(|one| {
            let content = one.payload.as_ref().or(one.patch.as_ref());
            let content = content.map(Json::to_string).unwrap_or_default();
            format!("{} {} {content}", one.aggregate_id, one.event_type)
        })
        .collect();
    let expected = [
        r#"bob joined [{"op":"replace","path":"/age","value":30},{"op":"remove","path":"/nick"}]"#,
        // An allowlist wants both fields of a payload; a patch need not touch all of them.
        r#"ada moved [{"op":"replace","path":"/team","value":"team#red"}]"#,
        "cy dbx_archived ",
    ];
    assert_eq!(said, expected);
    assert!(service.stage(&me).unwrap().operations.is_empty());
    let report = service.revert(&me, number, (true, false)).unwrap();
    assert_eq!(report.ids, ["s1", "s2", "s3"]);
    let stage = service.stage(&me).unwrap();
    assert_eq!(
        stage.operations[0].remark.as_deref(),
        Some(format!("revert of c{number}").as_str())
    );
    commit(&service).unwrap();
    assert_eq!(state(&service, "person/bob", "nick"), None);
    // A locked field has no way back.
    append(&service, &me, ("person", "new"), "joined", "{}").unwrap();
    let named = append(&service, &me, ("person", "new"), "renamed", r#"{"name":"x"}"#).unwrap();
    let number = named.commit[1..].parse().unwrap();
    let report = service.revert(&me, number, (false, false)).unwrap();
    assert_eq!(report.impossible[0].fields, ["name"]);
    assert!(report.impossible[0].reason.contains("locked"), "{report:?}");
}

#[test]
fn an_edit_stays_where_it_is() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    add(&service, vec![age(31), age(32)]).unwrap();
    let edit = |id: &str, operation| {
        let edit = StageEdit { id: id.into(), operation };
        service.stage_edit(&me, &edit)
    };
    let elsewhere = operation("person/bob", "aged", r#"{"age":1}"#);
    assert_eq!(edit("s1", elsewhere).unwrap_err().code(), "dbx::stage::aggregate");
    let bad = edit("s1", operation("person/ada", "aged", r#"{"age":"old"}"#)).unwrap_err();
    assert_eq!(bad.detail_list()[0].pointer, "/payload/age");
    assert_eq!(edit("s9", age(1)).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(edit("nine", age(1)).unwrap_err().kind(), Kind::Invalid);
    let archived = operation("person/ada", "dbx_archived", "{}");
    assert_eq!(edit("s1", archived).unwrap_err().code(), "dbx::name::reserved");
    let changed = edit("s1", age(99)).unwrap();
    assert!(changed.changed && changed.stage.operations[0].id == "s1");
    let same = edit("s1", age(99)).unwrap();
    assert!(!same.changed && same.stage.revision == changed.stage.revision);
    commit(&service).unwrap();
    assert_eq!(state(&service, "person/ada", "age").as_deref(), Some("32"));
}

#[test]
fn many_hands_stage_at_once() {
    let (_dir, service) = office();
    let stagers = 8;
    std::thread::scope(|scope| {
        for stager in 0..stagers {
            let service = &service;
            scope.spawn(move || {
                let new = operation(&format!("team/t-{stager}"), "founded", "{}");
                // Whoever is overtaken too often hears so, and nothing of it is staged.
                while let Err(error) = add(service, vec![new.clone()]) {
                    assert_eq!(error.code(), "dbx::stage::moved");
                }
            });
        }
    });
    let stage = service.stage(&ada(Restrict::Default)).unwrap();
    assert_eq!((stage.operations.len(), stage.undo, stage.refused), (8, 8, 0));
    let mut ids: Vec<&str> = stage.operations.iter().map(|one| one.id.as_str()).collect();
    ids.dedup();
    assert_eq!(ids, ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"]);
    assert_eq!(commit(&service).unwrap().events.len(), 8);
}

#[test]
fn a_payload_is_limited_on_the_stage_too() {
    let dir = tempfile::tempdir().unwrap();
    Service::init(dir.path()).unwrap().close().unwrap();
    let service = open(dir.path(), &[(Key::PayloadLimit, "1000")]);
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(1000));
    let error = add(&service, vec![operation("a/1", "b", &large)]).unwrap_err();
    assert_eq!(error.code(), "dbx::limit::payload");
    assert_eq!(add(&service, Vec::new()).unwrap_err().code(), "dbx::stage::nothing");
    // A commit of another stage than the one that was looked at.
    let stage = add(&service, vec![operation("a/1", "b", "{}")]).unwrap();
    add(&service, vec![operation("a/1", "b", "{}")]).unwrap();
    let request = StageCommitRequest { revision: Some(stage.revision), ..Default::default() };
    let error = service.stage_commit(&ada(Restrict::Default), &request).unwrap_err();
    assert_eq!(error.code(), "dbx::stage::moved");
}

#[test]
fn a_retry_gets_the_stored_answer_whatever_the_schema_is_by_then() {
    let (_dir, service) = office();
    let me = ada(Restrict::Default);
    let keyed = |operation: Operation, key: &str| dbx::wire::CommitRequest {
        operations: vec![operation],
        idempotency_key: Some(key.into()),
        ..Default::default()
    };
    let first = service.commit(&me, &keyed(age(31), "k-1")).unwrap();
    add(&service, vec![age(32)]).unwrap();
    let of_stage = |message: &str| StageCommitRequest {
        message: Some(message.into()),
        idempotency_key: Some("k-2".into()),
        ..Default::default()
    };
    let second = service.stage_commit(&me, &of_stage("why")).unwrap();
    let narrower = SCHEMA.replace("event aged { fields = [\"age\"] }", "");
    service.schema_apply(&me, &narrower).unwrap();
    let again = service.commit(&me, &keyed(age(31), "k-1")).unwrap();
    assert!(again.replayed && again.events == first.events);
    let again = service.stage_commit(&me, &of_stage("why")).unwrap();
    assert!(again.replayed && again.events == second.events, "the stage is empty by now");
    // Other bytes under the same key are an error, and so is a key of the stage for operations.
    let other = operation("person/ada", "renamed", r#"{"name":"x"}"#);
    let create = operation("team/blue", "founded", "{}");
    for request in [keyed(create.clone(), "k-1"), keyed(create.clone(), "k-2")] {
        let error = service.commit(&me, &request).unwrap_err();
        assert_eq!(error.code(), "dbx::conflict::idempotency_key");
    }
    assert_eq!(service.commit(&me, &keyed(other, "k-1")).unwrap_err().kind().exit_code(), 3);
    add(&service, vec![create]).unwrap();
    let error = service.stage_commit(&me, &of_stage("another reason")).unwrap_err();
    assert_eq!(error.code(), "dbx::conflict::idempotency_key");
    assert_eq!(service.stage(&me).unwrap().operations.len(), 1, "it stays staged");
    assert_eq!(service.status(&me).unwrap().position, "5");
}
