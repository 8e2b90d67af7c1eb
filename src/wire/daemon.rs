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
}

/// The version of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerVersion {
    /// The version of dbx.
    pub version: String,
    /// Which run this is.
    pub instance: String,
}
