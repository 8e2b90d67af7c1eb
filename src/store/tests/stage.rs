//! The stage on real files: what is kept, what goes with a commit, and what a crash leaves of it.

use super::desk::{Desk, actor, journal_end, merge, name, proposal, together};
use super::sound::assert_sound;
use crate::domain::{Json, Position};
use crate::store::format::StageEntry;
use crate::store::{
    Accepted, Draft, Proposal, Refusal, Rejection, Signature, Stage, StageChange, Store, Unstage,
    disk, keys,
};
use crate::wire::Operation;
use proptest::prelude::*;

const OPERATIONS: usize = 40;

/// How many events the log has.
fn events(store: &Store) -> usize {
    usize::try_from(store.view().unwrap().last_position().unwrap().get()).unwrap()
}

fn draft(aggregate: &str, number: usize) -> (Draft, Signature) {
    let key = name(aggregate);
    let operation = Operation {
        aggregate_type: key.aggregate_type.to_string(),
        aggregate_id: key.id.to_string(),
        event_type: "changed".into(),
        payload: Some(Json::parse(&format!(r#"{{"number":{number}}}"#)).unwrap()),
        ..Operation::default()
    };
    (Draft { operation, base: 0, remark: None }, Signature::New(actor()))
}

fn stage(store: &Store) -> Stage {
    store.view().unwrap().stage().unwrap()
}

/// Changes the stage as it is now.
fn change(store: &Store, change: StageChange) -> Result<(), Refusal> {
    store.change_stage(stage(store).revision, change)
}

/// Stages operations on several aggregates.
fn fill(store: &Store, count: usize) {
    let all = (0..count).map(|number| draft(&format!("order/{}", number % 7), number));
    change(store, StageChange::Add(all.collect())).unwrap();
}

/// The commit of what is staged.
fn commit(store: &Store) -> Proposal {
    let stage = stage(store);
    let event = |staged: &crate::store::Staged| {
        let operation = &staged.draft.operation;
        let payload = operation.payload.as_ref().unwrap().to_string();
        merge(&format!("{}/{}", operation.aggregate_type, operation.aggregate_id), &payload)
    };
    let operations = stage.operations.iter().map(event).collect();
    let unstage = Unstage { revision: stage.revision, keep: Vec::new() };
    Proposal { unstage: Some(unstage), ..proposal(operations) }
}

/// How many records of staged operations there are.
fn records(desk: &Desk) -> usize {
    let all = super::desk::records(&desk.keyspaces());
    all.keys().filter(|(space, key)| *space == "mt" && key.starts_with(keys::STAGED_PREFIX)).count()
}

#[test]
fn a_stage_survives_its_process_and_goes_with_its_commit() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, OPERATIONS);
    change(&store, StageChange::Drop(vec![3])).unwrap();
    change(&store, StageChange::Replace(vec![(5, draft("order/4", 99))])).unwrap();
    change(&store, StageChange::Move { id: 1, to: usize::MAX }).unwrap();
    let before = stage(&store);
    store.close().unwrap();
    let store = desk.open();
    let after = stage(&store);
    assert_eq!(after.operations, before.operations);
    assert_eq!((after.revision, after.undo, after.redo), (4, 4, 0));
    assert_eq!(after.operations.last().unwrap().id, 1);
    let dry = store.propose(Proposal { dry_run: true, ..commit(&store) }).unwrap();
    assert!(matches!(dry, Accepted::Committed { .. }));
    assert_eq!(stage(&store).operations.len(), OPERATIONS - 1, "a dry run takes nothing");
    store.propose(commit(&store)).unwrap();
    let empty = stage(&store);
    assert_eq!((empty.operations.len(), empty.undo, empty.redo, empty.last_id), (0, 0, 0, 0));
    assert_eq!(events(&store), OPERATIONS - 1);
    assert_sound(&store);
    store.close().unwrap();
    assert_eq!(records(&desk), 0);
}

#[test]
fn a_stage_that_moved_is_not_committed_and_not_changed() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, 3);
    let proposed = commit(&store);
    change(&store, StageChange::Move { id: 1, to: 2 }).unwrap();
    let moved = |result: Result<Accepted, Rejection>| {
        matches!(result, Err(Rejection { operation: None, refusal: Refusal::StageMoved }))
    };
    assert!(moved(store.propose(proposed)));
    assert!(matches!(store.change_stage(1, StageChange::Clear), Err(Refusal::StageMoved)));
    assert!(matches!(change(&store, StageChange::Drop(vec![9])), Err(Refusal::StageMoved)));
    assert_eq!(stage(&store).operations.len(), 3);
    // Of two commits of one stage in one batch the second finds it gone, and so does whoever comes later.
    let first = commit(&store);
    let mut answers = together(&store, vec![first.clone(), first.clone()]).into_iter();
    assert!(answers.next().unwrap().is_ok());
    assert!(moved(answers.next().unwrap()));
    assert!(moved(store.propose(first)));
    assert_eq!(store.view().unwrap().last_position().unwrap(), Position(3));
}

#[test]
fn what_is_not_committed_stays_and_is_bound_to_what_the_commit_leaves() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, 9);
    let revision = stage(&store).revision;
    // 0 and 7 are on order/0, 1 and 8 on order/1.
    let events = vec![merge("order/0", "{}"), merge("order/0", "{}"), merge("order/1", "{}")];
    let unstage = Some(Unstage { revision, keep: vec![9, 3, 1] });
    store.propose(Proposal { unstage, ..proposal(events) }).unwrap();
    let left = stage(&store);
    let bases: Vec<(u64, u64)> =
        left.operations.iter().map(|one| (one.id, one.draft.base)).collect();
    assert_eq!(bases, [(1, 2), (3, 0), (9, 1)]);
    assert_eq!((left.undo, left.redo, left.last_id), (0, 0, 9));
    fill(&store, 1);
    assert_eq!(stage(&store).operations.last().unwrap().id, 10);
    change(&store, StageChange::Undo(1)).unwrap();
    assert_eq!(stage(&store).operations, left.operations);
    store.propose(commit(&store)).unwrap();
    store.close().unwrap();
    assert_eq!(records(&desk), 0);
}

#[test]
fn a_refused_commit_leaves_the_stage() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, 3);
    let mut proposed = commit(&store);
    proposed.operations[2].expected = crate::store::Expected::Present;
    assert!(store.propose(proposed).is_err());
    assert_eq!(stage(&store).operations.len(), 3);
    store.propose(commit(&store)).unwrap();
}

/// A commit of a stage is cut off at every kind of place: either all of it is there and the stage is gone, or nothing of
/// it is there and the stage is whole.
#[test]
fn a_torn_commit_leaves_the_stage_whole() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, OPERATIONS);
    change(&store, StageChange::Drop(vec![7])).unwrap();
    let staged = stage(&store);
    let start = journal_end(&desk.journal());
    let anchor = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    store.propose(commit(&store)).unwrap();
    let end = journal_end(&desk.journal());
    assert!(end > start + 1000);
    let image = desk.copy();
    std::fs::write(image.dot.join("ANCHOR"), anchor).unwrap();
    let journal = std::fs::read(image.journal()).unwrap();
    for cut in (start..end).step_by((end - start) / 16).chain([end - 1, end]) {
        let desk = image.copy();
        std::fs::write(desk.journal(), &journal[..cut]).unwrap();
        let store = desk.open();
        let (found, events) = (stage(&store), events(&store));
        if cut == end {
            assert_eq!((found.operations.len(), events), (0, OPERATIONS - 1));
        } else {
            assert_eq!((found.operations, events), (staged.operations.clone(), 0), "cut at {cut}");
            store.propose(commit(&store)).unwrap();
        }
        assert_sound(&store);
    }
}

#[test]
fn a_damaged_stage_is_named_and_the_log_stays_readable() {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, 3);
    store.propose(proposal(vec![merge("order/1", "{}")])).unwrap();
    store.close().unwrap();
    let keyspaces = desk.keyspaces();
    keyspaces.mt.insert(keys::staged(2), b"nonsense").unwrap();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    disk::close::flush(all, crate::store::open::FLUSH_WAIT).unwrap();
    drop(keyspaces);
    let store = Store::open(desk.options()).unwrap();
    let error = store.view().unwrap().stage().unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("s2"), "{error}");
    assert_eq!(super::desk::verdict(&store).count, 1);
}

#[derive(Debug, Clone)]
enum Step {
    Add(usize),
    Edit(usize),
    Drop(usize),
    Move(usize, usize),
    Clear,
    Undo,
    Redo,
    Reopen,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..4_usize).prop_map(Step::Add),
        3 => (0..5_usize).prop_map(Step::Edit),
        3 => (0..5_usize).prop_map(Step::Drop),
        2 => (0..5_usize, 0..5_usize).prop_map(|(at, to)| Step::Move(at, to)),
        1 => Just(Step::Clear),
        4 => Just(Step::Undo),
        3 => Just(Step::Redo),
        1 => Just(Step::Reopen),
        1 => Just(Step::Commit),
    ]
}

/// What is staged as pairs of a number and of what it says.
type Said = Vec<(u64, usize)>;

fn said(stage: &Stage) -> Said {
    let number = |operation: &Operation| {
        operation.payload.as_ref().unwrap().get("number").unwrap().to_string().parse().unwrap()
    };
    stage.operations.iter().map(|one| (one.id, number(&one.draft.operation))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever happens to a stage, what is stored says what whole copies of it would say, and no record is left that
    /// nobody names.
    #[test]
    fn a_stored_stage_is_as_if_every_state_of_it_were_kept(
        steps in prop::collection::vec(step(), 1..24),
    ) {
        let desk = Desk::again();
        let mut store = desk.open();
        let (mut now, mut before, mut after) = (Said::new(), Vec::<Said>::new(), Vec::<Said>::new());
        let (mut last, mut serial) = (0, 0);
        for step in steps {
            let mut next = now.clone();
            let at = |at: usize| now.get(at).map_or(999, |(id, _)| *id);
            serial += 1;
            let made = match step {
                Step::Add(count) => {
                    next.extend((0..count).map(|more| (last + 1 + more as u64, serial)));
                    last += count as u64;
                    StageChange::Add((0..count).map(|_| draft("order/1", serial)).collect())
                }
                Step::Edit(place) => {
                    if let Some(one) = next.get_mut(place) {
                        one.1 = serial;
                    }
                    StageChange::Replace(vec![(at(place), draft("order/1", serial))])
                }
                Step::Drop(place) => {
                    next.retain(|(id, _)| *id != at(place));
                    StageChange::Drop(vec![at(place)])
                }
                Step::Move(place, to) => {
                    if place < next.len() {
                        let one = next.remove(place);
                        next.insert(to.min(next.len()), one);
                    }
                    StageChange::Move { id: at(place), to }
                }
                Step::Clear => {
                    next.clear();
                    StageChange::Clear
                }
                Step::Undo => {
                    if let Some(earlier) = before.pop() {
                        after.push(std::mem::replace(&mut now, earlier));
                    }
                    change(&store, StageChange::Undo(1)).unwrap();
                    prop_assert_eq!(said(&stage(&store)), now.clone());
                    continue;
                }
                Step::Redo => {
                    if let Some(later) = after.pop() {
                        before.push(std::mem::replace(&mut now, later));
                    }
                    change(&store, StageChange::Redo(1)).unwrap();
                    prop_assert_eq!(said(&stage(&store)), now.clone());
                    continue;
                }
                Step::Reopen => {
                    store.close().unwrap();
                    store = desk.open();
                    prop_assert_eq!(said(&stage(&store)), now.clone());
                    continue;
                }
                Step::Commit => {
                    if !now.is_empty() {
                        store.propose(commit(&store)).unwrap();
                        (now, before, after, last) = (vec![], vec![], vec![], 0);
                    }
                    prop_assert_eq!(said(&stage(&store)), now.clone());
                    continue;
                }
            };
            let refused = change(&store, made).is_err();
            if refused {
                prop_assert_eq!(&next, &now);
            } else if next != now {
                before.push(std::mem::replace(&mut now, next));
                after.clear();
            }
            let found = stage(&store);
            prop_assert_eq!(said(&found), now.clone());
            prop_assert_eq!((found.undo, found.redo), (before.len(), after.len()));
        }
        let entry = store.view().unwrap().stage_record(keys::STAGE).unwrap();
        let entry = entry.map_or(StageEntry::default(), |bytes| StageEntry::decode(&bytes).unwrap());
        let orders = entry.undo.iter().chain(&entry.redo).chain([&entry.order]);
        let named: std::collections::BTreeSet<u64> =
            orders.flatten().map(|(_, record)| *record).collect();
        store.close().unwrap();
        prop_assert_eq!(records(&desk), named.len());
    }
}
