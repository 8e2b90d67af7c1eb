//! What calls over HTTP carry behind the `?` and in their bodies, where no other shape of this module does.

use super::query::{At, GetQuery, ProveQuery};
use super::when::When;
use crate::domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How an aggregate is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetParams {
    /// At this version; not together with `at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// At a version `46`, a position `#4211`, a time of RFC 3339, a date, or so long ago: `-2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub at: Option<When>,
    /// Follow references to this depth, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve: Option<u8>,
    /// With its events.
    pub events: bool,
}

impl GetParams {
    /// What stands behind the `?` of a query.
    pub fn of(query: &GetQuery, resolve: Option<u8>) -> Self {
        let at = query.at.map(When::from);
        Self { version: None, at, resolve, events: query.include_events }
    }

    /// The query of an aggregate, where `now` is the time now.
    pub fn query(
        self,
        (aggregate_type, aggregate_id): (String, String),
        now: Timestamp,
    ) -> GetQuery {
        let at = self.version.map(At::Version).or(self.at.map(|when| when.at(now)));
        GetQuery { aggregate_type, aggregate_id, at, include_events: self.events }
    }
}

/// Which event of an aggregate is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProofParams {
    /// That of this version; not together with `at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// That of a moment: a version `46`, a position `#4211`, a time of RFC 3339, a date, or so long ago: `-2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub at: Option<When>,
    /// How many events of the log its tree is to have, such as the size of a checkpoint; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_size: Option<u64>,
    /// With the event's body in the proof.
    pub body: bool,
}

impl ProofParams {
    /// The query of a proof, where `now` is the time now.
    pub fn query(
        self,
        (aggregate_type, aggregate_id): (String, String),
        now: Timestamp,
    ) -> ProveQuery {
        let at = self.version.map(At::Version).or(self.at.map(|when| when.at(now)));
        let Self { log_size, body, .. } = self;
        ProveQuery { aggregate_type, aggregate_id, at, log_size, with_body: body }
    }
}

/// Which event of which aggregate is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionParams {
    /// The aggregate's type.
    #[serde(rename = "type")]
    pub aggregate_type: String,
    /// The aggregate's id.
    pub id: String,
    /// The event of this version; not together with `at`. The newest if both are absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// That of a moment: a version `46`, a position `#4211`, a time of RFC 3339, a date, or so long ago: `-2h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub at: Option<When>,
    /// How many events of the log its tree is to have, such as the size of a checkpoint; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_size: Option<u64>,
    /// With the event's body in the proof.
    #[serde(default)]
    pub body: bool,
}

impl InclusionParams {
    /// The name of the aggregate, and the rest.
    pub fn split(self) -> ((String, String), ProofParams) {
        let Self { aggregate_type, id, version, at, log_size, body } = self;
        ((aggregate_type, id), ProofParams { version, at, log_size, body })
    }
}

/// Between which moments of an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffParams {
    /// The earlier one: a version `46`, a position `#4211`, a time of RFC 3339, a date, or so long ago: `-2h`.
    #[param(value_type = String)]
    pub from: When,
    /// The later one.
    #[param(value_type = String)]
    pub to: When,
}

/// Which field is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BlameParams {
    /// A JSON pointer or a name; all fields if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// At which moment, as a version, a position `#4211`, a time, or `-2h`; now if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub at: Option<When>,
}

/// How much of an event is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventParams {
    /// Nothing of its contents, which takes no key.
    pub summary: bool,
}

/// Which staged operations to drop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageDrop {
    /// Their names, as `s3`.
    pub ids: Vec<String>,
}

/// How far to go back or forth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageSteps {
    /// How many changes; as many as there are where there are fewer.
    pub steps: usize,
}

/// How to rebase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RebaseRequest {
    /// Rebase what can be, also where something cannot.
    pub partial: bool,
}

/// How to take a commit back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RevertRequest {
    /// Stage what can be, also where something cannot.
    pub partial: bool,
    /// Stage nothing.
    pub dry_run: bool,
}

/// Which tokens to revoke.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenRevoke {
    /// Their ids, or the beginnings of them.
    pub ids: Vec<String>,
    /// All of a user: `group/user` or `user`; instead of ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

/// How long the new token holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenRefresh {
    /// As `24h`; as long as the old one did if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
}

/// A token that may do everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenBootstrap {
    /// How long it holds, as `24h`.
    pub ttl: String,
    /// Write it to `.dbx/cli.token` as well.
    pub file: bool,
}

/// A schema to apply or to check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaSource {
    /// Its source.
    pub source: String,
}

/// Between which sizes of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyParams {
    /// The smaller one.
    pub from: u64,
    /// The larger one; that of now if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// In whose name a checkpoint is signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckpointParams {
    /// The origin; the workspace's own if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl CheckpointParams {
    /// For an origin.
    pub fn of(origin: Option<&str>) -> Self {
        Self { origin: origin.map(str::to_owned) }
    }
}

/// A checkpoint to hold the log against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointCheck {
    /// The signed note.
    pub note: String,
    /// The key that must have signed it; the workspace's own if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What is verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyParams {
    /// The log and its trees only.
    pub events: bool,
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyProgress {
    /// Of the states beside the log, and not of the log.
    pub refold: bool,
    /// Events or aggregates that are done.
    pub done: u64,
    /// All of them.
    pub of: u64,
}

/// What is exported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// Of one type only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub aggregate_type: Option<String>,
    /// Archived aggregates too.
    pub archived: bool,
    /// In a table, texts that a spreadsheet takes for formulas as they are.
    pub raw: bool,
    /// `json`, `ndjson` or `csv`.
    pub format: String,
}

/// What is backed up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BackupParams {
    /// The name of the earlier backup in the body, for messages; a whole backup if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// How to import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// The name of the source, for messages.
    pub name: String,
    /// Events in a commit, 1 to 1,000; 256 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// Check everything and write nothing.
    pub dry_run: bool,
    /// Leave out lines of aggregates that were there before.
    pub skip_existing: bool,
}

/// What is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PositionParams {
    /// The log is to be longer than this.
    pub beyond: u64,
    /// For so many milliseconds at most.
    pub wait_ms: u64,
}

/// The end of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PositionReport {
    /// Its last position, as a decimal string.
    pub position: String,
}
