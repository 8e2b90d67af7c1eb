//! Where am I.

use super::stage::StageSummary;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The workspace at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusReport {
    /// The folder that holds `.dbx/`.
    pub workspace: String,
    /// The store's uuid.
    pub store: String,
    /// The last position of the log, as a decimal string.
    pub position: String,
    /// The root of the log's tree, in hex.
    pub root: String,
    /// The number of commits.
    pub commits: u64,
    /// The number of aggregates of each type.
    pub types: Vec<TypeCount>,
    /// When the last event was committed; null in an empty log.
    pub last_event_at: Option<String>,
    /// The applied version of the schema; 0 for none.
    pub schema_version: u64,
    /// How `schema.dbx` stands to the applied one: `applied`, `changed`, `invalid`, `missing` or `unapplied`.
    pub schema_state: String,
    /// What waits for its commit.
    #[serde(default)]
    pub stage: StageSummary,
    /// Why the store refuses writes; null when it does not.
    pub read_only: Option<String>,
    /// Whether what is stored is sealed: `on`, or why there is no key for it; absent where nothing is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// Where a daemon would listen.
    pub address: String,
    /// Bytes of the store on disk.
    pub disk_bytes: u64,
}

/// The end of the log and its root: everything that a proof leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogRoot {
    /// The last position of the log, which is how many leaves its tree has, as a decimal string.
    pub position: String,
    /// The root of the log's tree, in hex.
    pub root: String,
    /// When the last event was committed; null in an empty log.
    pub last_event_at: Option<String>,
}

/// How many aggregates of a type there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TypeCount {
    /// The type.
    pub aggregate_type: String,
    /// Aggregates, archived ones included.
    pub aggregates: u64,
}
