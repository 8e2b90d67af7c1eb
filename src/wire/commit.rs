//! Writing: operations, commits, and what came of them.

use super::event::{EventRecord, Issuer};
use crate::domain::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One proposed event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
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
    /// The version that the aggregate must have before the event; 0 when it must not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// `true`: the aggregate must exist (apply). `false`: it must not (create). Absent: either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

/// Operations that become durable together or not at all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitRequest {
    /// The operations, in order; at most 1,000.
    pub operations: Vec<Operation>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A key that makes a retry safe: the same key and the same operations give the stored answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Check everything and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// An aggregate to archive or to restore.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveRequest {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// Why: a note of at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The version that the aggregate must have before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// A key that makes a retry safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Check everything and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommitReceipt {
    /// The commit, as `c7`.
    pub commit: String,
    /// Its events. After a dry run they have no place in the log yet: position, ids and hashes are what they would
    /// have been now.
    pub events: Vec<EventRecord>,
    /// Whether this is the stored answer to an earlier request with the same idempotency key.
    pub replayed: bool,
    /// Whether nothing was written because a dry run was asked for.
    pub dry_run: bool,
}

/// One commit of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommitRecord {
    /// The commit, as `c7`.
    pub commit: String,
    /// Why; null where the writer said nothing.
    pub message: Option<String>,
    /// Whether there is a message, but no key to read it with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub message_sealed: bool,
    /// When.
    pub created_at: String,
    /// Who.
    pub issued_by: Issuer,
    /// The position of its first event, as a decimal string.
    pub first_position: String,
    /// How many events it has.
    pub count: u64,
    /// Its events; only where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventRecord>>,
}

/// Some commits, newest first, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommitPage {
    /// The commits.
    pub commits: Vec<CommitRecord>,
    /// The commit to give as `before` for the next page, as `c7`; null at the end. A page that has few commits, or none, is
    /// not the last one for that.
    pub next: Option<String>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Lines read, those of earlier runs included.
    pub lines: u64,
    /// Events committed by this run.
    pub events: u64,
    /// Commits made by this run.
    pub commits: u64,
    /// Lines that an earlier run of the same file had committed.
    pub resumed_after: u64,
    /// Lines left out because of `--skip-existing` or an idempotency key that was used already.
    pub skipped: u64,
    /// The last position of the log, as a decimal string.
    pub position: String,
    /// Whether nothing was written because a dry run was asked for.
    pub dry_run: bool,
}
