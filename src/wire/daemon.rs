//! The process that has the store, as it speaks of itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A running owner of the store. The file `daemon.json` holds the same, for people and scripts: only an answer over the
/// socket says that it still runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Daemon {
    /// Its process.
    pub pid: u32,
    /// Which run this is: another one has another instance.
    pub instance: String,
    /// The version of dbx that it is.
    pub version: String,
    /// The socket it listens on.
    pub socket: String,
    /// Which `.dbx/` it serves, as the system numbers it: what a copy of the folder says of the original means nothing.
    #[serde(default)]
    pub home: String,
    /// The address it listens on, as `127.0.0.1:7070`; absent where it listens on the socket alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the address speaks TLS.
    pub tls: bool,
    /// When it started.
    pub started_at: String,
    /// How writes are held against the schema where they do not say it: `off`, `default` or `strict`.
    pub restrict: String,
    /// Why the store takes no writes and may lack events; absent where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
    /// Why an erasure that was begun could not be finished; absent where none is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<String>,
    /// Whether it is a dashboard, which lets go of the store for a daemon that starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dashboard: bool,
    /// Whether it was started in the background, and not by something that watches over it.
    #[serde(default)]
    pub detached: bool,
    /// The flags it was started with, for its next start.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Why it ended by itself; absent while it runs. In `daemon.json` alone, as one that ended is not asked any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// A running owner of the store, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonReport {
    /// It runs: always true.
    pub running: bool,
    /// Who it is.
    #[serde(flatten)]
    pub daemon: Daemon,
    /// Seconds since it listens.
    pub uptime_seconds: u64,
    /// The last position of the log, a decimal string.
    pub position: String,
    /// Events that were appended since it started.
    pub appended: u64,
    /// Requests that it took.
    pub requests: u64,
    /// Open connections, at the socket and at the address.
    pub connections: u64,
    /// Open streams of events.
    pub streams: u64,
    /// Bytes of memory that it takes; absent where the system does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// How `schema.dbx` stands to the schema in force, as it was seen last.
    pub schema: WatchedSchema,
    /// The file of its log.
    pub log: String,
}

/// What a daemon makes of `schema.dbx`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedSchema {
    /// `applied`, `unapplied`, `changed`, `breaking`, `invalid`, `missing` or `unreadable`.
    pub state: String,
    /// The version in force; 0 for none.
    pub version: u64,
    /// Whether a change that breaks nothing is applied by itself.
    pub auto_apply: bool,
    /// When the file was looked at.
    pub checked_at: String,
    /// What is wrong with it, or what it would break.
    pub findings: Vec<String>,
}

/// The version of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerVersion {
    /// The version of dbx.
    pub version: String,
    /// Which run this is.
    pub instance: String,
}

/// How a server does, for those who watch over it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerHealth {
    /// `ok`, `stopping`, `read_only` where the store is damaged, or `failed` where it failed while it was written to.
    pub status: String,
    /// The version of dbx.
    pub version: String,
    /// Seconds since the server listens.
    pub uptime_seconds: u64,
}
