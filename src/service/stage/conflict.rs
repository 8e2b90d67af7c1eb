//! What happened to an aggregate since an operation on it was staged.

use super::survey::{Item, Survey};
use crate::domain::json::{Json, Object, Patch};
use crate::domain::{Change, Event, Kind, Version, diff_objects, fold};
use crate::error::{Detail, Error, Kind as ErrorKind, Result};
use crate::service::found::find;
use crate::service::record::{Eyes, issuer};
use crate::service::timeline::wire;
use crate::store::StoreError;
use crate::wire::{ConflictEvent, Operation, StageConflict};
use std::ops::ControlFlow;

/// How many events in between are named.
const EVENTS_MAX: u64 = 20;

/// The kind of the event that an operation becomes.
pub(super) fn kind(operation: &Operation) -> Kind {
    let system = Kind::ALL
        .into_iter()
        .find(|kind| kind.system_type() == Some(operation.event_type.as_str()));
    match system {
        Some(kind) => kind,
        None if operation.patch.is_some() => Kind::Patch,
        None => Kind::Merge,
    }
}

/// The top-level fields that content of a kind sets or removes.
pub(in crate::service) fn touched(kind: Kind, content: &Json) -> Vec<String> {
    match (kind, content) {
        (Kind::Patch, content) => {
            Patch::from_json(content).map(|patch| patch.touched()).unwrap_or_default()
        }
        (_, Json::Object(object)) => object.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The fields that an operation sets or removes.
pub(super) fn touched_by(operation: &Operation) -> Vec<String> {
    let content = operation.payload.as_ref().or(operation.patch.as_ref());
    content.map(|content| touched(kind(operation), content)).unwrap_or_default()
}

/// An event as a conflict names it.
pub(in crate::service) fn event(event: Event, eyes: &Eyes<'_>) -> ConflictEvent {
    let header = event.header;
    let aggregate_type = header.aggregate.aggregate_type.as_str();
    let mut fields = touched(header.kind, &event.body.content);
    fields.retain(|field| !eyes.is_hidden_field(aggregate_type, field));
    ConflictEvent {
        version: header.version.get(),
        position: event.position.to_string(),
        commit: format!("c{}", header.commit),
        event_type: header.event_type.to_string(),
        created_at: header.created_at.to_string(),
        issued_by: issuer(header.actor),
        fields,
    }
}

/// The first segments of changes, each once.
pub(super) fn fields(changes: &[Change]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for field in changes.iter().filter_map(|change| change.pointer.first()) {
        if !found.iter().any(|known| known == field) {
            found.push(field.to_owned());
        }
    }
    found
}

/// Folds what an operation says as far as it fits; whether it may happen is another matter.
fn folded(state: &Object, operation: &Operation) -> Object {
    let mut after = state.clone();
    let content = operation.payload.as_ref().or(operation.patch.as_ref());
    if let Some(content) = content {
        // What does not fit changes nothing: that is what is shown.
        let _ = fold(&mut after, kind(operation), content);
    }
    after
}

/// The conflict of the item at `index`, if it has one.
pub(super) fn conflict(
    survey: &Survey<'_>,
    (index, item): (usize, &Item),
    eyes: &Eyes<'_>,
) -> Result<Option<StageConflict>> {
    if !item.is_in_conflict() {
        return Ok(None);
    }
    let view = &survey.view;
    let (base, head) = (item.staged.draft.base, item.head);
    let (aggregate_type, id) = (item.name.aggregate_type.as_str(), item.name.id.as_str());
    let (mut events, mut then, mut now) = (Vec::new(), Object::new(), Object::new());
    let more = head.saturating_sub(base).saturating_sub(EVENTS_MAX);
    if head > 0 {
        let found = find(view, aggregate_type, id)?;
        if base > 0 {
            then = found.state_at(view, Version(base.min(head)))?.0;
        }
        let first = Version(base + more + 1);
        found.events(view, first, Version(head), |raw| {
            events.push(event(raw.decode()?, eyes));
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        now = found.head.state;
    }
    let shown = |state: &Object| eyes.object(aggregate_type, state.clone());
    let theirs = diff_objects(&shown(&then), &shown(&now));
    let on_base =
        survey.before(index).into_iter().fold(then, |state, operation| folded(&state, operation));
    let operation = &item.staged.draft.operation;
    let yours = diff_objects(&shown(&on_base), &shown(&folded(&on_base, operation)));
    let mine = touched_by(operation);
    let both = fields(&theirs).into_iter().filter(|field| mine.contains(field)).collect();
    let (yours, theirs) =
        (yours.into_iter().map(wire).collect(), theirs.into_iter().map(wire).collect());
    Ok(Some(StageConflict { base, head, events, more, yours, theirs, both }))
}

/// A conflict in one sentence.
fn sentence(item: &Item, conflict: &StageConflict) -> String {
    let operation = &item.staged.draft.operation;
    let mut text = format!(
        "s{}: `{}` on `{}` was written against v{}, and the log has v{}",
        item.staged.id, operation.event_type, item.name, conflict.base, conflict.head
    );
    let named: Vec<String> = conflict.events.iter().map(happened).collect();
    text += match (conflict.more, named.is_empty()) {
        (0, true) => String::new(),
        (0, false) => ": ".to_owned(),
        (more, _) => format!(": {more} earlier events, then "),
    }
    .as_str();
    text += &named.join(", ");
    if !conflict.both.is_empty() {
        let both: Vec<String> = conflict.both.iter().map(|field| format!("`{field}`")).collect();
        text += "; both change ";
        text += &both.join(", ");
    }
    text
}

/// What happened, by whom and when, in a few words.
pub(in crate::service) fn happened(event: &ConflictEvent) -> String {
    let fields = match event.fields.join(", ") {
        fields if fields.is_empty() => String::new(),
        fields => format!(" ({fields})"),
    };
    let (who, when) = (&event.issued_by.user, &event.created_at);
    format!("v{} `{}` by {who} at {when}{fields}", event.version, event.event_type)
}

/// Refuses the commit of a stage, naming every operation that is in conflict.
pub(super) fn refusal(conflicts: &[(usize, &Item, StageConflict)], staged: usize) -> Error {
    let detail = |(index, item, conflict): &(usize, &Item, StageConflict)| Detail {
        pointer: format!("/operations/{index}"),
        code: "conflict".into(),
        message: sentence(item, conflict),
    };
    let message = match conflicts {
        [(_, item, _)] => format!("`{}` went on since s{} was staged", item.name, item.staged.id),
        _ => format!("{} staged operations are on aggregates that went on since", conflicts.len()),
    };
    Error::new(ErrorKind::Conflict, "dbx::stage::conflict", message)
        .kept(kept(staged))
        .help(
            "`dbx stage rebase` tries them on what is there now; `dbx stage show` compares the two",
        )
        .details(conflicts.iter().map(detail).collect())
}

/// What a refused commit leaves.
pub(super) fn kept(staged: usize) -> String {
    match staged {
        1 => "nothing was written, and the operation stays staged".to_owned(),
        _ => format!("nothing was written, and all {staged} operations stay staged"),
    }
}
