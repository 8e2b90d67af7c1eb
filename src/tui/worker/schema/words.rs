//! Changes of a schema in few words.

use crate::domain::Json;
use crate::domain::json::Object;
use crate::schema::Change;
use crate::tui::model::Declared;

/// A part that is new: what it is.
pub(super) fn added(declared: &Declared, part: &Json) -> String {
    let Some(part) = part.as_object() else { return String::new() };
    match declared {
        Declared::Aggregate => {
            let count = |key: &str| part.get(key).and_then(Json::as_object).map_or(0, Object::len);
            let plural = |count: usize, word: &str| match count {
                1 => format!("1 {word}"),
                count => format!("{count} {word}s"),
            };
            format!("{}, {}", plural(count("fields"), "field"), plural(count("events"), "event"))
        }
        Declared::Field(_) => {
            let rules = part.get("rules").and_then(Json::as_object);
            let is = |object: Option<&Object>, key: &str| {
                object.and_then(|object| object.get(key)) == Some(&Json::Bool(true))
            };
            let mut words = vec![part.get("type").map(text).unwrap_or_default()];
            words.push(if is(rules, "required") { "required" } else { "optional" }.to_owned());
            let flags = ["hidden", "locked"].into_iter().filter(|flag| is(Some(part), flag));
            words.extend(flags.map(str::to_owned));
            words.join(", ")
        }
        Declared::Event(_) => match part.get("fields") {
            Some(Json::Array(fields)) if !fields.is_empty() => {
                fields.iter().map(text).collect::<Vec<_>>().join(", ")
            }
            _ => "any fields".to_owned(),
        },
    }
}

/// A part that says something else: what, behind the first `depth` segments of its path.
pub(super) fn changed(change: &Change, depth: usize) -> String {
    let path = change.path.get(depth..).unwrap_or_default();
    let names: Vec<&str> =
        path.iter().map(String::as_str).filter(|name| *name != "rules").collect();
    let name = names.join(".");
    // What is null is not there, in the words of a schema.
    let there = |part: &&Json| !part.is_null();
    let before = change.before.as_ref().filter(there);
    let after = change.after.as_ref().filter(there);
    match (names.as_slice(), before, after) {
        (["type"], Some(before), Some(after)) => format!("{} → {}", text(before), text(after)),
        ([flag], _, Some(Json::Bool(true))) => (*flag).to_owned(),
        ([flag], Some(Json::Bool(true)), _) => format!("not {flag}"),
        (["fields"], Some(Json::Array(before)), Some(Json::Array(after))) => lists(before, after),
        (_, Some(Json::Array(before)), Some(Json::Array(after))) => {
            format!("{name} {}", lists(before, after))
        }
        (_, None, Some(after)) => format!("+ {name} {}", text(after)),
        (_, Some(_), None) => format!("- {name}"),
        (_, Some(before), Some(after)) => format!("{name} {} → {}", text(before), text(after)),
        (_, None, None) => name,
    }
}

/// What two lists differ in: `+ paid_by, - note`.
fn lists(before: &[Json], after: &[Json]) -> String {
    let without = |some: &[Json], others: &[Json], sign: &str| -> Vec<String> {
        some.iter()
            .filter(|one| !others.contains(one))
            .map(|one| format!("{sign} {}", text(one)))
            .collect()
    };
    let mut words = without(after, before, "+");
    words.extend(without(before, after, "-"));
    words.join(", ")
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(object) => {
            let members = object.iter().filter(|(_, value)| !value.is_null());
            members
                .map(|(key, value)| format!("{key} {}", text(value)))
                .collect::<Vec<_>>()
                .join(" ")
        }
        other => other.to_string(),
    }
}
