//! The stage: operations that wait for their commit.

use super::aggregate::Change;
use super::commit::Operation;
use super::event::Issuer;
use super::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The stage as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageReport {
    /// Moves with every change of the stage and never goes back.
    pub revision: u64,
    /// What is staged, in the order in which it would be committed.
    pub operations: Vec<StagedOperation>,
    /// How many of them were written against a version that is no longer the last: a commit refuses them.
    pub conflicts: u64,
    /// How many of them would be refused for another reason.
    pub refused: u64,
    /// How many changes of the stage can be undone.
    pub undo: u64,
    /// How many undone changes can be redone.
    pub redo: u64,
    /// The bytes of the bodies that a commit would write; at most 8 MiB.
    pub bytes: u64,
    /// The position that the first event would have, as a decimal string.
    pub next_position: String,
}

/// One staged operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StagedOperation {
    /// Its name, as `s3`, which it keeps until the commit.
    pub id: String,
    /// What it says. Fields that are hidden from the reader are left out.
    pub operation: Operation,
    /// The version that the aggregate had in the log when this was written against it; 0 for none.
    pub base: u64,
    /// The version that it would make: behind its base, and behind the operations on the aggregate that are staged
    /// before it.
    pub version: u64,
    /// When it was staged or last edited.
    pub staged_at: String,
    /// Who did that.
    pub staged_by: Issuer,
    /// Why, where dbx itself made it: such as `revert of c7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What it would change in the state as it is now, behind the operations before it; empty where it is refused.
    pub changes: Vec<Change>,
    /// What would follow from it in the same commit: references that become null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<StagedEffect>,
    /// What happened to the aggregate since; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<StageConflict>,
    /// Why it would be refused, whatever its base; absent where it would not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// An event that would follow from a staged operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StagedEffect {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// What would happen.
    pub event_type: String,
    /// The version that it would make.
    pub version: u64,
    /// What it would change in the state.
    pub changes: Vec<Change>,
}

/// What happened to an aggregate since an operation on it was staged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageConflict {
    /// The version that the operation was written against.
    pub base: u64,
    /// The version that the aggregate has now.
    pub head: u64,
    /// The events in between, oldest first; the last ones where there are many.
    pub events: Vec<ConflictEvent>,
    /// How many more there were before those.
    pub more: u64,
    /// What the operation would have changed in the state that it was written against.
    pub yours: Vec<Change>,
    /// What the events in between changed.
    pub theirs: Vec<Change>,
    /// The fields that both change.
    pub both: Vec<String>,
}

/// An event that came between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictEvent {
    /// The version that it made.
    pub version: u64,
    /// Its place in the log, as a decimal string.
    pub position: String,
    /// The commit, as `c7`.
    pub commit: String,
    /// What happened.
    pub event_type: String,
    /// When.
    pub created_at: String,
    /// Who wrote it.
    pub issued_by: Issuer,
    /// The fields that it set or removed, but for hidden ones.
    pub fields: Vec<String>,
}

/// Operations to stage, all of them or none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRequest {
    /// The operations, in order. An expected version counts what is staged before them.
    pub operations: Vec<Operation>,
    /// Check everything and stage nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A staged operation to change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageEdit {
    /// Which, as `s3`.
    pub id: String,
    /// What it is to say. It stays on its aggregate.
    pub operation: Operation,
}

/// A staged operation to put elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageMove {
    /// Which, as `s3`.
    pub id: String,
    /// Its new place, from 1; the end where there are fewer.
    pub to: u64,
}

/// What became of the stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StageChanged {
    /// The operations that the request was about, as `s3`.
    pub ids: Vec<String>,
    /// Whether anything changed.
    pub changed: bool,
    /// The stage as it is now; as it would be after a dry run.
    pub stage: StageReport,
}

/// A commit of everything that is staged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageCommitRequest {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// A key that makes a retry safe: the same key and the same message give the stored answer, whatever is staged by
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The operations to commit, as `s3`, in the order of the stage; all of them if empty. The others stay staged, bound
    /// to what the commit leaves behind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The revision of the stage that is meant; whatever is staged if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Check everything and write nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a rebase did, or why it did nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RebaseReport {
    /// Whether the stage was rebased.
    pub rebased: bool,
    /// What came of each operation, in order.
    pub operations: Vec<Rebased>,
}

/// What a rebase did with one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rebased {
    /// Which, as `s3`.
    pub id: String,
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// What it does.
    pub event_type: String,
    /// What came of it.
    pub outcome: RebaseOutcome,
    /// The version that it was written against before.
    pub base: u64,
    /// The version that the aggregate has now.
    pub head: u64,
    /// The fields that it and the events in between both change.
    pub both: Vec<String>,
    /// What it changes in the state now.
    pub changes: Vec<Change>,
    /// Why it may not happen any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What came of an operation in a rebase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RebaseOutcome {
    /// Nothing happened to its aggregate.
    Unchanged,
    /// It may happen behind the events in between too.
    Rebased,
    /// It may not happen any more.
    Invalid,
}

/// What of a commit was taken back on the stage, and what was not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevertReport {
    /// The commit, as `c7`.
    pub commit: String,
    /// The operations that were staged, as `s3`; those that would have been where `staged` is false.
    pub ids: Vec<String>,
    /// Whether anything was staged.
    pub staged: bool,
    /// What later commits changed, so that it is no longer what the commit made it.
    pub conflicts: Vec<RevertConflict>,
    /// What no event can take back.
    pub impossible: Vec<Irreversible>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// A field that a later commit changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RevertConflict {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// The field; absent where the aggregate as a whole went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The last event that changed it.
    pub event: ConflictEvent,
}

/// A part of a commit that no event can take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Irreversible {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// The fields.
    pub fields: Vec<String>,
    /// Why.
    pub reason: String,
}

/// The stage at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct StageSummary {
    /// How many operations are staged.
    pub operations: u64,
    /// How many of them were written against a version that is no longer the last.
    pub conflicts: u64,
    /// Goes up with every change of the stage.
    #[serde(default)]
    pub revision: u64,
}
