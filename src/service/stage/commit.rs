//! The commit of everything that is staged.

use super::change::Wrong;
use super::conflict::{conflict, kept, refusal};
use super::survey::{Ground, Survey};
use super::{moved, number, settled};
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::commit::Aside;
use crate::service::errors::NOTHING;
use crate::service::prepare::{Events, Key};
use crate::service::record::Eyes;
use crate::store::{Refusal, Unstage};
use crate::wire::{CommitReceipt, CommitRequest, Operation, StageCommitRequest};

impl Local {
    /// Makes everything that is staged, or the operations that are named, one commit, and takes that off the stage in the
    /// same batch. Every operation is judged again, by the schema in force now, and must find its aggregate at the
    /// version that it was written against.
    ///
    /// # Errors
    /// Nothing is staged, aggregates went on meanwhile (each operation a detail), or a rule refuses: then the stage stays
    /// as it is.
    pub fn stage_commit(
        &self,
        caller: &Caller,
        request: &StageCommitRequest,
    ) -> Result<CommitReceipt> {
        self.stage_reader(caller)?;
        let key = Key::of_stage(request, caller)?;
        if let Some(receipt) = key.map(|key| self.answered(caller, key)).transpose()?.flatten() {
            return Ok(CommitReceipt { dry_run: request.dry_run, ..receipt });
        }
        // What was asked for before and what is staged now have nothing to do with each other.
        if let Some(first) = key.map(|key| self.used_before(key)).transpose()?.flatten() {
            return Err(Refusal::KeyReused { first }.into());
        }
        let only = request.only.iter().map(|id| number(id)).collect::<Result<Vec<u64>>>()?;
        settled(|| {
            let mut ground = Ground::new(self)?;
            if request.revision.is_some_and(|wanted| wanted != ground.stage.revision) {
                return Err(moved().context("the revision that was asked for is gone"));
            }
            let staged = ground.stage.operations.len();
            let keep = part(&mut ground, &only)?;
            let survey = ground.survey(self, caller)?;
            let operations = ready(&survey, caller, staged)?;
            let commit = CommitRequest {
                operations,
                message: request.message.clone(),
                idempotency_key: None,
                dry_run: request.dry_run,
            };
            let unstage = Some(Unstage { revision: survey.stage.revision, keep });
            let aside = Aside { unstage, events: Events::All, key, ..Aside::default() };
            self.commit_as(caller, &commit, &aside).map_err(|error| match error.code() {
                // Somebody committed between the look and the commit: look again, and say what they did.
                "dbx::conflict::version" | "dbx::conflict::exists" => moved(),
                // What is refused stays staged; of what may have been written nobody knows that.
                code if code != moved().code() && error.kept_text() == Some(NOTHING) => {
                    error.kept(kept(staged))
                }
                _ => error,
            })
        })
    }
}

/// Leaves only the operations that are named, if any are; gives the numbers of the others.
fn part(ground: &mut Ground, only: &[u64]) -> Result<Vec<u64>> {
    if only.is_empty() {
        return Ok(Vec::new());
    }
    for id in only {
        ground.find(*id)?;
    }
    let operations = std::mem::take(&mut ground.stage.operations);
    let (named, others): (Vec<_>, Vec<_>) =
        operations.into_iter().partition(|staged| only.contains(&staged.id));
    ground.stage.operations = named;
    Ok(others.into_iter().map(|staged| staged.id).collect())
}

/// The operations, each expecting the version that it was written against; or everything that keeps them from being
/// committed.
fn ready(survey: &Survey<'_>, caller: &Caller, staged: usize) -> Result<Vec<Operation>> {
    if survey.items.is_empty() {
        return Err(Error::new(Kind::Negative, "dbx::stage::empty", "nothing is staged")
            .kept("nothing was written")
            .help("`dbx stage add` stages an event; `dbx aggregate apply` commits one at once"));
    }
    let eyes = Eyes::new(&survey.schema.schema, caller);
    let mut conflicts = Vec::new();
    for (index, item) in survey.items.iter().enumerate() {
        if let Some(found) = conflict(survey, (index, item), &eyes)? {
            conflicts.push((index, item, found));
        }
    }
    if !conflicts.is_empty() {
        return Err(refusal(&conflicts, staged));
    }
    let mut wrong = Wrong::default();
    for (index, item) in survey.items.iter().enumerate() {
        if let Some(error) = item.problem() {
            wrong.gather(index, &format!("s{}", item.staged.id), error.clone());
        }
    }
    let faulty = wrong.count();
    if let Some(error) = wrong.error() {
        let help = match faulty {
            1 => "`dbx stage edit`, `move` or `drop` it, then commit again",
            _ => "`dbx stage edit`, `move` or `drop` them, then commit again",
        };
        return Err(error.kept(kept(staged)).help(help));
    }
    let operation = |item: &super::survey::Item| Operation {
        expected_version: Some(item.before),
        exists: None,
        ..item.staged.draft.operation.clone()
    };
    Ok(survey.items.iter().map(operation).collect())
}
