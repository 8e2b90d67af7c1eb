//! Writing over HTTP: where the shapes differ from those of the service, because the path or a header says a part.

use super::commit::{ArchiveRequest, CommitReceipt, CommitRequest, Operation};
use super::event::EventRecord;
use crate::domain::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One event to append.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventRequest {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// What happens; dots become underscores.
    pub event_type: String,
    /// The payload, an object. Exactly one of `payload` and `patch` is given; neither means an empty payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Json>,
    /// The RFC 6902 patch of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Json>,
    /// Extension metadata: an object whose keys start with `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Json>,
    /// A note of at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The version that the aggregate must have before the event; 0 when it must not exist. The same as `If-Match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// A key that makes a retry safe. The same as the header `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Check everything and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

impl EventRequest {
    /// The commit of the event alone.
    pub fn commit(self) -> CommitRequest {
        let operation = Operation {
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            event_type: self.event_type,
            payload: self.payload,
            patch: self.patch,
            metadata: self.metadata,
            note: self.note,
            expected_version: self.expected_version,
            exists: None,
        };
        CommitRequest {
            operations: vec![operation],
            message: None,
            idempotency_key: self.idempotency_key,
            dry_run: self.dry_run,
        }
    }
}

/// How to archive, to restore or to erase the aggregate that the path names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveParams {
    /// Why: a note of at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The version that the aggregate must have before. The same as `If-Match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// A key that makes a retry safe. The same as the header `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

impl ArchiveParams {
    /// What a request says beside the name of the aggregate.
    pub fn of(request: &ArchiveRequest) -> Self {
        Self {
            note: request.note.clone(),
            expected_version: request.expected_version,
            idempotency_key: request.idempotency_key.clone(),
            dry_run: request.dry_run,
        }
    }

    /// The request about an aggregate.
    pub fn request(self, aggregate_type: String, aggregate_id: String) -> ArchiveRequest {
        ArchiveRequest {
            aggregate_type,
            aggregate_id,
            note: self.note,
            expected_version: self.expected_version,
            idempotency_key: self.idempotency_key,
            dry_run: self.dry_run,
        }
    }
}

/// What became of a commit. Whether it is the stored answer to an earlier request says the header `Idempotency-Replayed`,
/// so that the body of such an answer is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommitAnswer {
    /// The commit, as `c7`.
    pub commit: String,
    /// Its events. After a dry run they have no place in the log yet: position, ids and hashes are what they would
    /// have been now.
    pub events: Vec<EventRecord>,
    /// Whether nothing was written because a dry run was asked for.
    pub dry_run: bool,
}

impl CommitAnswer {
    /// The receipt that this and the header say together.
    pub fn receipt(self, replayed: bool) -> CommitReceipt {
        CommitReceipt { commit: self.commit, events: self.events, replayed, dry_run: self.dry_run }
    }
}

impl From<CommitReceipt> for CommitAnswer {
    fn from(receipt: CommitReceipt) -> Self {
        Self { commit: receipt.commit, events: receipt.events, dry_run: receipt.dry_run }
    }
}
