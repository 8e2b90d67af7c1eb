//! Events, commits and faults for people.

use super::style::{Meaning, Painter, visible};
use super::table::Cell;
use super::time::{ago, seconds};
use super::value::{pretty, quantity, short};
use crate::domain::{Json, Timestamp, json};
use crate::wire::{CommitRecord, Erased, EventRecord, Fault, Issuer};

/// Who wrote something: the user, with the group where it is not the usual one.
pub(crate) fn issuer(issuer: &Issuer) -> String {
    if issuer.group == "local" {
        return visible(&issuer.user);
    }
    visible(&format!("{} ({})", issuer.user, issuer.group))
}

/// When and by whom contents were destroyed.
pub(crate) fn erased_by(erased: &Erased) -> String {
    format!("{} by {}  #{}", seconds(&erased.at), issuer(&erased.by), erased.position)
}

/// The cells of an event in a table: position, time, aggregate, type, content.
pub(crate) fn event_line(event: &EventRecord) -> Vec<Cell> {
    let content = event.payload.as_ref().or(event.patch.as_ref());
    vec![
        Cell::new(Meaning::Accent, format!("#{}", event.position)),
        Cell::dim(seconds(&event.metadata.created_at)),
        Cell::plain(format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version)),
        Cell::new(Meaning::Strong, &event.event_type),
        match &event.erased {
            Some(_) => Cell::new(Meaning::Danger, "(erased)"),
            None => Cell::dim(content.map(Json::to_string).unwrap_or_default()),
        },
    ]
}

/// A whole event.
pub(crate) fn event_entry(
    event: &EventRecord,
    now: Timestamp,
    whole: bool,
    paint: Painter,
) -> Vec<String> {
    let meta = &event.metadata;
    let place = format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version);
    let mut lines = vec![format!(
        "{}  {place}  {}",
        paint.strong(&event.event_type),
        paint.accent(format!("#{}", event.position)),
    )];
    let mut fact = |name: &str, value: String| {
        lines.push(format!("  {}  {value}", paint.dim(format!("{name:<6}"))));
    };
    let when = ago(now, &meta.created_at);
    fact("when", format!("{}  {}", meta.created_at, paint.dim(format!("({when})"))));
    fact("by", issuer(&meta.issued_by));
    fact("commit", meta.commit.clone());
    fact("id", meta.event_id.clone());
    let schema =
        if meta.schema_version == 0 { "none".into() } else { format!("@{}", meta.schema_version) };
    fact("schema", schema);
    fact("leaf", short(&event.hash, whole).to_owned());
    fact("root", short(&event.merkle_root, whole).to_owned());
    if let Some(note) = &meta.note {
        fact("note", visible(note));
    }
    if let Some(erased) = &event.erased {
        fact("erased", erased_by(erased));
    }
    if !meta.extensions.is_empty() {
        fact("meta", visible(&json::object_to_string(&meta.extensions)));
    }
    if let Some(content) = event.payload.as_ref().or(event.patch.as_ref()) {
        lines.push(String::new());
        lines.extend(pretty(content, paint).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// The first line of a commit: number, time, who, how much.
pub(crate) fn commit_line(commit: &CommitRecord, now: Timestamp, paint: Painter) -> String {
    let first = commit.first_position.parse::<u64>().unwrap_or(0);
    let last = first + commit.count.saturating_sub(1);
    let span = if commit.count == 1 { format!("#{first}") } else { format!("#{first}..#{last}") };
    format!(
        "{}  {}  {}  {}",
        paint.accent(&commit.commit),
        seconds(&commit.created_at),
        issuer(&commit.issued_by),
        paint.dim(format!(
            "{} {span} · {}",
            quantity(commit.count, "event", "events"),
            ago(now, &commit.created_at)
        )),
    )
}

/// A commit in two lines; `first` is its first event.
pub(crate) fn commit_entry(
    commit: &CommitRecord,
    first: Option<&EventRecord>,
    now: Timestamp,
    paint: Painter,
) -> [String; 2] {
    let second = match (&commit.message, first) {
        _ if commit.message_sealed => paint.dim("(sealed)"),
        (Some(message), _) => visible(message.lines().next().unwrap_or_default()),
        (None, Some(event)) => {
            let place =
                format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version);
            let more = match commit.count {
                0 | 1 => String::new(),
                count => paint.dim(format!(" and {} more", count - 1)),
            };
            format!("{} {place}{more}", paint.strong(&event.event_type))
        }
        (None, None) => paint.dim("(no message)"),
    };
    [commit_line(commit, now, paint), format!("    {second}")]
}

/// What is wrong, where, and the two hashes.
pub(crate) fn fault_line(fault: &Fault, whole: bool, paint: Painter) -> Vec<String> {
    let mut place = Vec::new();
    if let Some(position) = &fault.position {
        place.push(format!("#{position}"));
    }
    if let Some(aggregate) = &fault.aggregate {
        let version = fault.version.map(|version| format!("@{version}")).unwrap_or_default();
        place.push(format!("{aggregate}{version}"));
    }
    let place = if place.is_empty() { String::new() } else { format!("  {}", place.join("  ")) };
    let mut lines = vec![format!(
        "{}{}  {}",
        paint.paint(Meaning::Danger, "✗"),
        paint.accent(place),
        visible(&fault.message),
    )];
    if let (Some(stored), Some(recomputed)) = (&fault.stored, &fault.recomputed) {
        lines.push(paint.dim(format!(
            "   stored {}  recomputed {}",
            short(stored, whole),
            short(recomputed, whole),
        )));
    }
    lines
}
