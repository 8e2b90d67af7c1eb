//! From an operation as it came in to one that the writer can judge: names, limits, schema.

use super::caller::{Caller, Restrict};
use super::errors::rejected;
use crate::domain::json::{Json, Object, Patch, object_to_string};
use crate::domain::{AggregateKey, Body, EventType, Kind, Version};
use crate::error::{Detail, Error, Kind as ErrorKind, Result};
use crate::proof::sha256;
use crate::schema::values::{
    METADATA_BYTES_MAX, Violation, check_metadata, check_note, check_payload, check_references,
    check_state,
};
use crate::store::{
    AppliedSchema, COMMIT_BYTES_MAX, Expected, Idempotency, OPERATIONS_MAX, Proposed, Refusal,
    Rejection, SALT_BYTES, StoreError, View,
};
use crate::wire::{CommitRequest, Operation};
use std::borrow::Cow;

/// What an event may have beside its payload: metadata, a note, the frame around them.
const BODY_EXTRA_BYTES: usize = 128 << 10;

/// The longest message of a commit, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// The longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// Which events a request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Events {
    /// Those that writers write.
    OfWriters,
    /// Also those that dbx writes itself: from its own use cases, or from a history that is imported.
    All,
}

/// What operations are held against.
pub(super) struct Rules<'a> {
    pub(super) caller: &'a Caller,
    pub(super) schema: &'a AppliedSchema,
    pub(super) view: &'a View,
    pub(super) payload_bytes_max: usize,
    pub(super) events: Events,
}

/// Checks everything about a request that does not depend on what other writers do meanwhile.
pub(super) fn prepare(request: &CommitRequest, rules: &Rules<'_>) -> Result<Vec<Proposed>> {
    let count = request.operations.len();
    if count == 0 {
        return Err(invalid("dbx::commit::empty", "a commit needs at least one operation"));
    }
    if count > OPERATIONS_MAX {
        let message =
            format!("the commit has {count} operations, at most {OPERATIONS_MAX} are allowed");
        return Err(too_large("dbx::limit::operations", message));
    }
    if request.message.as_ref().is_some_and(|message| message.len() > MESSAGE_BYTES_MAX) {
        let message = format!("the message of a commit has at most {MESSAGE_BYTES_MAX} bytes");
        return Err(too_large("dbx::limit::message", message));
    }
    let mut proposed = Vec::with_capacity(count);
    let (mut details, mut faulty) = (Vec::new(), None);
    for ((index, operation), salt) in request.operations.iter().enumerate().zip(salts(count)?) {
        let prepared = one(operation, rules).map_err(|error| match count {
            1 => error.operation(index),
            _ => error.context(format!("operation {}", index + 1)).operation(index),
        })?;
        let mut violations = prepared.violations;
        if !violations.is_empty() {
            faulty.get_or_insert(index);
            let of_same = |one: &Operation| {
                AggregateKey::new(&one.aggregate_type, &one.aggregate_id)
                    .is_ok_and(|name| name == prepared.aggregate)
            };
            if !prepared.kind.is_system() && !request.operations.iter().take(index).any(of_same) {
                // Refused anyway: say at once what the state would have refused too.
                foresee(&prepared.aggregate, &prepared.content, rules, &mut violations)?;
            }
            let place = if count == 1 { String::new() } else { format!("/operations/{index}") };
            let detail = |violation: Violation| Detail::from(violation.under(&place));
            details.extend(violations.into_iter().map(detail));
        }
        if details.is_empty() {
            let body = Body {
                content: prepared.content,
                metadata: prepared.metadata,
                note: prepared.note,
            };
            proposed.push(Proposed::with_salt(
                prepared.aggregate,
                prepared.event_type,
                prepared.kind,
                body,
                prepared.expected,
                salt,
            ));
        }
    }
    if !details.is_empty() {
        // Whoever is late or in the wrong place hears that first: what is right depends on what is there.
        if let Some(conflict) = conflict(&request.operations, rules.view)? {
            return Err(conflict);
        }
        let error = violated(&request.operations, details);
        return Err(error.operation(faulty.unwrap_or_default()));
    }
    limit_bytes(&proposed, rules.payload_bytes_max)?;
    Ok(proposed)
}

/// Refuses what is too large for an event or for a commit.
fn limit_bytes(proposed: &[Proposed], payload_bytes_max: usize) -> Result<()> {
    let bytes: usize = proposed.iter().map(Proposed::body_bytes).sum();
    if let Some(large) = proposed.iter().map(Proposed::body_bytes).max()
        && large > payload_bytes_max + BODY_EXTRA_BYTES
    {
        let message = format!(
            "an event has {large} bytes, at most {} are allowed",
            payload_bytes_max + BODY_EXTRA_BYTES
        );
        return Err(too_large("dbx::limit::event", message));
    }
    if bytes > COMMIT_BYTES_MAX {
        let message =
            format!("the commit has {bytes} bytes, at most {COMMIT_BYTES_MAX} are allowed");
        return Err(too_large("dbx::limit::commit", message));
    }
    Ok(())
}

/// The first expectation that fails by what is stored now. Whether the others hold is for the writer to say.
fn conflict(operations: &[Operation], view: &View) -> Result<Option<Error>> {
    let mut appended: Vec<(AggregateKey, Option<Kind>)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let aggregate = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
        let head = view.head(&aggregate)?;
        let stored = head.as_ref().map_or(0, |head| head.version.get());
        let earlier = || appended.iter().filter(|(known, _)| *known == aggregate);
        let actual = Version(stored + earlier().count() as u64);
        let archived = earlier().fold(head.is_some_and(|head| head.archived), |was, (_, kind)| {
            *kind == Some(Kind::Archive) || (was && *kind != Some(Kind::Restore))
        });
        let kind = system(&operation.event_type);
        appended.push((aggregate.clone(), kind));
        let refusal = match expected(operation)? {
            Expected::Absent if actual > Version(0) => Refusal::Exists { aggregate, actual },
            Expected::Present if actual == Version(0) => Refusal::Unknown(aggregate),
            Expected::Exact(expected) if expected != actual => {
                Refusal::Version { aggregate, expected, actual }
            }
            _ if kind == Some(Kind::Restore) && !archived => Refusal::NotArchived(aggregate),
            _ if kind != Some(Kind::Restore) && archived => Refusal::Archived(aggregate),
            _ => continue,
        };
        let rejection = Rejection { refusal, operation: Some(index) };
        return Ok(Some(rejected(rejection, operations.len())));
    }
    Ok(None)
}

/// Random bytes for the bodies of a commit, all of them from one call of the system.
fn salts(count: usize) -> Result<Vec<[u8; SALT_BYTES]>> {
    let mut bytes = vec![0; count * SALT_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(bytes.as_chunks().0.to_vec())
}

fn violated(operations: &[Operation], details: Vec<Detail>) -> Error {
    let message = match operations {
        [operation] => format!(
            "the schema refuses `{}` on `{}/{}`",
            operation.event_type, operation.aggregate_type, operation.aggregate_id
        ),
        _ => "the schema refuses the commit".to_owned(),
    };
    Error::new(ErrorKind::Violation, "dbx::schema::violation", message)
        .kept("nothing was written")
        .help("`dbx schema show` prints what the schema allows")
        .details(details)
}

fn invalid(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, code, message).kept("nothing was written")
}

fn too_large(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::TooLarge, code, message).kept("nothing was written")
}

struct Prepared {
    aggregate: AggregateKey,
    event_type: EventType,
    kind: Kind,
    content: Json,
    metadata: Json,
    note: Option<String>,
    expected: Expected,
    violations: Vec<Violation>,
}

fn one(operation: &Operation, rules: &Rules<'_>) -> Result<Prepared> {
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

fn expected(operation: &Operation) -> Result<Expected> {
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
    let limit = |content: &Json| {
        if bytes_at_most(content) <= rules.payload_bytes_max {
            return Ok(());
        }
        let bytes = content.to_string().len();
        if bytes <= rules.payload_bytes_max {
            return Ok(());
        }
        let message = format!(
            "the payload has {bytes} bytes, at most {} are allowed",
            rules.payload_bytes_max
        );
        Err(too_large("dbx::limit::payload", message)
            .help("store large contents elsewhere and keep their hash, or raise `payload_limit` with `dbx config`"))
    };
    match (&operation.payload, &operation.patch) {
        (Some(_), Some(_)) => {
            Err(invalid("dbx::commit::content", "an event has a payload or a patch, not both"))
        }
        (None, Some(patch)) => {
            limit(patch)?;
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
            limit(&payload)?;
            Ok((Kind::Merge, payload))
        }
    }
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
fn system(event_type: &str) -> Option<Kind> {
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

/// Adds what the present state would refuse, for an operation that is refused already.
fn foresee(
    aggregate: &AggregateKey,
    content: &Json,
    rules: &Rules<'_>,
    violations: &mut Vec<Violation>,
) -> Result<()> {
    let declared = rules.schema.schema.aggregates.get(aggregate.aggregate_type.as_str());
    let (Some(declared), Json::Object(payload)) = (declared, content) else { return Ok(()) };
    let before = rules.view.head(aggregate)?.map(|head| head.state).unwrap_or_default();
    let mut after = before.clone();
    after.extend(payload.clone());
    let touched: Vec<String> = payload.keys().cloned().collect();
    let mut found = Vec::new();
    check_state(declared, &before, &after, &touched, &mut found);
    let mut failed = None;
    let mut exists = |target: &AggregateKey| match rules.view.head(target) {
        Ok(head) => head.is_some(),
        Err(error) => {
            failed = Some(error);
            true
        }
    };
    check_references(declared, payload, &mut exists, &mut found);
    if let Some(error) = failed {
        return Err(error.into());
    }
    for violation in found {
        let violation = violation.under("/payload");
        if !violations.iter().any(|known| known.pointer == violation.pointer) {
            violations.push(violation);
        }
    }
    Ok(())
}

/// The key under which a request is remembered, and the hash that "the same request" means.
pub(super) fn idempotency(
    request: &CommitRequest,
    operations: &[Proposed],
    caller: &Caller,
) -> Result<Option<Idempotency>> {
    let Some(key) = &request.idempotency_key else { return Ok(None) };
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        let message = format!("an idempotency key has 1 to {KEY_BYTES_MAX} bytes");
        return Err(invalid("dbx::commit::idempotency_key", message));
    }
    let mut name = Vec::new();
    for part in [&caller.actor.group, &caller.actor.user, key] {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    let mut same = Vec::new();
    for operation in operations {
        operation.fingerprint(&mut same);
    }
    same.extend_from_slice(request.message.as_deref().unwrap_or_default().as_bytes());
    Ok(Some(Idempotency { key: sha256(&name), operations: sha256(&same) }))
}
