//! The cases that the language and the checks are measured with: `tests/fixtures/schema_cases.json`.

use dbx::domain::Json;
use dbx::domain::json::{Number, Object};
use dbx::service::{Caller, Restrict, Service};
use dbx::wire::{CommitRequest, Operation};

const CASES: &str = include_str!("../fixtures/schema_cases.json");

/// `{"__raw__": "1e5"}` is that number's own text, `{"__repeat__": ["x", 3]}` is `xxx`.
fn expand(value: &Json) -> Json {
    match value {
        Json::Object(object) => {
            if let Some(raw) = object.get("__raw__").and_then(Json::as_str) {
                return Json::Number(Number::new(raw).expect("a number"));
            }
            if let Some([text, times]) = object.get("__repeat__").and_then(Json::as_array) {
                let times = times.as_number().unwrap().as_str().parse().unwrap();
                return text.as_str().unwrap().repeat(times).into();
            }
            Json::Object(object.iter().map(|(key, value)| (key.clone(), expand(value))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(expand).collect()),
        other => other.clone(),
    }
}

fn text(object: &Object, key: &str) -> String {
    object[key].as_str().expect(key).to_owned()
}

fn operation(case: &Object) -> Operation {
    let exists = match case["op"].as_str() {
        Some("create") => false,
        Some("apply") => true,
        other => panic!("unknown operation {other:?}"),
    };
    Operation {
        aggregate_type: text(case, "aggregate_type"),
        aggregate_id: text(case, "id"),
        event_type: text(case, "event"),
        payload: case.get("payload").map(expand),
        note: case.get("note").map(|note| expand(note).as_str().unwrap().to_owned()),
        metadata: case.get("metadata").map(expand),
        exists: Some(exists),
        ..Operation::default()
    }
}

/// What the last operation of a case says. All before it must be accepted.
fn write(case: &Object) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let caller = Caller::local("cases", Restrict::Default);
    service.schema_apply(&caller, &text(case, "schema")).map_err(|error| format!("{error:?}"))?;
    let operations = case["operations"].as_array().unwrap();
    let (last, before) = operations.split_last().unwrap();
    let commit = |one: &Json| {
        let operations = vec![operation(one.as_object().unwrap())];
        service.commit(&caller, &CommitRequest { operations, ..CommitRequest::default() })
    };
    for one in before {
        commit(one).expect("the operations before the last");
    }
    commit(last).map(drop).map_err(|error| format!("{error:?}"))
}

fn source(case: &Object) -> Result<(), String> {
    let compiled = dbx::schema::compile(&text(case, "schema"));
    compiled.schema.map(drop).ok_or_else(|| format!("{:?}", compiled.diagnostics))
}

#[test]
fn every_case_is_accepted_or_rejected_as_expected() {
    let cases = Json::parse(CASES).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 76);
    let mut wrong = Vec::new();
    for case in cases {
        let case = case.as_object().unwrap();
        let outcome = match case["kind"].as_str() {
            Some("write") => write(case),
            Some("schema_source") => source(case),
            other => panic!("unknown kind {other:?}"),
        };
        let expected = case["expect"] == Json::from("accept");
        if outcome.is_ok() != expected {
            wrong.push(format!("{}: {outcome:?} ({})", text(case, "name"), text(case, "why")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
