//! What is in the files, and where a ciphertext belongs.

use super::super::desk::{Desk, keyed, merge, name, proposal, together, verdict};
use super::super::sound::all_events;
use super::{
    MARKER, assert_clean, assert_nowhere, body_of, checked, erase, flush, marked, replace_body,
    small, state, write,
};
use crate::domain::{AggregateKey, Body, CommitNumber, EventType, Json, Kind, Position, Version};
use crate::proof::sha256;
use crate::seal::Key;
use crate::store::format::{encode_sealed_body, sealed_body};
use crate::store::keys::{self, AggregateBytes};
use crate::store::ring::{Owner, Place, Sealer};
use crate::store::{Accepted, Expected, Proposed, Refusal, Store, StoreError, verify_aggregate};
use crate::wire::FaultKind;
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn nothing_that_a_writer_said_is_in_any_file() {
    let desk = Desk::sealed();
    let store = desk.open();
    write(&store);
    let in_journals = desk.copy();
    flush(&store);
    let in_tables = desk.copy();
    for desk in [&in_journals, &in_tables, &desk] {
        assert_nowhere(desk, MARKER.as_bytes(), "the text");
        assert_nowhere(desk, b"customer#ada", "a reference");
        assert_nowhere(desk, b"Ada-7f3a", "a name");
        // What could be guessed and compared.
        assert_nowhere(desk, sha256(MARKER.as_bytes()).as_bytes(), "its hash");
        assert_nowhere(
            desk,
            &sha256(MARKER.as_bytes()).as_bytes()[..8],
            "the beginning of its hash",
        );
    }
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(state(&store, "order/2"), marked());
    assert_eq!(all_events(&store)[3].body.note.as_deref(), Some(MARKER));
    let view = store.view().unwrap();
    assert_eq!(view.commit_message(CommitNumber(1)).unwrap().as_deref(), Some(MARKER));
    let hash = view.coded(sha256(MARKER.as_bytes())).unwrap();
    let imports = view.imports([5; 8]).unwrap();
    assert_eq!((imports[0].0, imports[0].1.hash), ([5; 16], hash));
    assert!(view.imports([6; 8]).unwrap().is_empty());
    let key = |aggregate| view.key(&name(aggregate)).unwrap().unwrap();
    let snapshots = view.snapshots(&key("order/1"), &name("order/1")).unwrap();
    assert_eq!(snapshots.len(), 1);
    assert!(String::from_utf8_lossy(&snapshots[0].1).contains(MARKER));
    let referrers = view.referrers(&key("customer/ada")).unwrap();
    assert_eq!(referrers.len(), 1);
    assert_eq!((referrers[0].1.as_str(), referrers[0].2.as_str()), ("1", "/customer"));
    drop(view);
    let again = keyed(checked(vec![merge("order/2", &marked())]), MARKER);
    assert!(matches!(store.propose(again).unwrap_err().refusal, Refusal::KeyReused { .. },));
    assert_clean(&store);
}

#[test]
fn a_reference_that_goes_leaves_the_index() {
    let desk = Desk::sealed();
    let store = desk.open();
    write(&store);
    let customer = || {
        let view = store.view().unwrap();
        let key = view.key(&name("customer/ada")).unwrap().unwrap();
        view.referrers(&key).unwrap().len()
    };
    assert_eq!(customer(), 1);
    store.propose(checked(vec![merge("order/1", r#"{"customer":null}"#)])).unwrap();
    assert_eq!(customer(), 0);
    store.propose(checked(vec![merge("order/2", r#"{"customer":"customer#ada"}"#)])).unwrap();
    assert_eq!(customer(), 1);
    erase(&store, "order/2");
    assert_eq!(customer(), 0, "an erased aggregate points nowhere");
    assert_clean(&store);
}

/// The same operations with the same key are a replay, other ones are not; in memory as on disk.
#[test]
fn idempotency_holds() {
    let desk = Desk::sealed();
    let request = |text: &str| keyed(proposal(vec![merge("order/1", text)]), "key");
    let store = desk.open();
    store.propose(request(&marked())).unwrap();
    let replayed = store.propose(request(&marked())).unwrap();
    assert!(matches!(replayed, Accepted::Replayed { count: 1, .. }));
    store.close().unwrap();
    let store = desk.open();
    assert!(matches!(store.propose(request(&marked())).unwrap(), Accepted::Replayed { .. }));
    let other = store.propose(request("{}")).unwrap_err().refusal;
    assert!(matches!(other, Refusal::KeyReused { .. }));
}

#[test]
fn two_bodies_that_changed_places_are_found() {
    for (one, other) in [(1, 2), (2, 3)] {
        let desk = small();
        let keyspaces = desk.keyspaces();
        let bodies = (body_of(&keyspaces, one), body_of(&keyspaces, other));
        replace_body(&keyspaces, one, &bodies.1);
        replace_body(&keyspaces, other, &bodies.0);
        drop(keyspaces);
        let store = desk.open();
        let found = verdict(&store);
        let places: Vec<_> =
            found.faults.iter().map(|fault| (fault.kind, fault.position.clone())).collect();
        let changed = |position: u64| (FaultKind::BodyChanged, Some(position.to_string()));
        assert_eq!(places, [changed(one), changed(other)]);
        let error = store.view().unwrap().event(Position(one)).unwrap_err();
        assert!(error.is_damage(), "{error}");
    }
}

/// Even where the hash in the header fits, a ciphertext opens only for the aggregate that it was made for.
#[test]
fn a_ciphertext_is_bound_to_its_place() {
    let desk = small();
    let store = desk.open();
    let view = store.view().unwrap();
    let key_of = |aggregate: &str| view.sealer(&name(aggregate)).unwrap().unwrap();
    let (kind, event_type) = (Kind::Merge, EventType::new("changed").unwrap());
    let made = key_of("order/1").body((&name("order/1"), &event_type, kind), b"text").unwrap();
    let sealed = sealed_body(&made.bytes).unwrap().unwrap();
    let ring = view.ring().unwrap();
    let opened = |aggregate: &str, event_type: &EventType, kind| {
        key_of("order/1").key.open(ring.body_context(&name(aggregate), event_type, kind), sealed)
    };
    assert_eq!(&**opened("order/1", &event_type, kind).unwrap(), b"text");
    opened("order/2", &event_type, kind).unwrap_err();
    opened("order/1", &EventType::new("other").unwrap(), kind).unwrap_err();
    opened("order/1", &event_type, Kind::Patch).unwrap_err();
    assert_ne!(encode_sealed_body(sealed).hash, encode_sealed_body(b"other").hash);
}

#[test]
fn two_derived_records_that_changed_places_are_found() {
    let first = || AggregateBytes::new(1, &name("order/1").id);
    let second = || AggregateBytes::new(1, &name("order/2").id);
    let state = small();
    let keyspaces = state.keyspaces();
    let of = |key: &AggregateBytes| keyspaces.ag.get(key.as_bytes()).unwrap().unwrap();
    let (one, other) = (of(&first()), of(&second()));
    keyspaces.ag.insert(first().as_bytes(), other).unwrap();
    keyspaces.ag.insert(second().as_bytes(), one).unwrap();
    drop(keyspaces);
    let store = state.open();
    let view = store.view().unwrap();
    assert!(view.head(&name("order/1")).unwrap_err().is_damage());
    let found = verify_aggregate(&view, &name("order/1")).unwrap().unwrap();
    assert_eq!(found.faults[0].kind, FaultKind::Unreadable);
    let snapshots = small();
    let keyspaces = snapshots.keyspaces();
    let at = |version| keys::snapshot(&first(), Version(version));
    let of = |version| keyspaces.dx.get(at(version)).unwrap().unwrap();
    let (two, four) = (of(2), of(4));
    keyspaces.dx.insert(at(2), four).unwrap();
    keyspaces.dx.insert(at(4), two).unwrap();
    drop(keyspaces);
    let store = snapshots.open();
    let found = verify_aggregate(&store.view().unwrap(), &name("order/1")).unwrap().unwrap();
    assert_eq!(found.faults[0].kind, FaultKind::Unreadable);
}

/// What is not sealed does not pass in an encrypted store, nor the other way round.
#[test]
fn a_record_in_the_clear_is_refused() {
    let plain = Desk::filled(1);
    let keyspaces = plain.keyspaces();
    let body = body_of(&keyspaces, 1);
    let head = keyspaces.ag.iter().next().unwrap().value().unwrap();
    drop(keyspaces);
    let desk = small();
    let keyspaces = desk.keyspaces();
    let sealed = body_of(&keyspaces, 1);
    replace_body(&keyspaces, 1, &body);
    keyspaces.ag.insert(AggregateBytes::new(1, &name("order/2").id).as_bytes(), head).unwrap();
    drop(keyspaces);
    let store = desk.open();
    let view = store.view().unwrap();
    let error = view.event(Position(1)).unwrap_err();
    assert!(error.to_string().contains("not sealed, in an encrypted store"), "{error}");
    assert!(view.head(&name("order/2")).unwrap_err().is_damage());
    drop((view, store));
    let keyspaces = plain.keyspaces();
    replace_body(&keyspaces, 1, &sealed);
    drop(keyspaces);
    let error = plain.open().view().unwrap().event(Position(1)).unwrap_err();
    assert!(error.is_damage(), "{error}");
}

/// A record of an aggregate that has no event yet: its key is stored with the record, and the first event has the same.
#[test]
fn a_record_beside_the_log_is_sealed_for_its_aggregate() {
    let desk = small();
    let store = desk.open();
    let (key, plain) = (b"g/1".to_vec(), marked().into_bytes());
    let put = |aggregate: &'static str| {
        let (key, plain) = (key.clone(), plain.clone());
        store.change(move |view, _, changes| {
            let (owner, place) = (name(aggregate), Place { space: "mt", key: &key, version: 7 });
            let sealed = view.seal_record(Owner::Aggregate(&owner), place, &plain, changes)?;
            changes.put(crate::store::writer::Space::Mt, key.clone(), sealed);
            Ok::<_, StoreError>(())
        })
    };
    let got = |aggregate: &str, version| {
        let stored = store.keyspaces().unwrap().mt.get(&key).unwrap().unwrap();
        let place = Place { space: "mt", key: &key, version };
        store.view().unwrap().open_record(Owner::Aggregate(&name(aggregate)), place, &stored)
    };
    put("order/new").unwrap();
    let opened = |aggregate: &str| got(aggregate, 7).unwrap().map(|plain| plain.to_vec());
    assert_eq!(opened("order/new"), Some(plain.clone()));
    assert!(got("order/new", 8).unwrap_err().is_damage(), "another version");
    assert!(got("order/1", 7).unwrap_err().is_damage(), "another aggregate");
    assert_nowhere(&desk, MARKER.as_bytes(), "the record");
    store.propose(checked(vec![merge("order/new", "{}")])).unwrap();
    assert_eq!(opened("order/new"), Some(plain.clone()), "the first event has the same key");
    assert_clean(&store);
    erase(&store, "order/new");
    assert_eq!(opened("order/new"), None);
    assert!(matches!(put("order/new"), Err(StoreError::Erased(_))));
    put("order/2").unwrap();
    assert_eq!(opened("order/2"), Some(plain.clone()));
}

/// A sealer with a key that nobody else has.
fn stranger(store: &Store) -> Sealer {
    let ring = store.view().unwrap().ring().unwrap().clone();
    Sealer { ring, key: Arc::new(Key::generate().unwrap()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever key a caller sealed with, what is stored opens with the stored key: several make the same aggregates at
    /// once, with keys of their own.
    #[test]
    fn events_sealed_with_other_keys_are_sealed_anew(
        rounds in prop::collection::vec(prop::collection::vec((0_u8..3, any::<bool>()), 1..6), 1..4),
    ) {
        let desk = Desk::sealed();
        let store = desk.open();
        let mut written = Vec::new();
        for round in &rounds {
            let mut proposals = Vec::new();
            for (aggregate, own) in round {
                let aggregate: AggregateKey = name(&format!("order/{aggregate}"));
                let content = format!(r#"{{"number":{}}}"#, written.len());
                let body = Body { content: Json::parse(&content).unwrap(), ..Body::default() };
                let what = (aggregate, EventType::new("changed").unwrap(), Kind::Merge);
                let view = store.view().unwrap();
                let mut one = Proposed::for_store(&view, what, body, Expected::Any, [1; 16]).unwrap();
                if *own {
                    one.reseal(stranger(&store)).unwrap();
                }
                proposals.push(proposal(vec![one]));
                written.push(content);
            }
            for answer in together(&store, proposals) {
                answer.unwrap();
            }
        }
        store.close().unwrap();
        let store = desk.open();
        let found: Vec<String> =
            all_events(&store).iter().map(|event| event.body.content.to_string()).collect();
        prop_assert_eq!(found, written);
        assert_clean(&store);
    }
}
