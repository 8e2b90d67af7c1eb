//! Stored bytes changed through the storage engine itself, so that every checksum is right: only the trees can tell.
//!
//! | change                              | opening takes writes | found by `verify`                    | and of the aggregate |
//! | ----------------------------------- | -------------------- | ------------------------------------ | -------------------- |
//! | a byte of a payload                 | yes                  | `body_changed` at the event          | the same             |
//! | a header, or a body and its hash    | no: ANCHOR's root    | `aggregate_root` at the event        | the same             |
//! | the stored root of an event         | yes                  | `aggregate_root` at the event        | the same             |
//! | two events change places            | no                   | `sequence` at the first              | `sequence`           |
//! | an event is taken out               | no                   | `sequence` at the event              | `unreadable`         |
//! | an event is added at the end        | no                   | `sequence`                           | of its own: none     |
//! | a header and every root that follows| no                   | `log_tree` at the event              | head: `aggregate_root` |
//! | a state, a snapshot, a place        | yes                  |                                      | `state`, `snapshot`, … |

use super::desk::{Desk, event, fill, merge, name, proposal, verdict};
use crate::domain::{Kind, Position, Version};
use crate::proof::{Frontier, body_hash, leaf_hash};
use crate::store::format::{Chunk, ChunkBuilder, Head, StEntry, decode_header, encode_header};
use crate::store::keys::{self, AggregateBytes};
use crate::store::keyspaces::Keyspaces;
use crate::store::{Expected, Store, verify_aggregate};
use crate::wire::{AggregateVerdict, Fault, FaultKind};

/// The parts of an envelope, to be changed.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) header: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) root: [u8; 32],
}

pub(super) fn read(keyspaces: &Keyspaces, position: u64) -> Parts {
    let value = keyspaces.ev.get(keys::event(Position(position))).unwrap().unwrap();
    let chunk = Chunk::parse(value).unwrap();
    assert_eq!(chunk.count(), 1);
    let envelope = chunk.envelope(0).unwrap();
    Parts {
        header: envelope.header.to_vec(),
        body: envelope.body.to_vec(),
        root: *envelope.merkle_root,
    }
}

pub(super) fn write(keyspaces: &Keyspaces, position: u64, parts: &Parts) {
    let mut builder = ChunkBuilder::default();
    builder.push(&parts.header, &parts.body, &parts.root).unwrap();
    let value = builder.finish(position).unwrap();
    keyspaces.ev.insert(keys::event(Position(position)), value).unwrap();
}

/// A store with 20 events of five aggregates, changed; `order/1` has #2, #7, #12 and #17.
pub(super) fn tampered(change: impl FnOnce(&Keyspaces)) -> Desk {
    let desk = Desk::filled(20);
    let keyspaces = desk.keyspaces();
    change(&keyspaces);
    keyspaces.db.persist(fjall::PersistMode::SyncAll).unwrap();
    drop(keyspaces);
    desk
}

fn one(store: &Store, aggregate: &str) -> AggregateVerdict {
    verify_aggregate(&store.view().unwrap(), &name(aggregate)).unwrap().unwrap()
}

type At = (FaultKind, Option<String>, Option<String>, Option<u64>);

fn at(fault: &Fault) -> At {
    (fault.kind, fault.position.clone(), fault.aggregate.clone(), fault.version)
}

fn is(kind: FaultKind, position: u64, aggregate: &str, version: u64) -> At {
    (kind, Some(position.to_string()), Some(aggregate.to_owned()), Some(version))
}

/// What `verify` says first, and that it says no.
#[track_caller]
fn first_of_log(store: &Store) -> At {
    let verdict = verdict(store);
    assert!(!verdict.ok && verdict.fault_count > 0);
    let fault = verdict.faults.first().unwrap();
    let position: u64 = fault.position.as_ref().map_or(u64::MAX, |text| text.parse().unwrap());
    let good: u64 = verdict.good_up_to.parse().unwrap();
    assert!(good < position, "{verdict:?}");
    at(fault)
}

#[track_caller]
fn first_of_aggregate(store: &Store, aggregate: &str) -> At {
    let verdict = one(store, aggregate);
    assert!(!verdict.ok, "{aggregate}");
    at(verdict.faults.first().unwrap())
}

#[test]
fn a_byte_of_a_payload() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 7);
        let text = b"the event with number 6";
        let found = parts.body.windows(text.len()).position(|window| window == text).unwrap();
        parts.body[found] = b'T';
        write(keyspaces, 7, &parts);
    });
    let store = desk.try_open().unwrap();
    assert_eq!(store.read_only(), None, "the trees hold the body's hash, not the body");
    let expected = is(FaultKind::BodyChanged, 7, "order/1", 2);
    assert_eq!(first_of_log(&store), expected);
    assert_eq!(first_of_aggregate(&store, "order/1"), expected);
    let fault = verdict(&store).faults.remove(0);
    assert!(fault.stored.is_some() && fault.stored != fault.recomputed);
    assert_eq!(verdict(&store).good_up_to, "6");
    assert!(one(&store, "order/2").ok, "the others are as they were");
}

#[test]
fn a_header_and_a_body_with_its_hash() {
    for body in [false, true] {
        let desk = tampered(|keyspaces| {
            let mut parts = read(keyspaces, 7);
            let mut header = decode_header(&parts.header).unwrap();
            if body {
                let at = parts.body.len() - 3;
                parts.body[at] ^= 1;
                header.body_hash = body_hash(&parts.body);
            } else {
                header.actor.user = "eve".into();
            }
            parts.header = encode_header(&header);
            write(keyspaces, 7, &parts);
        });
        let store = desk.try_open().unwrap();
        assert!(store.read_only().is_some(), "the root of the log is another");
        let expected = is(FaultKind::AggregateRoot, 7, "order/1", 2);
        assert_eq!(first_of_log(&store), expected);
        assert_eq!(first_of_aggregate(&store, "order/1"), expected);
        let kinds: Vec<_> = verdict(&store).faults.iter().map(|fault| fault.kind).collect();
        assert!(kinds.contains(&FaultKind::LogRoot), "{kinds:?}");
    }
}

#[test]
fn bytes_that_are_no_header() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 7);
        parts.header.push(0);
        write(keyspaces, 7, &parts);
    });
    let store = desk.try_open().unwrap();
    assert_eq!(first_of_log(&store).0, FaultKind::Unreadable);
    assert_eq!(first_of_log(&store).1.as_deref(), Some("7"));
    let fault = first_of_aggregate(&store, "order/1");
    assert_eq!((fault.0, fault.1.as_deref()), (FaultKind::Unreadable, Some("7")));
}

#[test]
fn a_stored_root() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 12);
        parts.root[31] ^= 1;
        write(keyspaces, 12, &parts);
    });
    let store = desk.open();
    let expected = is(FaultKind::AggregateRoot, 12, "order/1", 3);
    assert_eq!(first_of_log(&store), expected);
    assert_eq!(first_of_aggregate(&store, "order/1"), expected);
    assert_eq!(verdict(&store).fault_count, 1);
}

#[test]
fn two_events_that_changed_places() {
    // Of two aggregates, next to each other and far apart, and of one aggregate.
    for (left, right, aggregate) in [(7, 8, "order/1"), (7, 18, "order/1"), (7, 12, "order/1")] {
        let desk = tampered(|keyspaces| {
            let (one, other) = (read(keyspaces, left), read(keyspaces, right));
            write(keyspaces, left, &other);
            write(keyspaces, right, &one);
        });
        let store = desk.try_open().unwrap();
        assert!(store.read_only().is_some());
        let (kind, position, ..) = first_of_log(&store);
        assert_eq!(
            (kind, position),
            (FaultKind::Sequence, Some(left.to_string())),
            "#{left} and #{right}: {:?}",
            verdict(&store).faults
        );
        let (kind, position, ..) = first_of_aggregate(&store, aggregate);
        assert_eq!((kind, position), (FaultKind::Sequence, Some(left.to_string())));
    }
}

#[test]
fn an_event_that_was_taken_out() {
    for gone in [1, 7, 20] {
        let desk = tampered(|keyspaces| {
            keyspaces.ev.remove(keys::event(Position(gone))).unwrap();
        });
        let store = desk.try_open().unwrap();
        assert!(store.read_only().is_some(), "#{gone}");
        let found = verdict(&store);
        assert!(!found.ok);
        assert!(found.faults.iter().any(|fault| fault.kind == FaultKind::Sequence));
        let aggregate = format!("order/{}", (gone - 1) % 5);
        let fault = first_of_aggregate(&store, &aggregate);
        assert_eq!((fault.0, fault.1), (FaultKind::Unreadable, Some(gone.to_string())));
        if gone == 7 {
            assert_eq!(first_of_log(&store).1.as_deref(), Some("7"));
        }
    }
}

#[test]
fn a_forgery_at_the_end() {
    let desk = tampered(|keyspaces| {
        let mut parts = read(keyspaces, 20);
        let mut header = decode_header(&parts.header).unwrap();
        header.version = header.version.next();
        header.event_id.0 += 1;
        header.commit = header.commit.next();
        parts.header = encode_header(&header);
        let mut tree: Frontier = [5, 10, 15, 20]
            .map(|position| leaf_hash(&read(keyspaces, position).header))
            .into_iter()
            .collect();
        tree.push(leaf_hash(&parts.header));
        parts.root = tree.root().0;
        write(keyspaces, 21, &parts);
    });
    let store = desk.try_open().unwrap();
    assert!(store.read_only().unwrap().contains("its end is recorded as #20"));
    let found = verdict(&store);
    let kinds: Vec<_> = found.faults.iter().map(|fault| fault.kind).collect();
    assert!(!found.ok && found.count == 21);
    assert!(kinds.contains(&FaultKind::Sequence), "{kinds:?}");
    let index = found.faults.iter().find(|fault| fault.kind == FaultKind::Index).unwrap();
    assert_eq!(index.position.as_deref(), Some("21"), "the head does not know it");
    assert_eq!(index.aggregate.as_deref(), Some("order/4"));
}

/// Somebody who can compute hashes rewrites an aggregate's only event with its root, and all that the log stores of it
/// but the log's tree.
#[test]
fn a_rewritten_event_is_named_by_the_tiles() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..100);
    store.propose(proposal(vec![merge("lone/1", r#"{"sum":1}"#)])).unwrap();
    let rest = (0..300).map(|_| merge("order/1", "{}")).collect();
    store.propose(proposal(rest)).unwrap();
    store.close().unwrap();
    let keyspaces = desk.keyspaces();
    let mut parts = read(&keyspaces, 101);
    let mut header = decode_header(&parts.header).unwrap();
    header.actor.user = "eve".into();
    parts.header = encode_header(&header);
    let leaf = leaf_hash(&parts.header);
    parts.root = leaf.0;
    write(&keyspaces, 101, &parts);
    let key = AggregateBytes::new(2, &name("lone/1").id);
    let mut head = Head::decode(&keyspaces.ag.get(key.as_bytes()).unwrap().unwrap()).unwrap();
    head.peaks = vec![leaf];
    keyspaces.ag.insert(key.as_bytes(), head.encode()).unwrap();
    drop(keyspaces);
    let store = desk.try_open().unwrap();
    assert!(one(&store, "lone/1").ok, "the aggregate for itself agrees with the lie");
    assert_eq!(first_of_log(&store), is(FaultKind::LogTree, 101, "lone/1", 1));
}

#[test]
fn derived_records_that_do_not_fit_the_log() {
    let key = || AggregateBytes::new(1, &name("order/1").id);
    let state = tampered(|keyspaces| {
        let mut head = Head::decode(&keyspaces.ag.get(key().as_bytes()).unwrap().unwrap()).unwrap();
        head.state.insert("number".into(), crate::domain::Json::parse("999").unwrap());
        keyspaces.ag.insert(key().as_bytes(), head.encode()).unwrap();
    });
    assert_eq!(first_of_aggregate(&state.open(), "order/1").0, FaultKind::State);
    let no_head = tampered(|keyspaces| keyspaces.ag.remove(key().as_bytes()).unwrap());
    let store = no_head.open();
    assert_eq!(first_of_aggregate(&store, "order/1"), is(FaultKind::Index, 17, "order/1", 4));
    assert_eq!(first_of_log(&store), is(FaultKind::Index, 17, "order/1", 4));
    let snapshot = tampered(|keyspaces| {
        keyspaces.dx.insert(keys::snapshot(&key(), Version(2)), "{}").unwrap();
    });
    let found = first_of_aggregate(&snapshot.open(), "order/1");
    assert_eq!(found, is(FaultKind::Snapshot, 7, "order/1", 2));
    let place = tampered(|keyspaces| {
        let entry = StEntry { position: Position(8), slot: 0 };
        keyspaces.st.insert(keys::version(&key(), Version(2)), entry.encode()).unwrap();
    });
    assert_eq!(
        first_of_aggregate(&place.open(), "order/1"),
        is(FaultKind::Sequence, 8, "order/1", 2)
    );
    let shorter = tampered(|keyspaces| {
        keyspaces.st.remove(keys::version(&key(), Version(4))).unwrap();
    });
    assert_eq!(first_of_aggregate(&shorter.open(), "order/1").0, FaultKind::Index);
    let gap = tampered(|keyspaces| {
        keyspaces.st.remove(keys::version(&key(), Version(2))).unwrap();
    });
    assert_eq!(first_of_aggregate(&gap.open(), "order/1").0, FaultKind::Sequence);
}

/// The writer works from the head alone, so a head that lies must not reach the log unseen.
#[test]
fn a_head_that_lies_shows_after_the_next_write() {
    let desk = tampered(|keyspaces| {
        let key = AggregateBytes::new(1, &name("order/1").id);
        let mut head = Head::decode(&keyspaces.ag.get(key.as_bytes()).unwrap().unwrap()).unwrap();
        head.peaks[0].0[0] ^= 1;
        keyspaces.ag.insert(key.as_bytes(), head.encode()).unwrap();
    });
    let store = desk.open();
    assert_eq!(first_of_log(&store), is(FaultKind::AggregateRoot, 17, "order/1", 4));
    let next = event("order/1", Kind::Merge, "{}", Expected::Exact(Version(4)));
    store.propose(proposal(vec![next])).unwrap();
    assert_eq!(first_of_log(&store), is(FaultKind::AggregateRoot, 21, "order/1", 5));
    assert_eq!(
        first_of_aggregate(&store, "order/1"),
        is(FaultKind::AggregateRoot, 21, "order/1", 5)
    );
}
