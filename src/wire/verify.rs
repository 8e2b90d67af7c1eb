//! What verification found.

use serde::{Deserialize, Serialize};

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

/// The verdict on one aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// The verdict on the whole log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogVerdict {
    /// How many events were recomputed.
    pub count: u64,
    /// How many aggregates they belong to.
    pub aggregates: u64,
    /// The recomputed root of the log's tree, in hex.
    pub root: String,
    /// Up to which position everything is good, as a decimal string.
    pub good_up_to: String,
    /// Whether there is no fault.
    pub ok: bool,
    /// The faults, in the order of the log; at most 1,000.
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: u64,
}
