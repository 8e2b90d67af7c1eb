//! What a change of the schema concerns among what is stored.

use super::{ada, append};
use dbx::domain::Json;
use dbx::schema::{Schema, breaking, compile};
use dbx::service::{Caller, Restrict, Service};
use dbx::wire::{CommitRequest, ImpactRequest, Operation};

const OLD: &str = r#"
aggregate order {
  field total { type = "integer" }
  field note { type = "text" }
  field secret { type = "text" hidden = true }
  field address { type = "object" rules = {"properties": {"city": "text", "zip": "text"}} }
  field customer { type = "reference" rules = {"reference": {"integrity": "weak"}} }
  event placed {}
  event paid {}
  event changed {}
}
aggregate vault { hidden = true event opened {} }
aggregate customer { event registered {} }
"#;

fn schema(source: &str) -> Schema {
    let compiled = compile(source);
    compiled.schema.unwrap_or_else(|| panic!("{source}: {:?}", compiled.diagnostics))
}

/// Three orders, a customer and a vault.
fn shop() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let me = ada(Restrict::Default);
    service.schema_apply(&me, OLD).unwrap();
    let write = |name: (&str, &str), event: &str, payload: &str| {
        append(&service, &me, name, event, payload).unwrap();
    };
    write(("customer", "c-1"), "registered", "{}");
    write(
        ("order", "o-1"),
        "placed",
        r#"{"total": 5, "note": "a", "secret": "s", "address": {"city": "York"}, "customer": "customer#c-1"}"#,
    );
    write(("order", "o-1"), "paid", r#"{"total": 50}"#);
    write(
        ("order", "o-2"),
        "placed",
        r#"{"total": 7, "address": {"zip": "1"}, "customer": "customer#nobody"}"#,
    );
    write(("order", "o-3"), "placed", r#"{"note": "long enough"}"#);
    write(("vault", "v"), "opened", "{}");
    let patch = Operation {
        aggregate_type: "order".into(),
        aggregate_id: "o-2".into(),
        event_type: "changed".into(),
        patch: Some(Json::parse(r#"[{"op": "replace", "path": "/total", "value": 70}]"#).unwrap()),
        ..Operation::default()
    };
    let request = CommitRequest { operations: vec![patch], ..CommitRequest::default() };
    service.commit(&me, &request).unwrap();
    (dir, service)
}

/// `CODE path: events/aggregates examples` of every break of the schema in which `from` became `to`.
fn impact(service: &Service, caller: &Caller, from: &str, to: &str) -> String {
    assert!(OLD.contains(from), "{from}");
    let new = OLD.replace(from, to);
    assert!(!breaking(&schema(OLD), &schema(&new)).is_empty(), "{to}");
    let request = ImpactRequest { old: Some(OLD.to_owned()), new };
    let found = service.schema_impact(caller, &request).unwrap();
    let lines = found.iter().map(|one| {
        let examples = one.examples.join(" ");
        format!("{} {}: {}/{} {examples}", one.code, one.path, one.events, one.aggregates)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn fields_are_judged_by_the_states_of_now() {
    let (_dir, service) = shop();
    let told = |from: &str, to: &str| impact(&service, &ada(Restrict::Default), from, to);
    insta::assert_snapshot!(told(r#"total { type = "integer" }"#, r#"total { type = "date" }"#), @r"
    B103 order.fields.total: 4/2 order/o-1@1 order/o-1@2 order/o-2@1
    B306 order.fields.total: 4/2 order/o-1 order/o-2
    ");
    let range = r#"total { type = "integer" rules = {"range": {"max": 60}} }"#;
    insta::assert_snapshot!(told(r#"total { type = "integer" }"#, range), @r"
    B202 order.fields.total.rules.range: 4/1 order/o-2
    B308 order.fields.total.rules.range: 4/1 order/o-2
    ");
    // Two rules of one field are told apart, and so is that a value is needed at all.
    let rules = r#"note { type = "text" rules = {"required": true, "length": {"min": 2}, "contains": ["a"]} }"#;
    insta::assert_snapshot!(told(r#"note { type = "text" }"#, rules), @"
    B201 order.fields.note: 2/1 order/o-2
    B202 order.fields.note.rules.contains: 2/1 order/o-3
    B202 order.fields.note.rules.length: 2/1 order/o-1
    B307 order.fields.note: 2/1 order/o-2
    B308 order.fields.note.rules.contains: 2/1 order/o-3
    B308 order.fields.note.rules.length: 2/1 order/o-1
    ");
    let locked = r#"note { type = "text" locked = true }"#;
    insta::assert_snapshot!(told(r#"note { type = "text" }"#, locked), @"B305 order.fields.note.locked: 2/2 order/o-1 order/o-3");
}

#[test]
fn properties_are_told_apart() {
    let (_dir, service) = shop();
    let told = |to: &str| {
        impact(&service, &ada(Restrict::Default), r#"{"city": "text", "zip": "text"}"#, to)
    };
    let required = r#"{"city": {"type": "text", "required": true}, "zip": {"type": "integer"}}"#;
    insta::assert_snapshot!(told(required), @"
    B103 order.fields.address.rules.properties.zip: 2/1 order/o-1@1 order/o-2@1
    B201 order.fields.address.rules.properties.city: 2/1 order/o-2
    B307 order.fields.address.rules.properties.city: 2/1 order/o-2
    B306 order.fields.address.rules.properties.zip: 2/1 order/o-2
    ");
    let longer = r#"{"city": {"type": "text", "length": {"min": 5}}, "zip": {"type": "text", "length": {"max": 9}}}"#;
    insta::assert_snapshot!(told(longer), @"
    B202 order.fields.address.rules.properties.city.rules.length: 2/1 order/o-1
    B202 order.fields.address.rules.properties.zip.rules.length: 2/0 order/o-1@1 order/o-2@1
    B308 order.fields.address.rules.properties.city.rules.length: 2/1 order/o-1
    B308 order.fields.address.rules.properties.zip.rules.length: 2/0 order/o-1@1 order/o-2@1
    ");
}

#[test]
fn references_are_followed() {
    let (_dir, service) = shop();
    let told = |to: &str| impact(&service, &ada(Restrict::Default), r#""integrity": "weak""#, to);
    insta::assert_snapshot!(told(r#""integrity": "strong""#), @"B310 order.fields.customer.rules.reference: 2/1 order/o-2");
    let restrict = r#""integrity": "weak", "cascade": "restrict", "aggregate_type": "vault""#;
    insta::assert_snapshot!(told(restrict), @"
    B203 order.fields.customer.rules.reference: 2/2 order/o-1 order/o-2
    B309 order.fields.customer.rules.reference: 2/2 order/o-1 order/o-2
    B311 order.fields.customer.rules.reference: 2/2 order/o-1 order/o-2
    ");
}

#[test]
fn events_and_whole_types_count_what_the_log_has() {
    let (_dir, service) = shop();
    let told = |from: &str, to: &str| impact(&service, &ada(Restrict::Default), from, to);
    insta::assert_snapshot!(told("event placed {}", "event placed { fields = [\"total\"] }"), @"B304 order.events.placed.fields: 3/3 order/o-1@1 order/o-2@1 order/o-3@1");
    insta::assert_snapshot!(told("event paid {}", ""), @"
    B102 order.events.paid: 1/1 order/o-1@2
    B303 order.events.paid: 1/1 order/o-1@2
    ");
    insta::assert_snapshot!(told("aggregate order {", "aggregate order { locked = true"), @"B302 order.locked: 5/3 order/o-1 order/o-2 order/o-3");
    insta::assert_snapshot!(told("aggregate customer { event registered {} }", ""), @"
    B101 customer: 1/1 customer/c-1@1
    B301 customer: 1/1 customer/c-1
    ");
}

#[test]
fn what_the_caller_may_not_see_is_not_counted() {
    let (_dir, service) = shop();
    let mut me = ada(Restrict::Default);
    let changes = [
        (r#"secret { type = "text" hidden = true }"#, r#"secret { type = "date" hidden = true }"#),
        ("aggregate vault { hidden = true", "aggregate vault { hidden = true locked = true"),
    ];
    for (from, to) in changes {
        assert_eq!(impact(&service, &me, from, to), "", "{to}");
    }
    me.show_hidden = true;
    let told: Vec<String> =
        changes.iter().map(|(from, to)| impact(&service, &me, from, to)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    B103 order.fields.secret: 1/1 order/o-1@1
    B306 order.fields.secret: 1/1 order/o-1
    B302 vault.locked: 1/1 vault/v
    ");
}

#[test]
fn nothing_is_concerned_where_nothing_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let told = impact(&service, &ada(Restrict::Default), "event paid {}", "");
    assert_eq!(told, "B102 order.events.paid: 0/0 \nB303 order.events.paid: 0/0 ");
}
