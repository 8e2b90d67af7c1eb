//! What verification found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// What kind of thing is wrong.
    pub kind: FaultKind,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The position of the event, as a decimal string; null where the fault is not about one.
    pub position: Option<String>,
    /// The aggregate, as `type/id`; null where the fault is not about one.
    pub aggregate: Option<String>,
    /// The version in the aggregate.
    pub version: Option<u64>,
    /// What is stored, in hex.
    pub stored: Option<String>,
    /// What the bytes give, in hex.
    pub recomputed: Option<String>,
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Bytes that cannot be read: a checksum of a block or of a chunk does not fit, or the format is broken.
    Unreadable,
    /// A body that is not the one whose hash the header holds.
    BodyChanged,
    /// The root of the aggregate's tree is not the stored one: an event was changed, left out, added or moved.
    AggregateRoot,
    /// A hash in the log's tree is not that of its events.
    LogTree,
    /// The root of the log's tree is not the stored one.
    LogRoot,
    /// Positions or versions have a gap or a double.
    Sequence,
    /// The index from an aggregate's version to the log does not fit the log.
    Index,
    /// A state that is not the fold of its events.
    State,
    /// A snapshot that is not the fold of its events.
    Snapshot,
    /// An archived flag that is not what the events say, or an index of them that is not what the flags say.
    Archived,
    /// A commit that is there only in part, or whose record is not what its events say.
    Commit,
    /// The numbers of the aggregate types contradict each other or the log.
    Types,
    /// The index of references is not what the states say.
    References,
    /// The log is not the one that `ANCHOR` knew: it was rolled back, cut or rewritten.
    Anchor,
}

/// The verdict on one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AggregateVerdict {
    /// The type.
    pub aggregate_type: String,
    /// The id.
    pub aggregate_id: String,
    /// How many events were recomputed.
    pub count: u64,
    /// The recomputed root, in hex.
    pub merkle_root: String,
    /// Whether there is no fault.
    pub ok: bool,
    /// The faults.
    pub faults: Vec<Fault>,
    /// Why the state and the snapshots were not looked at; absent where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states_left_out: Option<String>,
}

/// The verdict on the whole log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogVerdict {
    /// How many events were recomputed.
    pub count: u64,
    /// How many aggregates they belong to.
    pub aggregates: u64,
    /// The recomputed root of the log's tree, in hex.
    pub root: String,
    /// Up to which position everything is good, as a decimal string.
    pub good_up_to: String,
    /// Up to which commit everything is good, such as `c17`; `c0` where that is none.
    pub good_up_to_commit: String,
    /// What the log was held against from outside of it; null where `ANCHOR` cannot be read.
    pub anchor: Option<AnchorVerdict>,
    /// Whether states, snapshots and indexes were compared with a fold of the events too.
    pub refolded: bool,
    /// Whether there is no fault.
    pub ok: bool,
    /// The faults, in the order of the log; at most 1,000.
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: u64,
    /// What dbx kept safe.
    pub kept: String,
    /// Why states and snapshots were not looked at, though that was asked for; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states_left_out: Option<String>,
}

/// How the log stands to `ANCHOR`, which says how far the log was when it was last known to be good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnchorVerdict {
    /// The position that it names, as a decimal string.
    pub position: String,
    /// The root that the log had at that size, in hex.
    pub root: String,
    /// Whether the log still has that root at that size.
    pub ok: bool,
}
