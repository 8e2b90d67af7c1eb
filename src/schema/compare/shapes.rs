//! Fields: whether each value that was right stays right.

use super::super::check::{compare_bounds, format_name, type_name};
use super::super::model::{Aggregate, Bounds, Cascade, FieldType, Format, Rules, Shape};
use super::breaking::{At, Class, Collector};
use std::cmp::Ordering;

/// Whether events under `old` can be known to have held `field`: it was declared, or a list named it.
pub(super) fn was_known(old: &Aggregate, field: &str) -> bool {
    let listed = |list: &[String]| list.iter().any(|name| name == field);
    old.fields.contains_key(field)
        || listed(&old.field_locks)
        || listed(&old.hidden_fields)
        || old.events.values().any(|event| listed(&event.fields))
}

/// Compares the fields that both declare, and those that are new.
pub(super) fn fields(old: &Aggregate, new: &Aggregate, breaks: &mut Collector<'_>) {
    for (name, before) in &old.fields {
        // A declaration that goes away refuses nothing: undeclared keys pass.
        if let Some(after) = new.fields.get(name) {
            let at = At { field: Some(name), event: None, rest: Vec::new() };
            shape(name, &before.shape, &after.shape, &at, breaks);
        }
    }
    for (name, after) in new.fields.iter().filter(|(name, _)| !old.fields.contains_key(*name)) {
        let at = At { field: Some(name), event: None, rest: Vec::new() };
        if was_known(old, name) {
            // Undeclared keys take any JSON value.
            let before = Shape { field_type: FieldType::Json, rules: Rules::default() };
            shape(name, &before, &after.shape, &at, breaks);
        } else if after.shape.rules.required {
            required(name, &at, breaks);
        }
    }
}

fn required(name: &str, at: &At<'_>, breaks: &mut Collector<'_>) {
    let help = "add it without `required`, fill it in, and require it then";
    let fold = format!("states without `{name}`, which is required now, are not valid any more");
    breaks.push(Class::Fold, "B201", at, fold, help);
    let write = format!("writers that do not give `{name}`, which is required now, are refused");
    breaks.push(Class::Write, "B307", at, write, help);
}

fn shape(name: &str, old: &Shape, new: &Shape, at: &At<'_>, breaks: &mut Collector<'_>) {
    let (before, after) = (type_name(old.field_type), type_name(new.field_type));
    // Both ways of writing a reference store the same text.
    let both = old.is_reference() && new.is_reference();
    let (reads, writes) = if both { (true, true) } else { takes(old.field_type, new.field_type) };
    let help = format!("declare another field of the type `{after}`");
    if !reads {
        let message =
            format!("stored values of `{name}` are `{before}`, which `{after}` does not read");
        breaks.push(Class::Read, "B103", at, message, &help);
    }
    if !writes {
        let message =
            format!("writers that send `{name}` as `{before}` are refused: it is `{after}` now");
        breaks.push(Class::Write, "B306", at, message, &help);
    }
    if !old.rules.required && new.rules.required {
        required(name, at, breaks);
    }
    if reads {
        for (rule, what) in tightened(old, new) {
            let at = At {
                rest: [at.rest.as_slice(), &["rules".to_owned(), rule.to_owned()]].concat(),
                ..*at
            };
            let help = "keep the old rule, or give a new field the tighter one";
            let fold = format!("stored values of `{name}` may break the rule `{rule}`: {what}");
            breaks.push(Class::Fold, "B202", &at, fold, help);
            let write = format!("writers of `{name}` may break the rule `{rule}`: {what}");
            breaks.push(Class::Write, "B308", &at, write, help);
        }
        references(name, old, new, at, breaks);
        properties(old, new, at, breaks);
    }
}

/// Whether a type reads the stored values of another, and whether it takes what writers of the other send.
fn takes(old: FieldType, new: FieldType) -> (bool, bool) {
    use FieldType as T;
    if old == new || new == T::Json {
        return (true, true);
    }
    match (old, new) {
        (T::Decimal { precision: p, scale: s }, T::Decimal { precision, scale }) => {
            let wider = scale >= s && precision - scale.min(precision) >= p.saturating_sub(s);
            (wider, wider)
        }
        // The 64-bit integers have at most 19 digits.
        (T::Integer, T::Decimal { precision, scale }) => {
            let fits = precision.saturating_sub(scale) >= 19;
            (fits, fits)
        }
        (T::Decimal { precision, scale: 0 }, T::Integer) => (precision <= 18, precision <= 18),
        // Stored as a string, but writers may send a number.
        (T::Decimal { .. }, T::Text) => (true, false),
        (T::Integer | T::Decimal { .. }, T::Float)
        | (T::Timestamp | T::Date | T::Binary, T::Text) => (true, true),
        _ => (false, false),
    }
}

/// The rules that refuse what was right, each with words for what changed.
fn tightened(old: &Shape, new: &Shape) -> Vec<(&'static str, String)> {
    let (before, after) = (&old.rules, &new.rules);
    let mut found = Vec::new();
    let implied = |text: &String| before.contains.iter().any(|old| old.contains(text.as_str()));
    if let Some(text) = after.contains.iter().find(|text| !implied(text)) {
        found.push(("contains", format!("`{text}` must be in it")));
    }
    let excluded =
        |text: &String| before.does_not_contain.iter().any(|old| text.contains(old.as_str()));
    if let Some(text) = after.does_not_contain.iter().find(|text| !excluded(text)) {
        found.push(("does_not_contain", format!("`{text}` must not be in it")));
    }
    let known = |text: &str| before.regex.iter().any(|old| old.as_str() == text);
    if let Some(regex) = after.regex.iter().find(|regex| !known(regex.as_str())) {
        found.push(("regex", format!("it must match `{}`", regex.as_str())));
    }
    found.extend(length(before, after).map(|what| ("length", what)));
    found.extend(range(old, new).map(|what| ("range", what)));
    if let Some(format) = after.format.filter(|format| {
        // Stored references have their form already; the format makes no other demand on them.
        before.format != Some(*format) && !(*format == Format::Reference && old.is_reference())
    }) {
        found.push(("format", format!("it must be of the format `{}`", format_name(format))));
    }
    found
}

fn length(before: &Rules, after: &Rules) -> Option<String> {
    let after = after.length?;
    let (old_min, old_max) = before.length.map_or((None, None), |old| (old.min, old.max));
    if let Some(min) = after.min.filter(|min| *min > old_min.unwrap_or(0)) {
        return Some(format!("the minimum is {min}"));
    }
    let max = after.max.filter(|max| old_max.is_none_or(|old| *max < old))?;
    Some(format!("the maximum is {max}"))
}

fn range(old: &Shape, new: &Shape) -> Option<String> {
    let after = new.rules.range.as_ref()?;
    let none = Bounds { min: None, max: None };
    let before = old.rules.range.as_ref().unwrap_or(&none);
    // Bounds of another type are compared as those of the new one, which reads all values of the old one.
    let tighter = |after: &Option<String>, before: &Option<String>, way: Ordering| {
        let after = after.as_ref()?;
        let looser = before.as_ref().and_then(|old| compare_bounds(new.field_type, after, old));
        (looser.is_none() || looser == Some(way)).then(|| after.clone())
    };
    if let Some(min) = tighter(&after.min, &before.min, Ordering::Greater) {
        return Some(format!("the minimum is {min}"));
    }
    let max = tighter(&after.max, &before.max, Ordering::Less)?;
    Some(format!("the maximum is {max}"))
}

fn references(name: &str, old: &Shape, new: &Shape, at: &At<'_>, breaks: &mut Collector<'_>) {
    if !old.is_reference() || !new.is_reference() {
        return;
    }
    let before = old.rules.reference.clone().unwrap_or_default();
    let after = new.rules.reference.clone().unwrap_or_default();
    let at = At {
        rest: [at.rest.as_slice(), &["rules".to_owned(), "reference".to_owned()]].concat(),
        ..*at
    };
    if let Some(target) =
        after.aggregate_type.as_ref().filter(|_| before.aggregate_type != after.aggregate_type)
    {
        let fold =
            format!("stored references in `{name}` may lead to another type than `{target}`");
        breaks.push(Class::Fold, "B203", &at, fold, "");
        let write =
            format!("writers whose `{name}` leads to another type than `{target}` are refused");
        breaks.push(Class::Write, "B309", &at, write, "");
    }
    if after.strong && !before.strong {
        let message =
            format!("writers whose `{name}` leads to nothing are refused: it is strong now");
        breaks.push(Class::Write, "B310", &at, message, "");
    }
    if after.cascade == Cascade::Restrict && before.cascade != Cascade::Restrict {
        let message = format!("archiving what `{name}` leads to is refused now");
        breaks.push(Class::Write, "B311", &at, message, "");
    }
}

/// The parts of objects. On `json` they are documentation.
fn properties(old: &Shape, new: &Shape, at: &At<'_>, breaks: &mut Collector<'_>) {
    if new.field_type != FieldType::Object || old.field_type != FieldType::Object {
        return;
    }
    for (name, after) in &new.rules.properties {
        let rest =
            [at.rest.as_slice(), &["rules".to_owned(), "properties".to_owned(), name.clone()]];
        let at = At { rest: rest.concat(), ..*at };
        match old.rules.properties.get(name) {
            Some(before) => shape(name, before, after, &at, breaks),
            None if after.rules.required => required(name, &at, breaks),
            None => {}
        }
    }
}
