//! Binding what is staged to what is there now.

use super::conflict::conflict;
use super::report::changes;
use super::settled;
use super::survey::{Ground, Item, Survey};
use crate::error::Result;
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::record::Eyes;
use crate::store::{Draft, Signature, StageChange};
use crate::wire::{Problem, RebaseOutcome, RebaseReport, Rebased};

impl Local {
    /// Tries everything that is staged on what is there now and binds it to that. Where an operation may not happen any
    /// more, nothing is changed, unless `partial` asks for the others. It can be undone as any change of the stage.
    ///
    /// # Errors
    /// Stored bytes that cannot be read, or a store that takes no writes. What may not happen any more is no error but
    /// in the report.
    pub fn stage_rebase(&self, caller: &Caller, partial: bool) -> Result<RebaseReport> {
        self.stage_keeper(caller)?;
        settled(|| {
            let survey = Ground::new(self)?.survey(self, caller)?;
            let operations: Vec<Rebased> = survey
                .items
                .iter()
                .enumerate()
                .map(|(index, item)| rebased(&survey, (index, item), caller))
                .collect::<Result<_>>()?;
            let invalid = operations.iter().any(|one| one.outcome == RebaseOutcome::Invalid);
            let moves = operations.iter().any(|one| one.outcome == RebaseOutcome::Rebased);
            let doit = moves && (partial || !invalid);
            if doit {
                let contents = survey.items.iter().zip(&operations).filter_map(|(item, one)| {
                    let moves = one.outcome == RebaseOutcome::Rebased;
                    let draft = Draft { base: item.head, ..item.staged.draft.clone() };
                    let content = (draft, Signature::Kept(item.staged.by.clone()));
                    moves.then_some((item.staged.id, content))
                });
                let change = StageChange::Replace(contents.collect());
                self.store().change_stage(survey.stage.revision, change)?;
            }
            Ok(RebaseReport { rebased: doit, operations })
        })
    }
}

fn rebased(survey: &Survey<'_>, (index, item): (usize, &Item), caller: &Caller) -> Result<Rebased> {
    let eyes = Eyes::new(&survey.schema.schema, caller);
    let conflict = conflict(survey, (index, item), &eyes)?;
    let operation = &item.staged.draft.operation;
    let own = item.verdict.as_ref().ok().and_then(|tried| tried.first());
    Ok(Rebased {
        id: format!("s{}", item.staged.id),
        aggregate_type: operation.aggregate_type.clone(),
        aggregate_id: operation.aggregate_id.clone(),
        event_type: operation.event_type.clone(),
        outcome: match (item.problem(), item.is_in_conflict()) {
            (Some(_), _) => RebaseOutcome::Invalid,
            (None, true) => RebaseOutcome::Rebased,
            (None, false) => RebaseOutcome::Unchanged,
        },
        base: item.staged.draft.base,
        head: item.head,
        both: conflict.map(|conflict| conflict.both).unwrap_or_default(),
        changes: own.map(|own| changes(own, &eyes)).unwrap_or_default(),
        problem: item.problem().map(Problem::from),
    })
}
