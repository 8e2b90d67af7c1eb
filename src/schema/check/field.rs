//! Fields: the name, the type, and what may be said about them.

use super::super::ast::{Block, Name};
use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Field, Rules, Shape};
use super::super::suggest::shortened;
use super::cross::FieldNotes;
use super::rules::{self, Place};
use super::types::field_type;
use super::values::{Out, boolean, members, point_at_type, properties};

const FIELD_PROPERTIES: &[&str] = &["type", "rules", "hidden", "locked"];

/// Checks a field. `None` when its type is not known: nothing more can be said about it then.
pub(super) fn field(block: &Block, out: &mut Out) -> (Option<Field>, FieldNotes) {
    let mut notes = FieldNotes { name: block.name.span.clone(), ..FieldNotes::default() };
    if !block.name.text.is_empty() || !block.damaged {
        field_name(&block.name, "field", out);
        style(&block.name, out);
    }
    let found = properties(block, FIELD_PROPERTIES, out);
    let value = |key: &str| {
        found
            .iter()
            .find(|property| property.key == key)
            .and_then(|property| property.value.as_ref().map(|value| (property, value)))
    };
    let mut flag = |key: &str| {
        value(key).and_then(|(_, node)| boolean(Code::WrongValue, key, node, out)).unwrap_or(false)
    };
    let (hidden, locked) = (flag("hidden"), flag("locked"));
    let declared = value("type").and_then(|(_, node)| field_type(node, out));
    if !found.iter().any(|property| property.key == "type") && !block.damaged {
        out.push(missing_type(&block.name, block.body_start));
    }
    let Some((property, node)) = value("rules") else {
        let shape = declared.map(|field_type| Shape { field_type, rules: Rules::default() });
        return (shape.map(|shape| Field { hidden, locked, shape }), notes);
    };
    let listed = members(Code::WrongValue, &property.key, node, out).unwrap_or_default();
    let from = out.len();
    let rules = rules::rules(listed, declared, Place::Field, &mut notes, out);
    if let Some((_, declared)) = value("type") {
        point_at_type(out, from, &declared.span);
    }
    let shape = declared.map(|field_type| Shape { field_type, rules });
    (shape.map(|shape| Field { hidden, locked, shape }), notes)
}

fn missing_type(name: &Name, at: usize) -> Diagnostic {
    Diagnostic::new(
        Code::MissingType,
        name.span.clone(),
        format!("the field `{}` has no type", shortened(&name.text)),
    )
    .label("its `type` is missing")
    .help("say what it holds: `type = \"text\"`; use `json` for anything at all")
    .fix(at..at, " type = \"text\" ", "make it text")
}

/// Reports a name that no payload should have. `what` is `field` or `property`.
pub(super) fn field_name(name: &Name, what: &str, out: &mut Out) {
    let text = name.text.as_str();
    let (message, label) = if text.trim().is_empty() {
        (format!("the name of this {what} is blank"), "blank")
    } else if text.chars().any(char::is_control) {
        (
            format!("the {what} name `{}` holds a control character", shortened(text)),
            "control character",
        )
    } else if text.trim() != text {
        (
            format!("the {what} name `{}` has white space around it", shortened(text)),
            "white space at an end",
        )
    } else {
        return;
    };
    let clean: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    let mut diagnostic = Diagnostic::new(Code::FieldName, name.span.clone(), message)
        .label(label)
        .help("any name without control characters and surrounding white space will do");
    if !clean.trim().is_empty() {
        let text = crate::domain::Json::from(clean.trim()).to_string();
        diagnostic = diagnostic.fix(name.span.clone(), text, "clean the name");
    }
    out.push(diagnostic);
}

fn style(name: &Name, out: &mut Out) {
    let text = name.text.as_str();
    let words = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let snake = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('_').all(words);
    if snake || text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control)
    {
        return;
    }
    out.push(
        Diagnostic::new(
            Code::FieldNameStyle,
            name.span.clone(),
            format!("the field name `{}` is not snake_case", shortened(text)),
        )
        .label("not snake_case")
        .help("snake_case reads the same everywhere; rename a field only while nothing is stored under it"),
    );
}
