//! The stage and the log say the same: what may be staged may be committed, and nothing else.

use super::{ada, archive_request, open};
use crate::common::{AtEnd, copy};
use dbx::domain::Json;
use dbx::service::{Caller, Restrict, Service};
use dbx::wire::{
    CommitRequest, EventsQuery, GetQuery, Operation, StageCommitRequest, StageRequest,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

const SCHEMA: &str = r#"
aggregate team { field motto { type = "text" } event founded {} event renamed { fields = ["motto"] } }
aggregate person {
  snapshot_threshold = 3
  field name { type = "text" locked = true }
  field age { type = "integer" rules = {"required": true, "range": {"min": 0, "max": 9}} }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  field boss { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "restrict"}} }
  event joined {}
  event aged { fields = ["age"] }
}
"#;

/// One operation of a history.
#[derive(Debug, Clone)]
enum Step {
    Event(Box<Operation>),
    Archive(String),
    Restore(String),
}

fn name() -> impl Strategy<Value = (&'static str, String)> {
    (prop::sample::select(vec!["team", "person"]), 0..3_u8)
        .prop_map(|(aggregate_type, id)| (aggregate_type, format!("n{id}")))
}

fn payload() -> impl Strategy<Value = String> {
    let members = vec![
        r#""age":3"#,
        r#""age":"4""#,
        r#""age":77"#,
        r#""name":"x""#,
        r#""team":"team#n0""#,
        r#""team":"team#n1""#,
        r#""boss":"team#n2""#,
        r#""motto":"go""#,
        r#""other":1.50"#,
    ];
    prop::sample::subsequence(members, 0..4).prop_map(|members| {
        let mut kept: Vec<&str> = Vec::new();
        for member in members {
            let key = |member: &str| member.split(':').next().unwrap().to_owned();
            if kept.last().is_none_or(|last| key(last) != key(member)) {
                kept.push(member);
            }
        }
        format!("{{{}}}", kept.join(","))
    })
}

fn step() -> impl Strategy<Value = Step> {
    let event = prop::sample::select(vec!["founded", "joined", "aged", "renamed"]);
    let patch = prop::sample::select(vec![
        r#"[{"op":"replace","path":"/age","value":5}]"#,
        r#"[{"op":"remove","path":"/team"}]"#,
        r#"[{"op":"test","path":"/age","value":3},{"op":"add","path":"/other","value":2}]"#,
    ]);
    let exists = prop::sample::select(vec![None, Some(true), Some(false)]);
    let content = prop_oneof![
        4 => payload().prop_map(|text| (Some(text), None)),
        1 => patch.prop_map(|text| (None, Some(text))),
    ];
    let made = (name(), event, content, exists).prop_map(|(name, event, content, exists)| {
        let json = |text: String| Json::parse(&text).unwrap();
        Step::Event(Box::new(Operation {
            aggregate_type: name.0.into(),
            aggregate_id: name.1,
            event_type: event.into(),
            payload: content.0.map(json),
            patch: content.1.map(|text| json(text.to_owned())),
            exists,
            ..Operation::default()
        }))
    });
    let whole = || name().prop_map(|(aggregate_type, id)| format!("{aggregate_type}/{id}"));
    prop_oneof![
        8 => made,
        1 => whole().prop_map(Step::Archive),
        1 => whole().prop_map(Step::Restore),
    ]
}

/// A workspace with the schema in force, copied: making one waits for the disk many times.
fn workspace(root: &Path) -> Service {
    static MADE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let service = Service::init(dir.path()).unwrap();
        service.schema_apply(&ada(Restrict::Default), SCHEMA).unwrap();
        service.close().unwrap();
        dir
    });
    copy(MADE.path(), root);
    open(root, &[])
}

/// Every event as what it says, without its place and its hashes.
fn history(service: &Service) -> Vec<String> {
    let mut seer = ada(Restrict::Default);
    seer.show_hidden = true;
    let events = service.events(&seer, &EventsQuery::default()).unwrap().events;
    let said = |event: &dbx::wire::EventRecord| {
        let content = event.payload.as_ref().or(event.patch.as_ref());
        format!(
            "{}/{}@{} {} {}",
            event.aggregate_type,
            event.aggregate_id,
            event.version,
            event.event_type,
            content.map(Json::to_string).unwrap_or_default()
        )
    };
    events.iter().map(said).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Each operation of a random history is committed at once in one workspace and staged in its twin: both accept and
    /// refuse the same, for the same reasons. Then the twin commits its stage, and both logs say the same.
    #[test]
    fn staged_and_committed_is_as_committed_one_by_one(
        steps in prop::collection::vec(step(), 1..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let (one, twin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (at_once, staging) = (workspace(one.path()), workspace(twin.path()));
        let me = ada(Restrict::Default);
        let cut = cut.index(steps.len());
        for (index, step) in steps.into_iter().enumerate() {
            let told = |result: dbx::error::Result<()>| result.map_err(|error| {
                let details = error.detail_list().to_vec();
                (error.code(), error.message().to_owned(), details)
            });
            let (direct, staged) = match step {
                Step::Event(operation) => {
                    let operations = vec![*operation];
                    let request = CommitRequest { operations: operations.clone(), ..Default::default() };
                    let stage = StageRequest { operations, dry_run: false };
                    (at_once.commit(&me, &request).map(drop), staging.stage_add(&me, &stage).map(drop))
                }
                Step::Archive(name) => {
                    let request = archive_request(&name);
                    (at_once.archive(&me, &request).map(drop), staging.stage_archive(&me, &request).map(drop))
                }
                Step::Restore(name) => {
                    let request = archive_request(&name);
                    (at_once.restore(&me, &request).map(drop), staging.stage_restore(&me, &request).map(drop))
                }
            };
            prop_assert_eq!(told(direct), told(staged));
            if index == cut {
                commit(&staging);
            }
        }
        let stage = staging.stage(&me).unwrap();
        prop_assert_eq!((stage.conflicts, stage.refused), (0, 0));
        commit(&staging);
        prop_assert_eq!(history(&at_once), history(&staging));
        let verdict = staging.verify(&me, &|_, _| {}).unwrap();
        prop_assert!(verdict.ok, "{:?}", verdict.faults);
    }
}

/// Every aggregate with its state and whether it is archived. The order of keys is no part of a state.
fn states(service: &Service) -> BTreeMap<String, (BTreeMap<String, String>, bool)> {
    let mut seer = ada(Restrict::Default);
    seer.show_hidden = true;
    let query = dbx::wire::ListQuery { archived: true, ..Default::default() };
    let items = service.list(&seer, &query).unwrap().items;
    let member = |(key, value): (&String, &Json)| (key.clone(), value.to_string());
    let state = |state: &Json| state.as_object().unwrap().iter().map(member).collect();
    items
        .iter()
        .map(|one| {
            let name = format!("{}/{}", one.aggregate_type, one.aggregate_id);
            (name, (state(&one.state), one.archived))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A commit that was taken back as a whole leaves every aggregate as it was before it; one that it created is
    /// archived. Without a schema nothing keeps a commit from being taken back.
    #[test]
    fn a_commit_that_is_taken_back_leaves_what_was_before_it(
        before in prop::collection::vec(step(), 0..16),
        taken in prop::collection::vec(step(), 1..10),
        checked in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let service = workspace(dir.path());
        let me = ada(if checked { Restrict::Default } else { Restrict::Off });
        let add = |steps: Vec<Step>| {
            for step in steps {
                // What is refused is no part of the history.
                let _ = match step {
                    Step::Event(operation) => {
                        let request = StageRequest { operations: vec![*operation], dry_run: false };
                        service.stage_add(&me, &request)
                    }
                    Step::Archive(name) => service.stage_archive(&me, &archive_request(&name)),
                    Step::Restore(name) => service.stage_restore(&me, &archive_request(&name)),
                };
            }
            service.stage_commit(&me, &StageCommitRequest::default())
        };
        let _ = add(before);
        let was = states(&service);
        let Ok(receipt) = add(taken) else { return Ok(()) };
        let number = receipt.commit[1..].parse().unwrap();
        let report = service.revert(&me, number, (false, false)).unwrap();
        prop_assert!(report.conflicts.is_empty(), "{:?}", report);
        prop_assert!(checked || report.impossible.is_empty(), "{:?}", report);
        if !report.impossible.is_empty() {
            prop_assert!(!report.staged && service.stage(&me).unwrap().operations.is_empty());
            return Ok(());
        }
        if report.staged {
            service.stage_commit(&me, &StageCommitRequest::default()).unwrap();
        }
        for (name, now) in states(&service) {
            match was.get(&name) {
                Some(before) => prop_assert_eq!(before, &now, "{}", name),
                None => prop_assert!(now.1, "{} was created and is archived now", name),
            }
        }
        let verdict = service.verify(&me, &|_, _| {}).unwrap();
        prop_assert!(verdict.ok, "{:?}", verdict.faults);
    }
}

fn commit(service: &Service) {
    let me = ada(Restrict::Default);
    let stage = service.stage(&me).unwrap();
    let result = service.stage_commit(&me, &StageCommitRequest::default());
    let Ok(receipt) = result else {
        assert!(stage.operations.is_empty(), "{result:?}");
        return;
    };
    let written = |one: &dbx::wire::StagedOperation| {
        let name = format!("{}/{}", one.operation.aggregate_type, one.operation.aggregate_id);
        (name, one.version, one.operation.event_type.clone())
    };
    let events = receipt.events.iter().filter(|event| event.event_type != "dbx_nullified");
    let events: Vec<_> = events
        .map(|event| {
            let name = format!("{}/{}", event.aggregate_type, event.aggregate_id);
            (name, event.version, event.event_type.clone())
        })
        .collect();
    assert_eq!(stage.operations.iter().map(written).collect::<Vec<_>>(), events);
}

/// Somebody writes to the aggregate again and again: a commit of the stage is at the version that it was written against,
/// or it is refused and says who was there.
#[test]
fn a_commit_in_a_race_is_exact_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (service, me) = (Service::init(dir.path()).unwrap(), ada(Restrict::Default));
    let bump = |id: &str, by: &str| Operation {
        aggregate_type: "counter".into(),
        aggregate_id: id.into(),
        event_type: "bumped".into(),
        payload: Some(Json::parse(&format!(r#"{{"by":"{by}"}}"#)).unwrap()),
        ..Operation::default()
    };
    let done = AtomicBool::new(false);
    let (mut exact, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let bot = Caller::local("bot", Restrict::Default);
            for turn in 0_u64.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                // Not every time, so that a commit of the stage gets through now and then.
                let id = if turn.is_multiple_of(9) { "c" } else { "other" };
                let operations = vec![bump(id, "bot")];
                let request = CommitRequest { operations, ..CommitRequest::default() };
                service.commit(&bot, &request).unwrap();
            }
        });
        let over = AtEnd(&done);
        while exact + refused < 60 {
            let before = service.stage(&me).unwrap();
            if before.operations.is_empty() {
                let request = StageRequest { operations: vec![bump("c", "ada")], dry_run: false };
                service.stage_add(&me, &request).unwrap();
            } else {
                service.stage_rebase(&me, false).unwrap();
            }
            let base = service.stage(&me).unwrap().operations[0].base;
            match service.stage_commit(&me, &StageCommitRequest::default()) {
                Ok(receipt) => {
                    assert_eq!(receipt.events[0].version, base + 1);
                    exact += 1;
                }
                Err(error) => {
                    let known = ["dbx::stage::conflict", "dbx::stage::moved"];
                    assert!(known.contains(&error.code()), "{error:?}");
                    refused += 1;
                }
            }
        }
        drop(over);
    });
    println!("{exact} commits were exact, {refused} were refused");
    let query = GetQuery {
        aggregate_type: "counter".into(),
        aggregate_id: "c".into(),
        ..GetQuery::default()
    };
    assert!(service.get(&me, &query).unwrap().version >= exact);
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
}
