//! What a backup holds, and what a restore made of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A backup: one that was written, or one that was read and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupReport {
    /// The store's uuid.
    pub store: String,
    /// When the backup was made.
    pub taken_at: String,
    /// The position that it goes on after, as a decimal string: 0 for a whole backup.
    pub after: String,
    /// The last position in it, as a decimal string.
    pub position: String,
    /// The root of the log's tree at that position, recomputed from the events, in hex.
    pub root: String,
    /// How many events it holds.
    pub events: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// How long it took to write, in milliseconds; null for one that was read.
    pub took_ms: Option<u64>,
    /// Why the store could only be read when it was backed up, so that events may be missing; null when it was sound.
    pub damage: Option<String>,
}

/// A store that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestoreReport {
    /// The store's uuid: that of the one that was backed up.
    pub store: String,
    /// The last position of its log, as a decimal string.
    pub position: String,
    /// The root of its log's tree, recomputed from the events, in hex.
    pub root: String,
    /// How many aggregates it has.
    pub aggregates: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether `schema.dbx` was missing and was written from the schema in force.
    pub schema_written: bool,
    /// Why the store could only be read when it was backed up, so that events may be missing, or what else is wrong with
    /// what came out of the backup; null when all is well.
    pub damage: Option<String>,
    /// How many aggregates were erased again that the backup still had.
    pub erased: u64,
    /// Whether the store that was replaced could not be asked what was erased and revoked since.
    pub old_unread: bool,
}
