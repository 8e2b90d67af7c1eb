//! The stage, when records of it are lost: what is staged is one record and each operation another.

use crate::store::error::StoreError;
use crate::store::format::{StageEntry, StagedEntry};
use crate::store::keys;
use crate::store::view::View;
use std::collections::BTreeSet;

/// What becomes of the stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mended {
    /// The stage without what is lost; `None` where it stays as it is.
    pub(super) stage: Option<Vec<u8>>,
    /// Whether no operation can be kept, since nothing says what is staged.
    pub(super) orphans: bool,
    /// What is lost, by name.
    pub(super) lines: Vec<String>,
}

/// Looks which operations of the stage are there.
pub(super) fn mend(view: &View) -> Result<Mended, StoreError> {
    let operations = view.record_keys(keys::STAGED_PREFIX)?;
    let stage = view.stage_record(keys::STAGE).ok().flatten();
    let Some(mut stage) = stage.and_then(|bytes| StageEntry::decode(&bytes).ok()) else {
        let count = operations.len();
        let lines = (count > 0).then(|| {
            format!("the stage: which of {count} operations are staged, and in what order")
        });
        return Ok(Mended { stage: None, orphans: count > 0, lines: lines.into_iter().collect() });
    };
    let is_there = |record: u64| {
        let bytes = view.stage_record(&keys::staged(record)).ok().flatten();
        bytes.is_some_and(|bytes| StagedEntry::decode(&bytes).is_ok())
    };
    let all = stage.undo.iter().chain(&stage.redo).flatten().chain(&stage.order);
    let gone: BTreeSet<u64> =
        all.map(|(_, record)| *record).filter(|record| !is_there(*record)).collect();
    if gone.is_empty() {
        return Ok(Mended::default());
    }
    let lost = stage.order.iter().filter(|(_, record)| gone.contains(record));
    let lines = lost.map(|(id, _)| format!("the staged operation s{id}")).collect();
    let orders =
        stage.undo.iter_mut().chain(&mut stage.redo).chain(std::iter::once(&mut stage.order));
    for order in orders {
        order.retain(|(_, record)| !gone.contains(record));
    }
    stage.revision += 1;
    Ok(Mended { stage: Some(stage.encode()), orphans: false, lines })
}
