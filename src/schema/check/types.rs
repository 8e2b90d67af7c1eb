//! The names of types.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::FieldType;
use super::super::suggest::{nearest, shortened};
use super::values::{Out, wrong_kind};
use crate::domain::json::spanned::{Node, Value};

/// The most digits of a decimal.
const PRECISION_MAX: u32 = 38;

const NAMES: &[(&str, FieldType)] = &[
    ("integer", FieldType::Integer),
    ("int", FieldType::Integer),
    ("float", FieldType::Float),
    ("double", FieldType::Float),
    ("boolean", FieldType::Boolean),
    ("bool", FieldType::Boolean),
    ("text", FieldType::Text),
    ("string", FieldType::Text),
    ("timestamp", FieldType::Timestamp),
    ("date", FieldType::Date),
    ("json", FieldType::Json),
    ("binary", FieldType::Binary),
    ("bytes", FieldType::Binary),
    ("object", FieldType::Object),
    ("reference", FieldType::Reference),
    ("ref", FieldType::Reference),
    ("aggregate_ref", FieldType::Reference),
    ("aggregate-reference", FieldType::Reference),
];

/// What people coming from elsewhere write, and the type that serves them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("uuid", "text"),
    ("varchar", "text"),
    ("char", "text"),
    ("str", "text"),
    ("number", "float"),
    ("real", "float"),
    ("bigint", "integer"),
    ("smallint", "integer"),
    ("i64", "integer"),
    ("money", "decimal(12,2)"),
    ("datetime", "timestamp"),
    ("time", "timestamp"),
    ("timestamptz", "timestamp"),
    ("array", "json"),
    ("list", "json"),
    ("any", "json"),
    ("jsonb", "json"),
    ("map", "object"),
    ("struct", "object"),
    ("blob", "binary"),
    ("bytea", "binary"),
    ("enum", "text"),
];

/// The type that a value names.
pub(super) fn field_type(node: &Node, out: &mut Out) -> Option<FieldType> {
    let Value::String(text) = &node.value else {
        out.push(wrong_kind(Code::UnknownType, "type", node, "the name of a type"));
        return None;
    };
    let lower = text.to_ascii_lowercase();
    if let Some((_, found)) = NAMES.iter().find(|(name, _)| *name == lower) {
        return Some(*found);
    }
    let (name, digits) = lower
        .split_once('(')
        .map_or((lower.as_str(), None), |(name, rest)| (name.trim_end(), Some(rest)));
    if matches!(name, "decimal" | "numeric") {
        return decimal(digits, node, text, out);
    }
    out.push(unknown(name, digits.is_some(), node, text));
    None
}

fn decimal(digits: Option<&str>, node: &Node, text: &str, out: &mut Out) -> Option<FieldType> {
    let numbers = digits
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|inside| inside.split_once(','))
        .and_then(|(p, s)| Some((count(p)?, count(s)?)));
    let fault = |message: String, label: &str| {
        Diagnostic::new(Code::DecimalDigits, node.span.clone(), message)
            .label(label.to_owned())
            .help("`decimal(12,2)` has at most 12 digits, 2 of them behind the point")
    };
    let fault = match numbers {
        Some((p, s)) if (1..=PRECISION_MAX).contains(&p) && s <= p => {
            return Some(FieldType::Decimal { precision: p, scale: s });
        }
        None => fault(
            format!("`{}` does not say how many digits it has", shortened(text)),
            "expected `decimal(PRECISION,SCALE)`",
        ),
        Some((p, s)) if (1..=PRECISION_MAX).contains(&p) => fault(
            format!("{s} digits behind the point do not fit into {p} digits in all"),
            "the scale is at most the precision",
        ),
        Some((p, _)) => fault(
            format!("a decimal has 1 to {PRECISION_MAX} digits in all, not {p}"),
            "the precision is 1 to 38",
        ),
    };
    out.push(fault);
    None
}

fn count(text: &str) -> Option<u32> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn unknown(name: &str, digits: bool, node: &Node, text: &str) -> Diagnostic {
    let plain = NAMES.iter().find(|(known, _)| *known == name);
    if let (true, Some((known, _))) = (digits, plain) {
        return Diagnostic::new(
            Code::UnknownType,
            node.span.clone(),
            format!("the type `{known}` takes no digits"),
        )
        .label("only `decimal` takes digits")
        .help("limit text with the rule `length`, numbers with `range`")
        .fix(node.span.clone(), format!("\"{known}\""), format!("write `{known}`"));
    }
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name).map(|(_, known)| *known);
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let meant = elsewhere.or_else(|| nearest(name, &names));
    let diagnostic = Diagnostic::new(
        Code::UnknownType,
        node.span.clone(),
        format!("`{}` is not a type", shortened(text)),
    )
    .label("unknown type");
    match meant {
        Some(known) => diagnostic
            .help(format!("did you mean `{known}`?"))
            .fix(node.span.clone(), format!("\"{known}\""), format!("use `{known}`")),
        None => diagnostic.help(
            "types: integer, float, decimal(p,s), boolean, text, timestamp, date, json, binary, object, reference",
        ),
    }
}

/// The name of a type, as `show` and messages write it.
pub(in crate::schema) fn type_name(field_type: FieldType) -> String {
    if let FieldType::Decimal { precision, scale } = field_type {
        return format!("decimal({precision},{scale})");
    }
    let found = NAMES.iter().find(|(_, known)| *known == field_type);
    found.map_or("json", |(name, _)| name).to_owned()
}
