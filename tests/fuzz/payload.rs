//! Payloads against schemas: what is accepted is stored in a form that is accepted again and stays as it is.

use super::parts;
use dbx::domain::json::{Object, object_to_string};
use dbx::domain::{AggregateKey, Json};
use dbx::schema::values::{
    Violation, check_metadata, check_note, check_patched, check_payload, check_references,
    check_state, parse_reference, reference_text, references, visible,
};
use dbx::schema::{Aggregate, compile};

/// A schema, a payload, and the name of an event that the schema may not know.
pub fn run(data: &[u8]) {
    let Some([schema, payload, event]) = parts(data) else { return };
    if let Ok(target) = parse_reference(payload, "item") {
        let text = reference_text(&target);
        assert_eq!(parse_reference(&text, "other").ok(), Some(target), "{payload:?}");
    }
    let Ok(Json::Object(payload)) = Json::parse(payload) else { return };
    beside(&payload, event);
    let Some(schema) = compile(schema).schema else { return };
    for aggregate in schema.aggregates.values() {
        let known = aggregate.events.keys().map(String::as_str);
        for event in known.chain([event]) {
            check(aggregate, event, &payload);
        }
    }
}

fn check(aggregate: &Aggregate, event: &str, payload: &Object) {
    let mut violations = Vec::new();
    let stored = check_payload(aggregate, event, payload, &mut violations);
    assert!(stored.keys().eq(payload.keys()), "keys stay, in their order");
    if violations.is_empty() {
        let again = check_payload(aggregate, event, &stored, &mut violations);
        assert!(violations.is_empty(), "{} is refused: {violations:?}", object_to_string(&stored));
        assert_eq!(object_to_string(&again), object_to_string(&stored));
        let text = object_to_string(&stored);
        assert_eq!(Json::parse(&text), Ok(Json::Object(stored.clone())), "it can be stored");
    }
    let touched: Vec<String> = payload.keys().cloned().collect();
    let empty = Object::new();
    check_state(aggregate, &empty, &stored, &touched, &mut violations);
    check_state(aggregate, payload, &stored, &touched, &mut violations);
    let mentioned: Vec<AggregateKey> =
        references(aggregate, &stored).into_iter().map(|one| one.target).collect();
    let mut asked = Vec::new();
    let mut none_exists = |target: &AggregateKey| {
        asked.push(target.clone());
        false
    };
    check_references(aggregate, &stored, &mut none_exists, &mut violations);
    assert!(asked.iter().all(|target| mentioned.contains(target)), "{asked:?} {mentioned:?}");
    for (key, value) in check_patched(aggregate, event, &touched, payload, &mut violations) {
        assert_eq!(stored.get(&key), Some(&value), "a patch is stored as a payload is");
    }
    assert!(visible(aggregate, &stored).keys().all(|key| !aggregate.is_hidden_field(key)));
    sentences(&violations);
}

/// What travels beside a payload.
fn beside(metadata: &Object, note: &str) {
    let mut violations = Vec::new();
    check_metadata(metadata, &mut violations);
    check_note(note, &mut violations);
    sentences(&violations);
}

fn sentences(violations: &[Violation]) {
    for violation in violations {
        assert!(!violation.message.is_empty() && !violation.message.ends_with('.'));
    }
}
