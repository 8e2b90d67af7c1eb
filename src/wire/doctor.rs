//! What the doctor found, and what it can do about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It is not as it should be.
    Fault,
    /// It could not be looked at.
    Unknown,
}

/// What can be done about a fault.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RepairKind {
    /// Takes rights away from others than the owner.
    Permissions,
    /// Removes what processes that were killed left behind.
    Leftovers,
    /// Cuts a last batch that cannot be read off the journal.
    Cut,
    /// Makes the store anew from what is readable of the log and the records beside it.
    Rebuild,
    /// Writes `FORMAT` anew.
    Format,
    /// Writes `ANCHOR` anew from a store that is whole.
    Anchor,
    /// Takes a log that is not the one that `ANCHOR` knew for the right one.
    Accept,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// What, in one word.
    pub check: String,
    /// How it is.
    pub status: Health,
    /// What was found, in a sentence.
    pub message: String,
    /// More about it, one thing each.
    pub details: Vec<String>,
    /// What repairs it; null where nothing needs to be repaired or the doctor cannot.
    pub repair: Option<RepairKind>,
    /// What to type, or to do; null where all is well.
    pub help: Option<String>,
}

impl HealthCheck {
    /// A line without more to it.
    pub fn new(check: &str, status: Health, message: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            status,
            message: message.into(),
            details: Vec::new(),
            repair: None,
            help: None,
        }
    }

    /// Says more, one thing each.
    #[must_use]
    pub fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Says what repairs it.
    #[must_use]
    pub fn repair(mut self, repair: RepairKind) -> Self {
        self.repair = Some(repair);
        self
    }

    /// Says what repairs it, where anything does.
    #[must_use]
    pub fn repaired_by(mut self, repair: Option<RepairKind>) -> Self {
        self.repair = repair;
        self
    }

    /// Says what to type or to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A repair that is possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Repair {
    /// What kind of repair.
    pub kind: RepairKind,
    /// What it does, in a sentence.
    pub what: String,
    /// What is lost by it, one thing each; empty where nothing is.
    pub loses: Vec<String>,
    /// The command that does it.
    pub command: String,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoctorReport {
    /// The directory that holds `.dbx/`.
    pub workspace: String,
    /// Whether nothing is at fault and everything could be looked at.
    pub ok: bool,
    /// What was looked at, in that order.
    pub checks: Vec<HealthCheck>,
    /// What can be repaired, in the order of doing.
    pub repairs: Vec<Repair>,
    /// What was repaired just now.
    pub done: Vec<Repaired>,
    /// Whether another process has the store, so that little could be looked at.
    pub locked: bool,
}

/// A repair that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Repaired {
    /// What kind of repair.
    pub kind: RepairKind,
    /// What was done, in a sentence.
    pub what: String,
    /// Where what was there before is kept, and what could be saved, one path each.
    pub kept: Vec<String>,
}
