//! Aggregates and what can be asked of one.

use super::event::{Erased, EventRecord};
use crate::domain::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An aggregate: everywhere the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AggregateRecord {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// How many events it has, or had at the version shown.
    pub version: u64,
    /// The fold of its events.
    pub state: Json,
    /// The root of its tree at this version, in hex.
    pub merkle_root: String,
    /// When its first event was committed.
    pub created_at: String,
    /// When the event of this version was committed.
    pub updated_at: String,
    /// Whether it refuses writes.
    pub archived: bool,
    /// When and by whom its contents were destroyed; then its state is empty at every version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// What an earlier state was rebuilt from; only where a version or a time was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt_from: Option<RebuiltFrom>,
    /// Its events up to this version; only where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventRecord>>,
    /// What the references in the state lead to, in the order of the schema; only where that was asked for, and not
    /// below the last level that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Vec<Resolved>>,
}

/// One reference of a state that was followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Resolved {
    /// Where it stands in the state, as a JSON pointer (RFC 6901).
    pub path: String,
    /// What it points at, as `type#id`.
    pub target: String,
    /// What came of it.
    pub outcome: Resolution,
    /// The target as it is now; only where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub aggregate: Option<Box<AggregateRecord>>,
}

/// What came of a reference that was followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resolution {
    /// The target is there, archived or not.
    Found,
    /// There is no such aggregate.
    Missing,
    /// The target is one of the aggregates that led here, or the one that has the reference.
    Cycle,
    /// The target is hidden from the caller.
    Hidden,
    /// The answer embeds so many aggregates already that no more are followed.
    TooMany,
}

/// What a state was rebuilt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RebuiltFrom {
    /// The version of the snapshot; 0 when it was rebuilt from the first event.
    pub snapshot: u64,
    /// How many events were folded onto it.
    pub events: u64,
}

/// Some aggregates, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AggregatePage {
    /// The aggregates: fewer than a page has, or none, also where there are more behind `next`.
    pub items: Vec<AggregateRecord>,
    /// The cursor to give as `after` for the next page; null at the end. What stands in it may change with
    /// every version of dbx.
    pub next: Option<String>,
    /// Whether the page ends where it does because enough was looked at: there may be nothing more behind `next`. Absent
    /// where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportReport {
    /// Aggregates, or events.
    pub records: u64,
    /// Files.
    pub files: u64,
    /// Whether the schema hides anything of the exported types from the caller, which was left out.
    pub hidden_left_out: bool,
    /// Whether events of erased aggregates were left out: nothing is left of them that another workspace could hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased_left_out: bool,
}

/// One difference between two states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Where, as a JSON pointer (RFC 6901).
    pub path: String,
    /// The value before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub before: Option<Json>,
    /// The value after; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub after: Option<Json>,
}

/// Keeps `null` (a value) apart from an absent member (none).
mod present {
    use crate::domain::Json;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` calls")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Json>, to: S) -> Result<S::Ok, S::Error> {
        value.as_ref().unwrap_or(&Json::Null).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Json>, D::Error> {
        Json::deserialize(from).map(Some)
    }
}

/// One event of a replay and what it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplayStep {
    /// The event.
    pub event: EventRecord,
    /// What it changed in the state.
    pub changes: Vec<Change>,
}

/// The difference between two versions of an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// The version whose state is `before` in the changes.
    pub from: u64,
    /// The version whose state is `after` in the changes.
    pub to: u64,
    /// What differs.
    pub changes: Vec<Change>,
    /// Paths that differ at neither end but were touched in between.
    pub touched_between: Vec<String>,
}

/// Which event set what an aggregate's state holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Blame {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// The version that was looked at.
    pub version: u64,
    /// One line for each field, in the order of the state.
    pub lines: Vec<BlameLine>,
}

/// Which event set a field to what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlameLine {
    /// The field, as a JSON pointer.
    pub path: String,
    /// Its value; null also where the field is gone.
    pub value: Json,
    /// The event that last set or removed it.
    pub event: EventRecord,
}

/// Who points at an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Referrers {
    /// The type of the target.
    pub aggregate_type: String,
    /// The id of the target.
    pub aggregate_id: String,
    /// Who points at it.
    pub referrers: Vec<Referrer>,
}

/// One reference to an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Referrer {
    /// The type of the aggregate that holds the reference.
    pub aggregate_type: String,
    /// The id of the aggregate that holds the reference.
    pub aggregate_id: String,
    /// Where in its state, as a JSON pointer.
    pub field: String,
}

/// Which snapshots of an aggregate exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshots {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// Every how many events one is made; absent when never.
    pub threshold: Option<u64>,
    /// The snapshots, oldest first.
    pub snapshots: Vec<SnapshotInfo>,
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotInfo {
    /// The version whose state it holds.
    pub version: u64,
    /// The size of the state in bytes of JSON.
    pub bytes: u64,
}
