//! One operation: its names, its contents, what it expects.

use super::{Events, Rules, invalid, too_large};
use crate::domain::json::{Json, Object, Patch, object_to_string};
use crate::domain::{AggregateKey, EventType, Kind, Version};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::schema::values::{
    METADATA_BYTES_MAX, Violation, check_metadata, check_note, check_payload,
};
use crate::service::caller::Restrict;
use crate::store::Expected;
use crate::wire::Operation;
use std::borrow::Cow;

pub(super) struct Prepared {
    pub(super) aggregate: AggregateKey,
    pub(super) event_type: EventType,
    pub(super) kind: Kind,
    pub(super) content: Json,
    pub(super) metadata: Json,
    pub(super) note: Option<String>,
    pub(super) expected: Expected,
    pub(super) violations: Vec<Violation>,
}

pub(super) fn one(operation: &Operation, rules: &Rules<'_>) -> Result<Prepared> {
    let aggregate = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
    let system = system(&operation.event_type).filter(|_| rules.events == Events::All);
    let event_type = match system.and_then(EventType::system) {
        Some(name) => name,
        None => EventType::new(&operation.event_type)?,
    };
    let expected = expected(operation)?;
    let (kind, content) = content(operation, rules)?;
    let (kind, content) = match system {
        Some(system) => (system, system_content(system, kind, content)?),
        None => (kind, content),
    };
    let mut violations = Vec::new();
    let mut note = operation.note.clone();
    let checked = rules.caller.restrict != Restrict::Off;
    let declared =
        rules.schema.schema.aggregates.get(aggregate.aggregate_type.as_str()).filter(|_| checked);
    let content = match (declared, &*content) {
        (Some(declared), Json::Object(payload)) if !kind.is_system() => {
            let mut found = Vec::new();
            let normal = check_payload(declared, event_type.as_str(), payload, &mut found);
            violations.extend(found.into_iter().map(|one| one.under("/payload")));
            Json::Object(normal)
        }
        _ => content.into_owned(),
    };
    if let Some(declared) = declared {
        let rule = declared.events.get(event_type.as_str());
        note = note.or_else(|| rule.and_then(|rule| rule.note.clone()));
    } else if rules.caller.restrict == Restrict::Strict {
        let message = format!(
            "the schema declares no aggregate `{}`, and the mode is strict",
            aggregate.aggregate_type
        );
        return Err(Error::new(ErrorKind::Violation, "dbx::schema::undeclared", message)
            .kept("nothing was written")
            .help("declare it in `schema.dbx` and run `dbx schema apply`, or write with `--restrict default`"));
    }
    if let Some(note) = &note {
        let mut found = Vec::new();
        check_note(note, &mut found);
        violations.extend(found.into_iter().map(|one| one.under("/note")));
    }
    let metadata = metadata(operation, &mut violations)?;
    Ok(Prepared { aggregate, event_type, kind, content, metadata, note, expected, violations })
}

pub(super) fn expected(operation: &Operation) -> Result<Expected> {
    match (operation.expected_version, operation.exists) {
        (None, None) => Ok(Expected::Any),
        (None, Some(true)) => Ok(Expected::Present),
        (None | Some(0), Some(false)) | (Some(0), None) => Ok(Expected::Absent),
        (Some(version), None | Some(true)) if version > 0 => Ok(Expected::Exact(Version(version))),
        _ => Err(invalid(
            "dbx::commit::expectation",
            "`expected_version` and `exists` contradict each other",
        )),
    }
}

fn content<'o>(operation: &'o Operation, rules: &Rules<'_>) -> Result<(Kind, Cow<'o, Json>)> {
    match (&operation.payload, &operation.patch) {
        (Some(_), Some(_)) => {
            Err(invalid("dbx::commit::content", "an event has a payload or a patch, not both"))
        }
        (None, Some(patch)) => {
            limit(patch, rules.payload_bytes_max)?;
            let parsed = Patch::from_json(patch).map_err(|error| {
                invalid("dbx::patch::invalid", format!("not a patch by RFC 6902: {error}"))
            })?;
            if parsed.touches_root() {
                let message =
                    "a patch changes the members of a state and never the state as a whole";
                return Err(invalid("dbx::patch::root", message));
            }
            Ok((Kind::Patch, Cow::Borrowed(patch)))
        }
        (payload, None) => {
            let payload = match payload {
                Some(payload) => Cow::Borrowed(payload),
                None => Cow::Owned(Json::Object(Object::new())),
            };
            if payload.as_object().is_none() {
                let message = format!("a payload is a JSON object, not {}", payload.kind());
                return Err(invalid("dbx::payload::not_an_object", message));
            }
            limit(&payload, rules.payload_bytes_max)?;
            Ok((Kind::Merge, payload))
        }
    }
}

/// Refuses a payload or a patch of more than `most` bytes.
pub(super) fn limit(content: &Json, most: usize) -> Result<()> {
    if bytes_at_most(content) <= most {
        return Ok(());
    }
    let bytes = content.to_string().len();
    if bytes <= most {
        return Ok(());
    }
    let message = format!("the payload has {bytes} bytes, at most {most} are allowed");
    Err(too_large("dbx::limit::payload", message)
        .help("store large contents elsewhere and keep their hash, or raise `payload_limit` with `dbx config`"))
}

/// No less than the bytes of the value's text, without writing it: an escape takes six bytes at most.
fn bytes_at_most(value: &Json) -> usize {
    let text = |text: &str| 6 * text.len() + 2;
    match value {
        Json::Null | Json::Bool(_) => 5,
        Json::Number(number) => number.as_str().len(),
        Json::String(string) => text(string),
        Json::Array(items) => 2 + items.iter().map(|item| bytes_at_most(item) + 1).sum::<usize>(),
        Json::Object(object) => {
            let member = |(key, value): (&String, &Json)| text(key) + bytes_at_most(value) + 2;
            2 + object.iter().map(member).sum::<usize>()
        }
    }
}

/// The kind of the events of a reserved name that may be proposed. What was erased cannot come back as an event.
pub(super) fn system(event_type: &str) -> Option<Kind> {
    [Kind::Archive, Kind::Restore, Kind::Nullify]
        .into_iter()
        .find(|kind| kind.system_type() == Some(event_type))
}

/// What an event of a kind of dbx's own holds.
fn system_content(kind: Kind, given: Kind, content: Cow<'_, Json>) -> Result<Cow<'_, Json>> {
    let payload = content.as_object().filter(|_| given == Kind::Merge);
    match (kind, payload) {
        (Kind::Nullify, Some(_)) => Ok(content),
        (_, Some(payload)) if payload.is_empty() => Ok(Cow::Owned(Json::Null)),
        _ => {
            let name = kind.system_type().unwrap_or_default();
            let takes = if kind == Kind::Nullify { "a payload and no patch" } else { "no content" };
            Err(invalid("dbx::event::system", format!("`{name}` takes {takes}")))
        }
    }
}

fn metadata(operation: &Operation, violations: &mut Vec<Violation>) -> Result<Json> {
    match &operation.metadata {
        None | Some(Json::Null) => Ok(Json::Null),
        Some(Json::Object(object)) => {
            if object_to_string(object).len() > METADATA_BYTES_MAX {
                let message = format!("the metadata has more than {METADATA_BYTES_MAX} bytes");
                return Err(too_large("dbx::limit::metadata", message));
            }
            let mut found = Vec::new();
            check_metadata(object, &mut found);
            violations.extend(found.into_iter().map(|one| one.under("/metadata")));
            Ok(Json::Object(object.clone()))
        }
        Some(other) => {
            let message = format!("metadata is a JSON object, not {}", other.kind());
            Err(invalid("dbx::metadata::not_an_object", message))
        }
    }
}
