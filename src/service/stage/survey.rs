//! The stage, tried out on what is there now.

use super::bench::Bench;
use crate::domain::AggregateKey;
use crate::error::{Error, Result};
use crate::service::Local;
use crate::service::caller::Caller;
use crate::service::prepare::Events;
use crate::store::{AppliedSchema, Stage, Staged, Tried, View};
use std::collections::HashMap;
use std::sync::Arc;

/// One staged operation on what is there now.
pub(super) struct Item {
    pub(super) staged: Staged,
    pub(super) name: AggregateKey,
    /// The version that the aggregate has in the log.
    pub(super) head: u64,
    /// The version that the aggregate has before the operation, behind those that pass before it.
    pub(super) before: u64,
    /// How many operations on the aggregate are staged before it.
    pub(super) earlier: u64,
    /// What it would come to, whatever its base.
    pub(super) verdict: Result<Vec<Tried>>,
}

impl Item {
    /// Whether the aggregate went on since the operation was staged.
    pub(super) fn is_in_conflict(&self) -> bool {
        self.staged.draft.base != self.head
    }

    /// Why it may not happen now.
    pub(super) fn problem(&self) -> Option<&Error> {
        self.verdict.as_ref().err()
    }
}

/// The whole stage on what is there now.
pub(super) struct Survey<'a> {
    pub(super) view: View,
    pub(super) schema: Arc<AppliedSchema>,
    pub(super) stage: Head,
    pub(super) items: Vec<Item>,
    pub(super) bench: Bench<'a>,
}

/// What is known of the stage beside its operations.
pub(super) struct Head {
    pub(super) revision: u64,
    pub(super) last_id: u64,
    pub(super) undo: usize,
    pub(super) redo: usize,
}

/// What is there now, before anything is tried.
pub(super) struct Ground {
    pub(super) view: View,
    pub(super) schema: Arc<AppliedSchema>,
    pub(super) stage: Stage,
}

impl Ground {
    pub(super) fn new(service: &Local) -> Result<Self> {
        let schema = service.store().schema();
        let view = service.view()?;
        let stage = view.stage()?;
        Ok(Self { view, schema, stage })
    }

    /// The staged operation with this number.
    pub(super) fn find(&self, id: u64) -> Result<&Staged> {
        let found = self.stage.operations.iter().find(|staged| staged.id == id);
        found.ok_or_else(|| super::unknown(id))
    }

    /// Tries everything out.
    pub(super) fn survey<'a>(self, service: &Local, caller: &'a Caller) -> Result<Survey<'a>> {
        let Self { view, schema, mut stage } = self;
        let mut bench = Bench::new(service, caller, &view, &schema)?;
        let (mut items, mut earlier) = (Vec::new(), HashMap::<AggregateKey, u64>::new());
        let mut more = stage.operations.len();
        for staged in std::mem::take(&mut stage.operations) {
            more -= 1;
            let operation = &staged.draft.operation;
            let name = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
            let head = view.head(&name)?.map_or(0, |head| head.version.get());
            let before = bench.standing(&name)?.map_or(0, |standing| standing.version.get());
            let verdict = bench.step(operation, Events::All, more);
            if let Err(error) = &verdict
                && error.kind() == crate::error::Kind::Corrupt
            {
                return Err(error.clone());
            }
            let count = earlier.entry(name.clone()).or_default();
            let item = Item { staged, name, head, before, earlier: *count, verdict };
            *count += 1;
            items.push(item);
        }
        let Stage { revision, last_id, undo, redo, .. } = stage;
        let stage = Head { revision, last_id, undo, redo };
        Ok(Survey { view, schema, stage, items, bench })
    }
}
