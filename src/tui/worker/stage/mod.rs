//! What the view of the stage asks, and what is staged from other views.

#[cfg(test)]
mod tests;

use super::queue::Job;
use crate::domain::json::Object;
use crate::error::{Error, Kind, Result};
use crate::schema::{Schema, compile};
use crate::service::{Caller, Service, Trusted, check_proof};
use crate::tui::draft::{Seen, Target};
use crate::tui::model::{Name, Plan, Receipt};
use crate::wire::{
    At, CommitReceipt, CommitRecord, GetQuery, Operation, Proof, RebaseReport, StageCommitRequest,
    StageEdit, StageMove, StageReport, StageRequest, StagedOperation,
};
use std::sync::Arc;
use std::time::Instant;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// What is staged. Moves with `turn` when it is to be read again.
    Report { epoch: u64, turn: u64 },
    /// The last commits.
    Commits { epoch: u64, take: usize },
    /// What the schema in force, of this version, has of aggregates.
    Schema { version: u64 },
    /// What there is to write an event on.
    Seen(Target),
    /// A change of the stage.
    Change(Change),
    /// What a commit of these operations, or of all, would write.
    Plan { only: Vec<String>, revision: u64, epoch: u64 },
    /// A commit, and size and root of the log as they were seen before it.
    Commit { request: StageCommitRequest, seen: (u64, String) },
}

impl Ask {
    /// The question without how long the log is.
    pub(super) fn of_no_log(&self) -> Self {
        match self.clone() {
            Self::Report { turn, .. } => Self::Report { epoch: 0, turn },
            Self::Commits { take, .. } => Self::Commits { epoch: 0, take },
            Self::Plan { only, revision, .. } => Self::Plan { only, revision, epoch: 0 },
            ask => ask,
        }
    }
}

/// A change of the stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// An operation, and the text that it was written as.
    Add {
        target: Target,
        text: String,
        operation: Box<Operation>,
    },
    /// Another content of an operation, and the text that it was written as.
    Edit {
        target: Target,
        text: String,
        edit: Box<StageEdit>,
    },
    Drop(String),
    /// An operation so many places further down.
    Shift(String, i64),
    Rebase,
    Undo,
    Redo,
}

/// What became of the stage.
#[derive(Debug)]
pub(crate) struct Changed {
    /// The operation that it was about, as `s3`.
    pub(crate) id: Option<String>,
    /// Whether it is other than it was.
    pub(crate) moved: bool,
    /// Before that, where it was looked.
    pub(crate) before: Option<StageReport>,
    pub(crate) after: StageReport,
    /// What a rebase did.
    pub(crate) rebase: Option<RebaseReport>,
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Report(Box<StageReport>),
    Commits(Vec<CommitRecord>),
    Schema(u64, Option<Arc<Schema>>),
    Seen(Box<Seen>),
    Changed(Box<Changed>),
    Plan(Box<Plan>),
    Committed(Box<Receipt>),
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Report { .. } => Ok(Answer::Report(Box::new(service.stage(caller)?))),
        Ask::Commits { take, .. } => {
            Ok(Answer::Commits(super::last_commits(service, caller, *take, job)?))
        }
        Ask::Schema { version } => {
            Ok(Answer::Schema(*version, schema(service, caller)?.map(Arc::new)))
        }
        Ask::Seen(target) => seen(service, caller, target).map(|it| Answer::Seen(Box::new(it))),
        Ask::Change(change) => {
            changed(service, caller, change).map(|it| Answer::Changed(Box::new(it)))
        }
        Ask::Plan { only, revision, .. } => {
            plan(service, caller, only, *revision).map(|it| Answer::Plan(Box::new(it)))
        }
        Ask::Commit { request, seen } => {
            commit(service, caller, request, seen).map(|it| Answer::Committed(Box::new(it)))
        }
    }
}

/// The schema in force. What is in force was compiled when it was applied, so that it compiles here too.
fn schema(service: &Service, caller: &Caller) -> Result<Option<Schema>> {
    let source = service.schema_in_force(caller)?.and_then(|version| version.source);
    Ok(source.and_then(|source| compile(&source).schema))
}

/// What there is to write an event on: the staged operation itself with all that is hidden, or where an aggregate stands
/// behind what is staged.
fn seen(service: &Service, caller: &Caller, target: &Target) -> Result<Seen> {
    let mut caller = caller.clone();
    // Whoever may change an operation must have all of it: what is hidden from a list would be lost.
    caller.show_hidden |= matches!(target, Target::Staged(_));
    let stage = service.stage(&caller)?;
    let schema = schema(service, &caller)?;
    let rules = |kind: &str| schema.as_ref().and_then(|all| all.aggregates.get(kind).cloned());
    match target {
        Target::Staged(id) => {
            let found = stage.operations.into_iter().find(|one| one.id == *id);
            let found = found.ok_or_else(|| gone(id))?;
            Ok(Seen {
                target: target.clone(),
                version: found.version.saturating_sub(1),
                state: (0, Object::new()),
                rules: rules(&found.operation.aggregate_type),
                operation: Some(found.operation),
            })
        }
        Target::New { name, version, .. } => {
            let (last, shown) = state(service, &caller, name, *version)?;
            let of = |one: &&StagedOperation| {
                let operation = &one.operation;
                operation.aggregate_type == name.aggregate_type && operation.aggregate_id == name.id
            };
            let staged = stage.operations.iter().filter(of).filter(|one| one.problem.is_none());
            let version = last + u64::try_from(staged.count()).unwrap_or(0);
            let rules = rules(&name.aggregate_type);
            Ok(Seen { target: target.clone(), version, state: shown, operation: None, rules })
        }
    }
}

fn gone(id: &str) -> Error {
    Error::new(Kind::NotFound, "dbx::stage::unknown", format!("nothing is staged as {id} any more"))
}

/// The last version of an aggregate, 0 where there is none; and a version with its state, the last one where none is
/// named.
fn state(
    service: &Service,
    caller: &Caller,
    name: &Name,
    version: Option<u64>,
) -> Result<(u64, (u64, Object))> {
    let query = GetQuery {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        ..GetQuery::default()
    };
    let last = match service.get(caller, &query) {
        Ok(record) => record,
        Err(error) if error.kind() == Kind::NotFound => return Ok((0, (0, Object::new()))),
        Err(error) => return Err(error),
    };
    let end = last.version;
    let shown = match version.filter(|version| *version < end) {
        Some(version) => {
            service.get(caller, &GetQuery { at: Some(At::Version(version)), ..query })?
        }
        None => last,
    };
    let state = shown.state.as_object().cloned().unwrap_or_default();
    Ok((end, (shown.version, state)))
}

fn changed(service: &Service, caller: &Caller, change: &Change) -> Result<Changed> {
    let of = |id: &str, changed: crate::wire::StageChanged| Changed {
        id: changed.ids.first().cloned().or_else(|| Some(id.to_owned())),
        moved: changed.changed,
        before: None,
        after: changed.stage,
        rebase: None,
    };
    match change {
        Change::Add { operation, .. } => {
            let operations = vec![(**operation).clone()];
            let request = StageRequest { operations, dry_run: false };
            Ok(of("", service.stage_add(caller, &request)?))
        }
        Change::Edit { edit, .. } => Ok(of(&edit.id, service.stage_edit(caller, edit)?)),
        Change::Drop(id) => {
            let before = service.stage(caller)?;
            let changed = service.stage_drop(caller, std::slice::from_ref(id))?;
            Ok(Changed { before: Some(before), ..of(id, changed) })
        }
        Change::Shift(id, by) => shift(service, caller, id, *by),
        Change::Rebase => {
            let report = service.stage_rebase(caller, true)?;
            let after = service.stage(caller)?;
            let moved = report.rebased;
            Ok(Changed { id: None, moved, before: None, after, rebase: Some(report) })
        }
        Change::Undo | Change::Redo => {
            let before = Some(service.stage(caller)?);
            let changed = match change {
                Change::Undo => service.stage_undo(caller, 1)?,
                _ => service.stage_redo(caller, 1)?,
            };
            Ok(Changed { id: None, before, ..of("", changed) })
        }
    }
}

/// Moves an operation from where it is now, which may not be where it was seen.
fn shift(service: &Service, caller: &Caller, id: &str, by: i64) -> Result<Changed> {
    let before = service.stage(caller)?;
    let place = before.operations.iter().position(|one| one.id == id).ok_or_else(|| gone(id))?;
    let place = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
    let last = u64::try_from(before.operations.len()).unwrap_or(u64::MAX);
    let to = place.saturating_add_signed(by).clamp(1, last);
    if to == place {
        let id = Some(id.to_owned());
        return Ok(Changed { id, moved: false, before: None, after: before, rebase: None });
    }
    let moved = service.stage_move(caller, &StageMove { id: id.to_owned(), to })?;
    let id = Some(id.to_owned());
    Ok(Changed { id, moved: moved.changed, before: None, after: moved.stage, rebase: None })
}

/// Everything that a commit would write, found by trying it.
fn plan(service: &Service, caller: &Caller, only: &[String], revision: u64) -> Result<Plan> {
    let request = StageCommitRequest {
        only: only.to_vec(),
        revision: Some(revision),
        dry_run: true,
        ..StageCommitRequest::default()
    };
    let receipt = service.stage_commit(caller, &request)?;
    let consumers = match service.outbox_cursors(caller) {
        Ok(list) => Some(list.cursors.into_iter().map(|cursor| cursor.name).collect()),
        // Whoever may commit need not be one who may look at cursors.
        Err(error) if error.kind() == Kind::Forbidden => None,
        Err(error) => return Err(error),
    };
    Ok(Plan { revision, events: receipt.events, consumers })
}

fn commit(
    service: &Service,
    caller: &Caller,
    request: &StageCommitRequest,
    seen: &(u64, String),
) -> Result<Receipt> {
    let start = Instant::now();
    let receipt = service.stage_commit(caller, request)?;
    let took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(received(service, caller, &receipt, seen, took))
}

/// What became of the log, and whether it only grew. The commit is made: what cannot be read of it now is left out.
fn received(
    service: &Service,
    caller: &Caller,
    receipt: &CommitReceipt,
    seen: &(u64, String),
    took: u64,
) -> Receipt {
    let position = |event: Option<&crate::wire::EventRecord>| {
        event.and_then(|event| event.position.parse::<u64>().ok()).unwrap_or(0)
    };
    let last = position(receipt.events.last());
    let root = service.log_root(caller).ok();
    let grown = root.as_ref().and_then(|root| {
        let size = root.position.parse().ok()?;
        grew(service, caller, seen, (size, &root.root)).ok()
    });
    Receipt {
        commit: receipt.commit.clone(),
        before: position(receipt.events.first()).saturating_sub(1),
        last,
        root: root.map(|root| root.root),
        grown,
        took,
    }
}

/// Whether the log that was seen is the beginning of the one that is there now.
fn grew(
    service: &Service,
    caller: &Caller,
    (old, old_root): &(u64, String),
    (new, new_root): (u64, &str),
) -> Result<bool> {
    if *old == 0 {
        return Ok(true);
    }
    let proof = service.prove_consistency(caller, *old, Some(new))?;
    let verdict = check_proof(&super::document(&proof)?, &Trusted::default())?;
    let Proof::Consistency(proof) = proof else { return Ok(false) };
    let same = proof.old_root.to_string() == *old_root && proof.new_root.to_string() == new_root;
    Ok(verdict.ok && same)
}
