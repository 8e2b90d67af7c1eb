//! Values of properties and rules: of which kind they are, and keys that nobody knows.

use super::super::ast::{Block, Item, Property};
use super::super::codes::Code;
use super::super::diagnostic::{Diagnostic, Label};
use super::super::suggest::{nearest, shortened};
use crate::domain::json::spanned::{Member, Node, Value};
use std::ops::Range;

pub(super) type Out = Vec<Diagnostic>;

/// A name in a list and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

/// A JSON value as messages name it.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "`null`",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The properties of a block, each known one once. Unknown ones and repetitions are reported.
pub(super) fn properties<'a>(block: &'a Block, known: &[&str], out: &mut Out) -> Vec<&'a Property> {
    let mut found: Vec<&Property> = Vec::new();
    for item in &block.items {
        let Item::Property(property) = item else { continue };
        if !known.contains(&property.key.as_str()) {
            out.push(unknown_property(block, property, known));
        } else if let Some(first) = found.iter().find(|first| first.key == property.key) {
            out.push(
                Diagnostic::new(
                    Code::DuplicateProperty,
                    property.key_span.clone(),
                    format!("`{}` is given twice", property.key),
                )
                .label("given again")
                .secondary(first.key_span.clone(), "given first here")
                .help("keep one of the two"),
            );
        } else {
            found.push(property);
        }
    }
    found
}

fn unknown_property(block: &Block, property: &Property, known: &[&str]) -> Diagnostic {
    let kind = block.kind.as_str();
    let key = shortened(&property.key);
    let list: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let diagnostic = Diagnostic::new(
        Code::UnknownProperty,
        property.key_span.clone(),
        format!("`{key}` is not a property of {} {kind}", article(kind)),
    )
    .label("unknown property");
    match nearest(&property.key, known) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")).fix(
            property.key_span.clone(),
            name,
            format!("use `{name}`"),
        ),
        None if super::rules::ALL.contains(&property.key.as_str()) => diagnostic.help(format!(
            "`{key}` is a rule of a field: write `rules = {{\"{key}\": …}}` inside the field"
        )),
        None => diagnostic.help(format!("known properties: {}", list.join(", "))),
    }
}

pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Says that a value is of the wrong kind.
pub(super) fn wrong_kind(code: Code, key: &str, node: &Node, expected: &'static str) -> Diagnostic {
    Diagnostic::new(
        code,
        node.span.clone(),
        format!("`{}` takes {expected}, not {}", shortened(key), kind(node)),
    )
    .label(format!("expected {expected}"))
    .help(match expected {
        "`true` or `false`" => "write `true` or `false`, without quotes".to_owned(),
        "an array of strings" | "an array of field names" => {
            "write an array, also for a single one: `[\"…\"]`".to_owned()
        }
        "a string or `null`" => "write a string in double quotes, or `null`".to_owned(),
        "an object" => format!("write an object: `{{\"…\": …}}` after `{}`", shortened(key)),
        _ => format!("write {expected}"),
    })
}

/// `true` or `false`.
pub(super) fn boolean(code: Code, key: &str, node: &Node, out: &mut Out) -> Option<bool> {
    if let Value::Bool(value) = node.value {
        return Some(value);
    }
    let mut diagnostic = wrong_kind(code, key, node, "`true` or `false`");
    let word = match &node.value {
        Value::String(text) => text.to_ascii_lowercase(),
        Value::Number(number) => number.as_str().to_owned(),
        _ => String::new(),
    };
    let meant = match word.as_str() {
        "true" | "1" => Some("true"),
        "false" | "0" => Some("false"),
        _ => None,
    };
    if let Some(meant) = meant {
        diagnostic = diagnostic.fix(node.span.clone(), meant, format!("write `{meant}`"));
    }
    out.push(diagnostic);
    None
}

/// An array of strings; elements of another kind are reported one by one.
pub(super) fn strings(
    code: Code,
    key: &str,
    node: &Node,
    source_of: &'static str,
    out: &mut Out,
) -> Option<Vec<Listed>> {
    let Value::Array(items) = &node.value else {
        let mut diagnostic = wrong_kind(code, key, node, source_of);
        if let Value::String(text) = &node.value {
            let array = crate::domain::Json::Array(vec![text.as_str().into()]).to_string();
            diagnostic = diagnostic.fix(node.span.clone(), array, "make it an array");
        }
        out.push(diagnostic);
        return None;
    };
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        match &item.value {
            Value::String(text) => {
                list.push(Listed { name: text.clone(), span: item.span.clone() });
            }
            _ => out.push(wrong_kind(code, key, item, source_of)),
        }
    }
    Some(list)
}

/// The members of an object.
pub(super) fn members<'a>(
    code: Code,
    key: &str,
    node: &'a Node,
    out: &mut Out,
) -> Option<&'a [Member]> {
    if let Value::Object(members) = &node.value {
        return Some(members);
    }
    out.push(wrong_kind(code, key, node, "an object"));
    None
}

/// Points at the type in those findings since `from` that are about what does not fit it.
pub(super) fn point_at_type(out: &mut [Diagnostic], from: usize, span: &Range<usize>) {
    for found in out.iter_mut().skip(from) {
        let about_type =
            matches!(found.code, Code::RuleMismatch | Code::InvalidBound | Code::NotAReference);
        if about_type && !found.secondary.iter().any(|label| label.text == TYPE_LABEL) {
            found.secondary.push(Label { span: span.clone(), text: TYPE_LABEL.to_owned() });
        }
    }
}

const TYPE_LABEL: &str = "the type is given here";
