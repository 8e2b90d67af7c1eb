//! The JSON reader: it accepts what RFC 8259 does, limits apart, and nothing of what was written changes.

use super::assert_within;
use dbx::domain::Json;
use dbx::domain::json::spanned::read_at;
use dbx::domain::json::{Limits, ReadErrorKind, compare_numbers, same_value};
use serde_json::Value;
use serde_json::from_str;
use serde_json::value::RawValue;
use std::cmp::Ordering;

/// Any bytes as JSON, beside `serde_json`.
pub fn run(data: &[u8]) {
    let read = Json::parse_bytes(data);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(read.is_err(), "not UTF-8");
        return;
    };
    match read {
        Ok(json) => accepted(text, &json),
        Err(error) => {
            assert!(error.offset <= text.len() && text.is_char_boundary(error.offset), "{error}");
            match &error.kind {
                // What RFC 8259 leaves to the implementation.
                ReadErrorKind::DuplicateKey { first, .. } => assert_within(text, first),
                ReadErrorKind::TooDeep { .. } => {}
                // Halves of surrogate pairs pass where nobody looks at the string.
                ReadErrorKind::Escape => assert!(from_str::<Value>(text).is_err(), "{text:?}"),
                _ => assert!(from_str::<Syntax>(text).is_err(), "{error}: {text:?}"),
            }
        }
    }
}

/// A text of which `serde_json` checks the syntax, and nothing else.
type Syntax = Box<RawValue>;

fn accepted(text: &str, json: &Json) {
    assert!(from_str::<Syntax>(text).is_ok(), "only dbx reads {text:?}");
    let written = json.to_string();
    let again = Json::parse(&written).expect("what dbx writes, it reads");
    assert_eq!((&again, again.to_string()), (json, written.clone()));
    assert_eq!(Json::parse(&json.to_pretty()).as_ref(), Ok(json));
    assert_eq!(numbers(text), numbers(&written), "the text of numbers stays");
    assert_eq!(serde_json::to_string(json).unwrap(), written, "one spelling, whoever writes it");
    assert!(same_value(json, &again));
    let (node, end) = read_at(text, 0, Limits::default()).expect("the reader with spans agrees");
    assert_eq!(&node.to_json(), json);
    assert!(text[end..].trim_matches([' ', '\t', '\n', '\r']).is_empty());
    if let Ok(value) = from_str::<Value>(text) {
        compare(json, &value);
    }
    if let Json::Number(number) = json {
        assert_eq!(compare_numbers(number, number), Ordering::Equal);
    }
}

/// The numbers outside strings, as they are written.
fn numbers(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        rest = &rest[at..];
        let end = if let Some(string) = rest.strip_prefix('"') {
            let mut escaped = false;
            let close = string.find(|c| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            close.unwrap() + 2
        } else {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)));
            let end = end.unwrap_or(rest.len());
            found.push(&rest[..end]);
            end
        };
        rest = &rest[end..];
    }
    found
}

fn compare(ours: &Json, theirs: &Value) {
    match (ours, theirs) {
        (Json::Null, Value::Null) => {}
        (Json::Bool(ours), Value::Bool(theirs)) => assert_eq!(ours, theirs),
        (Json::String(ours), Value::String(theirs)) => assert_eq!(ours, theirs),
        (Json::Number(ours), Value::Number(theirs)) => {
            if let (Ok(ours), Some(theirs)) = (ours.as_str().parse::<u64>(), theirs.as_u64()) {
                assert_eq!(ours, theirs);
            }
        }
        (Json::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().zip(theirs).for_each(|(ours, theirs)| compare(ours, theirs));
        }
        (Json::Object(ours), Value::Object(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            ours.iter().for_each(|(key, value)| compare(value, &theirs[key]));
        }
        _ => panic!("{ours} is not {theirs}"),
    }
}
