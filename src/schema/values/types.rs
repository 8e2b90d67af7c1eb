//! Whether a value is of its type, and the value in its canonical form.

use super::reference::{parse_reference, reference_text};
use super::rules;
use super::violation::{Violation, member, shown};
use crate::domain::Json;
use crate::domain::canonical::{binary, date, decimal, float, integer, timestamp};
use crate::domain::json::{Number, Object};
use crate::schema::{FieldType, Shape, check};

/// The value as it is stored: of the shape's type, in canonical form. What is wrong with it, type and rules, is added
/// to `violations`, and then the value comes back as it was. `own_type` is the aggregate type that `#id` means,
/// `pointer` where the value stands.
///
/// Normalising a normalised value changes nothing. Keys of objects keep their order, and those without a declared
/// property pass untouched.
pub fn normalise(
    shape: &Shape,
    own_type: &str,
    value: &Json,
    pointer: &str,
    violations: &mut Vec<Violation>,
) -> Json {
    if let (FieldType::Object, Json::Object(object)) = (shape.field_type, value) {
        return Json::Object(properties(shape, own_type, object, pointer, violations));
    }
    match convert(shape, own_type, value) {
        Ok(normal) => {
            rules::check(shape, &normal, pointer, violations);
            normal
        }
        Err(reason) => {
            let name = type_name(shape);
            let found = shown(value);
            let message = format!("{found} is not {} `{name}`: {reason}", article(&name));
            violations.push(Violation::new(pointer, "type", Some(format!("type {name}")), message));
            value.clone()
        }
    }
}

/// The members of an object, each declared one normalised.
fn properties(
    shape: &Shape,
    own_type: &str,
    object: &Object,
    pointer: &str,
    violations: &mut Vec<Violation>,
) -> Object {
    let declared = &shape.rules.properties;
    for (name, property) in declared {
        // A nested value is replaced as part of its field, so what is required of it must be in the value itself.
        if property.rules.required && object.get(name).is_none_or(Json::is_null) {
            violations.push(Violation::new(
                member(pointer, name),
                "required",
                Some("required".to_owned()),
                format!("the property `{name}` is required: give it a value"),
            ));
        }
    }
    object
        .iter()
        .map(|(key, value)| {
            let normal = match declared.get(key) {
                // Said already, and once is enough.
                Some(property) if property.rules.required && value.is_null() => Json::Null,
                Some(property) => {
                    normalise(property, own_type, value, &member(pointer, key), violations)
                }
                None => value.clone(),
            };
            (key.clone(), normal)
        })
        .collect()
}

/// The value in canonical form, or why it is not of the type.
fn convert(shape: &Shape, own_type: &str, value: &Json) -> Result<Json, String> {
    if shape.is_reference() {
        return reference_value(own_type, value);
    }
    match shape.field_type {
        FieldType::Json | FieldType::Reference => Ok(value.clone()),
        FieldType::Integer => {
            let text = number_text(value)?;
            integer::parse(text).map(Json::from).map_err(said)
        }
        FieldType::Float => float::parse(number_text(value)?).map(Json::Number).map_err(said),
        FieldType::Decimal { precision, scale } => {
            let text = number_text(value)?;
            decimal::canonical(text, precision, scale).map(Json::String).map_err(said)
        }
        FieldType::Boolean => {
            boolean(value).map(Json::Bool).ok_or_else(|| "use `true` or `false`".to_owned())
        }
        FieldType::Text => string(value).map(Json::from),
        FieldType::Timestamp => {
            timestamp::canonical(string(value)?).map(Json::String).map_err(said)
        }
        FieldType::Date => same(value, date::parse(string(value)?)),
        FieldType::Binary => same(value, binary::decode(string(value)?)),
        FieldType::Object => Err("a JSON object is needed".to_owned()),
    }
}

fn reference_value(own_type: &str, value: &Json) -> Result<Json, String> {
    if value.is_null() {
        return Ok(Json::Null);
    }
    let target = parse_reference(string(value)?, own_type).map_err(said)?;
    Ok(Json::String(reference_text(&target)))
}

fn said(reason: impl std::fmt::Display) -> String {
    reason.to_string()
}

fn same<T>(value: &Json, checked: Result<T, impl std::fmt::Display>) -> Result<Json, String> {
    checked.map(|_| value.clone()).map_err(said)
}

/// The text of a number, given as a number or, as the command line does, as a string.
fn number_text(value: &Json) -> Result<&str, String> {
    match value {
        Json::Number(number) => Ok(number.as_str()),
        Json::String(text) => Ok(text),
        other => Err(format!("a number is needed, this is {}", of_kind(other))),
    }
}

fn string(value: &Json) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("a string is needed, this is {}", of_kind(value)))
}

fn of_kind(value: &Json) -> String {
    match value.kind() {
        "null" => "null".to_owned(),
        kind => format!("{} {kind}", article(kind)),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn boolean(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::Number(number) => zero_or_one(number),
        Json::String(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") || text == "0" => Some(false),
        _ => None,
    }
}

fn zero_or_one(number: &Number) -> Option<bool> {
    match number.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// The type as the schema language writes it; a text of the format `reference` is a reference to whoever writes one.
fn type_name(shape: &Shape) -> String {
    let field_type = if shape.is_reference() { FieldType::Reference } else { shape.field_type };
    check::type_name(field_type)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{accepts, json, outcome, refuses, shape};
    use super::*;
    use crate::schema::Format;

    #[test]
    fn integers() {
        let integer = shape(FieldType::Integer);
        accepts(
            &integer,
            &[
                ("42", "42"),
                ("-1", "-1"),
                ("0", "0"),
                ("-0", "0"),
                ("\"42\"", "42"),
                ("\"-0\"", "0"),
                ("9223372036854775807", "9223372036854775807"),
                ("\"-9223372036854775808\"", "-9223372036854775808"),
            ],
        );
        refuses(
            &integer,
            "type",
            &[
                "1.5",
                "1.0",
                "1e3",
                "true",
                "null",
                "[]",
                "{}",
                "\"\"",
                "\"abc\"",
                "\" 42\"",
                "\"+42\"",
                "\"042\"",
                "\"1.0\"",
                "\"1e3\"",
                "9223372036854775808",
                "-9223372036854775809",
                "\"9223372036854775808\"",
            ],
        );
    }

    #[test]
    fn floats() {
        let float = shape(FieldType::Float);
        accepts(
            &float,
            &[
                ("1", "1"),
                ("1.50", "1.50"),
                ("-0.0", "-0.0"),
                ("1E5", "1E5"),
                ("\"6.02e23\"", "6.02e23"),
                ("\"-1.50\"", "-1.50"),
                ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
            ],
        );
        refuses(
            &float,
            "type",
            &[
                "true",
                "null",
                "[1]",
                "{}",
                "\"\"",
                "\"NaN\"",
                "\"inf\"",
                "\"-Infinity\"",
                "1e999",
                "\"1e999\"",
                "\"1.\"",
                "\".5\"",
                "\"+1\"",
                "\"1,5\"",
                "\"01\"",
                "\" 1\"",
            ],
        );
    }

    #[test]
    fn decimals() {
        let decimal = shape(FieldType::Decimal { precision: 12, scale: 2 });
        accepts(
            &decimal,
            &[
                ("10.5", "\"10.5\""),
                ("\"10.50\"", "\"10.50\""),
                ("7", "\"7\""),
                ("-0.0", "\"0.0\""),
                ("\"-0\"", "\"0\""),
                ("\"007.50\"", "\"7.50\""),
                ("9999999999.99", "\"9999999999.99\""),
            ],
        );
        refuses(
            &decimal,
            "type",
            &[
                "\"1.234\"",
                "1.234",
                "\"1.200\"",
                "12345678901.23",
                "1e2",
                "\"1e2\"",
                "true",
                "null",
                "\"\"",
                "\"abc\"",
                "\"+1\"",
                "\".5\"",
                "\"5.\"",
                "\"1,5\"",
                "\" 1\"",
                "\"NaN\"",
                "[]",
                "{}",
            ],
        );
        let wide = shape(FieldType::Decimal { precision: 38, scale: 10 });
        let digits = "\"1234567890123456789012345678.0123456789\"";
        accepts(&wide, &[(digits, digits)]);
        accepts(&wide, &[(digits.trim_matches('"'), digits)]);
        let five = shape(FieldType::Decimal { precision: 5, scale: 2 });
        accepts(&five, &[("\"-123.45\"", "\"-123.45\""), ("\"1234.5\"", "\"1234.5\"")]);
        refuses(&five, "type", &["\"1234.56\"", "123456"]);
    }

    #[test]
    fn booleans() {
        let boolean = shape(FieldType::Boolean);
        accepts(
            &boolean,
            &[
                ("true", "true"),
                ("false", "false"),
                ("1", "true"),
                ("0", "false"),
                ("\"1\"", "true"),
                ("\"0\"", "false"),
                ("\"TRUE\"", "true"),
                ("\"False\"", "false"),
            ],
        );
        refuses(
            &boolean,
            "type",
            &[
                "\"yes\"",
                "\"no\"",
                "\"t\"",
                "\"\"",
                "\" true\"",
                "2",
                "-1",
                "1.0",
                "-0",
                "1e0",
                "null",
                "[]",
                "{}",
                "\"01\"",
            ],
        );
    }

    #[test]
    fn texts_pass_verbatim() {
        let text = shape(FieldType::Text);
        let strange = r#""  héllo 世界 👩‍👩‍👧 \u0000\n""#;
        accepts(&text, &[("\"hello\"", "\"hello\""), ("\"\"", "\"\"")]);
        assert_eq!(outcome(&text, strange), Ok(json(strange).to_string()));
        refuses(&text, "type", &["1", "true", "null", "[]", "{}"]);
    }

    #[test]
    fn timestamps_and_dates() {
        let timestamp = shape(FieldType::Timestamp);
        accepts(
            &timestamp,
            &[
                ("\"2026-01-02T03:04:05+02:00\"", "\"2026-01-02T01:04:05Z\""),
                ("\"2026-01-02t03:04:05.50z\"", "\"2026-01-02T03:04:05.50Z\""),
            ],
        );
        refuses(
            &timestamp,
            "type",
            &[
                "\"2026-01-02T24:00:00Z\"",
                "\"2026-01-02T03:04:05\"",
                "\"2026-01-02\"",
                "1767323045",
                "null",
                "\"\"",
                "\"2026-01-02 03:04:05Z\"",
                "{}",
                "true",
            ],
        );
        let date = shape(FieldType::Date).format(Format::Iso8601);
        accepts(&date, &[("\"2024-02-29\"", "\"2024-02-29\"")]);
        refuses(
            &date,
            "type",
            &[
                "\"2023-02-29\"",
                "\"2024-1-1\"",
                "\"2024-01-01T00:00:00Z\"",
                "20240101",
                "null",
                "\"\"",
                "\"29.02.2024\"",
            ],
        );
    }

    #[test]
    fn json_takes_anything_untouched() {
        let any = shape(FieldType::Json).property("n", shape(FieldType::Integer).required());
        for value in ["null", "1.50", "\"x\"", "[1,null]", r#"{"n":"no","b":1E5}"#, "true", "{}"] {
            accepts(&any, &[(value, value)]);
        }
    }

    #[test]
    fn binaries() {
        let binary = shape(FieldType::Binary);
        accepts(&binary, &[("\"aGVsbG8=\"", "\"aGVsbG8=\""), ("\"\"", "\"\"")]);
        refuses(&binary, "type", &["\"aGVsbG8\"", "\"a-_=\"", "\"AB==\"", "1", "null", "[104]"]);
    }

    #[test]
    fn objects_recurse_and_leave_other_keys() {
        let inner = shape(FieldType::Object)
            .property("when", shape(FieldType::Timestamp))
            .property("n", shape(FieldType::Integer).required());
        let outer = shape(FieldType::Object)
            .property("a/b", inner)
            .property("name", shape(FieldType::Text));
        accepts(
            &outer,
            &[
                ("{}", "{}"),
                (
                    r#"{"z":1.00,"a/b":{"n":"7","when":"2026-01-01T02:00:00+02:00"},"big":12345678901234567890123}"#,
                    r#"{"z":1.00,"a/b":{"n":7,"when":"2026-01-01T00:00:00Z"},"big":12345678901234567890123}"#,
                ),
            ],
        );
        for (value, wrong) in [
            (
                r#"{"name":1,"a/b":{"n":"x","when":2}}"#,
                &["/v/name type", "/v/a~1b/n type", "/v/a~1b/when type"][..],
            ),
            (r#"{"a/b":{}}"#, &["/v/a~1b/n required"]),
            (r#"{"a/b":{"n":null}}"#, &["/v/a~1b/n required"]),
            (r#"{"a/b":[]}"#, &["/v/a~1b type"]),
            (r#"{"name":null}"#, &["/v/name type"]),
        ] {
            let wrong: Vec<String> = wrong.iter().map(|&one| one.to_owned()).collect();
            assert_eq!(outcome(&outer, value), Err(wrong), "{value}");
        }
        refuses(&outer, "type", &["[1]", "null", "\"{}\"", "1", "true"]);
    }

    #[test]
    fn references_by_type_and_by_format() {
        for reference in
            [shape(FieldType::Reference), shape(FieldType::Text).format(Format::Reference)]
        {
            accepts(
                &reference,
                &[
                    ("\"person#boss\"", "\"person#boss\""),
                    ("\"#boss\"", "\"item#boss\""),
                    ("\" sales#person#boss\\n\"", "\"person#boss\""),
                    ("null", "null"),
                ],
            );
            refuses(
                &reference,
                "type",
                &[
                    "7",
                    "true",
                    "[]",
                    "{}",
                    "\"\"",
                    "\"boss\"",
                    "\"person#\"",
                    "\"#\"",
                    "\"##b\"",
                    "\"Person#boss\"",
                    "\"a#b#c#d\"",
                    "\"person# boss\"",
                    "\"person/boss\"",
                    "\"person#b.c\"",
                    "\"#person#boss\"",
                    "\"a b#person#boss\"",
                ],
            );
        }
        let person = shape(FieldType::Reference).pointing_at(Some("person"), false);
        accepts(&person, &[("\"person#a\"", "\"person#a\""), ("null", "null")]);
        refuses(&person, "reference", &["\"team#a\"", "\"#a\"", "\"x#team#a\""]);
        refuses(&person, "type", &["7", "\"person\""]);
    }

    #[test]
    fn messages_name_type_and_value() {
        let mut violations = Vec::new();
        let decimal = shape(FieldType::Decimal { precision: 12, scale: 2 });
        for (shape, value) in [
            (&decimal, "\"1.234\""),
            (&shape(FieldType::Integer), "true"),
            (&shape(FieldType::Text), "null"),
            (&shape(FieldType::Object), "[1]"),
            (&shape(FieldType::Reference).pointing_at(Some("person"), true), "\"#a\""),
        ] {
            let _ = normalise(shape, "item", &json(value), "/v", &mut violations);
        }
        let lines: Vec<String> = violations
            .iter()
            .map(|one| format!("{}: {}", one.rule.as_deref().unwrap_or("-"), one.message))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        type decimal(12,2): `"1.234"` is not a `decimal(12,2)`: 3 digits behind the point, at most 2 fit
        type integer: `true` is not an `integer`: a number is needed, this is a boolean
        type text: `null` is not a `text`: a string is needed, this is null
        type object: an array of 1 item is not an `object`: a JSON object is needed
        reference aggregate_type person: the reference may only point at `person`, not at `item`
        "#);
    }
}
