//! References from one aggregate to another.

use super::violation::{Violation, cut, member};
use crate::domain::json::Object;
use crate::domain::{AggregateKey, IdError, Json};
use crate::schema::{Aggregate, FieldType, ReferenceRule, Shape};

/// Why a text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not of an accepted shape.
    #[error("write it as `type#id`, or as `#id` within the own type")]
    Shape,
    /// A part that is not an identifier.
    #[error(transparent)]
    Part(#[from] IdError),
}

/// The aggregate that `text` points at: `type#id`, `#id` within `own_type`, or the legacy `domain#type#id`, whose
/// domain is dropped. White space around it is dropped too.
///
/// # Errors
/// What is wrong with `text`.
pub fn parse_reference(text: &str, own_type: &str) -> Result<AggregateKey, ReferenceError> {
    let parts: Vec<&str> = text.trim().splitn(4, '#').collect();
    let (aggregate_type, id) = match *parts.as_slice() {
        ["", id] => (own_type, id),
        [aggregate_type, id] => (aggregate_type, id),
        [domain, aggregate_type, id] if is_domain(domain) => (aggregate_type, id),
        _ => return Err(ReferenceError::Shape),
    };
    Ok(AggregateKey::new(aggregate_type, id)?)
}

fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The text under which a reference is stored, `type#id`.
pub fn reference_text(target: &AggregateKey) -> String {
    format!("{}#{}", target.aggregate_type, target.id)
}

/// Adds a violation if `text`, a reference in canonical form, points at another type than the shape's rule allows.
pub(super) fn check_type(
    shape: &Shape,
    text: &str,
    pointer: &str,
    violations: &mut Vec<Violation>,
) {
    let wanted = shape.rules.reference.as_ref().and_then(|rule| rule.aggregate_type.as_deref());
    let found = text.split_once('#').map_or(text, |(aggregate_type, _)| aggregate_type);
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
        let rule = Some(format!("reference aggregate_type {wanted}"));
        let message = format!("the reference may only point at `{wanted}`, not at `{found}`");
        violations.push(Violation::new(pointer, "reference", rule, message));
    }
}

/// One reference that an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceUse {
    /// Where it stands: a JSON pointer (RFC 6901) into the object.
    pub pointer: String,
    /// What it points at.
    pub target: AggregateKey,
    /// The rule of its field or property.
    pub rule: ReferenceRule,
}

/// Every reference that `values`, a state or a normalised payload, holds in a declared field or in a declared property
/// inside one, in the order of the schema. Values that are no references are left out.
pub fn references(aggregate: &Aggregate, values: &Object) -> Vec<ReferenceUse> {
    let mut found = Vec::new();
    for (name, field) in &aggregate.fields {
        if let Some(value) = values.get(name).filter(|_| may_refer(&field.shape)) {
            collect(&field.shape, &aggregate.name, value, &member("", name), &mut found);
        }
    }
    found
}

/// Spares most fields the making of a pointer.
fn may_refer(shape: &Shape) -> bool {
    shape.is_reference() || shape.field_type == FieldType::Object
}

fn collect(
    shape: &Shape,
    own_type: &str,
    value: &Json,
    pointer: &str,
    found: &mut Vec<ReferenceUse>,
) {
    if shape.is_reference() {
        let target = value.as_str().and_then(|text| parse_reference(text, own_type).ok());
        if let Some(target) = target {
            let rule = shape.rules.reference.clone().unwrap_or_default();
            found.push(ReferenceUse { pointer: pointer.to_owned(), target, rule });
        }
    } else if let (FieldType::Object, Json::Object(object)) = (shape.field_type, value) {
        for (name, property) in &shape.rules.properties {
            if let Some(value) = object.get(name).filter(|_| may_refer(property)) {
                collect(property, own_type, value, &member(pointer, name), found);
            }
        }
    }
}

/// Adds a violation for each strong reference in `values` whose target `exists` does not know.
///
/// `values` is what this event mentions: a normalised payload, or of a patched state the keys that the patch touched.
/// `exists` also decides whether the caller may read the target, and an operation does not count as existing for its
/// own references. Each target is asked for once.
pub fn check_references(
    aggregate: &Aggregate,
    values: &Object,
    exists: &mut dyn FnMut(&AggregateKey) -> bool,
    violations: &mut Vec<Violation>,
) {
    let mut known: Vec<(AggregateKey, bool)> = Vec::new();
    for used in references(aggregate, values).into_iter().filter(|used| used.rule.strong) {
        let answer = known.iter().find(|(target, _)| *target == used.target).map(|known| known.1);
        let there = answer.unwrap_or_else(|| exists(&used.target));
        if answer.is_none() {
            known.push((used.target.clone(), there));
        }
        if !there {
            let message = format!(
                "there is no `{}`, and the reference is strong: create it first",
                cut(&used.target.to_string())
            );
            let rule = Some("reference strong".to_owned());
            violations.push(Violation::new(used.pointer, "reference", rule, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{item, object, shape, told};
    use super::*;
    use crate::schema::Format;

    #[test]
    fn shapes_of_references() {
        for (text, target) in [
            ("person#boss", "person#boss"),
            ("#i-1_A", "item#i-1_A"),
            ("default#person#boss", "person#boss"),
            ("My-Domain.2#person#1", "person#1"),
            ("\t person#boss \n", "person#boss"),
        ] {
            let parsed = parse_reference(text, "item").map(|target| reference_text(&target));
            assert_eq!(parsed.as_deref(), Ok(target), "{text:?}");
        }
        for text in
            ["", " ", "boss", "a#b#c#d", "##boss", "#person#boss", "a b#person#boss", "a##b#c"]
        {
            assert_eq!(parse_reference(text, "item"), Err(ReferenceError::Shape), "{text:?}");
        }
        for text in [
            "#",
            "person#",
            "Person#a",
            "p-q#a",
            "person #a",
            "person# a",
            "person#a.b",
            "person#é",
            "#-a",
            "d##a",
            "d#person#",
        ] {
            let error = parse_reference(text, "item").expect_err(text);
            assert!(matches!(error, ReferenceError::Part(_)), "{text:?} {error:?}");
        }
        let longest = format!("person#{}", "a".repeat(128));
        assert!(parse_reference(&longest, "item").is_ok());
        assert!(parse_reference(&format!("{longest}a"), "item").is_err());
    }

    fn aggregate() -> Aggregate {
        let weak = shape(FieldType::Reference).pointing_at(None, false);
        let nested = shape(FieldType::Object)
            .property("owner", shape(FieldType::Reference).pointing_at(Some("person"), true))
            .property("seen", weak)
            .property("name", shape(FieldType::Text));
        item()
            .field("home", nested)
            .field("parent", shape(FieldType::Text).format(Format::Reference))
            .field("any", shape(FieldType::Json).property("x", shape(FieldType::Reference)))
            .field("text", shape(FieldType::Text))
    }

    const VALUES: &str = r#"{"text":"item#9","parent":"item#1","any":{"x":"item#8"},"undeclared":"item#7",
        "home":{"name":"item#6","seen":"item#2","owner":"person#3"}}"#;

    #[test]
    fn references_are_found_in_fields_and_properties() {
        let found = references(&aggregate(), &object(VALUES));
        let lines: Vec<String> = found
            .iter()
            .map(|used| format!("{} {} {}", used.pointer, used.target, used.rule.strong))
            .collect();
        assert_eq!(
            lines,
            ["/home/owner person/3 true", "/home/seen item/2 false", "/parent item/1 true"]
        );
        let none = r#"{"parent":null,"home":{"owner":null,"seen":7}}"#;
        assert!(references(&aggregate(), &object(none)).is_empty());
    }

    #[test]
    fn strong_references_need_their_target_and_weak_ones_do_not() {
        let check = |values: &str, there: &[&str]| {
            let (mut violations, mut asked) = (Vec::new(), Vec::new());
            let mut exists = |target: &AggregateKey| {
                asked.push(target.to_string());
                there.contains(&target.to_string().as_str())
            };
            check_references(&aggregate(), &object(values), &mut exists, &mut violations);
            (told(&violations), asked)
        };
        let asked = vec!["person/3".to_owned(), "item/1".to_owned()];
        assert_eq!(check(VALUES, &["person/3", "item/1"]), (vec![], asked.clone()));
        let (wrong, _) = check(VALUES, &["item/1"]);
        assert_eq!(wrong, ["/home/owner reference"]);
        assert_eq!(check("{}", &[]), (vec![], vec![]), "what is not mentioned is not asked for");
        let same = r#"{"parent":"person#3","home":{"owner":"person#3"}}"#;
        let (wrong, asked) = check(same, &[]);
        assert_eq!(wrong, ["/home/owner reference", "/parent reference"]);
        assert_eq!(asked, ["person/3"], "each target is asked for once");
    }
}
