//! Differences by meaning: two sources that say the same in other words do not differ.

use super::super::model::Schema;
use crate::domain::Json;
use crate::domain::json::Object;
use std::fmt;

/// What happened to a part of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// Where, from the aggregate down: `order`, `fields`, `total`, `rules`, `range`, `max`.
    pub path: Vec<String>,
    /// The part of the old schema, as canonical JSON.
    pub before: Option<Json>,
    /// The part of the new schema, as canonical JSON.
    pub after: Option<Json>,
}

/// The path with dots; segments that hold a dot, a quote or white space are JSON strings.
impl Change {
    /// The path in one text.
    pub fn path_text(&self) -> String {
        path_text(&self.path)
    }
}

pub(super) fn path_text(path: &[String]) -> String {
    let segment = |segment: &String| {
        if segment.is_empty() || segment.contains(['.', '"', ' ', '\t', '\n']) {
            Json::from(segment.as_str()).to_string()
        } else {
            segment.clone()
        }
    };
    path.iter().map(segment).collect::<Vec<_>>().join(".")
}

/// `+ path: after`, `- path: before` or `~ path: before -> after`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |part: &Option<Json>| part.as_ref().map(Json::to_string).unwrap_or_default();
        let (path, before, after) = (self.path_text(), show(&self.before), show(&self.after));
        match self.kind {
            ChangeKind::Added => write!(f, "+ {path}: {after}"),
            ChangeKind::Removed => write!(f, "- {path}: {before}"),
            ChangeKind::Changed => write!(f, "~ {path}: {before} -> {after}"),
        }
    }
}

/// All differences: first in the order of `old`, then, level by level, what only `new` has. A part that is added or
/// removed is one difference, not one for each thing in it. Order in a source is no meaning and no difference.
pub fn diff(old: &Schema, new: &Schema) -> Vec<Change> {
    let (old, new) = (old.to_canonical_json(), new.to_canonical_json());
    let mut changes = Vec::new();
    if let (Some(Json::Object(old)), Some(Json::Object(new))) =
        (old.get("aggregates"), new.get("aggregates"))
    {
        objects(old, new, &mut Vec::new(), &mut changes);
    }
    changes
}

fn objects(old: &Object, new: &Object, path: &mut Vec<String>, changes: &mut Vec<Change>) {
    for (key, before) in old {
        path.push(key.clone());
        match new.get(key) {
            None => changes.push(Change {
                kind: ChangeKind::Removed,
                path: path.clone(),
                before: Some(before.clone()),
                after: None,
            }),
            Some(after) => values(before, after, path, changes),
        }
        path.pop();
    }
    for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        path.push(key.clone());
        changes.push(Change {
            kind: ChangeKind::Added,
            path: path.clone(),
            before: None,
            after: Some(after.clone()),
        });
        path.pop();
    }
}

fn values(before: &Json, after: &Json, path: &mut Vec<String>, changes: &mut Vec<Change>) {
    if let (Json::Object(before), Json::Object(after)) = (before, after) {
        objects(before, after, path, changes);
    } else if !same(before, after) {
        changes.push(Change {
            kind: ChangeKind::Changed,
            path: path.clone(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        });
    }
}

/// Lists in a schema are sets: their order says nothing.
fn same(before: &Json, after: &Json) -> bool {
    let sorted = |list: &[Json]| {
        let mut texts: Vec<String> = list.iter().map(Json::to_string).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    match (before, after) {
        (Json::Array(before), Json::Array(after)) => sorted(before) == sorted(after),
        _ => before == after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::compile;

    fn changes(old: &str, new: &str) -> Vec<String> {
        let [old, new] = [old, new].map(|source| compile(source).schema.unwrap());
        diff(&old, &new).iter().map(Change::to_string).collect()
    }

    #[test]
    fn other_words_and_another_order_are_no_difference() {
        let old = r#"aggregate a { field x { type = "int" } field y { type = "text" locked = true
            rules = {"contains": ["p", "q"]} } event e { fields = ["x", "y"] } }
            aggregate b { event e {} }"#;
        let new = r#"# other words
            aggregate b { event e {} }
            aggregate a { field_locks = ["y"] snapshot_threshold = 100 event e { fields = ["y", "x"] }
            field y { type = "string" rules = {"contains": ["q", "p"]} } field x { type = "integer" } }"#;
        assert_eq!(changes(old, new), Vec::<String>::new());
    }

    #[test]
    fn each_difference_names_its_path() {
        let old = r#"aggregate a { field x { type = "int" rules = {"range": {"min": 1}} } event e {} event f {} }
            aggregate gone { event e {} }"#;
        let new = r#"aggregate a { hidden = true field x { type = "int" rules = {"range": {"min": 2, "max": 9}} }
            field "a.b" { type = "date" } event e {} }"#;
        insta::assert_snapshot!(changes(old, new).join("\n"), @r#"
        ~ a.hidden: false -> true
        ~ a.fields.x.rules.range.min: 1 -> 2
        + a.fields.x.rules.range.max: 9
        + a.fields."a.b": {"type":"date","hidden":false,"locked":false,"rules":{}}
        - a.events.f: {"fields":[],"note":null}
        - gone: {"snapshot_threshold":100,"locked":false,"hidden":false,"hidden_undeclared_fields":[],"locked_undeclared_fields":[],"fields":{},"events":{"e":{"fields":[],"note":null}}}
        "#);
    }
}
