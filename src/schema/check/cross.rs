//! Checks that look at more than one declaration.

use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Aggregate, Cascade, Schema};
use super::super::suggest::{nearest, shortened};
use super::values::{Listed, Out};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::ops::Range;

/// How many findings get a suggestion: each is looked for among all names of the file.
const SUGGESTIONS_MAX: usize = 100;

/// How many names a message lists.
const NAMES_MAX: usize = 3;

/// Where things of an aggregate stand.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Whether a syntax error may have hidden something.
    pub(super) damaged: bool,
    /// Every list of field names, with its key.
    pub(super) lists: Vec<(String, Vec<Listed>)>,
    /// The fields that were understood.
    pub(super) fields: IndexMap<String, FieldNotes>,
    /// The names of fields that were not, which are declared nevertheless.
    pub(super) broken: HashSet<String>,
    /// The events: their names' place and their allowlist.
    pub(super) events: IndexMap<String, (Range<usize>, Vec<Listed>)>,
}

/// Where things of a field stand.
#[derive(Debug, Default)]
pub(super) struct FieldNotes {
    /// The name.
    pub(super) name: Range<usize>,
    /// The rule `required`.
    pub(super) required: Option<Range<usize>>,
    /// The value of `cascade`.
    pub(super) cascade: Option<Range<usize>>,
    /// `aggregate_type`, where it stands and whether the reference is strong.
    pub(super) targets: Vec<(Option<String>, Range<usize>, bool)>,
}

/// Checks the whole schema. `notes` are those of the aggregates, in their order.
pub(super) fn check(schema: &Schema, notes: &[Notes], out: &mut Out) {
    let types: Vec<&str> = schema.aggregates.keys().map(String::as_str).collect();
    for (aggregate, notes) in schema.aggregates.values().zip(notes) {
        if !notes.damaged {
            undeclared(aggregate, notes, out);
            unreachable(aggregate, notes, out);
        }
        for (name, field) in &notes.fields {
            targets(field, &types, out);
            nullify(aggregate, name, field, notes, out);
        }
    }
}

fn undeclared(aggregate: &Aggregate, notes: &Notes, out: &mut Out) {
    let known: Vec<&str> = aggregate.fields.keys().map(String::as_str).collect();
    for (key, list) in &notes.lists {
        for listed in list {
            let name = listed.name.as_str();
            if aggregate.fields.contains_key(name) || notes.broken.contains(name) {
                continue;
            }
            let diagnostic = Diagnostic::new(
                Code::UndeclaredField,
                listed.span.clone(),
                format!(
                    "`{key}` names `{}`, which `{}` does not declare",
                    shortened(name),
                    shortened(&aggregate.name)
                ),
            )
            .label("no such field");
            let nearest = (out.len() < SUGGESTIONS_MAX).then(|| nearest(name, &known)).flatten();
            out.push(match nearest {
                Some(known) => diagnostic.help(format!("did you mean `{known}`?")).fix(
                    listed.span.clone(),
                    crate::domain::Json::from(known).to_string(),
                    format!("use `{known}`"),
                ),
                None => diagnostic.help(format!(
                    "undeclared keys are stored unchecked; declare it: `field {} {{ type = \"text\" }}`",
                    shortened(name)
                )),
            });
        }
    }
}

/// The first event of an aggregate must set every required field. When one event can, every other may follow it;
/// when none can, nothing is ever accepted.
fn unreachable(aggregate: &Aggregate, notes: &Notes, out: &mut Out) {
    let required: Vec<&str> = aggregate
        .fields
        .iter()
        .filter(|(_, field)| field.shape.rules.required)
        .map(|(name, _)| name.as_str())
        .collect();
    let missing = |fields: &[String]| -> Vec<&str> {
        if fields.is_empty() {
            return Vec::new();
        }
        let allowed: HashSet<&str> = fields.iter().map(String::as_str).collect();
        required.iter().copied().filter(|name| !allowed.contains(name)).collect()
    };
    if aggregate.events.values().any(|event| missing(&event.fields).is_empty()) {
        return;
    }
    for (name, event) in &aggregate.events {
        let left_out = missing(&event.fields);
        let shown = left_out.iter().take(NAMES_MAX).map(|name| format!("`{}`", shortened(name)));
        let mut names: Vec<String> = shown.collect();
        if left_out.len() > NAMES_MAX {
            names.push(format!("{} more", left_out.len() - NAMES_MAX));
        }
        let Some((span, list)) = notes.events.get(name) else { continue };
        let span = match (list.first(), list.last()) {
            (Some(head), Some(tail)) => head.span.start..tail.span.end,
            _ => span.clone(),
        };
        let mut diagnostic = Diagnostic::new(
            Code::RequiredUnreachable,
            span,
            format!(
                "`{}` leaves out {}, required, and no event before it can have set it",
                shortened(name),
                names.join(" and ")
            ),
        )
        .label("every such event would be refused")
        .help("add the field to the list, or declare an event that can set all required fields");
        let first = left_out.first().and_then(|name| notes.fields.get(*name));
        if let Some(place) = first.and_then(|field| field.required.clone()) {
            diagnostic = diagnostic.secondary(place, "required here");
        }
        out.push(diagnostic);
    }
}

fn targets(field: &FieldNotes, types: &[&str], out: &mut Out) {
    for (target, span, strong) in &field.targets {
        let Some(target) = target.as_deref().filter(|target| *strong && !types.contains(target))
        else {
            continue;
        };
        let diagnostic = Diagnostic::new(
            Code::UndeclaredTarget,
            span.clone(),
            format!("no aggregate `{}` is declared in this file", shortened(target)),
        )
        .label("a strong reference needs an existing target");
        let nearest = (out.len() < SUGGESTIONS_MAX).then(|| nearest(target, types)).flatten();
        out.push(match nearest {
            Some(known) => diagnostic.help(format!("did you mean `{known}`?")).fix(
                span.clone(),
                format!("\"{known}\""),
                format!("use `{known}`"),
            ),
            None => diagnostic.help("declare the aggregate, or use `\"integrity\": \"weak\"`"),
        });
    }
}

/// `nullify` writes null: never allowed where the field is required or locked.
fn nullify(aggregate: &Aggregate, name: &str, field: &FieldNotes, notes: &Notes, out: &mut Out) {
    let Some(declared) = aggregate.fields.get(name) else { return };
    let rules = &declared.shape.rules;
    let cascade = rules.reference.as_ref().map(|rule| rule.cascade);
    let Some(span) = field.cascade.clone().filter(|_| cascade == Some(Cascade::Nullify)) else {
        return;
    };
    let locked = aggregate.is_locked_field(name);
    if !rules.required && !locked {
        return;
    }
    let word = if rules.required { "required" } else { "locked" };
    let mut diagnostic = Diagnostic::new(
        Code::NullifyConflict,
        span.clone(),
        format!("`nullify` could never clear `{}`, which is {word}", shortened(name)),
    )
    .label(format!("the field is {word}"))
    .help(format!("use the cascade `restrict`, or let the field not be {word}"))
    .fix(span, "\"restrict\"", "use `restrict`");
    let lock = notes.lists.iter().filter(|(key, _)| key == "field_locks");
    let lock = lock.flat_map(|(_, list)| list).find(|listed| listed.name == name);
    if let Some(place) = field.required.clone().filter(|_| rules.required) {
        diagnostic = diagnostic.secondary(place, "required here");
    } else if let Some(listed) = lock {
        diagnostic = diagnostic.secondary(listed.span.clone(), "locked here");
    } else {
        diagnostic = diagnostic.secondary(field.name.clone(), "this field is locked");
    }
    out.push(diagnostic);
}
