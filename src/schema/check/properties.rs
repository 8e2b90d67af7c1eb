//! The rule `properties`: the parts of an object, each a type name or a type with flat rules.

use super::super::ast::Name;
use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Rules, Shape};
use super::super::suggest::shortened;
use super::cross::FieldNotes;
use super::field::field_name;
use super::rules::{Place, rules};
use super::types::field_type;
use super::values::{Out, members, point_at_type, wrong_kind};
use crate::domain::json::spanned::{Member, Node, Value};
use indexmap::IndexMap;

/// Checks the parts of an object. Recursion ends with the depth limit of JSON.
pub(super) fn properties(node: &Node, out: &mut Out) -> IndexMap<String, Shape> {
    let mut found = IndexMap::new();
    for member in members(Code::WrongRuleValue, "properties", node, out).unwrap_or_default() {
        let name = Name { text: member.key.clone(), span: member.key_span.clone() };
        field_name(&name, "property", out);
        if let Some(shape) = shape(member, out) {
            found.insert(member.key.clone(), shape);
        }
    }
    found
}

fn shape(member: &Member, out: &mut Out) -> Option<Shape> {
    let node = &member.value;
    match &node.value {
        Value::String(_) => {
            field_type(node, out).map(|field_type| Shape { field_type, rules: Rules::default() })
        }
        Value::Object(listed) => {
            let inner = listed.iter().find(|inner| inner.key == "type");
            if inner.is_none() {
                out.push(missing_type(member));
            }
            let declared = inner.and_then(|inner| field_type(&inner.value, out));
            // Its reference may lead anywhere: cascades are refused here, and targets are not noted.
            let mut notes = FieldNotes::default();
            let from = out.len();
            let rules = rules(listed, declared, Place::Property, &mut notes, out);
            if let Some(inner) = inner {
                point_at_type(out, from, &inner.value.span);
            }
            declared.map(|field_type| Shape { field_type, rules })
        }
        _ => {
            out.push(wrong_kind(
                Code::WrongRuleValue,
                &member.key,
                node,
                "a type name or an object with a `type`",
            ));
            None
        }
    }
}

fn missing_type(member: &Member) -> Diagnostic {
    Diagnostic::new(
        Code::MissingType,
        member.key_span.clone(),
        format!("the property `{}` has no type", shortened(&member.key)),
    )
    .label("its `type` is missing")
    .help("write `{\"type\": \"text\", …}`, or just `\"text\"`")
}
