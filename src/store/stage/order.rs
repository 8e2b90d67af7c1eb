//! The order of the stage, and the orders before and after it: what adding, dropping, moving, undoing and redoing do.
//!
//! An operation keeps its number for as long as the stage lives. What it says lies in a record that never changes; an
//! edit names another record. So an earlier stage is an earlier order, and undo and redo move no contents.

use super::StageChange;
use crate::store::format::{OrderEntry, StageEntry};
use std::collections::{BTreeSet, VecDeque};

/// How many changes can be undone.
pub(crate) const UNDO_MAX: usize = 100;

/// Why an order does not change that way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderError {
    /// An operation that is not staged.
    Unknown(u64),
}

impl StageEntry {
    fn place(&self, id: u64) -> Result<usize, OrderError> {
        self.order.iter().position(|(known, _)| *known == id).ok_or(OrderError::Unknown(id))
    }

    /// The order after a change, and the numbers of the records that its contents get, in their order. `None` where
    /// the change is one of history and not of order.
    fn changed<C>(
        &mut self,
        change: &StageChange<C>,
    ) -> Result<Option<(OrderEntry, Vec<u64>)>, OrderError> {
        let mut order = self.order.clone();
        let mut records = Vec::new();
        match change {
            StageChange::Add(contents) => {
                for _ in contents {
                    let record = self.next_record();
                    self.last_id += 1;
                    order.push((self.last_id, record));
                    records.push(record);
                }
            }
            StageChange::Replace(contents) => {
                for (id, _) in contents {
                    let place = self.place(*id)?;
                    let record = self.next_record();
                    if let Some(entry) = order.get_mut(place) {
                        entry.1 = record;
                    }
                    records.push(record);
                }
            }
            StageChange::Drop(ids) => {
                for id in ids {
                    self.place(*id)?;
                }
                order.retain(|(id, _)| !ids.contains(id));
            }
            StageChange::Move { id, to } => {
                let entry = order.remove(self.place(*id)?);
                order.insert((*to).min(order.len()), entry);
            }
            StageChange::Clear => order.clear(),
            StageChange::Undo(_) | StageChange::Redo(_) => return Ok(None),
        }
        Ok(Some((order, records)))
    }

    fn next_record(&mut self) -> u64 {
        self.last_record += 1;
        self.last_record
    }

    /// Changes the order; gives the numbers of the records that its contents get. What changes nothing leaves no trace.
    pub(super) fn apply<C>(&mut self, change: &StageChange<C>) -> Result<Vec<u64>, OrderError> {
        let mut next = self.clone();
        let (moved, records) = match (next.changed(change)?, change) {
            (Some((order, records)), _) => {
                let moved = order != self.order;
                if moved {
                    next.undo.push(std::mem::replace(&mut next.order, order));
                    next.redo.clear();
                    let excess = next.undo.len().saturating_sub(UNDO_MAX);
                    next.undo.drain(..excess);
                }
                (moved, records)
            }
            (None, StageChange::Redo(steps)) => (next.shift(*steps, true), Vec::new()),
            (None, StageChange::Undo(steps)) => (next.shift(*steps, false), Vec::new()),
            (None, _) => (false, Vec::new()),
        };
        if moved {
            next.revision += 1;
            *self = next;
        }
        Ok(records)
    }

    /// Goes so many steps back, or forward again; at most as many as there are.
    fn shift(&mut self, steps: usize, forward: bool) -> bool {
        let mut moved = false;
        for _ in 0..steps {
            let (from, to) = if forward {
                (&mut self.redo, &mut self.undo)
            } else {
                (&mut self.undo, &mut self.redo)
            };
            let Some(order) = from.pop() else { break };
            to.push(std::mem::replace(&mut self.order, order));
            moved = true;
        }
        moved
    }

    /// The stage after its commit: nothing is staged, nothing can be undone, numbers begin anew. The revision goes on,
    /// so that whoever read the stage before learns that it moved.
    pub(super) fn committed(&self) -> Self {
        Self { revision: self.revision + 1, ..Self::default() }
    }

    /// The operation that a record is of now.
    pub(super) fn id_of(&self, record: u64) -> Option<u64> {
        self.order.iter().find(|(_, of)| *of == record).map(|(id, _)| *id)
    }

    /// Every record that an order names, of now, before or after.
    pub(super) fn records(&self) -> BTreeSet<u64> {
        let mut orders: VecDeque<&OrderEntry> = self.undo.iter().chain(&self.redo).collect();
        orders.push_back(&self.order);
        orders.into_iter().flatten().map(|(_, record)| *record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stage as somebody who knows nothing of records would keep it.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Model {
        last: u64,
        now: Vec<(u64, char)>,
        before: Vec<Vec<(u64, char)>>,
        after: Vec<Vec<(u64, char)>>,
    }

    #[derive(Debug, Clone)]
    enum Step {
        Add(Vec<char>),
        Edit(usize, char),
        Drop(Vec<usize>),
        Move(usize, usize),
        Clear,
        Undo(usize),
        Redo(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => prop::collection::vec(prop::char::range('a', 'e'), 0..4).prop_map(Step::Add),
            4 => (0..6_usize, prop::char::range('f', 'k')).prop_map(|(at, to)| Step::Edit(at, to)),
            3 => prop::collection::vec(0..6_usize, 0..3).prop_map(Step::Drop),
            3 => (0..6_usize, 0..7_usize).prop_map(|(at, to)| Step::Move(at, to)),
            1 => Just(Step::Clear),
            4 => (0..3_usize).prop_map(Step::Undo),
            3 => (0..3_usize).prop_map(Step::Redo),
        ]
    }

    impl Model {
        fn set(&mut self, next: Vec<(u64, char)>, edited: bool) {
            if next != self.now || edited {
                self.before.push(std::mem::replace(&mut self.now, next));
                self.after.clear();
                if self.before.len() > UNDO_MAX {
                    self.before.remove(0);
                }
            }
        }

        fn id(&self, at: usize) -> u64 {
            self.now.get(at).map_or(999, |(id, _)| *id)
        }

        /// The change that a step means now; `None` in place of the model's own where it is refused.
        fn take(&mut self, step: &Step) -> (StageChange<char>, bool) {
            let known = |at: &usize| *at < self.now.len();
            match step {
                Step::Add(all) => {
                    let mut next = self.now.clone();
                    for one in all {
                        self.last += 1;
                        next.push((self.last, *one));
                    }
                    self.set(next, false);
                    (StageChange::Add(all.clone()), true)
                }
                Step::Edit(at, to) => {
                    let (id, fits) = (self.id(*at), known(at));
                    if fits {
                        let mut next = self.now.clone();
                        next[*at].1 = *to;
                        self.set(next, true);
                    }
                    (StageChange::Replace(vec![(id, *to)]), fits)
                }
                Step::Drop(all) => {
                    let ids: Vec<u64> = all.iter().map(|at| self.id(*at)).collect();
                    let fits = all.iter().all(known);
                    if fits {
                        let kept = self.now.iter().filter(|(id, _)| !ids.contains(id));
                        self.set(kept.copied().collect(), false);
                    }
                    (StageChange::Drop(ids), fits)
                }
                Step::Move(at, to) => {
                    let (id, fits) = (self.id(*at), known(at));
                    if fits {
                        let mut next = self.now.clone();
                        let one = next.remove(*at);
                        next.insert((*to).min(next.len()), one);
                        self.set(next, false);
                    }
                    (StageChange::Move { id, to: *to }, fits)
                }
                Step::Clear => {
                    self.set(Vec::new(), false);
                    (StageChange::Clear, true)
                }
                Step::Undo(steps) => {
                    for _ in 0..*steps {
                        if let Some(before) = self.before.pop() {
                            self.after.push(std::mem::replace(&mut self.now, before));
                        }
                    }
                    (StageChange::Undo(*steps), true)
                }
                Step::Redo(steps) => {
                    for _ in 0..*steps {
                        if let Some(after) = self.after.pop() {
                            self.before.push(std::mem::replace(&mut self.now, after));
                        }
                    }
                    (StageChange::Redo(*steps), true)
                }
            }
        }
    }

    /// What an order says, through the records.
    fn said(
        order: &OrderEntry,
        records: &std::collections::BTreeMap<u64, char>,
    ) -> Vec<(u64, char)> {
        order.iter().map(|(id, record)| (*id, records[record])).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_sequence_is_that_of_a_simple_model(steps in prop::collection::vec(step(), 1..160)) {
            let (mut model, mut stage) = (Model::default(), StageEntry::default());
            let mut records = std::collections::BTreeMap::new();
            for step in &steps {
                let (change, fits) = model.take(step);
                let before = stage.clone();
                let result = stage.apply(&change);
                prop_assert_eq!(result.is_ok(), fits);
                let contents: Vec<char> = match &change {
                    StageChange::Add(all) => all.clone(),
                    StageChange::Replace(all) => all.iter().map(|(_, one)| *one).collect(),
                    _ => Vec::new(),
                };
                if let Ok(numbers) = result {
                    prop_assert_eq!(numbers.len(), contents.len());
                    records.extend(numbers.into_iter().zip(contents));
                }
                let alive = stage.records();
                records.retain(|record, _| alive.contains(record));
                prop_assert_eq!(said(&stage.order, &records), model.now.clone());
                let all = |orders: &[OrderEntry]| -> Vec<_> {
                    orders.iter().map(|order| said(order, &records)).collect()
                };
                prop_assert_eq!(all(&stage.undo), model.before.clone());
                prop_assert_eq!(all(&stage.redo), model.after.clone());
                prop_assert_eq!(stage.revision > before.revision, stage != before);
                let encoded = stage.encode();
                prop_assert_eq!(StageEntry::decode(&encoded).unwrap(), stage.clone());
            }
            // Undone and redone is as it was, and the other way round, but for the revision.
            for (first, then) in [(StageChange::Undo(1), StageChange::Redo(1)), (StageChange::Redo(1), StageChange::Undo(1))] {
                let mut again = stage.clone();
                again.apply::<char>(&first).unwrap();
                if again != stage {
                    again.apply::<char>(&then).unwrap();
                }
                again.revision = stage.revision;
                prop_assert_eq!(&again, &stage);
            }
        }
    }

    #[test]
    fn a_hundred_changes_can_be_undone_and_no_more() {
        let mut stage = StageEntry::default();
        for _ in 0..150 {
            stage.apply(&StageChange::Add(vec![()])).unwrap();
        }
        stage.apply::<()>(&StageChange::Undo(usize::MAX)).unwrap();
        assert_eq!(stage.order.len(), 50);
        assert_eq!((stage.undo.len(), stage.redo.len()), (0, UNDO_MAX));
        stage.apply::<()>(&StageChange::Redo(usize::MAX)).unwrap();
        assert_eq!(stage.order.len(), 150);
        let after = stage.committed();
        assert_eq!((after.order.len(), after.last_id, after.undo.len()), (0, 0, 0));
        assert_eq!(after.revision, stage.revision + 1);
    }
}
