//! From an operation as it came in to one that the writer can judge: names, limits, schema.

mod foresee;
mod key;
mod operation;

use crate::domain::{AggregateKey, Body};
use crate::error::{Detail, Error, Kind as ErrorKind, Result};
use crate::schema::values::Violation;
use crate::service::caller::Caller;
use crate::store::{
    AppliedSchema, COMMIT_BYTES_MAX, Head, OPERATIONS_MAX, Proposed, SALT_BYTES, Standing,
    StoreError, Trial, View,
};
use crate::wire::{CommitRequest, Operation};

pub(super) use key::{Key, idempotency};

use foresee::{conflict, foresee};
use operation::{limit, one};

/// What an event may have beside its payload: metadata, a note, the frame around them.
const BODY_EXTRA_BYTES: usize = 128 << 10;

/// The longest message of a commit, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// Which events a request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Events {
    /// Those that writers write.
    #[default]
    OfWriters,
    /// Also those that dbx writes itself: from its own use cases, or from a history that is imported.
    All,
}

/// Where aggregates stand, before the operations.
pub(super) trait Present {
    /// Where an aggregate stands; `None` where it has no event.
    fn standing(&self, name: &AggregateKey) -> Result<Option<Standing>, StoreError>;

    /// The store below.
    fn view(&self) -> &View;
}

impl Present for View {
    fn standing(&self, name: &AggregateKey) -> Result<Option<Standing>, StoreError> {
        let standing = |head: Head| Standing {
            version: head.version,
            archived: head.archived,
            erased: head.erased,
            state: head.state,
        };
        Ok(self.head(name)?.map(standing))
    }

    fn view(&self) -> &View {
        self
    }
}

impl Present for Trial {
    fn standing(&self, name: &AggregateKey) -> Result<Option<Standing>, StoreError> {
        Trial::standing(self, name)
    }

    fn view(&self) -> &View {
        Trial::view(self)
    }
}

/// What operations are held against.
pub(super) struct Rules<'a> {
    pub(super) caller: &'a Caller,
    pub(super) schema: &'a AppliedSchema,
    /// What is there.
    pub(super) present: &'a dyn Present,
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
        let prepared = one(operation, rules).map_err(|error| of(index, count, error))?;
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
                erased: None,
            };
            let what = (prepared.aggregate, prepared.event_type, prepared.kind);
            let view = rules.present.view();
            proposed.push(Proposed::for_store(view, what, body, prepared.expected, salt)?);
        }
    }
    if !details.is_empty() {
        // Whoever is late or in the wrong place hears that first: what is right depends on what is there.
        if let Some(conflict) = conflict(&request.operations, rules.present)? {
            return Err(conflict);
        }
        let error = violated(&request.operations, details);
        return Err(error.operation(faulty.unwrap_or_default()));
    }
    limit_bytes(&proposed, rules.payload_bytes_max)?;
    Ok(proposed)
}

/// The error of one of so many operations.
fn of(index: usize, count: usize, error: Error) -> Error {
    match count {
        1 => error.operation(index),
        _ => error.context(format!("operation {}", index + 1)).operation(index),
    }
}

/// Refuses operations that are too large for a commit by what their texts have alone. Whoever has the store looks closer;
/// this is for what is too long to be sent there.
pub(super) fn limit_texts(operations: &[Operation], payload_bytes_max: usize) -> Result<()> {
    let mut bytes = 0;
    for (index, operation) in operations.iter().enumerate() {
        for content in [&operation.payload, &operation.patch].into_iter().flatten() {
            let limited = limit(content, payload_bytes_max);
            limited.map_err(|error| of(index, operations.len(), error))?;
            bytes += content.to_string().len();
        }
    }
    limit_commit(bytes)
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
    limit_commit(bytes)
}

fn limit_commit(bytes: usize) -> Result<()> {
    if bytes <= COMMIT_BYTES_MAX {
        return Ok(());
    }
    let message = format!("the commit has {bytes} bytes, at most {COMMIT_BYTES_MAX} are allowed");
    Err(too_large("dbx::limit::commit", message))
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
