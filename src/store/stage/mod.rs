//! The stage: operations that wait for their commit, durable, in an order that can be undone and redone.
//!
//! One record of `mt` has the order, with those before and after it; each operation has a record of its own. Every
//! change is decided by the writer between two batches, and a commit of the stage removes it in the very batch that
//! holds the events: see [`Proposal::unstage`](super::Proposal).

mod content;
mod order;

use super::Store;
use super::error::{Refusal, StoreError};
use super::format::{StageEntry, StagedEntry};
use super::keys;
use super::ring::{Owner, Place};
use super::view::View;
use super::writer::{Changes, Space, Unstage};
use crate::domain::{Actor, AggregateKey, Timestamp};
use crate::wire::Operation;
use content::{decode_staged, encode_staged};
use order::OrderError;

/// The stage at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    /// Moves with every change and never goes back.
    pub(crate) revision: u64,
    /// The number of the operation that was staged last, whether or not it still is.
    pub(crate) last_id: u64,
    /// What is staged, in order.
    pub(crate) operations: Vec<Staged>,
    /// How many changes can be undone.
    pub(crate) undo: usize,
    /// How many undone changes can be redone.
    pub(crate) redo: usize,
}

/// One staged operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Staged {
    /// Its number, which it keeps.
    pub(crate) id: u64,
    /// What it says.
    pub(crate) draft: Draft,
    /// Who staged it, and when.
    pub(crate) by: Signed,
}

/// Who staged an operation, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
}

/// An operation to stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// The operation, without an expected version: the base says that.
    pub(crate) operation: Operation,
    /// The version that its aggregate has in the log now; 0 for none.
    pub(crate) base: u64,
    /// Why it is staged.
    pub(crate) remark: Option<String>,
}

/// What becomes of the stage; `C` is what an operation says.
#[derive(Debug, Clone)]
pub(crate) enum StageChange<C = (Draft, Signature)> {
    /// Operations at the end.
    Add(Vec<C>),
    /// Operations that say something else.
    Replace(Vec<(u64, C)>),
    /// Operations go.
    Drop(Vec<u64>),
    /// An operation comes to stand at the place `to`, from 0.
    Move { id: u64, to: usize },
    /// Nothing is left.
    Clear,
    /// So many changes back; as many as there are if fewer.
    Undo(usize),
    /// So many undone changes forward again; as many as there are if fewer.
    Redo(usize),
}

/// Who signs an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signature {
    /// Whoever changes the stage, at the time of the change.
    New(Actor),
    /// Whoever signed it before.
    Kept(Signed),
}

/// What its content is sealed for. An operation keeps its number when its record moves, and so does what it says.
fn place(id: &[u8]) -> Place<'_> {
    Place { space: "mt", key: id, version: 0 }
}

/// The bytes of an operation; what it says is sealed with the key of its aggregate.
fn encode(
    view: &View,
    (id, draft, signature): (u64, &Draft, Signature),
    now: Timestamp,
    changes: &mut Changes,
) -> Result<Vec<u8>, StoreError> {
    let signed = match signature {
        Signature::New(actor) => Signed { actor, at: now },
        Signature::Kept(signed) => signed,
    };
    let operation = &draft.operation;
    let entry = StagedEntry {
        aggregate_type: operation.aggregate_type.clone(),
        aggregate_id: operation.aggregate_id.clone(),
        event_type: operation.event_type.clone(),
        base: draft.base,
        staged_at: signed.at,
        actor: signed.actor,
        content: encode_staged(operation, draft.remark.as_deref()),
    };
    let (name, key) = (entry.aggregate()?, keys::staged(id));
    let owner = Owner::Aggregate(&name);
    let content = view.seal_record(owner, place(&key), &entry.content, changes)?;
    Ok(StagedEntry { content, ..entry }.encode())
}

impl StagedEntry {
    fn aggregate(&self) -> Result<AggregateKey, StoreError> {
        AggregateKey::new(&self.aggregate_type, &self.aggregate_id)
            .map_err(|error| StoreError::Inconsistent(error.to_string()))
    }
}

fn staged_entry(view: &View, id: u64, record: u64) -> Result<StagedEntry, StoreError> {
    let bytes = view.stage_record(&keys::staged(record))?.ok_or_else(|| {
        StoreError::Inconsistent(format!("the staged operation s{id} is missing"))
    })?;
    StagedEntry::decode(&bytes)
        .map_err(StoreError::record(format_args!("the staged operation s{id}")))
}

fn decode(view: &View, id: u64, entry: StagedEntry) -> Result<Staged, StoreError> {
    let (name, key) = (entry.aggregate()?, keys::staged(id));
    let content = view.open_record(Owner::Aggregate(&name), place(&key), &entry.content)?;
    let bare = Operation {
        aggregate_type: entry.aggregate_type,
        aggregate_id: entry.aggregate_id,
        event_type: entry.event_type,
        ..Operation::default()
    };
    // Of an erased aggregate nothing is left that could be said.
    let (operation, remark) = match content {
        Some(content) => decode_staged(&content, bare)?,
        None => (bare, None),
    };
    let draft = Draft { operation, base: entry.base, remark };
    Ok(Staged { id, draft, by: Signed { actor: entry.actor, at: entry.staged_at } })
}

fn stored(view: &View) -> Result<StageEntry, StoreError> {
    match view.stage_record(keys::STAGE)? {
        Some(bytes) => StageEntry::decode(&bytes).map_err(StoreError::record("the stage")),
        None => Ok(StageEntry::default()),
    }
}

impl View {
    /// What is staged.
    pub(crate) fn stage(&self) -> Result<Stage, StoreError> {
        let entry = stored(self)?;
        let mut operations = Vec::with_capacity(entry.order.len());
        for (id, record) in &entry.order {
            operations.push(decode(self, *id, staged_entry(self, *id, *record)?)?);
        }
        let (undo, redo) = (entry.undo.len(), entry.redo.len());
        let (revision, last_id) = (entry.revision, entry.last_id);
        Ok(Stage { revision, last_id, operations, undo, redo })
    }
}

impl View {
    /// The revision of the stage, and of each staged operation the aggregate and the version that it was written against,
    /// without what it says.
    pub(crate) fn stage_bases(&self) -> Result<(u64, Vec<(AggregateKey, u64)>), StoreError> {
        let stage = stored(self)?;
        let mut bases = Vec::new();
        for (id, record) in stage.order {
            let entry = staged_entry(self, id, record)?;
            bases.push((entry.aggregate()?, entry.base));
        }
        Ok((stage.revision, bases))
    }
}

impl Store {
    /// Changes the stage if it is still at `revision`. What changes nothing writes nothing.
    ///
    /// # Errors
    /// The stage moved, or a store that takes no writes or fails to.
    pub(crate) fn change_stage(&self, revision: u64, change: StageChange) -> Result<(), Refusal> {
        self.change(move |view, now, changes| {
            let before = stored(view)?;
            if before.revision != revision {
                return Err(Refusal::StageMoved);
            }
            let mut after = before.clone();
            let records =
                after.apply(&change).map_err(|OrderError::Unknown(_)| Refusal::StageMoved)?;
            if after == before {
                return Ok(());
            }
            let contents: Vec<(Draft, Signature)> = match change {
                StageChange::Add(contents) => contents,
                StageChange::Replace(contents) => {
                    contents.into_iter().map(|(_, content)| content).collect()
                }
                _ => Vec::new(),
            };
            for (record, (draft, signature)) in records.into_iter().zip(contents) {
                let id = after.id_of(record).unwrap_or_default();
                let bytes = encode(view, (id, &draft, signature), now, changes)?;
                changes.put(Space::Mt, keys::staged(record), bytes);
            }
            let named = after.records();
            for record in before.records().difference(&named) {
                changes.remove(Space::Mt, keys::staged(*record));
            }
            changes.put(Space::Mt, keys::STAGE.to_vec(), after.encode());
            Ok(())
        })
    }
}

/// Records that go or change with a commit of the stage.
pub(super) type Unstaged = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Takes operations off the stage as part of the commit that writes them, with everything that could be undone. Those
/// that stay are bound to what the commit leaves behind: `written` says how many events it has of an aggregate.
pub(super) fn unstage(
    view: &View,
    unstage: &Unstage,
    written: impl Fn(&AggregateKey) -> u64,
) -> Result<Unstaged, Refusal> {
    let before = stored(view)?;
    if before.revision != unstage.revision {
        return Err(Refusal::StageMoved);
    }
    let (mut after, mut new) = (before.committed(), Vec::new());
    let kept = before.order.iter().filter(|(id, _)| unstage.keep.contains(id));
    for (id, record) in kept {
        // Whoever stays keeps its number, so none may be given again.
        (after.last_id, after.last_record) =
            (before.last_id, after.last_record.max(before.last_record));
        let mut entry = staged_entry(view, *id, *record)?;
        let more = written(&entry.aggregate()?);
        let mut place = *record;
        if more > 0 {
            entry.base += more;
            after.last_record += 1;
            place = after.last_record;
            new.push((keys::staged(place), Some(entry.encode())));
        }
        after.order.push((*id, place));
    }
    let named = after.records();
    let all = before.records();
    let mut records: Unstaged =
        all.difference(&named).map(|record| (keys::staged(*record), None)).collect();
    records.extend(new);
    records.push((keys::STAGE.to_vec(), Some(after.encode())));
    Ok(records)
}
