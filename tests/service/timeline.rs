//! Histories seen through the service: what differs, what is left out, where a list goes on.

use super::{ada, append};
use dbx::service::{Restrict, Service};
use dbx::wire::{At, ListQuery, Sort};

const SCHEMA: &str = r#"
aggregate note {
  hidden_fields = ["a/b"]
  field "a/b" { type = "reference" }
  field open { type = "reference" }
  event written {}
}
"#;

fn workspace() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    service.schema_apply(&ada(Restrict::Default), SCHEMA).unwrap();
    (dir, service)
}

fn write(service: &Service, id: &str, payload: &str) {
    append(service, &ada(Restrict::Default), ("note", id), "written", payload).unwrap();
}

#[test]
fn what_came_back_to_what_it_was_is_named_and_only_that() {
    let (_dir, service) = workspace();
    let payloads = [
        r#"{"n": 1, "name": "x", "deep": {"in": 1}}"#,
        r#"{"n": 2, "name": "y", "deep": {"in": 2}}"#,
        r#"{"n": 1, "name": "z", "deep": 3}"#,
    ];
    for payload in payloads {
        write(&service, "1", payload);
    }
    let between = |from, to| {
        let (from, to) = (At::Version(from), At::Version(to));
        let found = service.diff(&ada(Restrict::Default), "note", "1", from, to).unwrap();
        let changed: Vec<String> = found.changes.into_iter().map(|change| change.path).collect();
        (changed, found.touched_between)
    };
    // `/n` is the beginning of `/name` as a text and not as a place; `/deep/in` is gone with the rest of `/deep`.
    let expected = (vec!["/name".to_owned(), "/deep".to_owned()], vec!["/n".to_owned()]);
    assert_eq!(between(1, 3), expected);
    assert_eq!(between(3, 1), expected);
}

#[test]
fn a_hidden_field_is_hidden_whatever_is_in_its_name() {
    let (_dir, service) = workspace();
    write(&service, "target", "{}");
    write(&service, "1", r#"{"a/b": "note#target", "open": "note#target"}"#);
    let mut who = ada(Restrict::Default);
    let fields = |who| {
        let found = service.referrers(&who, "note", "target").unwrap().referrers;
        found.into_iter().map(|one| one.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(who.clone()), ["/open"]);
    who.show_hidden = true;
    assert_eq!(fields(who), ["/a~1b", "/open"]);
}

#[test]
fn a_list_goes_on_behind_its_cursor_or_says_that_it_cannot() {
    let (_dir, service) = workspace();
    for id in ["1", "2", "3"] {
        write(&service, id, "{}");
    }
    let me = ada(Restrict::Default);
    for sort in [Sort::Id, Sort::Created] {
        let query = ListQuery { sort, take: Some(2), ..ListQuery::default() };
        let first = service.list(&me, &query).unwrap();
        let rest = service.list(&me, &ListQuery { after: first.next, ..query }).unwrap();
        assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    }
    let other =
        ListQuery { sort: Sort::Created, after: Some("note/3".into()), ..ListQuery::default() };
    assert_eq!(service.list(&me, &other).unwrap_err().code(), "dbx::query::cursor");
}
