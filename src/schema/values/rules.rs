//! The rules that hold for one value of the right type.

use super::violation::{Violation, counted, cut, shown};
use super::{formats, reference};
use crate::domain::Json;
use crate::domain::canonical::{binary, date, decimal, float, integer, timestamp};
use crate::schema::check::format_name;
use crate::schema::{FieldType, Format, Shape};
use std::cmp::Ordering;

/// Adds to `violations` each rule of `shape` that `value` breaks; `value` is in canonical form. A rule that does not
/// fit the type is not looked at: the checker of the schema refuses those.
pub(super) fn check(shape: &Shape, value: &Json, pointer: &str, violations: &mut Vec<Violation>) {
    if let Some(text) = value.as_str().filter(|_| shape.is_reference()) {
        reference::check_type(shape, text, pointer, violations);
    }
    match (shape.field_type, value) {
        (FieldType::Text, Json::String(text)) => check_text(shape, text, pointer, violations),
        (FieldType::Binary, Json::String(text)) => {
            let bytes = binary::decode(text).map_or(0, |bytes| bytes.len());
            check_length(shape, bytes, "byte", pointer, violations);
        }
        (
            FieldType::Integer
            | FieldType::Float
            | FieldType::Decimal { .. }
            | FieldType::Timestamp
            | FieldType::Date,
            Json::String(_) | Json::Number(_),
        ) => check_range(shape, value, pointer, violations),
        _ => {}
    }
}

fn check_text(shape: &Shape, text: &str, pointer: &str, violations: &mut Vec<Violation>) {
    let rules = &shape.rules;
    let found = || shown(&Json::from(text));
    let mut broken = |code: &'static str, rule: String, message: String| {
        violations.push(Violation::new(pointer, code, Some(rule), message));
    };
    for part in rules.contains.iter().filter(|part| !text.contains(part.as_str())) {
        let message = format!("{} does not contain `{part}`", found());
        broken("contains", format!("contains {part}"), message);
    }
    for part in rules.does_not_contain.iter().filter(|part| text.contains(part.as_str())) {
        let message = format!("{} contains `{part}`, which is not allowed", found());
        broken("does_not_contain", format!("does_not_contain {part}"), message);
    }
    for regex in rules.regex.iter().filter(|regex| !regex.is_match(text)) {
        let message = format!("{} does not match `{regex}`", found());
        broken("regex", format!("regex {regex}"), message);
    }
    // A reference is one by its type already.
    if let Some(format) = rules.format.filter(|format| *format != Format::Reference)
        && let Err(wanted) = formats::check(format, text)
    {
        let name = format_name(format);
        broken("format", format!("format {name}"), format!("{} is not {wanted}", found()));
    }
    if rules.length.is_some() {
        check_length(shape, text.chars().count(), "character", pointer, violations);
    }
}

fn check_length(
    shape: &Shape,
    found: usize,
    unit: &str,
    pointer: &str,
    violations: &mut Vec<Violation>,
) {
    let Some(length) = shape.rules.length else { return };
    let long = u64::try_from(found).unwrap_or(u64::MAX);
    let has = counted(found, unit);
    if let Some(min) = length.min.filter(|min| long < *min) {
        let message = format!("{has}, at least {min} are needed");
        violations.push(Violation::new(
            pointer,
            "length",
            Some(format!("length min {min}")),
            message,
        ));
    }
    if let Some(max) = length.max.filter(|max| long > *max) {
        let message = format!("{has}, at most {max} are allowed");
        violations.push(Violation::new(
            pointer,
            "length",
            Some(format!("length max {max}")),
            message,
        ));
    }
}

fn check_range(shape: &Shape, value: &Json, pointer: &str, violations: &mut Vec<Violation>) {
    let Some(bounds) = &shape.rules.range else { return };
    let text = match value {
        Json::Number(number) => number.as_str(),
        Json::String(text) => text,
        _ => return,
    };
    let compare = |bound: &String| compare_canonical(shape.field_type, text, bound);
    if let Some(min) = bounds.min.as_ref().filter(|min| compare(min) == Ordering::Less) {
        let message = format!("`{}` is below the minimum `{min}`", cut(text));
        violations.push(Violation::new(
            pointer,
            "range",
            Some(format!("range min {min}")),
            message,
        ));
    }
    if let Some(max) = bounds.max.as_ref().filter(|max| compare(max) == Ordering::Greater) {
        let message = format!("`{}` is above the maximum `{max}`", cut(text));
        violations.push(Violation::new(
            pointer,
            "range",
            Some(format!("range max {max}")),
            message,
        ));
    }
}

/// The canonical text of a bound of `range`, which a schema writes as a JSON number or string.
///
/// # Errors
/// Why `bound` is no value of the type, or that the type has no order; words for a diagnostic.
pub fn canonical_bound(field_type: FieldType, bound: &Json) -> Result<String, String> {
    let text = match bound {
        Json::Number(number) => number.as_str(),
        Json::String(text) => text,
        other => return Err(format!("a bound is a number or a string, not {}", shown(other))),
    };
    let reason = |error: &dyn std::fmt::Display| error.to_string();
    match field_type {
        FieldType::Integer => {
            integer::parse(text).map(|value| value.to_string()).map_err(|error| reason(&error))
        }
        FieldType::Float => {
            float::parse(text).map(|_| text.to_owned()).map_err(|error| reason(&error))
        }
        FieldType::Decimal { precision, scale } => {
            decimal::canonical(text, precision, scale).map_err(|error| reason(&error))
        }
        FieldType::Timestamp => timestamp::canonical(text).map_err(|error| reason(&error)),
        FieldType::Date => {
            date::parse(text).map(|_| text.to_owned()).map_err(|error| reason(&error))
        }
        FieldType::Boolean
        | FieldType::Text
        | FieldType::Json
        | FieldType::Binary
        | FieldType::Object
        | FieldType::Reference => {
            Err("`range` is for integers, floats, decimals, timestamps and dates".to_owned())
        }
    }
}

/// Compares two canonical texts of one type: numbers as numbers, floats as doubles, instants as instants, days by
/// time, and everything else as text.
pub fn compare_canonical(field_type: FieldType, left: &str, right: &str) -> Ordering {
    match field_type {
        // Integers of any size compare as decimals without a fraction do.
        FieldType::Integer | FieldType::Decimal { .. } => decimal::compare(left, right),
        FieldType::Float => float::compare(left, right),
        FieldType::Timestamp => timestamp::compare(left, right),
        FieldType::Date
        | FieldType::Boolean
        | FieldType::Text
        | FieldType::Json
        | FieldType::Binary
        | FieldType::Object
        | FieldType::Reference => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{accepts, json, outcome, refuses, shape};
    use super::*;
    use regex::Regex;

    fn text() -> Shape {
        shape(FieldType::Text)
    }

    fn same(shape: &Shape, values: &[&str]) {
        for value in values {
            accepts(shape, &[(value, value)]);
        }
    }

    #[test]
    fn contains_wants_all_and_does_not_contain_none() {
        let both = text().with(|rules| rules.contains = vec!["a".into(), "Bc".into()]);
        same(&both, &["\"aBc\"", "\"Bc a\""]);
        refuses(&both, "contains", &["\"abc\"", "\"Bc\"", "\"a\"", "\"A Bc\""]);
        assert_eq!(outcome(&both, "\"\"").unwrap_err().len(), 2, "each missing part is told");
        let none = text().with(|rules| rules.does_not_contain = vec!["bad".into(), "é".into()]);
        same(&none, &["\"good\"", "\"BAD\"", "\"\"", "\"b ad\""]);
        refuses(&none, "does_not_contain", &["\"a bad one\"", "\"bad\"", "\"née\""]);
    }

    #[test]
    fn regexes_search_and_all_must_match() {
        let all = text().with(|rules| {
            rules.regex = vec![Regex::new("^[a-z]+$").unwrap(), Regex::new("b").unwrap()];
        });
        same(&all, &["\"abc\"", "\"b\""]);
        refuses(&all, "regex", &["\"ac\"", "\"abc1\"", "\"b\\n\""]);
        let unanchored = text().with(|rules| rules.regex = vec![Regex::new("[0-9]").unwrap()]);
        same(&unanchored, &["\"a1b\""]);
    }

    #[test]
    fn lengths_count_characters_or_bytes() {
        let three_to_five = text().length(Some(3), Some(5));
        same(&three_to_five, &["\"abc\"", "\"abcde\"", "\"ééééé\"", "\"👩👩👩\""]);
        refuses(&three_to_five, "length", &["\"ab\"", "\"abcdef\"", "\"\"", "\"éé\"", "\"👩\""]);
        let five = shape(FieldType::Binary).length(Some(1), Some(5));
        same(&five, &["\"aGVsbG8=\"", "\"AA==\""]);
        refuses(&five, "length", &["\"aGVsbG8h\"", "\"\""]);
        same(&text().length(None, Some(0)), &["\"\""]);
        refuses(&text().length(None, Some(0)), "length", &["\"a\""]);
        refuses(&text().length(Some(1), None), "length", &["\"\""]);
    }

    #[test]
    fn every_broken_rule_is_told() {
        let sku = text()
            .with(|rules| rules.regex = vec![Regex::new("^[A-Z0-9_]+$").unwrap()])
            .format(Format::UpperCaseSnakeCase)
            .length(Some(3), Some(32));
        same(&sku, &["\"SKU_42\""]);
        refuses(&sku, "length", &["\"AB\""]);
        assert_eq!(
            outcome(&sku, "\"a-\""),
            Err(vec!["/v regex".into(), "/v format".into(), "/v length".into()])
        );
    }

    #[test]
    fn rules_of_properties_hold_at_their_pointer() {
        let profile = shape(FieldType::Object)
            .property("country", text().format(Format::CountryCode))
            .property("nickname", text().length(None, Some(4)))
            .property("manager", shape(FieldType::Reference).pointing_at(Some("person"), true));
        same(&profile, &[r#"{"country":"US","nickname":"bob","manager":"person#1"}"#, "{}"]);
        assert_eq!(
            outcome(&profile, r##"{"country":"us","nickname":"bobby","manager":"#1"}"##),
            Err(vec![
                "/v/country format".into(),
                "/v/nickname length".into(),
                "/v/manager reference".into()
            ])
        );
    }

    #[test]
    fn ranges_of_numbers() {
        let integer = shape(FieldType::Integer).range(Some("-5"), Some("9223372036854775807"));
        accepts(&integer, &[("-5", "-5"), ("\"0\"", "0")]);
        accepts(&integer, &[("9223372036854775807", "9223372036854775807")]);
        refuses(&integer, "range", &["-6", "\"-100\"", "-9223372036854775808"]);
        let float = shape(FieldType::Float).range(Some("-1e1"), Some("1.5"));
        same(&float, &["1.5", "1.50", "15e-1", "-10", "0"]);
        refuses(&float, "range", &["1.5000001", "-10.1", "2", "1e300"]);
        let decimal = shape(FieldType::Decimal { precision: 38, scale: 20 })
            .range(Some("0.00"), Some("9.99"));
        accepts(&decimal, &[("0", "\"0\""), ("-0.000", "\"0.000\""), ("9.990", "\"9.990\"")]);
        refuses(&decimal, "range", &["\"-0.01\"", "10", "\"9.99000000000000000001\""]);
    }

    #[test]
    fn ranges_of_time() {
        let since = shape(FieldType::Timestamp).range(Some("2026-01-01T01:00:00+01:00"), None);
        accepts(
            &since,
            &[
                ("\"2026-01-01T02:00:00+02:00\"", "\"2026-01-01T00:00:00Z\""),
                ("\"2026-01-01T00:00:00.000Z\"", "\"2026-01-01T00:00:00.000Z\""),
            ],
        );
        refuses(
            &since,
            "range",
            &["\"2025-12-31T23:59:59.999999999Z\"", "\"2026-01-01T00:59:59+01:00\""],
        );
        let year = shape(FieldType::Date).range(Some("2024-01-01"), Some("2024-12-31"));
        same(&year, &["\"2024-01-01\"", "\"2024-12-31\"", "\"2024-02-29\""]);
        refuses(&year, "range", &["\"2025-01-01\"", "\"2023-12-31\"", "\"0001-01-01\""]);
    }

    #[test]
    fn bounds_are_values_of_the_type() {
        let decimal = FieldType::Decimal { precision: 4, scale: 2 };
        for (field_type, bound, canonical) in [
            (FieldType::Integer, "5", "5"),
            (FieldType::Integer, "\"-0\"", "0"),
            (FieldType::Float, "1E5", "1E5"),
            (FieldType::Float, "\"1.5\"", "1.5"),
            (decimal, "\"01.50\"", "1.50"),
            (decimal, "-0", "0"),
            (FieldType::Timestamp, "\"2026-01-01T01:00:00+01:00\"", "2026-01-01T00:00:00Z"),
            (FieldType::Date, "\"2026-01-01\"", "2026-01-01"),
        ] {
            assert_eq!(canonical_bound(field_type, &json(bound)).as_deref(), Ok(canonical));
        }
        for (field_type, bound) in [
            (FieldType::Integer, "\"abc\""),
            (FieldType::Integer, "1.0"),
            (FieldType::Integer, "true"),
            (FieldType::Integer, "null"),
            (FieldType::Float, "\"NaN\""),
            (FieldType::Float, "1e999"),
            (decimal, "123.45"),
            (decimal, "1e2"),
            (FieldType::Timestamp, "\"2026-01-01\""),
            (FieldType::Timestamp, "0"),
            (FieldType::Date, "\"2026-02-30\""),
            (FieldType::Text, "\"a\""),
            (FieldType::Boolean, "0"),
            (FieldType::Json, "0"),
        ] {
            assert!(canonical_bound(field_type, &json(bound)).is_err(), "{field_type:?} {bound}");
        }
    }

    #[test]
    fn messages_name_rule_and_value() {
        let mut violations = Vec::new();
        let strict = text()
            .with(|rules| rules.contains = vec!["@".into()])
            .format(Format::Email)
            .length(Some(8), None);
        check(&strict, &json("\"me\""), "/v", &mut violations);
        let small = shape(FieldType::Integer).range(Some("1"), Some("3"));
        check(&small, &json("4"), "/n", &mut violations);
        check(&small, &json("0"), "/n", &mut violations);
        let lines: Vec<String> = violations
            .iter()
            .map(|one| {
                format!("{} {}: {}", one.pointer, one.rule.as_deref().unwrap_or("-"), one.message)
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /v contains @: `"me"` does not contain `@`
        /v format email: `"me"` is not an email address
        /v length min 8: 2 characters, at least 8 are needed
        /n range max 3: `4` is above the maximum `3`
        /n range min 1: `0` is below the minimum `1`
        "#);
    }
}
