//! Aggregates and events: names, properties, lists of fields.

use super::super::ast::{Block, BlockKind, Item, Name};
use super::super::codes::Code;
use super::super::diagnostic::Diagnostic;
use super::super::model::{Aggregate, EventRule, Snapshot};
use super::super::suggest::shortened;
use super::super::values::NOTE_CHARS_MAX;
use super::Names;
use super::cross::Notes;
use super::field;
use super::values::{Listed, Out, boolean, properties, strings, wrong_kind};
use crate::domain::ids::TYPE_CHARS_MAX;
use crate::domain::json::spanned::{Node, Value};
use crate::domain::{AggregateType, EventType, IdError};
use std::collections::HashMap;

const AGGREGATE_PROPERTIES: &[&str] =
    &["snapshot_threshold", "locked", "hidden", "hidden_fields", "field_locks"];
const EVENT_PROPERTIES: &[&str] = &["fields", "note"];

/// Checks an aggregate; what later checks must point at is in the notes.
pub(super) fn aggregate(block: &Block, out: &mut Out) -> (Aggregate, Notes) {
    let mut notes = Notes { damaged: block.damaged, ..Notes::default() };
    let mut aggregate = Aggregate {
        name: block.name.text.clone(),
        snapshot: Snapshot::Default,
        locked: false,
        hidden: false,
        hidden_fields: Vec::new(),
        field_locks: Vec::new(),
        fields: indexmap::IndexMap::new(),
        events: indexmap::IndexMap::new(),
    };
    if !block.name.text.is_empty() || !block.damaged {
        aggregate_name(&block.name, out);
    }
    for property in properties(block, AGGREGATE_PROPERTIES, out) {
        let Some(node) = &property.value else { continue };
        let key = property.key.as_str();
        let mut flag = |node| boolean(Code::WrongValue, key, node, out).unwrap_or_default();
        match key {
            "locked" => aggregate.locked = flag(node),
            "hidden" => aggregate.hidden = flag(node),
            "snapshot_threshold" => aggregate.snapshot = snapshot(node, out),
            _ => {
                let list = names(key, node, out);
                let plain = list.iter().map(|listed| listed.name.clone()).collect();
                match key {
                    "hidden_fields" => aggregate.hidden_fields = plain,
                    _ => aggregate.field_locks = plain,
                }
                notes.lists.push((property.key.clone(), list));
            }
        }
    }
    blocks(block, &mut aggregate, &mut notes, out);
    if aggregate.events.is_empty() && !block.damaged {
        out.push(
            Diagnostic::new(
                Code::NoEvent,
                block.name.span.clone(),
                format!("the aggregate `{}` declares no event", shortened(&aggregate.name)),
            )
            .label("nothing could ever be written to it")
            .help("declare at least one: `event created {}`")
            .fix(
                block.span.end.saturating_sub(1)..block.span.end.saturating_sub(1),
                " event created {} ",
                "add an event",
            ),
        );
    }
    (aggregate, notes)
}

fn blocks(block: &Block, aggregate: &mut Aggregate, notes: &mut Notes, out: &mut Out) {
    let (mut fields, mut events) = (Names::new(BlockKind::Field), Names::new(BlockKind::Event));
    for item in &block.items {
        let Item::Block(inner) = item else { continue };
        let name = &inner.name;
        if inner.kind == BlockKind::Field {
            let (declared, note) = field::field(inner, out);
            if fields.claim(&name.text, &name.span, out)
                && let Some(declared) = declared
            {
                aggregate.fields.insert(name.text.clone(), declared);
                notes.fields.insert(name.text.clone(), note);
            } else {
                notes.broken.insert(name.text.clone());
            }
        } else {
            let (rule, list) = event(inner, out);
            if events.claim(&name.text, &name.span, out) {
                aggregate.events.insert(name.text.clone(), rule);
                notes.events.insert(name.text.clone(), (name.span.clone(), list.clone()));
                notes.lists.push(("fields".to_owned(), list));
            }
        }
    }
}

/// A name made to fit: what a fix can offer for one that does not.
fn fitting(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut last_lower = false;
    for c in text.trim().chars() {
        if c.is_ascii_uppercase() && last_lower {
            out.push('_');
        }
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' => out.push(c),
            '-' | '.' | ' ' => out.push('_'),
            _ => return None,
        }
        last_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    AggregateType::new(&out).is_ok().then_some(out)
}

fn name_error(code: Code, kind: &str, name: &Name) -> Diagnostic {
    let message = if name.text.chars().count() > TYPE_CHARS_MAX {
        format!("this {kind} name has more than {TYPE_CHARS_MAX} characters")
    } else {
        format!("no write could use the {kind} name `{}`", shortened(&name.text))
    };
    let diagnostic = Diagnostic::new(code, name.span.clone(), message)
        .label(format!("not {} {kind} name", super::values::article(kind)))
        .help("use a lower-case letter, then lower-case letters, digits and `_`, at most 128");
    match fitting(&name.text) {
        Some(fitting) => {
            let title = format!("rename it to `{fitting}`");
            diagnostic.fix(name.span.clone(), fitting, title)
        }
        None => diagnostic,
    }
}

fn aggregate_name(name: &Name, out: &mut Out) {
    if AggregateType::new(&name.text).is_err() {
        out.push(name_error(Code::AggregateName, "aggregate", name));
    }
}

fn event_name(name: &Name, out: &mut Out) {
    let error = match EventType::new(&name.text) {
        // A writer's dots become underscores, so a name with dots is never found.
        Ok(_) if !name.text.contains('.') => return,
        Ok(_) => None,
        Err(error) => Some(error),
    };
    if !matches!(error, Some(IdError::Reserved(_))) {
        out.push(name_error(Code::EventName, "event", name));
        return;
    }
    let free = name.text.trim_start_matches(|c: char| "dbx_.".contains(c)).to_owned();
    let diagnostic = Diagnostic::new(
        Code::ReservedEvent,
        name.span.clone(),
        format!("the event name `{}` is reserved for dbx itself", shortened(&name.text)),
    )
    .label("names that start with `dbx_` are reserved")
    .help("choose a name without the prefix `dbx_`");
    out.push(match EventType::new(&free) {
        Ok(_) => {
            let title = format!("rename it to `{free}`");
            diagnostic.fix(name.span.clone(), free, title)
        }
        Err(_) => diagnostic,
    });
}

fn snapshot(node: &Node, out: &mut Out) -> Snapshot {
    match &node.value {
        Value::Null => return Snapshot::Never,
        Value::Number(number) => {
            if let Some(every) = number.as_str().parse::<u64>().ok().filter(|every| *every >= 1) {
                return Snapshot::Every(every);
            }
        }
        _ => {}
    }
    let what = "an integer from 1, or `null` for no snapshots";
    let found = match &node.value {
        Value::Number(number) => format!("`{}`", shortened(number.as_str())),
        _ => super::values::kind(node).to_owned(),
    };
    out.push(
        Diagnostic::new(
            Code::SnapshotThreshold,
            node.span.clone(),
            format!("`snapshot_threshold` takes {what}, not {found}"),
        )
        .label("expected an integer from 1, or `null`")
        .help("it is the number of events between two snapshots; leave it out for 100"),
    );
    Snapshot::Default
}

fn event(block: &Block, out: &mut Out) -> (EventRule, Vec<Listed>) {
    let (mut rule, mut list) = (EventRule::default(), Vec::new());
    if !block.name.text.is_empty() || !block.damaged {
        event_name(&block.name, out);
    }
    for property in properties(block, EVENT_PROPERTIES, out) {
        let Some(node) = &property.value else { continue };
        if property.key == "fields" {
            list = names("fields", node, out);
            rule.fields = list.iter().map(|listed| listed.name.clone()).collect();
        } else {
            rule.note = note(node, out);
        }
    }
    (rule, list)
}

fn note(node: &Node, out: &mut Out) -> Option<String> {
    let text = match &node.value {
        Value::Null => return None,
        Value::String(text) => text,
        _ => {
            out.push(wrong_kind(Code::WrongValue, "note", node, "a string or `null`"));
            return None;
        }
    };
    let characters = text.chars().count();
    if characters > NOTE_CHARS_MAX {
        out.push(
            Diagnostic::new(
                Code::NoteTooLong,
                node.span.clone(),
                format!("this note has {characters} characters, {NOTE_CHARS_MAX} are allowed"),
            )
            .label(format!("{} characters too many", characters - NOTE_CHARS_MAX))
            .help("keep notes short: details belong into the payload or a comment"),
        );
        return None;
    }
    Some(text.clone())
}

/// A list of field names, each once: repetitions are warned about and left out.
fn names(key: &str, node: &Node, out: &mut Out) -> Vec<Listed> {
    let list = strings(Code::WrongValue, key, node, "an array of field names", out);
    let mut seen = HashMap::new();
    let mut kept: Vec<Listed> = Vec::new();
    for listed in list.unwrap_or_default() {
        if let Some(first) = seen.get(&listed.name).cloned() {
            out.push(
                Diagnostic::new(
                    Code::ListedTwice,
                    listed.span.clone(),
                    format!("`{}` is listed twice in `{key}`", shortened(&listed.name)),
                )
                .label("listed again")
                .secondary(first, "listed first here")
                .help("remove one of the two"),
            );
            continue;
        }
        seen.insert(listed.name.clone(), listed.span.clone());
        kept.push(listed);
    }
    kept
}
