//! What a schema changes against another one, part by part.

use super::legible::{Invalid, legible};
use super::words;
use crate::schema::{Aggregate, Break, ChangeKind, Class, Schema, breaking, compile, diff};
use crate::tui::model::{ChangeRow, Declared, Verdict};
use indexmap::IndexMap;
use std::collections::HashSet;

/// What a schema changes.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// The new text, with what is wrong in it as it was.
    pub(super) legible: Option<String>,
    pub(super) rows: Vec<ChangeRow>,
    /// The aggregates that nothing changes about.
    pub(super) unchanged: Vec<String>,
}

/// Compares a text with the one before, if there was one. What is wrong in it counts as it was.
pub(super) fn compare(before: Option<&str>, text: &str) -> Comparison {
    let old = before.map(|before| compile(before).schema.unwrap_or_default()).unwrap_or_default();
    let Some((legible, invalid)) = legible(before.unwrap_or_default(), text) else {
        return Comparison::default();
    };
    let new = compile(&legible).schema.unwrap_or_default();
    let mut rows = rows(&old, &new);
    for one in invalid {
        rows.retain(|row| (&row.aggregate, &row.declared) != (&one.aggregate, &one.declared));
        rows.push(invalid_row(one, &old));
    }
    in_order(&mut rows, &old, &new);
    let changed: HashSet<&str> = rows.iter().map(|row| row.aggregate.as_str()).collect();
    let same = old.aggregates.keys().filter(|name| !changed.contains(name.as_str()));
    let unchanged = same.cloned().collect();
    Comparison { legible: Some(legible), rows, unchanged }
}

/// The part that a path of a difference or of a break leads into.
fn declared(path: &[String]) -> Option<(&str, Declared)> {
    let (aggregate, rest) = path.split_first()?;
    let declared = match rest {
        [list, name, ..] if list == "fields" => Declared::Field(name.clone()),
        [list, name, ..] if list == "events" => Declared::Event(name.clone()),
        _ => Declared::Aggregate,
    };
    Some((aggregate, declared))
}

/// Changes by the part that they are about.
type Parts = IndexMap<(String, Declared), ChangeRow>;

fn rows(old: &Schema, new: &Schema) -> Vec<ChangeRow> {
    let mut parts = Parts::new();
    for change in diff(old, new) {
        let Some((aggregate, declared)) = declared(&change.path) else { continue };
        let depth = if declared == Declared::Aggregate { 1 } else { 3 };
        let whole = change.path.len() == depth;
        let what = match change.kind {
            ChangeKind::Added if whole => {
                change.after.as_ref().map(|it| words::added(&declared, it))
            }
            ChangeKind::Removed if whole => Some(String::new()),
            _ => Some(words::changed(&change, depth)),
        };
        let kind = if whole { change.kind } else { ChangeKind::Changed };
        add(&mut parts, aggregate, declared, kind, &what.unwrap_or_default());
    }
    judge(&mut parts, old, new);
    parts.into_values().collect()
}

/// The row of a part, with one more thing that is different about it.
fn add<'p>(
    parts: &'p mut Parts,
    aggregate: &str,
    declared: Declared,
    kind: ChangeKind,
    what: &str,
) -> &'p mut ChangeRow {
    let key = (aggregate.to_owned(), declared);
    let row = parts.entry(key.clone()).or_insert_with(|| ChangeRow {
        aggregate: key.0,
        declared: key.1,
        kind,
        what: String::new(),
        verdict: Verdict::Additive,
        breaks: Vec::new(),
    });
    if !row.what.is_empty() && !what.is_empty() {
        row.what.push_str(", ");
    }
    row.what.push_str(what);
    row
}

/// Says what each change does to what is there.
fn judge(parts: &mut Parts, old: &Schema, new: &Schema) {
    for one in breaking(old, new) {
        let declared = match (&one.field, &one.event) {
            (Some(field), _) => Declared::Field(field.clone()),
            (_, Some(event)) => Declared::Event(event.clone()),
            _ => Declared::Aggregate,
        };
        let mut key = (one.aggregate.clone(), declared);
        // A lock of a field that is not declared is the aggregate's.
        if !parts.contains_key(&key) {
            key.1 = Declared::Aggregate;
        }
        if let Some(row) = parts.get_mut(&key) {
            row.breaks.push(one);
        } else {
            let (kind, what) = (ChangeKind::Changed, one.message.clone());
            add(parts, &key.0, key.1, kind, &what).breaks.push(one);
        }
    }
    for row in parts.values_mut() {
        let stored = |one: &Break| one.class != Class::Write;
        row.verdict = match row.kind {
            _ if row.breaks.iter().any(stored) => Verdict::Breaking,
            _ if !row.breaks.is_empty() => Verdict::Risky,
            // Nobody is refused, but what is there is no longer looked at or hidden.
            ChangeKind::Removed => Verdict::Risky,
            ChangeKind::Added | ChangeKind::Changed => Verdict::Additive,
        };
    }
}

fn invalid_row(one: Invalid, old: &Schema) -> ChangeRow {
    let known = old.aggregates.get(&one.aggregate).is_some_and(|aggregate| match &one.declared {
        Declared::Aggregate => true,
        Declared::Field(name) => aggregate.fields.contains_key(name),
        Declared::Event(name) => aggregate.events.contains_key(name),
    });
    ChangeRow {
        aggregate: one.aggregate,
        declared: one.declared,
        kind: if known { ChangeKind::Changed } else { ChangeKind::Added },
        what: one.what,
        verdict: Verdict::Invalid,
        breaks: Vec::new(),
    }
}

/// Aggregates in the order of the old schema and then of the new one; in each its own, its fields, its events.
fn in_order(rows: &mut [ChangeRow], old: &Schema, new: &Schema) {
    let place = |in_old: Option<usize>, in_new: Option<usize>| {
        in_old.map_or((1, in_new.unwrap_or(usize::MAX)), |at| (0, at))
    };
    rows.sort_by_key(|row| {
        let name = &row.aggregate;
        let whole = place(old.aggregates.get_index_of(name), new.aggregates.get_index_of(name));
        let (before, after) = (old.aggregates.get(name), new.aggregates.get(name));
        let (kind, part) = match &row.declared {
            Declared::Aggregate => (0, (0, 0)),
            Declared::Field(field) => {
                let at = |of: Option<&Aggregate>| of.and_then(|of| of.fields.get_index_of(field));
                (1, place(at(before), at(after)))
            }
            Declared::Event(event) => {
                let at = |of: Option<&Aggregate>| of.and_then(|of| of.events.get_index_of(event));
                (2, place(at(before), at(after)))
            }
        };
        (whole, kind, part)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"
aggregate order {
  field status { type = "text" }
  field coupon { type = "text" }
  field total { type = "decimal(12,2)" }
  event order_created {}
  event order_paid { fields = ["status"] }
}
aggregate customer {
  field name { type = "text" }
  event made {}
}
"#;

    fn shown(comparison: &Comparison) -> String {
        let line = |row: &ChangeRow| {
            format!(
                "{} {} {} | {} | {}",
                row.sign(),
                row.aggregate,
                row.part(),
                row.what,
                row.verdict.as_str()
            )
        };
        let mut lines: Vec<String> = comparison.rows.iter().map(line).collect();
        lines.extend(comparison.unchanged.iter().map(|name| format!("= {name}")));
        lines.join("\n")
    }

    #[test]
    fn each_part_has_a_row_and_a_verdict() {
        let new = r#"
aggregate order {
  locked = true
  field status { type = "text" rules = {"required": true, "length": {"max": 9}} }
  field carrier { type = "text" }
  field total { type = "integer" hidden = true }
  event order_created {}
  event order_paid { fields = ["status", "carrier"] }
}
aggregate customer {
  field name { type = "text" }
  event made {}
}
aggregate invoice { field n { type = "integer" } event sent {} }
"#;
        insta::assert_snapshot!(shown(&compare(Some(OLD), new)), @r"
        ~ order aggregate | locked | risky
        ~ order field status | required, + length max 9 | BREAKING
        - order field coupon |  | risky
        ~ order field total | decimal(12,2) → integer, hidden | BREAKING
        + order field carrier | text, optional | additive
        ~ order event order_paid | + carrier | risky
        + invoice aggregate | 1 field, 1 event | additive
        = customer
        ");
    }

    #[test]
    fn what_is_wrong_counts_as_it_was() {
        let new = r#"
aggregate order {
  lockd = true
  field status { type = "tex" }
  field carrier { type = "txt" }
  field total { type = "decimal(14,2)" }
  event order_created {}
  event order_paid { fields = ["status"] }
}
aggregate customer {
  field name { type = "text" }
}
"#;
        let comparison = compare(Some(OLD), new);
        insta::assert_snapshot!(shown(&comparison), @r"
        ~ order aggregate | `lockd` is not a property of an aggregate | invalid
        ~ order field status | text → tex | invalid
        - order field coupon |  | risky
        ~ order field total | decimal(12,2) → decimal(14,2) | additive
        + order field carrier | txt | invalid
        ~ customer aggregate | the aggregate `customer` declares no event | invalid
        ");
        assert!(comparison.legible.is_some_and(|text| compile(&text).schema.is_some()));
    }

    #[test]
    fn where_it_cannot_be_told_what_stands_where_nothing_is_compared() {
        for new in ["aggregate order { field status {", "", "}\n", "aggregate order"] {
            let comparison = compare(Some(OLD), new);
            assert!(comparison.legible.is_none() && comparison.rows.is_empty(), "{new}");
        }
        let fresh = compare(None, OLD);
        assert!(fresh.rows.iter().all(|row| row.verdict == Verdict::Additive));
        assert_eq!(fresh.rows.len(), 2);
    }
}
