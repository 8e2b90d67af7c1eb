//! What must hold in every store, computed from the records the slow way.

use super::desk::{name, records, verdict};
use crate::domain::json::object_to_string;
use crate::domain::{AggregateKey, Event, Hash, Kind, Position};
use crate::proof::{EMPTY_ROOT, TILE_WIDTH, node_hash};
use crate::store::format::{Chunk, Head, StEntry};
use crate::store::keys::{self, AggregateBytes};
use crate::store::{Store, StoreError, verify_aggregate};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A state, folded by hand.
pub(super) type State = Map<String, Value>;

/// RFC 6962 section 2.1 over leaf hashes.
pub(super) fn tree_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let mut left = 1;
            while left * 2 < leaves.len() {
                left *= 2;
            }
            node_hash(&tree_root(&leaves[..left]), &tree_root(&leaves[left..]))
        }
    }
}

/// Folds an event as its kind says, without the code that the store uses.
pub(super) fn fold(state: &mut State, kind: Kind, content: &str) {
    match (kind, serde_json::from_str(content).unwrap()) {
        (Kind::Merge, Value::Object(payload)) => state.extend(payload),
        (Kind::Patch, Value::Array(operations)) => {
            for operation in operations {
                let key = operation["path"].as_str().unwrap().trim_start_matches('/').to_owned();
                match operation["op"].as_str().unwrap() {
                    "add" | "replace" => drop(state.insert(key, operation["value"].clone())),
                    "remove" => drop(state.remove(&key).unwrap()),
                    other => panic!("{other}"),
                }
            }
        }
        (kind, content) => panic!("{kind:?} {content}"),
    }
}

pub(super) fn all_events(store: &Store) -> Vec<Event> {
    let mut events = Vec::new();
    let view = store.view().unwrap();
    view.scan(Position(1), Position(u64::MAX), false, |event| {
        events.push(event.decode()?);
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })
    .unwrap();
    events
}

struct Seen {
    leaves: Vec<Hash>,
    state: State,
    last: Event,
    first: Event,
}

/// Checks the log and everything that is derived from it, and gives the state of every aggregate.
#[track_caller]
pub(super) fn assert_sound(store: &Store) -> BTreeMap<String, State> {
    let records = records(&store.keyspaces().unwrap());
    let of = |space: &'static str| {
        records
            .iter()
            .filter(move |((of, _), _)| *of == space)
            .map(|((_, key), value)| (key, value))
    };
    let events = all_events(store);
    assert_log(of("ev"), &events);
    let mut seen: BTreeMap<AggregateKey, Seen> = BTreeMap::new();
    let mut snapshots = 0;
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, Position(position));
        let aggregate = &event.header.aggregate;
        let one = seen.entry(aggregate.clone()).or_insert_with(|| Seen {
            leaves: Vec::new(),
            state: State::new(),
            last: event.clone(),
            first: event.clone(),
        });
        one.leaves.push(event.leaf);
        one.last = event.clone();
        fold(&mut one.state, event.header.kind, &event.body.content.to_string());
        assert_eq!(event.header.version.get(), one.leaves.len() as u64, "versions are dense");
        assert_eq!(event.merkle_root, tree_root(&one.leaves));
        let ak = key_of(store, aggregate);
        let place = &records[&("st", keys::version(&ak, event.header.version))];
        let place = StEntry::decode(place).unwrap();
        assert_eq!(place.position, event.position);
        let chunk =
            &records[&("ev", keys::event(Position(position - u64::from(place.slot))).to_vec())];
        assert!(usize::from(place.slot) < Chunk::parse(chunk).unwrap().count());
        if let Some(stored) = records.get(&("dx", keys::snapshot(&ak, event.header.version))) {
            snapshots += 1;
            let stored: State = serde_json::from_slice(stored).unwrap();
            assert_eq!(stored, one.state, "the snapshot of {aggregate} v{}", event.header.version);
        }
    }
    assert_eq!(of("st").count(), events.len());
    assert_eq!(of("ag").count(), seen.len());
    assert_eq!(of("dx").count(), snapshots + usize::from(!events.is_empty()));
    for (aggregate, one) in &seen {
        let head = &records[&("ag", key_of(store, aggregate).as_bytes().to_vec())];
        let head = Head::decode(head).unwrap();
        assert_eq!(head.version.get(), one.leaves.len() as u64);
        assert_eq!(
            (head.position, head.updated_at),
            (one.last.position, one.last.header.created_at)
        );
        assert_eq!(head.created_at, one.first.header.created_at);
        let state: State = serde_json::from_str(&object_to_string(&head.state)).unwrap();
        assert_eq!(state, one.state, "the state of {aggregate}");
        let verdict = verify_aggregate(&store.view().unwrap(), aggregate).unwrap().unwrap();
        assert!(verdict.ok, "{:?}", verdict.faults);
        assert_eq!(verdict.merkle_root, tree_root(&one.leaves).to_string());
    }
    let leaves: Vec<Hash> = events.iter().map(|event| event.leaf).collect();
    let end = store.view().unwrap().end().unwrap();
    assert_eq!(end.position.get(), events.len() as u64);
    assert_eq!(end.root, tree_root(&leaves));
    assert_tiles(of("tr"), leaves);
    let verdict = verdict(store);
    assert!(verdict.ok, "{:?}", verdict.faults);
    assert_eq!((verdict.count, verdict.aggregates), (events.len() as u64, seen.len() as u64));
    assert_eq!(verdict.root, end.root.to_string());
    seen.into_iter().map(|(aggregate, one)| (aggregate.to_string(), one.state)).collect()
}

/// Chunks without gaps, and events whose ids, times and places in their commits go on from each other.
fn assert_log<'a>(stored: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>, events: &[Event]) {
    let mut next = 1;
    for (key, value) in stored {
        let chunk = Chunk::parse(value).unwrap();
        assert_eq!(chunk.first().to_be_bytes(), key.as_slice());
        assert_eq!(chunk.first(), next, "positions are dense over chunks");
        assert!(chunk.count() <= 16);
        next += chunk.count() as u64;
    }
    assert_eq!(events.len() as u64 + 1, next);
    for pair in events.windows(2) {
        let (before, after) = (&pair[0].header, &pair[1].header);
        assert!(before.event_id < after.event_id, "event ids ascend");
        assert!(before.created_at <= after.created_at, "times do not go back");
        let last = before.commit_index + 1 == before.commit_size;
        let expected =
            if last { (before.commit.next(), 0) } else { (before.commit, before.commit_index + 1) };
        assert_eq!((after.commit, after.commit_index), expected, "commits are whole");
    }
}

/// Complete tiles, and no others, level by level.
fn assert_tiles<'a>(
    stored: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>,
    mut hashes: Vec<Hash>,
) {
    let mut expected = Vec::new();
    for level in 0_u8.. {
        let (tiles, _) = hashes.as_chunks::<TILE_WIDTH>();
        if tiles.is_empty() {
            break;
        }
        for (tile, index) in tiles.iter().zip(0_u64..) {
            let value: Vec<u8> =
                tile.iter().chain([&tree_root(tile)]).flat_map(|hash| hash.0).collect();
            expected.push((keys::tile(level, index).to_vec(), value));
        }
        hashes = tiles.iter().map(|tile| tree_root(tile)).collect();
    }
    let stored: Vec<_> = stored.map(|(key, value)| (key.clone(), value.clone())).collect();
    assert!(stored == expected, "{} tiles are stored, {} expected", stored.len(), expected.len());
}

fn key_of(store: &Store, aggregate: &AggregateKey) -> AggregateBytes {
    store.view().unwrap().key(aggregate).unwrap().unwrap()
}

#[test]
fn an_empty_store_is_sound_and_a_wrong_record_is_seen() {
    let desk = super::desk::Desk::filled(7);
    let store = desk.open();
    assert_eq!(assert_sound(&store).len(), 5);
    drop(store);
    let keyspaces = desk.keyspaces();
    let key = AggregateBytes::new(1, &name("order/3").id);
    keyspaces.st.remove(keys::version(&key, crate::domain::Version(1))).unwrap();
    drop(keyspaces);
    let store = desk.open();
    let check = std::panic::AssertUnwindSafe(|| assert_sound(&store));
    assert!(std::panic::catch_unwind(check).is_err());
    let empty = super::desk::Desk::new();
    assert!(assert_sound(&empty.open()).is_empty());
}
