//! Which changes break what: old events, old states, or writers.

use super::super::model::{Aggregate, EventRule, Schema};
use super::diff::path_text;
use super::shapes;
use std::collections::BTreeSet;
use std::fmt;

/// What a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Old events no longer decode.
    Read,
    /// Replaying stored events no longer gives a valid state.
    Fold,
    /// A writer that was right yesterday is refused today.
    Write,
}

impl Class {
    /// The word for it: `READ`, `FOLD` or `WRITE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Fold => "FOLD",
            Self::Write => "WRITE",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One breaking change, in one of its effects: a change may break events, states and writers, and is then reported
/// once for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// What it breaks.
    pub class: Class,
    /// A stable code: `B1..` for READ, `B2..` for FOLD, `B3..` for WRITE.
    pub code: &'static str,
    /// The aggregate type concerned.
    pub aggregate: String,
    /// The field concerned.
    pub field: Option<String>,
    /// The event concerned.
    pub event: Option<String>,
    /// The path of [`super::Change::path_text`].
    pub path: String,
    /// What happens, in lower case and without a full stop.
    pub message: String,
    /// How the change can be made without breaking.
    pub help: Option<String>,
}

/// Everything in `new` that breaks what was right under `old`, class by class, then in the order of `old`. What nobody
/// can have relied on (an aggregate that was locked, for writers) does not count.
pub fn breaking(old: &Schema, new: &Schema) -> Vec<Break> {
    let mut found = Vec::new();
    for (name, before) in &old.aggregates {
        let mut breaks = Collector { aggregate: name, found: Vec::new() };
        match new.aggregates.get(name) {
            None => removed_aggregate(&mut breaks),
            Some(after) => aggregate(before, after, &mut breaks),
        }
        let usable = breaks.found.into_iter().filter(|b| b.class != Class::Write || !before.locked);
        found.extend(usable);
    }
    found.sort_by_key(|found| found.class);
    found
}

/// The breaks of one aggregate.
pub(super) struct Collector<'a> {
    aggregate: &'a str,
    found: Vec<Break>,
}

/// Where in the aggregate a break is.
pub(super) struct At<'a> {
    pub(super) field: Option<&'a str>,
    pub(super) event: Option<&'a str>,
    pub(super) rest: Vec<String>,
}

impl At<'_> {
    fn whole() -> At<'static> {
        At { field: None, event: None, rest: Vec::new() }
    }
}

impl Collector<'_> {
    pub(super) fn push(
        &mut self,
        class: Class,
        code: &'static str,
        at: &At<'_>,
        message: String,
        help: &str,
    ) {
        let mut path = vec![self.aggregate.to_owned()];
        for (list, name) in [("fields", at.field), ("events", at.event)] {
            if let Some(name) = name {
                path.extend([list.to_owned(), name.to_owned()]);
            }
        }
        path.extend(at.rest.iter().cloned());
        self.found.push(Break {
            class,
            code,
            aggregate: self.aggregate.to_owned(),
            field: at.field.map(str::to_owned),
            event: at.event.map(str::to_owned),
            path: path_text(&path),
            message,
            help: (!help.is_empty()).then(|| help.to_owned()),
        });
    }
}

fn removed_aggregate(breaks: &mut Collector<'_>) {
    let (name, at) = (breaks.aggregate.to_owned(), At::whole());
    let help = "keep the aggregate and set `locked = true` to end its writes";
    let read = format!("the stored events of `{name}` have no schema any more");
    breaks.push(Class::Read, "B101", &at, read, help);
    let write = format!("writers of `{name}` are refused: the aggregate is gone");
    breaks.push(Class::Write, "B301", &at, write, help);
}

fn aggregate(before: &Aggregate, after: &Aggregate, breaks: &mut Collector<'_>) {
    if !before.locked && after.locked {
        let at = At { rest: vec!["locked".to_owned()], ..At::whole() };
        let message = format!("every write to `{}` is refused: it is locked now", before.name);
        breaks.push(Class::Write, "B302", &at, message, "");
    }
    events(before, after, breaks);
    shapes::fields(before, after, breaks);
    locks(before, after, breaks);
}

fn events(before: &Aggregate, after: &Aggregate, breaks: &mut Collector<'_>) {
    for (name, old) in &before.events {
        let at = At { event: Some(name), ..At::whole() };
        let Some(new) = after.events.get(name) else {
            let help = "keep the event, and stop writing it";
            let read = format!("stored events `{name}` are not declared any more");
            breaks.push(Class::Read, "B102", &at, read, help);
            let write = format!("writers of the event `{name}` are refused: it is gone");
            breaks.push(Class::Write, "B303", &at, write, help);
            continue;
        };
        allowlist(name, old, new, breaks);
    }
}

/// An allowlist demands its keys and refuses all others, so every other set of keys refuses somebody; only an
/// allowlist that goes away refuses nobody.
fn allowlist(name: &str, old: &EventRule, new: &EventRule, breaks: &mut Collector<'_>) {
    let set = |rule: &EventRule| rule.fields.iter().cloned().collect::<BTreeSet<String>>();
    let (before, after) = (set(old), set(new));
    if before == after || after.is_empty() {
        return;
    }
    let quoted = |names: BTreeSet<String>| {
        names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let demanded = quoted(after.difference(&before).cloned().collect());
    let refused = quoted(before.difference(&after).cloned().collect());
    let message = match (before.is_empty(), demanded.is_empty(), refused.is_empty()) {
        (true, ..) => format!("`{name}` takes only the keys {demanded} now, and all of them"),
        (_, false, true) => format!("`{name}` demands {demanded} now"),
        (_, true, _) => format!("`{name}` refuses {refused} now"),
        _ => format!("`{name}` demands {demanded} and refuses {refused} now"),
    };
    let at = At { event: Some(name), rest: vec!["fields".to_owned()], ..At::whole() };
    breaks.push(Class::Write, "B304", &at, message, "declare a new event with these fields");
}

fn locks(before: &Aggregate, after: &Aggregate, breaks: &mut Collector<'_>) {
    let declared = after.fields.keys().chain(&after.field_locks);
    let locked: BTreeSet<&String> = declared.filter(|name| after.is_locked_field(name)).collect();
    for name in locked.into_iter().filter(|name| !before.is_locked_field(name)) {
        // Nobody can have written a field that is declared only now, unless a list named it.
        if !shapes::was_known(before, name) {
            continue;
        }
        let at = At { field: Some(name), rest: vec!["locked".to_owned()], ..At::whole() };
        let message = format!("events that change `{name}` are refused: it is locked now");
        breaks.push(Class::Write, "B305", &at, message, "");
    }
}
