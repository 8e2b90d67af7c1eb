//! What depends on the state of the aggregate: locks, required fields, patches, and what is shown of it.

use super::payload::{check_event, check_keys};
use super::types::normalise;
use super::violation::{Violation, member};
use crate::domain::Json;
use crate::domain::json::Object;
use crate::schema::Aggregate;

/// Checks an event of any kind against the states `before` and `after` it: a locked field that the state already has
/// must not be among the `touched` keys, whatever the new value is, and each required field must have a value
/// afterwards.
///
/// `touched` are the payload's keys, or the first segments of a patch's pointers; for a patch of the whole document,
/// the keys of both states.
pub fn check_state(
    aggregate: &Aggregate,
    before: &Object,
    after: &Object,
    touched: &[String],
    violations: &mut Vec<Violation>,
) {
    for key in distinct(touched) {
        if before.contains_key(key) && aggregate.is_locked_field(key) {
            violations.push(Violation::new(
                member("", key),
                "locked",
                Some("locked".to_owned()),
                format!("`{key}` is locked: it has a value already, and that never changes"),
            ));
        }
    }
    for (name, field) in &aggregate.fields {
        if field.shape.rules.required && after.get(name).is_none_or(Json::is_null) {
            violations.push(Violation::new(
                member("", name),
                "required",
                Some("required".to_owned()),
                format!("`{name}` is required: the state has no value for it after this event"),
            ));
        }
    }
}

/// Checks an RFC 6902 event by the state that it results in: the aggregate's lock, the event's name, its allowlist (the
/// `touched` keys must be within it; a patch need not touch all of it), types and rules of the touched keys.
///
/// Returns each touched key whose normal form differs from what the patch made of it, with that form, in the order of
/// `touched`: the writer appends a `replace` for each, so that what is stored is normalised. Locks and required fields
/// are [`check_state`]'s.
pub fn check_patched(
    aggregate: &Aggregate,
    event_type: &str,
    touched: &[String],
    after: &Object,
    violations: &mut Vec<Violation>,
) -> Vec<(String, Json)> {
    if let Some(event) = check_event(aggregate, event_type, violations) {
        check_keys(event, event_type, distinct(touched), violations);
    }
    distinct(touched)
        .filter_map(|key| {
            let (field, value) = (aggregate.fields.get(key)?, after.get(key)?);
            let pointer = member("", key);
            let normal = normalise(&field.shape, &aggregate.name, value, &pointer, violations);
            (normal != *value).then(|| (key.clone(), normal))
        })
        .collect()
}

/// Each key once, where it stands first.
fn distinct(keys: &[String]) -> impl Iterator<Item = &String> {
    let mut seen = std::collections::HashSet::new();
    keys.iter().filter(move |key| seen.insert(key.as_str()))
}

/// What is shown of a state or a payload to those without the right to hidden fields.
pub fn visible(aggregate: &Aggregate, object: &Object) -> Object {
    object
        .iter()
        .filter(|(key, _)| !aggregate.is_hidden_field(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{item, object, shape, told};
    use super::*;
    use crate::domain::json::object_to_string;
    use crate::schema::FieldType;

    fn keys(touched: &[&str]) -> Vec<String> {
        touched.iter().map(|&key| key.to_owned()).collect()
    }

    fn states(aggregate: &Aggregate, before: &str, after: &str, touched: &[&str]) -> Vec<String> {
        let mut violations = Vec::new();
        let (before, after) = (object(before), object(after));
        check_state(aggregate, &before, &after, &keys(touched), &mut violations);
        told(&violations)
    }

    #[test]
    fn required_fields_have_a_value_afterwards() {
        let aggregate = item()
            .field("v", shape(FieldType::Text).required())
            .field("w", shape(FieldType::Json).required())
            .field("x", shape(FieldType::Text));
        let before = r#"{"v":"1","w":2}"#;
        for (before, after, wrong) in [
            ("{}", before, &[][..]),
            (before, r#"{"v":"1","w":2,"x":"3"}"#, &[]),
            ("{}", "{}", &["/v required", "/w required"]),
            ("{}", r#"{"v":"","w":null}"#, &["/w required"]),
            (before, r#"{"w":false}"#, &["/v required"]),
        ] {
            assert_eq!(states(&aggregate, before, after, &["x"]), wrong, "{after}");
        }
    }

    #[test]
    fn locked_fields_are_set_once_by_any_event() {
        let mut aggregate =
            item().field("a", shape(FieldType::Text)).field("b", shape(FieldType::Text));
        aggregate.field_locks = keys(&["a", "undeclared"]);
        if let Some(field) = aggregate.fields.get_mut("b") {
            field.locked = true;
        }
        let all = r#"{"a":"1","b":"2","undeclared":3,"c":4}"#;
        for (before, touched, wrong) in [
            ("{}", &["a", "b", "undeclared", "c"][..], &[][..]),
            (r#"{"c":4}"#, &["a"], &[]),
            (all, &["c"], &[]),
            (all, &["a", "c"], &["/a locked"]),
            (all, &["b", "undeclared", "b"], &["/b locked", "/undeclared locked"]),
            (r#"{"a":null}"#, &["a"], &["/a locked"]),
        ] {
            assert_eq!(states(&aggregate, before, all, touched), wrong, "{before} {touched:?}");
        }
    }

    #[test]
    fn patches_are_checked_by_what_they_result_in() {
        let aggregate = item()
            .field("n", shape(FieldType::Integer))
            .field("t", shape(FieldType::Object).property("at", shape(FieldType::Timestamp)))
            .event("listed", &["n", "t"]);
        let after = object(r#"{"n":"7","t":{"at":"2026-01-01T01:00:00+01:00"},"m":1,"bad":2}"#);
        let check = |event: &str, touched: &[&str], after: &Object| {
            let mut violations = Vec::new();
            let changed = check_patched(&aggregate, event, &keys(touched), after, &mut violations);
            (object_to_string(&changed.into_iter().collect()), told(&violations))
        };
        let (changed, wrong) = check("listed", &["t", "n", "t"], &after);
        assert_eq!(changed, r#"{"t":{"at":"2026-01-01T00:00:00Z"},"n":7}"#);
        assert!(wrong.is_empty(), "{wrong:?}");
        let (changed, wrong) = check("updated", &["m"], &after);
        assert_eq!((changed.as_str(), wrong), ("{}", vec![]), "untouched keys are left alone");
        assert!(check("listed", &["n"], &object("{}")).1.is_empty(), "a key may be removed");
        assert_eq!(check("listed", &["m", "m"], &after).1, ["/m fields"]);
        assert_eq!(
            check("unknown", &["n"], &object(r#"{"n":true}"#)),
            ("{}".to_owned(), vec![" event".to_owned(), "/n type".to_owned()])
        );
    }

    #[test]
    fn hidden_fields_are_left_out() {
        let mut aggregate = item().field("a", shape(FieldType::Text));
        if let Some(field) = aggregate.fields.get_mut("a") {
            field.hidden = true;
        }
        aggregate.hidden_fields = keys(&["undeclared"]);
        let shown = visible(&aggregate, &object(r#"{"z":1.0,"a":"x","undeclared":2,"b":{"a":3}}"#));
        assert_eq!(object_to_string(&shown), r#"{"z":1.0,"b":{"a":3}}"#);
    }
}
