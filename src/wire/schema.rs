//! Applied schemas, and what a change of them concerns.

use super::event::Issuer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One applied version of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaVersion {
    /// 1, 2, 3 …
    pub version: u64,
    /// SHA-256 of the source, in hex.
    pub hash: String,
    /// When it was applied.
    pub applied_at: String,
    /// Who applied it.
    pub applied_by: Issuer,
    /// The source; only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What an application of a schema did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaApplied {
    /// The version now in force.
    pub version: u64,
    /// SHA-256 of its source, in hex.
    pub hash: String,
    /// False when the same source was in force already and nothing was stored.
    pub changed: bool,
}

/// Every applied version, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchemaHistory {
    /// The versions.
    pub versions: Vec<SchemaVersion>,
}

/// What a break of the schema concerns among what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Impact {
    /// The code of the break, such as `B103`.
    pub code: String,
    /// The path of the break, which is unique among those with the code.
    pub path: String,
    /// How many events.
    pub events: u64,
    /// How many aggregates.
    pub aggregates: u64,
    /// Some of them, at most 3: `type/id@version` for an event, `type/id` for an aggregate.
    pub examples: Vec<String>,
}

/// A change of the schema, to see what it concerns among what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpactRequest {
    /// The source before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The source after.
    pub new: String,
}
