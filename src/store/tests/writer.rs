//! What the writer promises to those who write at the same time, or wrongly, or while it fails.

use super::desk::{Desk, NOON, content, event, fill, keyed, merge, proposal, records, together};
use super::sound::{all_events, assert_sound};
use crate::domain::{Kind, Position, Version};
use crate::error::{Error, Kind as ErrorKind};
use crate::store::{Accepted, Admission, Expected, Refusal, Rejection, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;

fn positions(verdict: Result<Accepted, Rejection>) -> Vec<u64> {
    match verdict.unwrap() {
        Accepted::Committed { events, .. } => {
            events.iter().map(|event| event.position.get()).collect()
        }
        replayed @ Accepted::Replayed { .. } => panic!("{replayed:?}"),
    }
}

#[test]
fn a_key_stands_for_its_operations_in_the_batch_and_after_reopening() {
    let desk = Desk::new();
    let store = desk.open();
    let first = || keyed(proposal(vec![merge("order/1", "{}"), merge("order/2", "{}")]), "k");
    let other = || keyed(proposal(vec![merge("order/1", r#"{"a":1}"#)]), "k");
    let replayed = Accepted::Replayed { first: Position(1), count: 2 };
    let check = |verdicts: Vec<Result<Accepted, Rejection>>| {
        let [again, reused] = <[_; 2]>::try_from(verdicts).unwrap();
        assert_eq!(again.unwrap(), replayed);
        let reused = reused.unwrap_err().refusal;
        assert!(matches!(reused, Refusal::KeyReused { first: Position(1) }), "{reused}");
    };
    let mut verdicts = together(&store, vec![first(), first(), other()]);
    assert_eq!(positions(verdicts.remove(0)), [1, 2]);
    check(verdicts);
    check(together(&store, vec![first(), other()]));
    store.close().unwrap();
    let store = desk.open();
    check(together(&store, vec![first(), other()]));
    // A refused proposal does not use its key up.
    let refused =
        || keyed(proposal(vec![event("order/9", Kind::Merge, "{}", Expected::Present)]), "later");
    store.propose(refused()).unwrap_err();
    fill(&store, 9..10);
    store.propose(proposal(vec![merge("order/9", "{}")])).unwrap();
    assert_eq!(positions(store.propose(refused())), [5]);
    assert_sound(&store);
}

#[test]
fn a_commit_is_all_or_nothing() {
    let desk = Desk::new();
    let store = desk.open();
    let last = event("order/3", Kind::Merge, "{}", Expected::Exact(Version(2)));
    let mut half = proposal(vec![merge("order/1", "{}"), merge("order/3", "{}"), last]);
    half.message = Some("never".into());
    let rejection = store.propose(half.clone()).unwrap_err();
    assert_eq!(rejection.operation, Some(2));
    assert!(records(&store.keyspaces().unwrap()).is_empty());
    half.operations.insert(2, merge("order/3", "{}"));
    assert_eq!(positions(store.propose(half)), [1, 2, 3, 4]);
    // Chunks hold sixteen at most, and commits are larger.
    let many = (0..40).map(|number| merge("order/4", &content(number))).collect();
    assert_eq!(positions(store.propose(proposal(many))), (5..45).collect::<Vec<_>>());
    assert_sound(&store);
}

#[test]
fn what_no_record_could_hold_is_refused_before_it_has_a_place() {
    let desk = Desk::new();
    let store = desk.open();
    let mut empty = keyed(proposal(Vec::new()), "k");
    empty.message = Some("nothing".into());
    let refusal = store.propose(empty).unwrap_err().refusal;
    assert_eq!(Error::from(refusal).code(), "dbx::commit::empty");
    let mut long = proposal(vec![merge("order/1", "{}")]);
    long.actor.user = "a".repeat(70_000);
    let refusal = store.propose(long).unwrap_err().refusal;
    assert_eq!(Error::from(refusal).kind(), ErrorKind::TooLarge);
    let mut stale = proposal(vec![merge("order/1", "{}")]);
    stale.admission = Admission::Checked(4);
    let refusal = store.propose(stale).unwrap_err().refusal;
    assert!(matches!(refusal, Refusal::StaleSchema { in_force: 0 }), "{refusal}");
    fill(&store, 0..3);
    store.close().unwrap();
    let store = desk.open();
    fill(&store, 3..4);
    assert_sound(&store);
}

#[test]
fn aggregates_are_counted_once_and_from_then_on_as_they_come() {
    let desk = Desk::new();
    let store = desk.open();
    let counted = |store: &Store| -> Vec<(String, u64)> {
        let (view, types) = store.counted().unwrap();
        let slowly = view.types().unwrap().into_iter();
        let slowly: Vec<_> =
            slowly.map(|(name, number)| (name, view.count_type(number).unwrap())).collect();
        assert_eq!(types, slowly, "what was kept up is what counting anew gives");
        types.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
    };
    let of = |counts: &[(&str, u64)]| -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    assert_eq!(counted(&store), []);
    // More than there were: all are counted again.
    store.propose(proposal(vec![merge("order/1", "{}"), merge("order/2", "{}")])).unwrap();
    assert_eq!(counted(&store), of(&[("order", 2)]));
    // A type before the known one, an aggregate that is there, and one whose first two events come at once.
    store.propose(proposal(vec![merge("account/1", "{}"), merge("order/1", "{}")])).unwrap();
    assert_eq!(counted(&store), of(&[("account", 1), ("order", 2)]));
    store.propose(proposal(vec![merge("user/1", "{}"), merge("user/1", "{}")])).unwrap();
    assert_eq!(counted(&store), of(&[("account", 1), ("order", 2), ("user", 1)]));
    assert_eq!(counted(&store), of(&[("account", 1), ("order", 2), ("user", 1)]));
    store.close().unwrap();
    assert_eq!(counted(&desk.open()), of(&[("account", 1), ("order", 2), ("user", 1)]));
}

/// Each thread goes on from the version that it saw. Two that saw the same one cannot both win.
#[test]
fn one_writer_wins_each_version() {
    const THREADS: u64 = 16;
    const WINS: u64 = 12;
    let desk = Desk::new();
    let store = desk.open();
    let before = store.keyspaces().unwrap().db.seqno();
    let lost = AtomicU64::new(0);
    let won: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let (store, lost) = (&store, &lost);
                    move || win(store, lost, thread, WINS)
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let versions: BTreeSet<u64> = won.iter().copied().collect();
    assert_eq!(won.len() as u64, THREADS * WINS);
    assert_eq!(versions, (1..=THREADS * WINS).collect(), "every version has one winner");
    let batches = store.keyspaces().unwrap().db.seqno() - before;
    assert!(batches <= THREADS * WINS, "{batches} batches, {lost:?} refusals");
    assert_sound(&store);
}

fn win(store: &Store, lost: &AtomicU64, thread: u64, wins: u64) -> Vec<u64> {
    let (mut won, mut version) = (Vec::new(), Version(0));
    while (won.len() as u64) < wins {
        let next = event("order/1", Kind::Merge, &content(thread), Expected::Exact(version));
        match store.propose(proposal(vec![next])) {
            Ok(Accepted::Committed { events, .. }) => {
                version = events[0].header.version;
                won.push(version.get());
            }
            Err(Rejection { refusal: Refusal::Version { actual, expected, .. }, .. }) => {
                assert_ne!(actual, expected);
                lost.fetch_add(1, Ordering::Relaxed);
                version = actual;
            }
            other => panic!("{other:?}"),
        }
    }
    won
}

#[test]
fn what_queues_up_is_one_batch() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..1);
    let seqno = || store.keyspaces().unwrap().db.seqno();
    let before = seqno();
    fill(&store, 1..2);
    assert_eq!(seqno() - before, 1, "a batch takes one number");
    let proposals = (0..100).map(|number| proposal(vec![merge("order/1", &content(number))]));
    let before = seqno();
    together(&store, proposals.collect());
    assert_eq!(seqno() - before, 1, "a hundred proposals, one batch");
    let large = (0..3).map(|_| proposal((0..400).map(|_| merge("order/2", "{}")).collect()));
    let before = seqno();
    together(&store, large.collect());
    assert_eq!(seqno() - before, 2, "a batch is full with more than 512 events");
    assert_sound(&store);
}

#[test]
fn ids_ascend_when_the_clock_stands_or_goes_back() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..2);
    desk.clock.set(NOON - 3_600_000_000);
    fill(&store, 2..4);
    store.close().unwrap();
    desk.clock.set(NOON - 7_200_000_000);
    let store = desk.open();
    fill(&store, 4..6);
    let events = all_events(&store);
    assert!(events.iter().all(|event| event.header.created_at.as_micros() == NOON));
    assert_eq!(events.len(), 6);
    assert_sound(&store);
}

#[test]
fn a_panic_of_a_caller_is_its_own() {
    let desk = Desk::new();
    let store = desk.open();
    let (answer, answered) = channel::<()>();
    store
        .propose_then(proposal(vec![merge("order/1", "{}")]), move |verdict| {
            drop(answer);
            panic!("a caller gives up over {:?}", verdict.is_ok());
        })
        .unwrap();
    assert!(answered.recv().is_err(), "it was called");
    fill(&store, 0..3);
    assert_eq!(assert_sound(&store).len(), 3);
    store.close().unwrap();
    assert_eq!(all_events(&desk.open()).len(), 4);
}

fn refused(verdict: Result<Accepted, Rejection>) -> StoreError {
    match verdict.unwrap_err().refusal {
        Refusal::Store(error) => error,
        other => panic!("{other}"),
    }
}

/// The clock stands for any bug in the writer.
#[test]
fn a_panic_of_the_writer_is_told_to_everyone_and_gives_nothing_up() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..3);
    desk.clock.set(-1);
    let lost = refused(store.propose(proposal(vec![merge("order/1", "{}")])));
    assert!(matches!(lost, StoreError::OutcomeUnknown(_)), "{lost}");
    desk.clock.set(NOON);
    let poisoned = refused(store.propose(proposal(vec![merge("order/1", "{}")])));
    assert!(matches!(poisoned, StoreError::Poisoned(_)), "{poisoned}");
    assert!(poisoned.to_string().contains("the clock is broken"), "{poisoned}");
    assert_eq!(Error::from(poisoned).kind(), ErrorKind::Unavailable);
    assert_eq!(all_events(&store).len(), 3, "reading goes on");
    let locked = desk.try_open().unwrap_err();
    assert_eq!(Error::from(locked).code(), "dbx::store::locked", "the lock is still held");
    drop(store);
    let store = desk.open();
    fill(&store, 3..6);
    assert_eq!(all_events(&store).len(), 6);
    assert_sound(&store);
}

/// Without ANCHOR no batch may begin: the first write of an opening fails before it reaches the journal.
#[test]
fn a_batch_that_fails_leaves_nobody_with_a_wrong_answer() {
    let desk = Desk::filled(3);
    let store = desk.open();
    let anchor = desk.dot.join("ANCHOR");
    let kept = std::fs::read(&anchor).unwrap();
    std::fs::remove_file(&anchor).unwrap();
    let made = || keyed(proposal(vec![merge("order/7", "{}")]), "k");
    let taken = proposal(vec![event("order/7", Kind::Merge, "{}", Expected::Absent)]);
    let verdicts = together(&store, vec![made(), made(), taken]);
    let errors: Vec<_> = verdicts.into_iter().map(refused).collect();
    assert!(matches!(errors[0], StoreError::OutcomeUnknown(_)), "{}", errors[0]);
    assert!(matches!(errors[1], StoreError::OutcomeUnknown(_)), "a replay of it: {}", errors[1]);
    assert!(matches!(errors[2], StoreError::Poisoned(_)), "it is not there: {}", errors[2]);
    let later = refused(store.propose(made()));
    assert!(matches!(later, StoreError::Poisoned(_)), "{later}");
    let schema =
        store.apply_schema(String::new(), crate::schema::Schema::default(), super::desk::actor());
    assert!(matches!(schema, Err(StoreError::Poisoned(_))));
    drop(store);
    std::fs::write(&anchor, kept).unwrap();
    let store = desk.open();
    assert_eq!(positions(store.propose(made())), [4], "the retry is the first of its key");
    assert_sound(&store);
}

#[test]
fn what_is_refused_leaves_the_files_as_they_were() {
    let desk = Desk::new();
    let before = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    let store = desk.open();
    store
        .propose(proposal(vec![event("order/1", Kind::Merge, "{}", Expected::Present)]))
        .unwrap_err();
    let mut dry = proposal(vec![merge("order/1", "{}")]);
    dry.dry_run = true;
    assert_eq!(positions(store.propose(dry)), [1]);
    store.close().unwrap();
    assert_eq!(std::fs::read(desk.dot.join("ANCHOR")).unwrap(), before);
    assert_eq!(desk.journal().metadata().unwrap().len(), 0);
}

#[test]
fn a_snapshot_at_every_threshold_and_tiles_of_two_levels_of_refolding() {
    let source = "aggregate order {\n  snapshot_threshold = 3\n  event changed {}\n}\n\naggregate bulk {\n  snapshot_threshold = null\n  event changed {}\n}\n";
    let compiled = crate::schema::compile(source);
    let schema = compiled.schema.expect("the schema compiles");
    let desk = Desk::new();
    let store = desk.open();
    let applied = store.apply_schema(source.into(), schema, super::desk::actor()).unwrap();
    assert_eq!(applied.version, 1);
    let write = |store: &Store, aggregate: &str, numbers: std::ops::Range<u64>| {
        let operations = numbers.map(|number| merge(aggregate, &content(number))).collect();
        let mut made = proposal(operations);
        made.admission = Admission::Checked(1);
        store.propose(made).unwrap();
    };
    for round in 0..4 {
        write(&store, "order/1", round * 5..round * 5 + 5);
        write(&store, "bulk/1", 0..120);
        write(&store, "loose/1", 0..60);
    }
    let check = |store: &Store| {
        let view = store.view().unwrap();
        for (aggregate, expected) in [
            ("order/1", vec![3, 6, 9, 12, 15, 18]),
            ("bulk/1", vec![]),
            ("loose/1", vec![100, 200]),
        ] {
            let name = super::desk::name(aggregate);
            let key = view.key(&name).unwrap().unwrap();
            let found = view.snapshots(&key, &name).unwrap();
            let found: Vec<u64> = found.iter().map(|(version, _)| version.get()).collect();
            assert_eq!(found, expected, "{aggregate}");
        }
        assert_sound(store);
    };
    check(&store);
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(store.schema().version, 1);
    write(&store, "bulk/1", 0..1);
    check(&store);
}
