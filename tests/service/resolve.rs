//! Following references.

use super::{ada, append};
use dbx::service::{Restrict, Service};
use dbx::wire::{ArchiveRequest, GetQuery, Resolution, Resolved};

const NODES: &str = r#"
aggregate node {
  hidden_fields = ["secret"]
  field next { type = "reference" rules = {"reference": {"integrity": "weak"}} }
  field secret { type = "reference" rules = {"reference": {"integrity": "weak"}} }
  field more { type = "object" rules = {"properties": {"other": {"type": "reference", "reference": {"integrity": "weak"}}}} }
  event set {}
}
aggregate shadow { hidden = true event set {} }
"#;

fn workspace() -> (tempfile::TempDir, Service) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    service.schema_apply(&ada(Restrict::Default), NODES).unwrap();
    (dir, service)
}

fn set(service: &Service, id: &str, payload: &str) {
    append(service, &ada(Restrict::Default), ("node", id), "set", payload).unwrap();
}

fn resolved(service: &Service, id: &str, depth: u8) -> Vec<Resolved> {
    let query =
        GetQuery { aggregate_type: "node".into(), aggregate_id: id.into(), ..GetQuery::default() };
    let record = service.get_resolved(&ada(Restrict::Default), &query, depth).unwrap();
    record.resolved.unwrap()
}

/// As `path target outcome`, each level in parentheses behind what it is under.
fn told(resolved: &[Resolved]) -> String {
    let one = |one: &Resolved| {
        let outcome = match one.outcome {
            Resolution::Found => "",
            Resolution::Missing => " missing",
            Resolution::Cycle => " cycle",
            Resolution::Hidden => " hidden",
            _ => " more",
        };
        let below = one.aggregate.as_ref().and_then(|record| record.resolved.as_deref());
        let below = below.map(|below| format!(" ({})", told(below))).unwrap_or_default();
        format!("{} {}{outcome}{below}", one.path, one.target)
    };
    resolved.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn references_are_followed_level_by_level() {
    let (_dir, service) = workspace();
    for (id, payload) in [
        ("a", r##"{"next": "#b", "more": {"other": "node#c"}, "secret": "#d"}"##),
        ("b", r##"{"next": "#c"}"##),
        ("c", r##"{"next": "#d"}"##),
        ("d", "{}"),
    ] {
        set(&service, id, payload);
    }
    assert_eq!(told(&resolved(&service, "a", 1)), "/next node#b, /more/other node#c");
    assert_eq!(
        told(&resolved(&service, "a", 2)),
        "/next node#b (/next node#c), /more/other node#c (/next node#d)"
    );
    assert_eq!(
        told(&resolved(&service, "a", 5)),
        "/next node#b (/next node#c (/next node#d ())), /more/other node#c (/next node#d ())"
    );
    let first = resolved(&service, "a", 1).remove(0).aggregate.unwrap();
    assert_eq!((first.version, first.state.to_string()), (1, r#"{"next":"node#c"}"#.into()));
    assert_eq!(told(&resolved(&service, "d", 1)), "");
    for depth in [0, 6] {
        let query = GetQuery {
            aggregate_type: "node".into(),
            aggregate_id: "a".into(),
            ..GetQuery::default()
        };
        let error = service.get_resolved(&ada(Restrict::Default), &query, depth).unwrap_err();
        assert_eq!(error.code(), "dbx::query::depth");
    }
}

#[test]
fn cycles_missing_and_hidden_targets_are_named() {
    let (_dir, service) = workspace();
    let me = ada(Restrict::Default);
    set(&service, "a", r##"{"next": "#b", "more": {"other": "#a"}}"##);
    set(&service, "b", r##"{"next": "#a", "more": {"other": "#gone"}}"##);
    set(&service, "s", r#"{"next": "shadow#x", "more": {"other": "shadow#none"}}"#);
    append(&service, &me, ("shadow", "x"), "set", "{}").unwrap();
    assert_eq!(
        told(&resolved(&service, "a", 3)),
        "/next node#b (/next node#a cycle, /more/other node#gone missing), /more/other node#a cycle"
    );
    assert_eq!(
        told(&resolved(&service, "s", 2)),
        "/next shadow#x hidden, /more/other shadow#none hidden"
    );
    let request = ArchiveRequest {
        aggregate_type: "node".into(),
        aggregate_id: "b".into(),
        ..ArchiveRequest::default()
    };
    service.archive(&me, &request).unwrap();
    let found = resolved(&service, "a", 1).remove(0);
    assert!(found.outcome == Resolution::Found && found.aggregate.unwrap().archived);
}
