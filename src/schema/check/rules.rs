//! Rules: which there are, which fit which type, and what they say.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Bounds, FieldType, Format, Length, Rules};
use super::super::suggest::{nearest, shortened};
use super::bounds::compare_bounds;
use super::cross::FieldNotes;
use super::types::type_name;
use super::values::{Out, boolean, members, wrong_kind};
use super::{properties, reference, text_rules};
use crate::domain::json::spanned::{Member, Node, Value};
use crate::schema::values::canonical_bound;
use std::cmp::Ordering;
use std::ops::Range;

/// All rules.
pub(super) const ALL: &[&str] = &[
    "required",
    "contains",
    "does_not_contain",
    "regex",
    "length",
    "range",
    "format",
    "reference",
    "properties",
];

/// Whose rules are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Those of a field.
    Field,
    /// Those of a property inside an object: flat beside its `type`, which the caller has read.
    Property,
}

/// Checks the rules in `listed` for a field of type `declared`; `None` when the type is not known, which leaves out all
/// checks against it.
pub(super) fn rules(
    listed: &[Member],
    declared: Option<FieldType>,
    place: Place,
    notes: &mut FieldNotes,
    out: &mut Out,
) -> Rules {
    let mut rules = Rules::default();
    for member in listed {
        let key = member.key.as_str();
        if place == Place::Property && key == "type" {
            continue;
        }
        if !ALL.contains(&key) {
            out.push(unknown_rule(member, place));
            continue;
        }
        if let Some(declared) = declared.filter(|declared| !fits(key, *declared)) {
            // `reference` has a message of its own: the format decides about it too.
            if key != "reference" {
                out.push(mismatch(member, declared));
                continue;
            }
        }
        rule(member, declared, place, &mut rules, notes, out);
    }
    if let Some(declared) = declared {
        reference::without_reference(listed, declared, &rules, out);
    }
    rules
}

fn rule(
    member: &Member,
    declared: Option<FieldType>,
    place: Place,
    rules: &mut Rules,
    notes: &mut FieldNotes,
    out: &mut Out,
) {
    let (key, node) = (member.key.as_str(), &member.value);
    match key {
        "required" => {
            rules.required = boolean(Code::WrongRuleValue, key, node, out).unwrap_or_default();
            notes.required = Some(member.key_span.clone());
        }
        "contains" => rules.contains = text_rules::substrings(key, node, out),
        "does_not_contain" => rules.does_not_contain = text_rules::substrings(key, node, out),
        "regex" => rules.regex = text_rules::expressions(node, out),
        "length" => rules.length = length(node, out),
        "range" => rules.range = range(node, declared, out),
        "format" => rules.format = text_rules::format(node, declared, out),
        "reference" => rules.reference = reference::rule(node, place, notes, out),
        _ => rules.properties = properties::properties(node, out),
    }
}

/// Whether a rule fits a type.
fn fits(rule: &str, declared: FieldType) -> bool {
    use FieldType as T;
    match rule {
        "required" => true,
        "contains" | "does_not_contain" | "regex" => declared == T::Text,
        "length" => matches!(declared, T::Text | T::Binary),
        "range" => {
            matches!(declared, T::Integer | T::Float | T::Decimal { .. } | T::Timestamp | T::Date)
        }
        "format" => matches!(declared, T::Text | T::Timestamp | T::Date | T::Reference),
        "reference" => matches!(declared, T::Text | T::Reference),
        _ => matches!(declared, T::Object | T::Json),
    }
}

fn fitting_types(rule: &str) -> &'static str {
    match rule {
        "contains" | "does_not_contain" | "regex" => "text",
        "length" => "text and binary",
        "range" => "integer, float, decimal, timestamp and date",
        "format" => "text, timestamp, date and reference",
        _ => "object and json",
    }
}

fn mismatch(member: &Member, declared: FieldType) -> Diagnostic {
    let (rule, name) = (member.key.as_str(), type_name(declared));
    let diagnostic = Diagnostic::new(
        Code::RuleMismatch,
        member.key_span.clone(),
        format!("the rule `{rule}` does not fit the type `{name}`"),
    )
    .label(format!("`{rule}` is for {}", fitting_types(rule)));
    match (rule, declared) {
        ("length", FieldType::Integer | FieldType::Float | FieldType::Decimal { .. })
        | ("range", FieldType::Text | FieldType::Binary) => {
            let other = if rule == "length" { "range" } else { "length" };
            diagnostic.help(format!("for the type `{name}` use `{other}`")).fix(
                member.key_span.clone(),
                format!("\"{other}\""),
                format!("use `{other}`"),
            )
        }
        _ => diagnostic.help(format!("remove the rule, or use another type than `{name}`")),
    }
}

fn unknown_rule(member: &Member, place: Place) -> Diagnostic {
    let key = member.key.as_str();
    let diagnostic = Diagnostic::new(
        Code::UnknownRule,
        member.key_span.clone(),
        format!("`{}` is not a rule", shortened(key)),
    )
    .label("unknown rule");
    if place == Place::Property && key == "rules" {
        return diagnostic.help("inside an object, rules stand directly beside the `type`");
    }
    if matches!(key, "hidden" | "locked" | "type") {
        return diagnostic.help(match place {
            Place::Field => format!("`{key}` is a property of the field: write it beside `rules`"),
            Place::Property => format!("`{key}` is for whole fields, not for parts of an object"),
        });
    }
    match nearest(key, ALL) {
        Some(known) => diagnostic.help(format!("did you mean `{known}`?")).fix(
            member.key_span.clone(),
            format!("\"{known}\""),
            format!("use `{known}`"),
        ),
        None => diagnostic.help(format!("rules: {}", ALL.join(", "))),
    }
}

/// The members `min` and `max`; others are reported.
fn min_max<'a>(rule: &str, node: &'a Node, out: &mut Out) -> Option<[Option<&'a Node>; 2]> {
    let mut found = [None, None];
    for member in members(Code::WrongRuleValue, rule, node, out)? {
        match member.key.as_str() {
            "min" => found[0] = Some(&member.value),
            "max" => found[1] = Some(&member.value),
            key => {
                let diagnostic = Diagnostic::new(
                    Code::WrongRuleValue,
                    member.key_span.clone(),
                    format!("`{rule}` has no bound `{}`", shortened(key)),
                )
                .label("expected `min` or `max`")
                .help(format!(
                    "write `\"{rule}\": {{\"min\": …, \"max\": …}}`, one of them is enough"
                ));
                out.push(match nearest(key, &["min", "max"]) {
                    Some(known) => diagnostic.fix(
                        member.key_span.clone(),
                        format!("\"{known}\""),
                        format!("use `{known}`"),
                    ),
                    None => diagnostic,
                });
            }
        }
    }
    Some(found)
}

fn empty_interval(rule: &str, min: &Node, max: &Node) -> Diagnostic {
    Diagnostic::new(
        Code::EmptyInterval,
        min.span.clone(),
        format!("the minimum of `{rule}` is above its maximum: no value could ever pass"),
    )
    .label("above the maximum")
    .secondary(max.span.clone(), "the maximum")
    .help("exchange the two bounds")
}

fn length(node: &Node, out: &mut Out) -> Option<Length> {
    let [min, max] = min_max("length", node, out)?;
    let mut bound = |node: Option<&Node>| {
        let node = node?;
        if let Value::Number(number) = &node.value
            && let Ok(count) = number.as_str().parse::<u64>()
        {
            return Some(count);
        }
        out.push(length_bound(node));
        None
    };
    let length = Length { min: bound(min), max: bound(max) };
    if let (Some(low), Some(high), Some(min), Some(max)) = (length.min, length.max, min, max)
        && low > high
    {
        out.push(empty_interval("length", min, max));
    }
    Some(length)
}

fn length_bound(node: &Node) -> Diagnostic {
    let found = match &node.value {
        Value::Number(number) => format!("`{}`", shortened(number.as_str())),
        _ => super::values::kind(node).to_owned(),
    };
    let diagnostic = Diagnostic::new(
        Code::InvalidLength,
        node.span.clone(),
        format!("a bound of `length` is a whole number from 0, not {found}"),
    )
    .label("expected a whole number from 0")
    .help("text counts in characters, binary in decoded bytes");
    match &node.value {
        Value::String(text) if text.parse::<u64>().is_ok_and(|n| n.to_string() == *text) => {
            diagnostic.fix(node.span.clone(), text.clone(), "remove the quotes")
        }
        _ => diagnostic,
    }
}

fn range(node: &Node, declared: Option<FieldType>, out: &mut Out) -> Option<Bounds> {
    let [min, max] = min_max("range", node, out)?;
    let declared = declared?;
    let mut bound = |node: Option<&Node>| {
        let node = node?;
        if !matches!(node.value, Value::Number(_) | Value::String(_)) {
            let what = "a JSON number or string as a bound";
            out.push(wrong_kind(Code::InvalidBound, "range", node, what));
            return None;
        }
        match canonical_bound(declared, &node.to_json()) {
            Ok(bound) => Some(bound),
            Err(reason) => {
                out.push(range_bound(&node.span, declared, &reason));
                None
            }
        }
    };
    let bounds = Bounds { min: bound(min), max: bound(max) };
    if let (Some(low), Some(high), Some(min), Some(max)) = (&bounds.min, &bounds.max, min, max)
        && compare_bounds(declared, low, high) == Some(Ordering::Greater)
    {
        out.push(empty_interval("range", min, max));
    }
    Some(bounds)
}

fn range_bound(span: &Range<usize>, declared: FieldType, reason: &str) -> Diagnostic {
    let name = type_name(declared);
    Diagnostic::new(
        Code::InvalidBound,
        span.clone(),
        format!("this bound is not a value of the type `{name}`: {reason}"),
    )
    .label(format!("expected a value of the type `{name}`"))
    .help(match declared {
        FieldType::Timestamp => "write an instant as \"2026-11-20T14:00:00Z\"",
        FieldType::Date => "write a day as \"2026-11-20\"",
        FieldType::Decimal { .. } => {
            "write a decimal as 10.50 or \"10.50\", within the digits of the type"
        }
        FieldType::Integer => "write a whole number of 64 bits",
        _ => "write a finite number",
    })
}

/// The formats that fit `declared`, to tell a wrong one from an unfitting one.
pub(super) fn format_fits(format: Format, declared: FieldType) -> bool {
    match format {
        Format::Iso8601 => {
            matches!(declared, FieldType::Text | FieldType::Timestamp | FieldType::Date)
        }
        Format::Reference => matches!(declared, FieldType::Text | FieldType::Reference),
        _ => declared == FieldType::Text,
    }
}
