//! The rule `reference`.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Cascade, FieldType, Format, ReferenceRule, Rules};
use super::super::suggest::{nearest, shortened};
use super::cross::FieldNotes;
use super::rules::Place;
use super::types::type_name;
use super::values::{Out, members, wrong_kind};
use crate::domain::AggregateType;
use crate::domain::json::spanned::{Member, Node, Value};

const OPTIONS: &[&str] = &["integrity", "aggregate_type", "cascade", "tenant"];

/// Reads the options of a reference.
pub(super) fn rule(
    node: &Node,
    place: Place,
    notes: &mut FieldNotes,
    out: &mut Out,
) -> Option<ReferenceRule> {
    let mut rule = ReferenceRule::default();
    for member in members(Code::WrongRuleValue, "reference", node, out)? {
        match member.key.as_str() {
            "integrity" => {
                let word = choice(member, &["strong", "weak"], out);
                rule.strong = word != Some("weak");
            }
            "cascade" => {
                let word = choice(member, &["none", "restrict", "nullify"], out);
                rule.cascade = match word {
                    Some("restrict") => Cascade::Restrict,
                    Some("nullify") => Cascade::Nullify,
                    _ => Cascade::None,
                };
                notes.cascade = Some(member.value.span.clone());
                if place == Place::Property && rule.cascade != Cascade::None {
                    out.push(nested_cascade(member));
                }
            }
            "aggregate_type" => {
                rule.aggregate_type = aggregate_type(&member.value, out);
                notes.targets.push((rule.aggregate_type.clone(), member.value.span.clone(), false));
            }
            "tenant" => tenant(member, out),
            _ => out.push(unknown_option(member)),
        }
    }
    if let Some(target) = notes.targets.last_mut() {
        target.2 = rule.strong;
    }
    Some(rule)
}

/// Reference rules on something that is no reference.
pub(super) fn without_reference(
    listed: &[Member],
    declared: FieldType,
    rules: &Rules,
    out: &mut Out,
) {
    let is_reference = declared == FieldType::Reference || rules.format == Some(Format::Reference);
    let Some(member) = listed.iter().find(|member| member.key == "reference") else { return };
    if is_reference {
        return;
    }
    let diagnostic = Diagnostic::new(
        Code::NotAReference,
        member.key_span.clone(),
        format!(
            "reference rules on a field of the type `{}` that is no reference",
            type_name(declared)
        ),
    )
    .label("this field is no reference");
    let format = listed.iter().find(|member| member.key == "format");
    out.push(match (declared, format) {
        (FieldType::Text, None) => {
            diagnostic.help("use `type = \"reference\"`, or add `\"format\": \"reference\"`").fix(
                member.key_span.start..member.key_span.start,
                "\"format\": \"reference\", ",
                "add the format `reference`",
            )
        }
        (FieldType::Text, Some(format)) => diagnostic
            .secondary(format.value.span.clone(), "the format says that it is something else")
            .help("use `type = \"reference\"`, or the format `reference`"),
        _ => diagnostic.help("use `type = \"reference\"`"),
    });
}

fn choice<'a>(member: &Member, known: &[&'a str], out: &mut Out) -> Option<&'a str> {
    let key = member.key.as_str();
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let Value::String(text) = &member.value.value else {
        out.push(wrong_kind(Code::ReferenceOption, key, &member.value, "a word in quotes"));
        return None;
    };
    if let Some(word) = known.iter().find(|word| *word == text) {
        return Some(word);
    }
    let diagnostic = Diagnostic::new(
        Code::ReferenceOption,
        member.value.span.clone(),
        format!("`{}` is not a value of `{key}`", shortened(text)),
    )
    .label(format!("expected {}", list.join(" or ")))
    .help(format!("`{key}` is one of {}", list.join(", ")));
    out.push(match nearest(text, known) {
        Some(word) => diagnostic.fix(
            member.value.span.clone(),
            format!("\"{word}\""),
            format!("use `{word}`"),
        ),
        None => diagnostic,
    });
    None
}

fn nested_cascade(member: &Member) -> Diagnostic {
    Diagnostic::new(
        Code::NestedCascade,
        member.value.span.clone(),
        "a reference inside an object cannot have a cascade",
    )
    .label("only whole fields have a cascade")
    .help("make the reference a field of its own, or use the cascade `none`")
    .fix(member.value.span.clone(), "\"none\"", "use `none`")
}

fn aggregate_type(node: &Node, out: &mut Out) -> Option<String> {
    let Value::String(text) = &node.value else {
        out.push(wrong_kind(Code::ReferenceOption, "aggregate_type", node, "an aggregate type"));
        return None;
    };
    if AggregateType::new(text).is_err() {
        out.push(
            Diagnostic::new(
                Code::ReferenceOption,
                node.span.clone(),
                format!("`{}` is not an aggregate type", shortened(text)),
            )
            .label("no aggregate can have this type")
            .help("name the aggregate as it is declared: lower-case letters, digits and `_`"),
        );
        return None;
    }
    Some(text.clone())
}

fn tenant(member: &Member, out: &mut Out) {
    if member.value.value == Value::String("default".to_owned()) {
        out.push(
            Diagnostic::new(
                Code::LegacyTenant,
                member.key_span.clone(),
                "`tenant` has no effect: a workspace is the only tenant",
            )
            .label("legacy key")
            .help("remove `tenant`"),
        );
        return;
    }
    out.push(
        Diagnostic::new(
            Code::ForeignTenant,
            member.value.span.clone(),
            "references cannot lead out of the workspace",
        )
        .label("only the legacy value `\"default\"` is accepted")
        .help("remove `tenant`; copy what you need from the other workspace"),
    );
}

fn unknown_option(member: &Member) -> Diagnostic {
    let key = member.key.as_str();
    let diagnostic = Diagnostic::new(
        Code::UnknownRule,
        member.key_span.clone(),
        format!("`{}` is not an option of `reference`", shortened(key)),
    )
    .label("unknown option");
    match nearest(key, OPTIONS) {
        Some(known) => diagnostic.help(format!("did you mean `{known}`?")).fix(
            member.key_span.clone(),
            format!("\"{known}\""),
            format!("use `{known}`"),
        ),
        None => diagnostic.help("options: `integrity`, `aggregate_type`, `cascade`"),
    }
}
