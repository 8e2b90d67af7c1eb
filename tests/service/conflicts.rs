//! Who is late hears that before what else is wrong.

use super::{ada, append};
use dbx::domain::Json;
use dbx::service::{Restrict, Service};
use dbx::wire::{CommitRequest, Operation};

const SCHEMA: &str = r#"aggregate order { field total { type = "integer" } event placed {} }"#;
const BAD: &str = r#"{"total": "much"}"#;
const GOOD: &str = r#"{"total": 1}"#;

fn operation(id: &str, payload: &str) -> Operation {
    Operation {
        aggregate_type: "order".into(),
        aggregate_id: id.into(),
        event_type: "placed".into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    }
}

/// A workspace in which `order/o-1` has two events.
fn shop() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let (service, me) = (Service::init(dir.path()).unwrap(), ada(Restrict::Default));
    service.schema_apply(&me, SCHEMA).unwrap();
    for _ in 0..2 {
        append(&service, &me, ("order", "o-1"), "placed", GOOD).unwrap();
    }
    (dir, service)
}

/// The code of the refusal and the operation that it names.
fn refusal(service: &Service, operations: Vec<Operation>) -> (&'static str, Option<usize>) {
    let request = CommitRequest { operations, ..CommitRequest::default() };
    let error = service.commit(&ada(Restrict::Default), &request).unwrap_err();
    assert_eq!(error.kept_text(), Some("nothing was written"));
    (error.code(), error.operation_index())
}

#[test]
fn a_failed_expectation_comes_before_violations() {
    let (_dir, service) = shop();
    let expecting = |id: &str, exists, expected_version| Operation {
        exists,
        expected_version,
        ..operation(id, BAD)
    };
    for (operation, code) in [
        (expecting("o-1", Some(false), None), "dbx::conflict::exists"),
        (expecting("o-2", Some(true), None), "dbx::aggregate::unknown"),
        (expecting("o-1", None, Some(1)), "dbx::conflict::version"),
        (expecting("o-2", None, Some(1)), "dbx::conflict::version"),
        (expecting("o-1", Some(true), Some(2)), "dbx::schema::violation"),
        (expecting("o-2", Some(false), None), "dbx::schema::violation"),
        (expecting("o-1", None, None), "dbx::schema::violation"),
    ] {
        let said = format!("{operation:?}");
        assert_eq!(refusal(&service, vec![operation]), (code, Some(0)), "{said}");
    }
}

#[test]
fn an_expectation_counts_the_operations_before_it() {
    let (_dir, service) = shop();
    let second = |expected| Operation { expected_version: Some(expected), ..operation("o-1", BAD) };
    let two = |expected| vec![operation("o-1", GOOD), second(expected)];
    assert_eq!(refusal(&service, two(3)), ("dbx::schema::violation", Some(1)));
    assert_eq!(refusal(&service, two(2)), ("dbx::conflict::version", Some(1)));
    // What is wrong may stand before what is late.
    let late = Operation { exists: Some(false), ..operation("o-1", GOOD) };
    let both = vec![operation("o-2", BAD), late];
    assert_eq!(refusal(&service, both), ("dbx::conflict::exists", Some(1)));
}
