//! A payload that is to be merged, against its aggregate and event.

use super::types::normalise;
use super::violation::{Violation, cut, did_you_mean, member};
use crate::domain::json::Object;
use crate::schema::{Aggregate, EventRule};

/// Checks all of an event that does not depend on a state: the aggregate's lock, the name of the event, its allowlist,
/// types and rules. The payload comes back normalised, keys in their order; keys without a declared field pass
/// untouched.
///
/// `event_type` is the name as it is stored, with underscores.
pub fn check_payload(
    aggregate: &Aggregate,
    event_type: &str,
    payload: &Object,
    violations: &mut Vec<Violation>,
) -> Object {
    if let Some(event) = check_event(aggregate, event_type, violations) {
        check_keys(event, event_type, payload.keys(), violations);
        for name in event.fields.iter().filter(|name| !payload.contains_key(name.as_str())) {
            violations.push(Violation::new(
                member("", name),
                "fields",
                Some("fields".to_owned()),
                format!("`{name}` is missing: `{event_type}` takes exactly its `fields`"),
            ));
        }
    }
    payload
        .iter()
        .map(|(key, value)| {
            let normal = match aggregate.fields.get(key) {
                Some(field) => {
                    let pointer = member("", key);
                    normalise(&field.shape, &aggregate.name, value, &pointer, violations)
                }
                None => value.clone(),
            };
            (key.clone(), normal)
        })
        .collect()
}

/// Adds a violation if the aggregate type is locked: all that is asked of the events that dbx writes itself.
pub fn check_lock(aggregate: &Aggregate, violations: &mut Vec<Violation>) {
    if aggregate.locked {
        violations.push(Violation::new(
            "",
            "aggregate_locked",
            Some("locked".to_owned()),
            format!("the aggregate type `{}` is locked: it takes no events", aggregate.name),
        ));
    }
}

/// The rule of the event, after the aggregate's lock and the event's name were looked at.
pub(super) fn check_event<'a>(
    aggregate: &'a Aggregate,
    event_type: &str,
    violations: &mut Vec<Violation>,
) -> Option<&'a EventRule> {
    check_lock(aggregate, violations);
    let event = aggregate.events.get(event_type);
    if event.is_none() {
        let nearest = did_you_mean(event_type, aggregate.events.keys().map(String::as_str));
        violations.push(Violation::new(
            "",
            "event",
            None,
            format!("`{}` has no event `{}`{nearest}", aggregate.name, cut(event_type)),
        ));
    }
    event
}

/// Refuses keys beyond the event's allowlist, if it has one.
pub(super) fn check_keys<'a>(
    event: &EventRule,
    event_type: &str,
    keys: impl Iterator<Item = &'a String>,
    violations: &mut Vec<Violation>,
) {
    if event.fields.is_empty() {
        return;
    }
    for key in keys.filter(|key| !event.fields.contains(key)) {
        let nearest = did_you_mean(key, event.fields.iter().map(String::as_str));
        violations.push(Violation::new(
            member("", key),
            "fields",
            Some("fields".to_owned()),
            format!("`{}` is not among the `fields` of `{event_type}`{nearest}", cut(key)),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{item, object, shape, told};
    use super::*;
    use crate::domain::json::object_to_string;
    use crate::schema::FieldType;

    fn check(aggregate: &Aggregate, event: &str, payload: &str) -> (String, Vec<Violation>) {
        let mut violations = Vec::new();
        let stored = check_payload(aggregate, event, &object(payload), &mut violations);
        (object_to_string(&stored), violations)
    }

    #[test]
    fn declared_keys_are_normalised_and_others_untouched_in_their_order() {
        let aggregate =
            item().field("n", shape(FieldType::Integer)).field("at", shape(FieldType::Timestamp));
        let payload = r#"{"z":123456789012345678901234567890,"at":"2026-01-01T01:00:00+01:00","e":1.50E+05,"n":"7","x":null,"deep":{"n":"7"}}"#;
        let (stored, violations) = check(&aggregate, "created", payload);
        assert!(violations.is_empty(), "{violations:?}");
        assert_eq!(
            stored,
            r#"{"z":123456789012345678901234567890,"at":"2026-01-01T00:00:00Z","e":1.50E+05,"n":7,"x":null,"deep":{"n":"7"}}"#
        );
    }

    #[test]
    fn allowlists_are_exact_and_empty_ones_open() {
        let aggregate = item()
            .field("a", shape(FieldType::Text))
            .field("b", shape(FieldType::Text))
            .event("listed", &["a", "ghost"]);
        for (payload, wrong) in [
            (r#"{"a":"1","ghost":2}"#, &[][..]),
            (r#"{"ghost":null,"a":"1"}"#, &[]),
            (r#"{"a":"1"}"#, &["/ghost fields"]),
            ("{}", &["/a fields", "/ghost fields"]),
            (r#"{"a":"1","ghost":2,"b":"3","c/d":4}"#, &["/b fields", "/c~1d fields"]),
            (r#"{"a":1,"b":2}"#, &["/b fields", "/ghost fields", "/a type", "/b type"]),
        ] {
            assert_eq!(told(&check(&aggregate, "listed", payload).1), wrong, "{payload}");
        }
        for payload in ["{}", r#"{"a":"1"}"#, r#"{"b":"2","zzz":"3"}"#] {
            assert!(check(&aggregate, "updated", payload).1.is_empty(), "{payload}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut aggregate = item().field("n", shape(FieldType::Integer));
        aggregate.locked = true;
        let (stored, violations) = check(&aggregate, "craeted", r#"{"n":1.5}"#);
        assert_eq!(told(&violations), [" aggregate_locked", " event", "/n type"]);
        assert_eq!(stored, r#"{"n":1.5}"#, "what is wrong comes back as it was");
        let lines: Vec<String> = violations.into_iter().map(|one| one.message).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        the aggregate type `item` is locked: it takes no events
        `item` has no event `craeted`, did you mean `created`?
        `1.5` is not an `integer`: write it as digits only, such as `-42`
        ");
    }

    #[test]
    fn a_misspelt_key_of_an_allowlist_gets_a_suggestion() {
        let aggregate = item().event("listed", &["status"]);
        let (_, violations) = check(&aggregate, "listed", r#"{"statsu":"x"}"#);
        assert_eq!(
            violations[0].message,
            "`statsu` is not among the `fields` of `listed`, did you mean `status`?"
        );
        assert_eq!(
            violations[1].message,
            "`status` is missing: `listed` takes exactly its `fields`"
        );
    }
}
