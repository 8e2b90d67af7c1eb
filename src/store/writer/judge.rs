//! Whether an operation may happen, seen from the state that the batch has made so far.

use super::heads::LiveHead;
use super::links::{Relinked, relink};
use super::proposal::{AppliedSchema, Expected, Proposed};
use crate::domain::json::{Json, Object, Patch, PatchError, Pointer, object_to_string};
use crate::domain::{AggregateKey, FoldError, Kind, Version, fold};
use crate::schema::values::{Violation, check_lock, check_patched, check_references, check_state};
use crate::schema::{Aggregate, FieldType, Shape, Snapshot};
use crate::store::error::{Refusal, StoreError};

/// The largest state that an aggregate may have, in bytes of JSON.
pub(crate) const STATE_BYTES_MAX: u64 = 8 << 20;

/// What an accepted operation changes beside the head.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The schema version that admitted it; 0 for none.
    pub(super) schema_version: u64,
    /// The state after it, where a snapshot is due.
    pub(super) snapshot: Option<String>,
    /// What becomes of its references.
    pub(super) relinked: Relinked,
}

/// Judges an operation and, if it may happen, moves `head` past it. `checked` says whether the schema may refuse it;
/// snapshots and links follow the schema either way.
///
/// `exists` says whether an aggregate exists, earlier operations of the proposal included. On a refusal `head` may
/// be half-changed: the caller throws it away.
pub(super) fn judge(
    operation: &mut Proposed,
    head: &mut LiveHead,
    (schema, checked): (&AppliedSchema, bool),
    exists: &mut dyn FnMut(&AggregateKey) -> bool,
) -> Result<Judged, Refusal> {
    check_expected(operation, head)?;
    let declared = schema.schema.aggregates.get(operation.aggregate.aggregate_type.as_str());
    let patch = parse_patch(operation)?;
    // A state may be large and an event small, and few fields have rules that look at what was there before: only
    // those among the touched ones are kept.
    let compared = match declared {
        // With the state all of its references go.
        Some(_) if operation.kind == Kind::Erase => head.state.keys().cloned().collect(),
        Some(aggregate) => compared(operation, patch.as_ref(), aggregate),
        None => Vec::new(),
    };
    let before = subset(&head.state, &compared);
    apply(operation, head)?;
    let mut judged = Judged::default();
    if let Some(aggregate) = declared {
        if checked {
            judged.schema_version = schema.version;
            check(operation, (aggregate, patch.as_ref()), (&before, &compared), head, exists)?;
        }
        let after = subset(&head.state, &compared);
        judged.relinked = relink((declared, &before), (declared, &after));
    }
    limit_state(operation, head)?;
    head.version = head.version.next();
    judged.snapshot = snapshot(declared, head).filter(|_| operation.kind != Kind::Erase);
    Ok(judged)
}

/// The state, where the declaration asks for a snapshot at the version of the head.
pub(super) fn snapshot(declared: Option<&Aggregate>, head: &LiveHead) -> Option<String> {
    let rule = declared.map_or(Snapshot::Default, |aggregate| aggregate.snapshot);
    let due = rule.threshold().is_some_and(|every| head.version.get().is_multiple_of(every));
    due.then(|| object_to_string(&head.state))
}

fn check_expected(operation: &Proposed, head: &LiveHead) -> Result<(), Refusal> {
    let (aggregate, actual) = (operation.aggregate.clone(), head.version);
    let there = actual > Version(0);
    if head.erased {
        return Err(Refusal::Erased(aggregate));
    }
    match operation.expected {
        Expected::Absent if there => return Err(Refusal::Exists { aggregate, actual }),
        Expected::Present if !there => return Err(Refusal::Unknown(aggregate)),
        Expected::Exact(expected) if expected != actual => {
            return Err(Refusal::Version { aggregate, expected, actual });
        }
        _ => {}
    }
    match (operation.kind, head.archived) {
        (kind, _) if kind.is_system() && !there => Err(Refusal::Unknown(aggregate)),
        (Kind::Restore, false) => Err(Refusal::NotArchived(aggregate)),
        (Kind::Restore | Kind::Erase, true) | (_, false) => Ok(()),
        (_, true) => Err(Refusal::Archived(aggregate)),
    }
}

fn parse_patch(operation: &Proposed) -> Result<Option<Patch>, Refusal> {
    if operation.kind != Kind::Patch {
        return Ok(None);
    }
    Patch::from_json(&operation.body.content)
        .map(Some)
        .map_err(|error| unpatchable(operation, &error))
}

fn unpatchable(operation: &Proposed, error: &PatchError) -> Refusal {
    Refusal::Patch {
        aggregate: operation.aggregate.clone(),
        reason: error.to_string(),
        test_failed: matches!(error, PatchError::TestFailed { .. }),
    }
}

/// The top-level keys that an operation touches and whose values before it matter: locks and references.
fn compared(operation: &Proposed, patch: Option<&Patch>, aggregate: &Aggregate) -> Vec<String> {
    let matters = |key: &str| {
        let shape = aggregate.fields.get(key).map(|field| &field.shape);
        // A reference may also be a property of an object.
        let refers = |shape: &Shape| shape.is_reference() || shape.field_type == FieldType::Object;
        aggregate.is_locked_field(key) || shape.is_some_and(refers)
    };
    match (patch, &operation.body.content) {
        (Some(patch), _) => patch.touched().into_iter().filter(|key| matters(key)).collect(),
        (None, Json::Object(payload)) => {
            payload.keys().filter(|key| matters(key)).cloned().collect()
        }
        (None, _) => Vec::new(),
    }
}

fn subset(state: &Object, keys: &[String]) -> Object {
    keys.iter().filter_map(|key| state.get(key).map(|value| (key.clone(), value.clone()))).collect()
}

/// Folds the operation into the state.
fn apply(operation: &Proposed, head: &mut LiveHead) -> Result<(), Refusal> {
    fold(&mut head.state, operation.kind, &operation.body.content).map_err(|error| match error {
        FoldError::Patch(error) => unpatchable(operation, &error),
        error => Refusal::Patch {
            aggregate: operation.aggregate.clone(),
            reason: error.to_string(),
            test_failed: false,
        },
    })
}

/// Holds the operation against the schema. `compared` are the touched keys whose values `before` it matter.
fn check(
    operation: &mut Proposed,
    (aggregate, patch): (&Aggregate, Option<&Patch>),
    (before, compared): (&Object, &[String]),
    head: &mut LiveHead,
    exists: &mut dyn FnMut(&AggregateKey) -> bool,
) -> Result<(), Refusal> {
    let mut violations = Vec::new();
    if operation.kind.is_system() {
        // What dbx writes itself keeps to no rule but the lock of the aggregate, which refuses every write.
        check_lock(aggregate, &mut violations);
        return if violations.is_empty() { Ok(()) } else { Err(refused(operation, violations)) };
    }
    if let Some(patch) = patch {
        check_patch(operation, aggregate, patch, head, &mut violations)?;
    }
    check_state(aggregate, before, &head.state, compared, &mut violations);
    check_references(aggregate, &subset(&head.state, compared), exists, &mut violations);
    if violations.is_empty() { Ok(()) } else { Err(refused(operation, violations)) }
}

fn check_patch(
    operation: &mut Proposed,
    aggregate: &Aggregate,
    patch: &Patch,
    head: &mut LiveHead,
    violations: &mut Vec<Violation>,
) -> Result<(), StoreError> {
    let event_type = operation.event_type.as_str();
    let normal = check_patched(aggregate, event_type, &patch.touched(), &head.state, violations);
    if violations.is_empty() && !normal.is_empty() {
        correct(operation, &normal, head)?;
    }
    Ok(())
}

fn refused(operation: &Proposed, violations: Vec<Violation>) -> Refusal {
    Refusal::Schema {
        aggregate: operation.aggregate.clone(),
        event_type: operation.event_type.as_str().to_owned(),
        violations,
    }
}

/// Makes a patch lead to the normal form of the values that it touches: a `replace` for each of them follows the
/// writer's own operations, in what is stored as in the state, so that a fold of the log gives the same.
fn correct(
    operation: &mut Proposed,
    normal: &[(String, Json)],
    head: &mut LiveHead,
) -> Result<(), StoreError> {
    let mut operations = match &operation.body.content {
        Json::Array(operations) => operations.clone(),
        _ => Vec::new(),
    };
    for (key, value) in normal {
        let mut replace = Object::new();
        replace.insert("op".into(), "replace".into());
        let pointer = Pointer::root().child(key.as_str());
        replace.insert("path".into(), pointer.to_string().into());
        replace.insert("value".into(), value.clone());
        operations.push(Json::Object(replace));
        head.state.insert(key.clone(), value.clone());
    }
    operation.body.content = Json::Array(operations);
    operation.encode()
}

fn limit_state(operation: &Proposed, head: &mut LiveHead) -> Result<(), Refusal> {
    head.state_bytes += operation.encoded.bytes.len() as u64;
    if head.state_bytes <= STATE_BYTES_MAX {
        return Ok(());
    }
    head.state_bytes = object_to_string(&head.state).len() as u64;
    if head.state_bytes <= STATE_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::TooLarge {
        what: format!("the state of `{}`", operation.aggregate),
        bytes: head.state_bytes,
        max: STATE_BYTES_MAX,
    })
}
