//! Applied schemas.

use super::event::Issuer;
use serde::{Deserialize, Serialize};

/// One applied version of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaApplied {
    /// The version now in force.
    pub version: u64,
    /// SHA-256 of its source, in hex.
    pub hash: String,
    /// False when the same source was in force already and nothing was stored.
    pub changed: bool,
}

/// Every applied version, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaHistory {
    /// The versions.
    pub versions: Vec<SchemaVersion>,
}
