//! What makes a retry safe: the key that a request came with, and the hashes by which it is known again.

use super::invalid;
use crate::domain::Hash;
use crate::error::{Error, Kind, Result};
use crate::proof::sha256;
use crate::service::caller::Caller;
use crate::service::errors::NOTHING;
use crate::store::{Idempotency, Proposed};
use crate::wire::{CommitRequest, StageCommitRequest};

/// The longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The key under which a request is remembered, and the hashes that "the same request" means.
pub(in crate::service) fn idempotency(
    request: &CommitRequest,
    operations: &[Proposed],
    key: Key,
) -> Idempotency {
    let mut same = Vec::new();
    for operation in operations {
        operation.fingerprint(&mut same);
    }
    same.extend_from_slice(request.message.as_deref().unwrap_or_default().as_bytes());
    Idempotency { key: key.name, operations: sha256(&same), request: Some(key.request) }
}

/// What an idempotency key is known by.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Key {
    /// The hash of actor and key.
    pub(in crate::service) name: Hash,
    /// The hash of the request as it came in.
    pub(in crate::service) request: Hash,
}

impl Key {
    /// The key of a request for operations.
    pub(in crate::service) fn of(request: &CommitRequest, caller: &Caller) -> Result<Option<Self>> {
        let Some(key) = &request.idempotency_key else { return Ok(None) };
        let name = key_name(key, caller)?;
        let said = serde_json::to_vec(&(&request.operations, &request.message));
        Ok(Some(Self { name, request: sha256(&said.map_err(|error| unwritable(&error))?) }))
    }

    /// The key of a request to commit the stage: it is the same whatever is staged by then.
    pub(in crate::service) fn of_stage(
        request: &StageCommitRequest,
        caller: &Caller,
    ) -> Result<Option<Self>> {
        let Some(key) = &request.idempotency_key else { return Ok(None) };
        let name = key_name(key, caller)?;
        let said =
            serde_json::to_vec(&("stage", &request.message, &request.only, &request.revision));
        Ok(Some(Self { name, request: sha256(&said.map_err(|error| unwritable(&error))?) }))
    }
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::new(Kind::Internal, "dbx::commit::json", error.to_string()).kept(NOTHING)
}

/// The hash of actor and key.
fn key_name(key: &str, caller: &Caller) -> Result<Hash> {
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        let message = format!("an idempotency key has 1 to {KEY_BYTES_MAX} bytes");
        return Err(invalid("dbx::commit::idempotency_key", message));
    }
    let mut name = Vec::new();
    for part in [caller.actor.group.as_str(), &caller.actor.user, key] {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    Ok(sha256(&name))
}
