//! Archiving and restoring.
//!
//! Both are events in the history. An archived aggregate refuses every write but its restoring and is left out of
//! lists; its state stays readable. What archiving does to references is decided in the write path: `restrict`
//! refuses, `nullify` makes them null by an event of each referrer in the same commit.

use super::Local;
use super::caller::Caller;
use crate::domain::Kind;
use crate::error::Result;
use crate::wire::{ArchiveRequest, CommitReceipt, CommitRequest, Operation};

impl Local {
    /// Archives an aggregate. The receipt has its event first, then those of the referrers whose references became
    /// null.
    ///
    /// With [`Restrict::Off`](super::Restrict::Off) the schema is not applied, so that references neither keep the
    /// aggregate from being archived nor become null.
    ///
    /// # Errors
    /// There is none, it is archived already, its type is locked, references restrict it (each a detail), or their
    /// becoming null would be too much for one commit.
    pub fn archive(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        self.commit_system(caller, request, Kind::Archive)
    }

    /// Makes an archived aggregate active again. References that became null when it was archived stay null.
    ///
    /// # Errors
    /// There is none, it is not archived, or its type is locked.
    pub fn restore(&self, caller: &Caller, request: &ArchiveRequest) -> Result<CommitReceipt> {
        self.commit_system(caller, request, Kind::Restore)
    }

    fn commit_system(
        &self,
        caller: &Caller,
        request: &ArchiveRequest,
        kind: Kind,
    ) -> Result<CommitReceipt> {
        let request = CommitRequest {
            operations: vec![operation(request, kind)],
            message: None,
            idempotency_key: request.idempotency_key.clone(),
            dry_run: request.dry_run,
        };
        self.commit_any(caller, &request, None)
    }
}

/// The operation that a request to archive, to restore or to erase means.
pub(super) fn operation(request: &ArchiveRequest, kind: Kind) -> Operation {
    Operation {
        aggregate_type: request.aggregate_type.clone(),
        aggregate_id: request.aggregate_id.clone(),
        event_type: kind.system_type().unwrap_or_default().to_owned(),
        note: request.note.clone(),
        expected_version: request.expected_version,
        exists: Some(true),
        ..Operation::default()
    }
}
