//! What a token lets its holder do: function by function, and in what order what is counted.

use super::{ada, append, archive_request};
use crate::common::sources::rust_files;
use dbx::clock::Clock;
use dbx::domain::access::Action;
use dbx::domain::{Json, Timestamp};
use dbx::error::{Error, Kind, Result};
use dbx::service::{
    Caller, ExportError, ExportFormat, ExportQuery, ExportSink, ImportOptions, OpenOptions,
    Restrict, Service, token,
};
use dbx::wire::{
    At, CommitRequest, CursorUpdate, Decimal64, EventsQuery, GetQuery, HistoryQuery, ImpactRequest,
    ListQuery, LogQuery, Operation, OutboxQuery, ProveQuery, ReplayQuery, StageCommitRequest,
    StageEdit, StageMove, StageRequest, TokenRequest, TokenStatus,
};
use dbx::workspace::{Env, InitOptions, Protection, Ttl, init};
use proptest::prelude::*;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Noon of 2026-11-20, in seconds.
const NOON: i64 = 1_795_176_000;

const SCHEMA: &str = r#"
aggregate team {
  hidden_fields = ["budget"]
  field colour { type = "text" }
  event founded {}
  event painted {}
}
aggregate person {
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "nullify"}} }
  event joined {}
}
aggregate asset {
  field owner { type = "reference" rules = {"reference": {"aggregate_type": "team", "cascade": "restrict"}} }
  event bought {}
}
"#;

/// What nobody may hear of who may read `team/red` only.
const SECRETS: [&str; 9] =
    ["grace", "hopper", "person", "asset", "limousine", "blue", "rumour", "4711081511", "joined"];

/// A clock that stands where it was put, in seconds.
#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst) * 1_000_000)
    }
}

/// A workspace of two teams, a person and a car, with a clock.
struct Office {
    /// It goes with the value.
    dir: tempfile::TempDir,
    clock: Arc<Hands>,
    service: Service,
}

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

fn request(operations: Vec<Operation>) -> CommitRequest {
    CommitRequest { operations, ..CommitRequest::default() }
}

impl Office {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::fixed(dir.path(), std::iter::empty::<(String, String)>());
        let template = dbx::workspace::Template::None;
        let made = init(dir.path(), InitOptions { template, nested: false }, &env).unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(NOON)));
        let config = dbx::workspace::Config::default();
        let mut options = OpenOptions::new(made.paths, config, "a test");
        options.clock = clock.clone();
        Service::create(&options).unwrap();
        let service = Service::open(options).unwrap();
        let me = ada(Restrict::Default);
        service.schema_apply(&me, SCHEMA).unwrap();
        let founded = operation("team/red", "founded", r#"{"colour":"red","budget":4711081511}"#);
        let other = operation("team/blue", "founded", r#"{"colour":"blue"}"#);
        let message = Some("a rumour about grace".to_owned());
        let both = CommitRequest { message, ..request(vec![founded, other]) };
        service.commit(&me, &both).unwrap();
        let joined = r#"{"team":"team#red","name":"hopper"}"#;
        append(&service, &me, ("person", "grace"), "joined", joined).unwrap();
        append(&service, &me, ("asset", "limousine"), "bought", r#"{"owner":"team#blue"}"#)
            .unwrap();
        Self { dir, clock, service }
    }

    fn at(&self, second: i64) {
        self.clock.0.store(NOON + second, Ordering::SeqCst);
    }

    fn ask(&self, request: &TokenRequest) -> (String, String) {
        let made = self.service.token_generate(&ada(Restrict::Default), request).unwrap();
        (made.id, made.token)
    }

    fn bearer(&self, token: &str) -> Result<Caller> {
        let bearer = token::identify(self.service.paths(), token, self.clock.now())?;
        Ok(Caller::bearing(&bearer, Restrict::Default))
    }

    fn caller(&self, actions: &[&str], resources: &[&str]) -> Caller {
        self.bearer(&self.ask(&wanted(actions, resources)).1).unwrap()
    }
}

fn wanted(actions: &[&str], resources: &[&str]) -> TokenRequest {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    TokenRequest {
        group: "audit".into(),
        user: "eve".into(),
        actions: texts(actions),
        resources: texts(resources),
        ..TokenRequest::default()
    }
}

#[derive(Default)]
struct Sink(Vec<u8>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ExportSink for Sink {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        self.0.extend(name.as_bytes());
        Ok(())
    }
}

/// What a function needs: actions, and the smallest resource that they are needed on.
type Need = (&'static [Action], &'static str);

type Call = fn(&Service, &Caller) -> Result<String>;

fn said<T: Debug>(result: Result<T>) -> Result<String> {
    result.map(|value| format!("{value:?}"))
}

fn get() -> GetQuery {
    GetQuery { aggregate_type: "team".into(), aggregate_id: "red".into(), ..GetQuery::default() }
}

fn export(
    of: Option<&str>,
    write: impl FnOnce(&ExportQuery, &mut Sink) -> Result<dbx::wire::ExportReport, ExportError>,
) -> Result<String> {
    let query = ExportQuery { aggregate_type: of.map(str::to_owned), archived: true, raw: false };
    let mut sink = Sink::default();
    match write(&query, &mut sink) {
        Ok(report) => Ok(format!("{report:?} {}", String::from_utf8(sink.0).unwrap())),
        Err(ExportError::Service(error)) => Err(error),
        Err(ExportError::Output(error)) => panic!("{error}"),
    }
}

const READ: Need = (&[Action::AggregateRead], "aggregate:team:red");
const PULL_ALL: Need = (&[Action::OutboxRead], ALL);
const READ_ALL: Need = (&[Action::AggregateRead], "aggregate:*:*");
const ALL: &str = "aggregate:*:*";
const KEEP: Need = (&[Action::AggregateRead, Action::AggregateAppend], ALL);
const ARCHIVE: Need = (&[Action::AggregateArchive], "aggregate:team:red");
const SEE_SCHEMA: Need = (&[Action::SchemaRead], "schema");
const MANAGE: Need = (&[Action::TokenManage], "*");
const EVERYTHING: Need = (&Action::ALL, "*");

/// Every function of the service that takes a caller, what it needs, and a call of it.
const FUNCTIONS: &[(&str, Need, Call)] = &[
    ("get", READ, |s, c| said(s.get(c, &GetQuery { include_events: true, ..get() }))),
    ("get_resolved", READ, |s, c| said(s.get_resolved(c, &get(), 2))),
    ("list", READ, |s, c| said(s.list(c, &ListQuery::default()))),
    ("referrers", READ, |s, c| said(s.referrers(c, "team", "red"))),
    ("snapshots", READ, |s, c| said(s.snapshots(c, "team", "red"))),
    ("events", READ, |s, c| said(s.events(c, &EventsQuery::default()).map(|page| page.events))),
    ("event_at", READ, |s, c| said(s.event_at(c, 1))),
    ("event_summary", READ, |s, c| said(s.event_summary(c, 1))),
    ("event_by_id", READ, |s, c| {
        let all = EventsQuery::default();
        let first = s.events(&ada(Restrict::Default), &all)?.events.remove(0);
        said(s.event_by_id(c, first.metadata.event_id.parse().unwrap()))
    }),
    ("history", READ, |s, c| {
        let (aggregate_type, aggregate_id) = ("team".into(), "red".into());
        said(
            s.history(c, &HistoryQuery { aggregate_type, aggregate_id, ..HistoryQuery::default() }),
        )
    }),
    ("replay", READ, |s, c| {
        let (aggregate_type, aggregate_id) = ("team".into(), "red".into());
        said(s.replay(c, &ReplayQuery { aggregate_type, aggregate_id, ..ReplayQuery::default() }))
    }),
    ("diff", READ, |s, c| said(s.diff(c, "team", "red", At::Version(1), At::Version(1)))),
    ("blame", READ, |s, c| said(s.blame(c, "team", "red", None, None))),
    ("log", READ, |s, c| said(s.log(c, &LogQuery::default()))),
    ("commit_record", READ, |s, c| said(s.commit_record(c, 1))),
    ("verify_aggregate", READ, |s, c| said(s.verify_aggregate(c, "team", "red"))),
    ("prove_inclusion", READ, |s, c| {
        let (aggregate_type, aggregate_id) = ("team".into(), "red".into());
        said(s.prove_inclusion(
            c,
            &ProveQuery { aggregate_type, aggregate_id, ..ProveQuery::default() },
        ))
    }),
    ("export", READ, |s, c| {
        export(None, |query, sink| s.export(c, query, ExportFormat::Csv, sink, &mut |_| true))
    }),
    ("export_events", READ, |s, c| {
        export(None, |query, sink| s.export_events(c, query, sink, &mut |_| true))
    }),
    ("backup", EVERYTHING, |s, c| match s.backup(c, None, &mut Vec::new(), &mut |_| true) {
        Ok(report) => Ok(format!("{report:?}")),
        Err(ExportError::Service(error)) => Err(error),
        Err(ExportError::Output(error)) => panic!("{error}"),
    }),
    ("status", READ_ALL, |s, c| said(s.status(c))),
    ("log_root", READ_ALL, |s, c| said(s.log_root(c))),
    ("erasures", READ_ALL, |s, c| said(s.erasures(c))),
    ("verify", READ_ALL, |s, c| said(s.verify(c, &|_, _| {}))),
    ("verify_all", READ_ALL, |s, c| said(s.verify_all(c, &|_, _| {}, &|_, _| {}))),
    ("prove_consistency", READ_ALL, |s, c| said(s.prove_consistency(c, 1, None))),
    ("checkpoint", READ_ALL, |s, c| said(s.checkpoint(c, None))),
    ("checkpoint_key", READ_ALL, |s, c| said(s.checkpoint_key(c, None))),
    ("verify_checkpoint", READ_ALL, |s, c| {
        let note = s.checkpoint(&ada(Restrict::Default), None)?.note;
        said(s.verify_checkpoint(c, &note, None, &|_, _| {}))
    }),
    ("commit", (&[Action::AggregateAppend], "aggregate:team:red"), |s, c| {
        let painted = Operation { exists: Some(true), ..operation("team/red", "painted", "{}") };
        said(s.commit(c, &request(vec![painted])))
    }),
    ("archive", ARCHIVE, |s, c| said(s.archive(c, &archive_request("team/red")))),
    ("restore", ARCHIVE, |s, c| said(s.restore(c, &archive_request("team/red")))),
    ("stage", READ_ALL, |s, c| said(s.stage(c))),
    ("stage_add", KEEP, |s, c| {
        let painted = Operation { exists: Some(true), ..operation("team/red", "painted", "{}") };
        said(s.stage_add(c, &StageRequest { operations: vec![painted], dry_run: false }))
    }),
    ("stage_archive", (&[Action::AggregateRead, Action::AggregateArchive], ALL), |s, c| {
        said(s.stage_archive(c, &archive_request("team/blue")))
    }),
    ("stage_restore", (&[Action::AggregateRead, Action::AggregateArchive], ALL), |s, c| {
        said(s.stage_restore(c, &archive_request("team/blue")))
    }),
    ("stage_edit", KEEP, |s, c| {
        let painted = Operation { exists: Some(true), ..operation("team/red", "painted", "{}") };
        said(s.stage_edit(c, &StageEdit { id: "s1".into(), operation: painted }))
    }),
    ("stage_drop", KEEP, |s, c| said(s.stage_drop(c, &["s99".into()]))),
    ("stage_move", KEEP, |s, c| said(s.stage_move(c, &StageMove { id: "s1".into(), to: 1 }))),
    ("stage_clear", KEEP, |s, c| said(s.stage_clear(c))),
    ("stage_undo", KEEP, |s, c| said(s.stage_undo(c, 1))),
    ("stage_redo", KEEP, |s, c| said(s.stage_redo(c, 1))),
    ("stage_rebase", KEEP, |s, c| said(s.stage_rebase(c, false))),
    (
        "stage_commit",
        (&[Action::AggregateRead, Action::AggregateAppend, Action::AggregateArchive], ALL),
        |s, c| said(s.stage_commit(c, &StageCommitRequest::default())),
    ),
    ("revert", READ_ALL, |s, c| said(s.revert(c, 99, (false, false)))),
    ("import", (&[Action::AggregateCreate, Action::AggregateAppend], "aggregate:*:*"), |s, c| {
        let line = r#"{"aggregate_type":"team","aggregate_id":"red","event_type":"painted"}"#;
        let options =
            ImportOptions { name: "lines".into(), batch: 1, dry_run: false, skip_existing: false };
        said(s.import(c, &mut line.as_bytes(), &options, &mut |_| true))
    }),
    ("outbox", (&[Action::OutboxRead], "aggregate:team:red"), |s, c| {
        said(s.outbox(c, &OutboxQuery::default()).map(|page| page.events))
    }),
    ("outbox_cursor", PULL_ALL, |s, c| said(s.outbox_cursor(c, "nothing"))),
    ("outbox_cursors", PULL_ALL, |s, c| said(s.outbox_cursors(c))),
    ("outbox_cursor_set", PULL_ALL, |s, c| {
        let update = CursorUpdate { position: Some(Decimal64(1)), ..CursorUpdate::default() };
        said(s.outbox_cursor_set(c, "one", &update))
    }),
    ("outbox_cursor_delete", PULL_ALL, |s, c| said(s.outbox_cursor_delete(c, "nothing"))),
    ("schema_apply", (&[Action::SchemaWrite], "schema"), |s, c| said(s.schema_apply(c, SCHEMA))),
    ("schema_check", SEE_SCHEMA, |s, c| said(s.schema_check(c, SCHEMA))),
    ("schema_in_force", SEE_SCHEMA, |s, c| said(s.schema_in_force(c))),
    ("schema_version", SEE_SCHEMA, |s, c| said(s.schema_version(c, 1))),
    ("schema_history", SEE_SCHEMA, |s, c| said(s.schema_history(c))),
    ("schema_impact", SEE_SCHEMA, |s, c| {
        let new = SCHEMA.to_owned();
        said(s.schema_impact(c, &ImpactRequest { old: None, new }))
    }),
    ("token_generate", MANAGE, |s, c| {
        said(s.token_generate(c, &wanted(&["token.manage"], &["*"])))
    }),
    ("token_list", MANAGE, |s, c| said(s.token_list(c))),
    ("token_info", MANAGE, |s, c| said(s.token_info(c, "nothing"))),
    ("token_revoke", MANAGE, |s, c| said(s.token_revoke(c, &["nothing".into()]))),
    ("token_revoke_all", MANAGE, |s, c| said(s.token_revoke_all(c, "nobody"))),
    ("token_refresh", MANAGE, |s, c| said(s.token_refresh(c, "nothing", None))),
    ("erase", EVERYTHING, |s, c| said(s.erase(c, &archive_request("team/red")))),
    ("rotate_key", EVERYTHING, |s, c| said(s.rotate_key(c, &Protection::Same))),
    ("token_bootstrap", EVERYTHING, |s, c| said(s.token_bootstrap(c, Ttl::DAY))),
    ("token_bootstrap_file", EVERYTHING, |s, c| said(s.token_bootstrap_file(c, Ttl::DAY))),
];

#[test]
fn no_function_of_the_service_is_forgotten() {
    let begins = regex::Regex::new(r"pub fn (\w+)[^(]*\(\s*&self,\s*_?caller: &Caller").unwrap();
    // The handle passes every call on, here or to the process that has the store.
    let looked_at =
        |path: &str| path.starts_with("src/service/") && !path.starts_with("src/service/handle/");
    let sources = rust_files("src").into_iter().filter(|one| looked_at(&one.path));
    let text: String = sources.map(|source| source.text).collect();
    let found: Vec<&str> =
        begins.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(found.len() > 30, "{found:?}");
    for name in &found {
        assert!(
            FUNCTIONS.iter().any(|(known, ..)| known == name),
            "say in FUNCTIONS what `Service::{name}` needs, and begin it with `self.gate(caller)?`"
        );
    }
    assert_eq!(found.len(), FUNCTIONS.len(), "a function of the table is gone");
    assert!(!text.contains("_caller: &Caller"), "a function does not look who asks");
}

#[test]
fn each_function_needs_its_right_and_no_other() {
    let office = Office::new();
    for (name, (actions, resource), call) in FUNCTIONS {
        let names = |wanted: bool| -> Vec<&str> {
            let implied = actions.contains(&Action::SchemaRead);
            let has = |one: &Action| {
                actions.contains(one) || (implied && !wanted && *one == Action::SchemaWrite)
            };
            Action::ALL.iter().filter(|one| has(one) == wanted).map(|one| one.as_str()).collect()
        };
        let enough = if *resource == "*" && actions.len() > 1 { vec!["*.*"] } else { names(true) };
        let result = call(&office.service, &office.caller(&enough, &[resource]));
        if let Err(error) = &result {
            let kinds = [Kind::Forbidden, Kind::Unauthenticated];
            assert!(!kinds.contains(&error.kind()), "{name} with {enough:?}: {error}");
        }
        let mut others = names(false);
        if others.is_empty() {
            others = vec!["aggregate.*", "token.*", "schema.*"];
        }
        refused(name, call(&office.service, &office.caller(&others, &["*"])));
        // What is done to one aggregate is not done with a right to another, nor is anything with what is revoked.
        if !["list", "events", "log", "export", "export_events", "outbox"].contains(name) {
            let elsewhere = ["aggregate:team:redder", "aggregate:te:am"];
            refused(name, call(&office.service, &office.caller(&["*.*"], &elsewhere)));
        }
        let nobody = call(&office.service, &Caller::nobody()).unwrap_err();
        assert_eq!(nobody.kind(), Kind::Unauthenticated, "{name}");
        let (id, token) = office.ask(&wanted(&["*.*"], &["*"]));
        let caller = office.bearer(&token).unwrap();
        office.service.token_revoke(&ada(Restrict::Default), &[id]).unwrap();
        let error = call(&office.service, &caller).unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (Kind::Unauthenticated, "dbx::token::revoked"),
            "{name}"
        );
    }
}

#[track_caller]
fn refused(name: &str, result: Result<String>) {
    match result {
        Err(error) => {
            assert_eq!(error.kind(), Kind::Forbidden, "{name}: {error}");
            assert_eq!((error.kind().http_status(), error.kind().exit_code()), (403, 2));
        }
        Ok(said) => panic!("{name} was not refused: {said}"),
    }
}

/// Everything that can be asked, by somebody who may read one aggregate and do nothing else.
#[test]
fn nothing_leaks_to_a_reader_of_one_aggregate() {
    let office = Office::new();
    let auditor = office.caller(&["aggregate.read"], &["aggregate:team:red"]);
    let before = format!("{:?}", office.service.log(&ada(Restrict::Default), &LogQuery::default()));
    for (name, need, call) in FUNCTIONS {
        let said = match call(&office.service, &auditor) {
            Ok(said) => said,
            Err(error) => format!("{error} {:?}", error.help_text()),
        };
        assert_eq!(*need == READ, !said.contains("the token does not allow"), "{name}: {said}");
        for secret in SECRETS {
            assert!(!said.contains(secret), "{name} tells of {secret}: {said}");
        }
    }
    let after = format!("{:?}", office.service.log(&ada(Restrict::Default), &LogQuery::default()));
    assert_eq!(before, after, "and nothing was written");
    let commit = office.service.commit_record(&auditor, 1).unwrap();
    assert_eq!((commit.count, commit.message), (1, None), "the message is about more than that");
}

#[test]
fn what_may_not_be_read_answers_the_same_whether_or_not_it_is_there() {
    let office = Office::new();
    let auditor = office.caller(&["aggregate.read"], &["aggregate:team:red"]);
    let service = &office.service;
    let ask = |id: &str| -> Vec<String> {
        let (aggregate_type, aggregate_id) = ("person".to_owned(), id.to_owned());
        let query = GetQuery {
            aggregate_type: aggregate_type.clone(),
            aggregate_id: aggregate_id.clone(),
            ..GetQuery::default()
        };
        let (of, one) = (Some(aggregate_type.clone()), Some(aggregate_id.clone()));
        let events = EventsQuery {
            aggregate_type: of.clone(),
            aggregate_id: one.clone(),
            ..EventsQuery::default()
        };
        let log = LogQuery { aggregate_type: of, aggregate_id: one, ..LogQuery::default() };
        let replay = ReplayQuery {
            aggregate_type: aggregate_type.clone(),
            aggregate_id: aggregate_id.clone(),
            ..ReplayQuery::default()
        };
        let prove = ProveQuery { aggregate_type, aggregate_id, ..ProveQuery::default() };
        let write = request(vec![operation(&format!("person/{id}"), "joined", "{}")]);
        let answers = [
            said(service.get(&auditor, &query)),
            said(service.get_resolved(&auditor, &query, 1)),
            said(service.events(&auditor, &events)),
            said(service.log(&auditor, &log)),
            said(service.replay(&auditor, &replay)),
            said(service.prove_inclusion(&auditor, &prove)),
            said(service.referrers(&auditor, "person", id)),
            said(service.snapshots(&auditor, "person", id)),
            said(service.verify_aggregate(&auditor, "person", id)),
            said(service.blame(&auditor, "person", id, Some("team"), None)),
            said(service.diff(&auditor, "person", id, At::Version(1), At::Version(9))),
            said(service.commit(&auditor, &write)),
            said(service.archive(&auditor, &archive_request(&format!("person/{id}")))),
        ];
        answers
            .into_iter()
            .map(|answer| format!("{:?}", answer.unwrap_err()).replace(id, "ID"))
            .collect()
    };
    assert_eq!(ask("grace"), ask("nobody"));
    let kinds = [3, 4, 5, 99].map(|position| {
        let error = service.event_at(&auditor, position).unwrap_err();
        error.to_string().replace(&position.to_string(), "N")
    });
    assert!(kinds.iter().all(|said| *said == kinds[0]), "{kinds:?}");
    let commits = [2, 3, 77].map(|number| {
        let error = service.commit_record(&auditor, number).unwrap_err();
        error.to_string().replace(&number.to_string(), "N")
    });
    assert!(commits.iter().all(|said| *said == commits[0]), "{commits:?}");
    let before = LogQuery { before: Some(1_000), ..LogQuery::default() };
    assert_eq!(service.log(&auditor, &before).unwrap().commits.len(), 1);
}

#[test]
fn a_reference_leads_only_to_what_may_be_read() {
    let office = Office::new();
    let writer = ["aggregate.create", "aggregate.append"];
    let blind = office.caller(&writer, &["aggregate:asset:*"]);
    let seeing = office.caller(
        &["aggregate.create", "aggregate.append", "aggregate.read"],
        &["aggregate:asset:*", "aggregate:team:red"],
    );
    let buy = |caller: &Caller, id: &str, owner: &str| {
        let payload = format!(r#"{{"owner":"team#{owner}"}}"#);
        append(&office.service, caller, ("asset", id), "bought", &payload).map(drop)
    };
    let refused = |caller, owner| {
        let error: Error = buy(caller, "van", owner).unwrap_err();
        assert_eq!(error.kind(), Kind::Violation);
        format!("{error:?}").replace(owner, "OWNER")
    };
    // The one is there and the other is not.
    assert_eq!(refused(&blind, "blue"), refused(&blind, "green"));
    assert_eq!(refused(&seeing, "blue"), refused(&seeing, "green"));
    buy(&seeing, "van", "red").unwrap();
    // Nor does an answer that says everything that is wrong at once tell more.
    let both = |owner: &str| {
        let payload = format!(r#"{{"owner":"team#{owner}"}}"#);
        let note = Some("x".repeat(200));
        let bought = Operation { note, ..operation("asset/bus", "bought", &payload) };
        let error = office.service.commit(&blind, &request(vec![bought])).unwrap_err();
        format!("{error:?}").replace(owner, "OWNER")
    };
    assert_eq!(both("blue"), both("green"));
}

#[test]
fn a_cascade_tells_nothing_of_those_it_reaches() {
    let office = Office::new();
    let archivist = office.caller(&["aggregate.archive"], &["aggregate:team:*"]);
    let error = office.service.archive(&archivist, &archive_request("team/blue")).unwrap_err();
    let said = format!("{error:?}");
    assert_eq!(error.code(), "dbx::reference::restricted");
    assert!(!said.contains("asset") && !said.contains("limousine"), "{said}");
    assert!(said.contains("others that you may not see") && !said.contains('1'), "{said}");
    // The order's author wrote them, and the schema asked for them; who archives needs not know whom that was.
    let receipt = office.service.archive(&archivist, &archive_request("team/red")).unwrap();
    assert_eq!(receipt.events.len(), 1, "{receipt:?}");
    let me = ada(Restrict::Default);
    let grace = GetQuery {
        aggregate_type: "person".into(),
        aggregate_id: "grace".into(),
        ..GetQuery::default()
    };
    assert_eq!(office.service.get(&me, &grace).unwrap().version, 2, "it was reached");
}

#[test]
fn hidden_fields_need_a_right_of_their_own() {
    let office = Office::new();
    let ask = |mut caller: Caller| {
        caller.show_hidden = true;
        said(office.service.get(&caller, &get()).map(|record| record.state.to_string()))
    };
    let all = ["aggregate:team:*"];
    let reader = office.caller(&["aggregate.read"], &all);
    let error = ask(reader.clone()).unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
    assert!(!office.service.get(&reader, &get()).unwrap().state.to_string().contains("budget"));
    let seer = office.caller(&["aggregate.read", "aggregate.read_hidden"], &all);
    assert!(!office.service.get(&seer, &get()).unwrap().state.to_string().contains("budget"));
    assert!(ask(seer).unwrap().contains("4711081511"));
    assert!(ask(ada(Restrict::Default)).unwrap().contains("4711081511"));
    // A patch could copy what is hidden to where it shows, or try what it is.
    let painter = office.caller(&["aggregate.read", "aggregate.append"], &all);
    let patch = |caller: &Caller, patch: &str| {
        let patch = Some(Json::parse(patch).unwrap());
        let one = Operation {
            patch,
            payload: None,
            exists: Some(true),
            ..operation("team/red", "painted", "{}")
        };
        office.service.commit(caller, &request(vec![one])).map_err(|error| error.kind())
    };
    for hostile in [
        r#"[{"op":"copy","from":"/budget","path":"/colour"}]"#,
        r#"[{"op":"move","from":"/budget","path":"/colour"}]"#,
        r#"[{"op":"test","path":"/budget","value":4711081511}]"#,
        r#"[{"op":"test","path":"","value":{}}]"#,
    ] {
        assert_eq!(patch(&painter, hostile), Err(Kind::Forbidden), "{hostile}");
    }
    let plain = r#"[{"op":"replace","path":"/colour","value":"crimson"}]"#;
    assert!(patch(&painter, plain).is_ok());
    let blind = office.caller(&["aggregate.append"], &all);
    assert_eq!(patch(&blind, plain), Err(Kind::Forbidden), "a patch looks at what is there");
}

#[test]
fn the_schema_is_passed_by_only_with_the_right_to_change_it() {
    let office = Office::new();
    let write = |actions: &[&str], restrict| {
        let mut caller = office.caller(actions, &["*"]);
        caller.restrict = restrict;
        append(&office.service, &caller, ("team", "red"), "exploded", "{}").map_err(|e| e.kind())
    };
    let writer = ["aggregate.append", "aggregate.create"];
    assert_eq!(write(&writer, Restrict::Default).unwrap_err(), Kind::Violation);
    assert_eq!(write(&writer, Restrict::Off).unwrap_err(), Kind::Forbidden);
    assert!(write(&["aggregate.*", "schema.write"], Restrict::Off).is_ok());
}

#[test]
fn what_creates_and_what_appends() {
    let office = Office::new();
    let needs = |exists, expected_version, actions: &[&str], id: &str| {
        let name = format!("team/{id}");
        let one = Operation { exists, expected_version, ..operation(&name, "founded", "{}") };
        let caller = office.caller(actions, &["aggregate:team:*"]);
        office.service.commit(&caller, &request(vec![one])).map_err(|error| error.kind())
    };
    let (create, append) = (&["aggregate.create"][..], &["aggregate.append"][..]);
    assert!(needs(Some(false), None, create, "a").is_ok());
    assert!(needs(None, Some(0), create, "b").is_ok());
    assert_eq!(needs(Some(false), None, append, "c").unwrap_err(), Kind::Forbidden);
    assert!(needs(Some(true), None, append, "a").is_ok());
    assert!(needs(None, Some(2), append, "a").is_ok());
    assert_eq!(needs(Some(true), None, create, "a").unwrap_err(), Kind::Forbidden);
    // Either may come of it.
    assert_eq!(needs(None, None, create, "d").unwrap_err(), Kind::Forbidden);
    assert_eq!(needs(None, None, append, "d").unwrap_err(), Kind::Forbidden);
    assert!(needs(None, None, &["aggregate.create", "aggregate.append"], "d").is_ok());
    // One operation of many that is not allowed: none of them happens, and it is named.
    let caller = office.caller(create, &["aggregate:team:e"]);
    let two = ["team/e", "team/f"]
        .map(|name| Operation { exists: Some(false), ..operation(name, "founded", "{}") });
    let error = office.service.commit(&caller, &request(two.to_vec())).unwrap_err();
    assert_eq!((error.kind(), error.operation_index()), (Kind::Forbidden, Some(1)));
    // What dbx writes itself is not written by its name.
    let system = Operation { exists: Some(true), ..operation("team/a", "dbx_archived", "{}") };
    let archivist = office.caller(&["*.*"], &["*"]);
    let error = office.service.commit(&archivist, &request(vec![system])).unwrap_err();
    assert_eq!(error.code(), "dbx::name::reserved");
}

#[test]
fn events_carry_the_name_of_the_token() {
    let office = Office::new();
    let caller = office.caller(&["aggregate.*"], &["aggregate:team:*"]);
    let receipt = append(&office.service, &caller, ("team", "red"), "painted", "{}").unwrap();
    let issuer = &receipt.events[0].metadata.issued_by;
    assert_eq!((issuer.group.as_str(), issuer.user.as_str(), issuer.uid), ("audit", "eve", None));
}

#[test]
fn a_token_ends() {
    let office = Office::new();
    let me = ada(Restrict::Default);
    let (id, token) = office.ask(&TokenRequest {
        ttl: Some(600),
        keep_alive: Some(100),
        ..wanted(&["aggregate.*"], &["aggregate:team:*"])
    });
    let caller = office.bearer(&token).unwrap();
    let ask = || office.service.get(&caller, &get()).map(drop).map_err(|error| error.code());
    let write = || {
        append(&office.service, &caller, ("team", "red"), "painted", "{}")
            .map(drop)
            .map_err(|error| error.code())
    };
    let idle_at = |second: i64| {
        let known = office.service.token_info(&me, &id).unwrap().idle_at.unwrap();
        assert_eq!(known, Timestamp::from_micros((NOON + second) * 1_000_000).to_string());
    };
    for (second, until) in [(0, 100), (9, 100), (10, 110), (90, 190), (95, 190)] {
        office.at(second);
        assert_eq!(ask(), Ok(()), "{second}");
        idle_at(until);
    }
    // A write is always written down.
    assert_eq!(write(), Ok(()));
    idle_at(195);
    office.at(194);
    assert_eq!(ask(), Ok(()));
    idle_at(294);
    for second in [290, 380, 470, 560] {
        office.at(second);
        assert_eq!(ask(), Ok(()), "{second}");
    }
    // Its end stands, however often it is used.
    office.at(599);
    assert_eq!(ask(), Ok(()));
    office.at(600);
    assert_eq!((ask(), write()), (Err("dbx::token::expired"), Err("dbx::token::expired")));
    assert_eq!(office.bearer(&token).unwrap_err().code(), "dbx::token::expired");
    assert_eq!(office.service.token_info(&me, &id).unwrap().status, TokenStatus::Expired);

    let (id, token) = office.ask(&TokenRequest {
        keep_alive: Some(100),
        ..wanted(&["aggregate.*"], &["aggregate:team:*"])
    });
    let caller = office.bearer(&token).unwrap();
    office.at(700);
    let error = office.service.get(&caller, &get()).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "dbx::token::idle"));
    let error = append(&office.service, &caller, ("team", "red"), "painted", "{}").unwrap_err();
    assert_eq!(error.code(), "dbx::token::idle", "and is not woken up by being tried");
    assert_eq!(office.service.token_info(&me, &id).unwrap().status, TokenStatus::Idle);
}

#[test]
fn a_token_of_another_store_is_unknown_even_with_the_same_key() {
    let (one, two) = (Office::new(), Office::new());
    let (_, token) = one.ask(&wanted(&["*.*"], &["*"]));
    assert_eq!(two.bearer(&token).unwrap_err().code(), "dbx::token::signature");
    let key = |office: &Office| office.service.paths().token_key();
    std::fs::copy(key(&one), key(&two)).unwrap();
    let caller = two.bearer(&token).unwrap();
    let error = two.service.status(&caller).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "dbx::token::unknown"));
}

#[test]
fn refreshing_ends_the_old_token_and_counts_on() {
    let office = Office::new();
    let me = ada(Restrict::Default);
    let (old, token) = office.ask(&TokenRequest {
        ttl: Some(600),
        limit: Some(3),
        ..wanted(&["aggregate.*"], &["aggregate:team:*"])
    });
    let before = office.bearer(&token).unwrap();
    let paint = |caller: &Caller| {
        append(&office.service, caller, ("team", "red"), "painted", "{}")
            .map(drop)
            .map_err(|error| error.code())
    };
    assert_eq!((paint(&before), paint(&before)), (Ok(()), Ok(())));
    office.at(100);
    let new = office.service.token_refresh(&me, &old[..8], None).unwrap();
    assert_eq!(new.replaces.as_deref(), Some(old.as_str()));
    assert_eq!(new.expires_at.as_deref(), Some("2026-11-20T12:11:40.000000Z"));
    let after = office.bearer(&new.token).unwrap();
    assert_eq!(paint(&before), Err("dbx::token::revoked"));
    assert_eq!((paint(&after), paint(&after)), (Ok(()), Err("dbx::token::limit")));
    let known = office.service.token_info(&me, &new.id).unwrap();
    assert_eq!((known.written, known.status), (3, TokenStatus::UsedUp));
    let known = office.service.token_info(&me, &old).unwrap();
    assert_eq!((known.replaced_by, known.status), (Some(new.id), TokenStatus::Revoked));
    let again = office.service.token_refresh(&me, &old, None).unwrap_err();
    assert_eq!((again.kind(), again.code()), (Kind::Conflict, "dbx::token::revoked"));
}

#[test]
fn a_manager_hands_out_no_more_than_it_has() {
    let office = Office::new();
    let (id, token) = office.ask(&TokenRequest {
        ttl: Some(600),
        ..wanted(&["aggregate.read", "token.manage"], &["*"])
    });
    let manager = office.bearer(&token).unwrap();
    let make = |request: TokenRequest| {
        office.service.token_generate(&manager, &request).map(drop).map_err(|error| error.kind())
    };
    let soon = |actions: &[&str], resources: &[&str]| TokenRequest {
        ttl: Some(60),
        ..wanted(actions, resources)
    };
    assert_eq!(make(soon(&["aggregate.read"], &["aggregate:team:red"])), Ok(()));
    for actions in [["*.*"], ["aggregate.*"], ["aggregate.append"], ["schema.read"]] {
        assert_eq!(
            make(soon(&actions, &["aggregate:team:red"])),
            Err(Kind::Forbidden),
            "{actions:?}"
        );
    }
    assert_eq!(make(wanted(&["aggregate.read"], &["*"])), Err(Kind::Forbidden), "for ever");
    let longer = TokenRequest { ttl: Some(601), ..soon(&["aggregate.read"], &["*"]) };
    assert_eq!(make(longer), Err(Kind::Forbidden));
    // Nor does it see or end tokens that allow more.
    let (above, _) = office.ask(&wanted(&["*.*"], &["*"]));
    let seen = office.service.token_list(&manager).unwrap().tokens;
    assert!(seen.iter().any(|token| token.id == id) && seen.iter().all(|token| token.id != above));
    let error = office.service.token_revoke(&manager, std::slice::from_ref(&above)).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(
        office
            .service
            .token_revoke_all(&manager, "eve")
            .unwrap()
            .tokens
            .iter()
            .all(|t| t.id != above)
    );
    // It ended itself with that.
    let error = office.service.token_list(&manager).unwrap_err();
    assert_eq!(error.code(), "dbx::token::revoked");
    // A limit would be none if one could make oneself another token.
    let (_, token) = office.ask(&TokenRequest { limit: Some(1), ..wanted(&["*.*"], &["*"]) });
    let limited = office.bearer(&token).unwrap();
    let error =
        office.service.token_generate(&limited, &wanted(&["aggregate.read"], &["*"])).unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
    assert_eq!(
        office.service.token_bootstrap(&limited, Ttl::DAY).unwrap_err().kind(),
        Kind::Forbidden
    );
}

#[test]
fn what_makes_no_sense_is_not_made() {
    let office = Office::new();
    let me = ada(Restrict::Default);
    let good = wanted(&["aggregate.read"], &["*"]);
    let code =
        |request: TokenRequest| office.service.token_generate(&me, &request).unwrap_err().code();
    assert_eq!(code(wanted(&["aggregate.dance"], &["*"])), "dbx::token::rights");
    assert_eq!(code(wanted(&["aggregate.read"], &["order/1"])), "dbx::token::rights");
    assert_eq!(code(wanted(&[], &["*"])), "dbx::token::rights");
    assert_eq!(code(wanted(&["*.*"], &[])), "dbx::token::rights");
    assert_eq!(code(TokenRequest { limit: Some(0), ..good.clone() }), "dbx::token::zero");
    assert_eq!(code(TokenRequest { keep_alive: Some(0), ..good.clone() }), "dbx::token::zero");
    assert_eq!(code(TokenRequest { user: "a/b".into(), ..good.clone() }), "dbx::token::name");
    assert_eq!(code(TokenRequest { group: String::new(), ..good.clone() }), "dbx::token::name");
    assert_eq!(code(TokenRequest { group: "local".into(), ..good.clone() }), "dbx::token::name");
    let long = TokenRequest { resources: vec!["aggregate:order:*".into(); 500], ..good };
    assert_eq!(code(long), "dbx::token::too_large");
    assert!(office.service.token_list(&me).unwrap().tokens.is_empty());
}

#[test]
fn dry_runs_and_replays_do_not_count() {
    let office = Office::new();
    let (id, token) = office
        .ask(&TokenRequest { limit: Some(2), ..wanted(&["aggregate.*"], &["aggregate:team:*"]) });
    let caller = office.bearer(&token).unwrap();
    let written = || office.service.token_info(&ada(Restrict::Default), &id).unwrap().written;
    let paint = |key: Option<&str>, dry_run, count: usize| {
        let request = CommitRequest {
            operations: vec![operation("team/red", "painted", "{}"); count],
            idempotency_key: key.map(str::to_owned),
            dry_run,
            ..CommitRequest::default()
        };
        office
            .service
            .commit(&caller, &request)
            .map(|receipt| receipt.replayed)
            .map_err(|e| e.code())
    };
    assert_eq!(paint(None, true, 2), Ok(false));
    assert_eq!(written(), 0);
    assert_eq!(paint(None, true, 3), Err("dbx::token::limit"), "it would not happen");
    assert_eq!(paint(Some("k"), false, 2), Ok(false));
    assert_eq!(written(), 2);
    assert_eq!(paint(Some("k"), false, 2), Ok(true), "what was answered is answered again");
    assert_eq!((paint(None, false, 1), written()), (Err("dbx::token::limit"), 2));
    let error = append(&office.service, &caller, ("team", "red"), "painted", "{}").unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

/// One write of the property below: how many events, and whether it is a dry run.
fn writes() -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((1_usize..4, prop::bool::weighted(0.2)), 0..6)
}

#[test]
fn however_many_write_at_once_the_limit_is_kept() {
    let office = Office::new();
    let me = ada(Restrict::Default);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) };
    let plans = (0_u64..12, prop::collection::vec(writes(), 1..5));
    proptest::test_runner::TestRunner::new(config)
        .run(&plans, |(limit, threads)| {
            let limit = limit + 1;
            let before = office.service.status(&me).unwrap().position.parse::<u64>().unwrap();
            let (id, token) = office.ask(&TokenRequest {
                limit: Some(limit),
                ..wanted(&["aggregate.*"], &["aggregate:team:*"])
            });
            let caller = office.bearer(&token).unwrap();
            let write = |count: usize, dry_run| {
                let operations = vec![operation("team/red", "painted", "{}"); count];
                let request = CommitRequest { dry_run, ..request(operations) };
                match office.service.commit(&caller, &request) {
                    Ok(_) if dry_run => 0,
                    Ok(_) => count as u64,
                    Err(error) => {
                        assert_eq!(error.code(), "dbx::token::limit");
                        0
                    }
                }
            };
            let written: u64 = std::thread::scope(|scope| {
                let running: Vec<_> = threads
                    .iter()
                    .map(|plan| {
                        scope.spawn(|| {
                            plan.iter().map(|(count, dry)| write(*count, *dry)).sum::<u64>()
                        })
                    })
                    .collect();
                running.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            prop_assert!(written <= limit);
            let known = office.service.token_info(&me, &id).unwrap();
            prop_assert_eq!(known.written, written);
            let after = office.service.status(&me).unwrap().position.parse::<u64>().unwrap();
            prop_assert_eq!(after - before, written, "what was counted is what is there");
            // What is left can be written, and not one event more.
            let left = usize::try_from(limit - written).unwrap();
            prop_assert_eq!(write(left + 1, false), 0);
            if left > 0 {
                prop_assert_eq!(write(left, false), left as u64);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn revocations_and_counts_outlive_the_process() {
    let office = Office::new();
    let me = ada(Restrict::Default);
    let (id, token) = office
        .ask(&TokenRequest { limit: Some(2), ..wanted(&["aggregate.*"], &["aggregate:team:*"]) });
    let (other, dead) = office.ask(&wanted(&["*.*"], &["*"]));
    let caller = office.bearer(&token).unwrap();
    append(&office.service, &caller, ("team", "red"), "painted", "{}").unwrap();
    office.service.token_revoke(&me, &[other]).unwrap();
    let Office { dir, clock, service } = office;
    let paths = service.paths().clone();
    service.close().unwrap();
    let mut options = OpenOptions::new(paths, dbx::workspace::Config::default(), "a test");
    options.clock = clock.clone();
    let office = Office { dir, clock, service: Service::open(options).unwrap() };
    assert_eq!(office.service.token_info(&me, &id).unwrap().written, 1);
    let error = office.service.status(&office.bearer(&dead).unwrap()).unwrap_err();
    assert_eq!(error.code(), "dbx::token::revoked");
    assert!(office.service.verify(&me, &|_, _| {}).unwrap().ok);
}
