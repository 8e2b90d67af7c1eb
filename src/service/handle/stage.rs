//! The stage.

use super::{At, Call, Caller, Service};
use crate::error::Result;
use crate::wire::{
    ArchiveRequest, CommitReceipt, RebaseReport, RebaseRequest, RevertReport, RevertRequest,
    StageChanged, StageCommitRequest, StageDrop, StageEdit, StageMove, StageReport, StageRequest,
    StageSteps,
};

impl Service {
    /// As [`Local::stage`](crate::service::Local::stage).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage(&self, caller: &Caller) -> Result<StageReport> {
        match &self.at {
            At::Here(local) => local.stage(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::get(&["stage"]))),
        }
    }

    /// As [`Local::stage_add`](crate::service::Local::stage_add).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_add(&self, caller: &Caller, request: &StageRequest) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_add(caller, request),
            At::There(remote) => {
                let call = Call::post(&["stage"]).json(request)?;
                self.sendable(&call, &request.operations)?;
                remote.ask(caller, Ok(call))
            }
        }
    }

    /// As [`Local::stage_archive`](crate::service::Local::stage_archive).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_archive(&self, caller: &Caller, request: &ArchiveRequest) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_archive(caller, request),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["stage", "archive"]).json(request))
            }
        }
    }

    /// As [`Local::stage_restore`](crate::service::Local::stage_restore).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_restore(&self, caller: &Caller, request: &ArchiveRequest) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_restore(caller, request),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["stage", "restore"]).json(request))
            }
        }
    }

    /// As [`Local::stage_edit`](crate::service::Local::stage_edit).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_edit(&self, caller: &Caller, edit: &StageEdit) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_edit(caller, edit),
            At::There(remote) => remote.ask(caller, Call::post(&["stage", "edit"]).json(edit)),
        }
    }

    /// As [`Local::stage_drop`](crate::service::Local::stage_drop).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_drop(&self, caller: &Caller, ids: &[String]) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_drop(caller, ids),
            At::There(remote) => remote
                .ask(caller, Call::post(&["stage", "drop"]).json(&StageDrop { ids: ids.to_vec() })),
        }
    }

    /// As [`Local::stage_move`](crate::service::Local::stage_move).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_move(&self, caller: &Caller, to: &StageMove) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_move(caller, to),
            At::There(remote) => remote.ask(caller, Call::post(&["stage", "move"]).json(to)),
        }
    }

    /// As [`Local::stage_clear`](crate::service::Local::stage_clear).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_clear(&self, caller: &Caller) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_clear(caller),
            At::There(remote) => remote.ask(caller, Ok(Call::delete(&["stage"]))),
        }
    }

    /// As [`Local::stage_undo`](crate::service::Local::stage_undo).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_undo(&self, caller: &Caller, steps: usize) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_undo(caller, steps),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["stage", "undo"]).json(&StageSteps { steps }))
            }
        }
    }

    /// As [`Local::stage_redo`](crate::service::Local::stage_redo).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_redo(&self, caller: &Caller, steps: usize) -> Result<StageChanged> {
        match &self.at {
            At::Here(local) => local.stage_redo(caller, steps),
            At::There(remote) => {
                remote.ask(caller, Call::post(&["stage", "redo"]).json(&StageSteps { steps }))
            }
        }
    }

    /// As [`Local::stage_rebase`](crate::service::Local::stage_rebase).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_rebase(&self, caller: &Caller, partial: bool) -> Result<RebaseReport> {
        match &self.at {
            At::Here(local) => local.stage_rebase(caller, partial),
            At::There(remote) => remote
                .ask(caller, Call::post(&["stage", "rebase"]).json(&RebaseRequest { partial })),
        }
    }

    /// As [`Local::stage_commit`](crate::service::Local::stage_commit).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn stage_commit(
        &self,
        caller: &Caller,
        request: &StageCommitRequest,
    ) -> Result<CommitReceipt> {
        match &self.at {
            At::Here(local) => local.stage_commit(caller, request),
            At::There(remote) => {
                remote.commit(caller, Call::post(&["stage", "commit"]).json(request))
            }
        }
    }

    /// As [`Local::revert`](crate::service::Local::revert).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn revert(
        &self,
        caller: &Caller,
        number: u64,
        (partial, dry_run): (bool, bool),
    ) -> Result<RevertReport> {
        match &self.at {
            At::Here(local) => local.revert(caller, number, (partial, dry_run)),
            At::There(remote) => remote.ask(
                caller,
                Call::post(&["commits", &format!("c{number}"), "revert"])
                    .json(&RevertRequest { partial, dry_run }),
            ),
        }
    }
}
