//! Rules about text: substrings, regular expressions and formats.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{FieldType, Format};
use super::super::suggest::{nearest, shortened};
use super::rules::format_fits;
use super::types::type_name;
use super::values::{Out, strings, wrong_kind};
use crate::domain::json::spanned::{Node, Value};
use regex::Regex;

/// The formats by their names.
const FORMATS: &[(&str, Format)] = &[
    ("email", Format::Email),
    ("url", Format::Url),
    ("credit_card", Format::CreditCard),
    ("country_code", Format::CountryCode),
    ("iso8601", Format::Iso8601),
    ("wgs_84", Format::Wgs84),
    ("camel_case", Format::CamelCase),
    ("snake_case", Format::SnakeCase),
    ("kebab_case", Format::KebabCase),
    ("pascal_case", Format::PascalCase),
    ("upper_case_snake_case", Format::UpperCaseSnakeCase),
    ("reference", Format::Reference),
];

/// The name of a format.
pub(in crate::schema) fn format_name(format: Format) -> &'static str {
    FORMATS.iter().find(|(_, known)| *known == format).map_or("", |(name, _)| name)
}

/// An array of substrings.
pub(super) fn substrings(key: &str, node: &Node, out: &mut Out) -> Vec<String> {
    let list = strings(Code::WrongRuleValue, key, node, "an array of strings", out);
    list.unwrap_or_default().into_iter().map(|listed| listed.name).collect()
}

/// An array of regular expressions, compiled.
pub(super) fn expressions(node: &Node, out: &mut Out) -> Vec<Regex> {
    let list = strings(Code::WrongRuleValue, "regex", node, "an array of strings", out);
    let mut compiled = Vec::new();
    for listed in list.unwrap_or_default() {
        match Regex::new(&listed.name) {
            Ok(regex) => compiled.push(regex),
            Err(error) => out.push(
                Diagnostic::new(
                    Code::InvalidRegex,
                    listed.span,
                    format!("this regular expression does not compile: {}", reason(&error)),
                )
                .label("does not compile")
                .help(
                    "the syntax is that of the Rust crate `regex`: no look-around, no \
                     back-references; escape a backslash as `\\\\` in JSON",
                ),
            ),
        }
    }
    compiled
}

/// The last line of the crate's message, which is several lines long and draws the place.
fn reason(error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(limit) = error {
        return format!("it needs more than {limit} bytes");
    }
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

/// A format that fits the type.
pub(super) fn format(node: &Node, declared: Option<FieldType>, out: &mut Out) -> Option<Format> {
    let Value::String(text) = &node.value else {
        out.push(wrong_kind(Code::WrongRuleValue, "format", node, "the name of a format"));
        return None;
    };
    let Some((name, format)) = FORMATS.iter().find(|(name, _)| name == text) else {
        out.push(unknown_format(node, text));
        return None;
    };
    let Some(declared) = declared.filter(|declared| !format_fits(*format, *declared)) else {
        return Some(*format);
    };
    let types = match format {
        Format::Iso8601 => "text, timestamp and date",
        Format::Reference => "text and reference",
        _ => "text",
    };
    out.push(
        Diagnostic::new(
            Code::RuleMismatch,
            node.span.clone(),
            format!("the format `{name}` does not fit the type `{}`", type_name(declared)),
        )
        .label(format!("`{name}` is for {types}"))
        .help("remove the format, or change the type"),
    );
    None
}

fn unknown_format(node: &Node, text: &str) -> Diagnostic {
    let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
    let diagnostic = Diagnostic::new(
        Code::UnknownFormat,
        node.span.clone(),
        format!("`{}` is not a format", shortened(text)),
    )
    .label("unknown format");
    match nearest(text, &names) {
        Some(known) => diagnostic.help(format!("did you mean `{known}`?")).fix(
            node.span.clone(),
            format!("\"{known}\""),
            format!("use `{known}`"),
        ),
        None => diagnostic
            .help(format!("formats: {}; anything else is a job for `regex`", names.join(", "))),
    }
}
