//! The stage for those who look at it.

use super::conflict::conflict;
use super::survey::{Ground, Item, Survey};
use crate::domain::diff_objects;
use crate::error::Result;
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::record::{Eyes, issuer};
use crate::service::timeline::wire;
use crate::store::{Tried, View};
use crate::wire::{
    Change, Operation, Problem, StageReport, StageSummary, StagedEffect, StagedOperation,
};

/// What an event would change, as far as the caller may see it.
pub(super) fn changes(tried: &Tried, eyes: &Eyes<'_>) -> Vec<Change> {
    let aggregate_type = tried.aggregate.aggregate_type.as_str();
    let (before, after) = (
        eyes.object(aggregate_type, tried.before.clone()),
        eyes.object(aggregate_type, tried.after.clone()),
    );
    diff_objects(&before, &after).into_iter().map(wire).collect()
}

fn effect(tried: &Tried, eyes: &Eyes<'_>) -> StagedEffect {
    StagedEffect {
        aggregate_type: tried.aggregate.aggregate_type.to_string(),
        aggregate_id: tried.aggregate.id.to_string(),
        event_type: tried.event_type.to_string(),
        version: tried.version.get(),
        changes: changes(tried, eyes),
    }
}

impl Survey<'_> {
    /// The operations on the same aggregate that are staged before one of them.
    pub(super) fn before(&self, index: usize) -> Vec<&Operation> {
        let name = self.items.get(index).map(|item| &item.name);
        let before = self.items.iter().take(index).filter(|item| Some(&item.name) == name);
        before.map(|item| &item.staged.draft.operation).collect()
    }

    fn operation(&self, index: usize, item: &Item, eyes: &Eyes<'_>) -> Result<StagedOperation> {
        let aggregate_type = item.name.aggregate_type.as_str();
        let mut operation = item.staged.draft.operation.clone();
        operation.payload = operation.payload.map(|it| eyes.content(aggregate_type, it));
        operation.patch = operation.patch.map(|it| eyes.content(aggregate_type, it));
        let (own, more) = match &item.verdict {
            Ok(tried) => {
                tried.split_first().map_or((None, &[][..]), |(own, more)| (Some(own), more))
            }
            Err(_) => (None, &[][..]),
        };
        let expected = item.staged.draft.base + item.earlier + 1;
        let shown = more.iter().filter(|it| !eyes.is_hidden(it.aggregate.aggregate_type.as_str()));
        Ok(StagedOperation {
            id: format!("s{}", item.staged.id),
            operation,
            base: item.staged.draft.base,
            version: own
                .filter(|_| !item.is_in_conflict())
                .map_or(expected, |own| own.version.get()),
            staged_at: item.staged.by.at.to_string(),
            staged_by: issuer(item.staged.by.actor.clone()),
            remark: item.staged.draft.remark.clone(),
            changes: own.map(|own| changes(own, eyes)).unwrap_or_default(),
            effects: shown.map(|tried| effect(tried, eyes)).collect(),
            conflict: conflict(self, (index, item), eyes)?,
            problem: item.problem().map(Problem::from),
        })
    }

    /// The stage as `caller` sees it.
    pub(super) fn report(&self, caller: &Caller) -> Result<StageReport> {
        let eyes = Eyes::new(&self.schema.schema, caller);
        let operations = self.items.iter().enumerate();
        let operations: Vec<StagedOperation> = operations
            .map(|(index, item)| self.operation(index, item, &eyes))
            .collect::<Result<_>>()?;
        let count = |holds: fn(&StagedOperation) -> bool| {
            operations.iter().filter(|one| holds(one)).count() as u64
        };
        Ok(StageReport {
            revision: self.stage.revision,
            conflicts: count(|one| one.conflict.is_some()),
            refused: count(|one| one.problem.is_some()),
            undo: self.stage.undo as u64,
            redo: self.stage.redo as u64,
            bytes: self.bench.bytes() as u64,
            next_position: self.view.last_position()?.next().to_string(),
            operations,
        })
    }
}

/// The stage at a glance, without trying anything.
pub(in crate::service) fn summary(view: &View) -> Result<StageSummary> {
    let (revision, bases) = view.stage_bases()?;
    let mut summary = StageSummary { operations: bases.len() as u64, conflicts: 0, revision };
    for (name, base) in bases {
        let head = view.head(&name)?.map_or(0, |head| head.version.get());
        summary.conflicts += u64::from(head != base);
    }
    Ok(summary)
}

impl Local {
    /// What is staged, tried out on what is there now.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn stage(&self, caller: &Caller) -> Result<StageReport> {
        self.stage_reader(caller)?;
        Ground::new(self)?.survey(self, caller)?.report(caller)
    }
}
