//! References: checked in the write path, and followed backwards.

use super::{ada, append};
use dbx::service::{Restrict, Service};

const TEAMS: &str = r#"
aggregate person {
  field name { type = "text" }
  field team { type = "reference" rules = {"reference": {"aggregate_type": "team"}} }
  event joined {}
  event moved {}
}
aggregate team { event founded {} }
"#;

fn workspace(schema: &str) -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    service.schema_apply(&ada(Restrict::Default), schema).unwrap();
    (dir, service)
}

fn referrers(service: &Service, id: &str) -> Vec<String> {
    let found = service.referrers(&ada(Restrict::Default), "team", id).unwrap();
    found
        .referrers
        .iter()
        .map(|one| format!("{}/{}{}", one.aggregate_type, one.aggregate_id, one.field))
        .collect()
}

#[test]
fn the_reverse_index_follows_the_state() {
    let (_dir, service) = workspace(TEAMS);
    let me = ada(Restrict::Default);
    for team in ["red", "blue"] {
        append(&service, &me, ("team", team), "founded", "{}").unwrap();
    }
    append(&service, &me, ("person", "p"), "joined", r#"{"team": "team#red"}"#).unwrap();
    assert_eq!(referrers(&service, "red"), ["person/p/team"]);
    append(&service, &me, ("person", "p"), "moved", r#"{"name": "P"}"#).unwrap();
    assert_eq!(
        referrers(&service, "red"),
        ["person/p/team"],
        "an event that does not mention it leaves it"
    );
    append(&service, &me, ("person", "p"), "moved", r#"{"team": "team#blue"}"#).unwrap();
    assert_eq!(
        (referrers(&service, "red"), referrers(&service, "blue")),
        (vec![], vec!["person/p/team".to_owned()])
    );
    append(&service, &me, ("person", "p"), "moved", r#"{"team": null}"#).unwrap();
    assert_eq!(referrers(&service, "blue"), Vec::<String>::new());
}

#[test]
fn unchecked_writes_are_linked_too() {
    let (_dir, service) = workspace(TEAMS);
    append(&service, &ada(Restrict::Default), ("team", "red"), "founded", "{}").unwrap();
    append(&service, &ada(Restrict::Off), ("person", "p"), "anything", r#"{"team": "team#red"}"#)
        .unwrap();
    assert_eq!(referrers(&service, "red"), ["person/p/team"]);
}

#[test]
fn a_schema_that_makes_a_field_a_reference_links_what_is_there() {
    let (_dir, service) = workspace(&TEAMS.replace(
        "\"reference\" rules = {\"reference\": {\"aggregate_type\": \"team\"}}",
        "\"text\"",
    ));
    let me = ada(Restrict::Default);
    append(&service, &me, ("team", "red"), "founded", "{}").unwrap();
    append(&service, &me, ("person", "p"), "joined", r#"{"team": "team#red"}"#).unwrap();
    assert_eq!(referrers(&service, "red"), Vec::<String>::new());
    service.schema_apply(&me, TEAMS).unwrap();
    assert_eq!(referrers(&service, "red"), ["person/p/team"]);
    let without = TEAMS.replace(
        "\"reference\" rules = {\"reference\": {\"aggregate_type\": \"team\"}}",
        "\"text\"",
    );
    service.schema_apply(&me, &without).unwrap();
    assert_eq!(referrers(&service, "red"), Vec::<String>::new());
}

#[test]
fn a_target_must_exist_and_an_operation_is_not_its_own_target() {
    let (_dir, service) = workspace(TEAMS);
    let me = ada(Restrict::Default);
    let error =
        append(&service, &me, ("person", "p"), "joined", r#"{"team": "team#red"}"#).unwrap_err();
    assert_eq!(error.code(), "dbx::schema::violation");
    assert_eq!(error.detail_list()[0].pointer, "/payload/team");
    assert!(service.referrers(&me, "team", "red").is_err(), "a refusal leaves no trace");
    assert_eq!(service.status(&me).unwrap().position, "0");
}
