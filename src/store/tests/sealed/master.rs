//! Keys: missing, wrong, replaced.

use super::super::desk::{Desk, merge, name, proposal, verdict};
use super::super::sound::all_events;
use super::{
    MARKER, STEPS, assert_clean, assert_nowhere, checked, crashes, marked, masters, small, state,
};
use crate::domain::{Body, EventType, Json, Kind, Position, Version};
use crate::seal::Secret;
use crate::store::keys::{self, AggregateBytes};
use crate::store::{Expected, Proposed, Refusal, Store, StoreError, verify_aggregate};
use crate::workspace::{DataKeyError, Protection};
use std::fs;

/// Takes the key away.
type Spoil<'a> = &'a dyn Fn();

/// Whether an error says what was done.
type Tells<'a> = &'a dyn Fn(&StoreError) -> bool;

#[test]
fn without_the_key_hashes_are_checked_and_nothing_is_read() {
    let desk = small();
    let path = desk.keys(None).path().to_owned();
    let key = fs::read(&path).unwrap();
    let missing = |error: &StoreError| matches!(error, StoreError::NoKey(error) if matches!(**error, DataKeyError::Missing(_)));
    let other = |error: &StoreError| matches!(error, StoreError::NoKey(error) if matches!(**error, DataKeyError::Other { .. }));
    let cases: [(Spoil<'_>, Tells<'_>); 2] = [
        (&|| fs::remove_file(&path).unwrap(), &missing),
        (&|| drop(desk.keys(None).ensure().unwrap()), &other),
    ];
    for (spoil, expected) in cases {
        spoil();
        let store = desk.open();
        let view = store.view().unwrap();
        for error in [
            view.head(&name("order/1")).unwrap_err(),
            view.event(Position(1)).unwrap_err(),
            view.opens().unwrap_err(),
            view.referrers(&AggregateBytes::new(1, &name("order/1").id)).unwrap_err(),
        ] {
            assert!(expected(&error), "{error:?}");
        }
        let write = store.propose(checked(vec![merge("order/1", "{}")])).unwrap_err().refusal;
        assert!(matches!(&write, Refusal::Store(error) if expected(error)), "{write:?}");
        let new = store.propose(checked(vec![merge("order/9", "{}")])).unwrap_err().refusal;
        assert!(matches!(&new, Refusal::Store(error) if expected(error)), "{new:?}");
        let found = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap();
        assert!(found.ok && found.count == 5, "{:?}", found.faults);
        assert!(found.states_left_out.is_some());
        let one = verify_aggregate(&view, &name("order/1")).unwrap().unwrap();
        assert!(one.ok && one.states_left_out.is_some());
        assert!(expected(&store.rotate(&Protection::Same).unwrap_err()));
        drop(view);
        store.close().unwrap();
    }
    fs::write(&path, key).unwrap();
    assert_clean(&desk.open());
}

/// Damage is not taken for a wrong key.
#[test]
fn a_damaged_record_of_the_key_is_damage() {
    let desk = small();
    let keyspaces = desk.keyspaces();
    let mut record = keyspaces.ky.get(keys::STORE_KEY).unwrap().unwrap().to_vec();
    *record.last_mut().unwrap() ^= 1;
    keyspaces.ky.insert(keys::STORE_KEY, record).unwrap();
    drop(keyspaces);
    let store = desk.try_open().unwrap();
    assert!(store.read_only().unwrap().contains("the key of the store"), "{:?}", store.read_only());
    assert!(verdict(&store).ok, "the log is whole");
    drop(store);
    let keyspaces = desk.keyspaces();
    keyspaces.ky.remove(keys::STORE_KEY).unwrap();
    drop(keyspaces);
    assert!(desk.try_open().unwrap().read_only().is_some());
}

#[test]
fn encryption_is_turned_on_only_where_nothing_is() {
    let desk = Desk::new();
    Store::encrypt(desk.options()).unwrap();
    Store::encrypt(desk.options()).unwrap();
    let store = desk.open();
    assert!(store.is_encrypted());
    store.propose(proposal(vec![merge("order/1", &marked())])).unwrap();
    assert_nowhere(&desk, MARKER.as_bytes(), "the text");
    drop(store);
    let plain = Desk::filled(1);
    assert!(matches!(Store::encrypt(plain.options()), Err(StoreError::PlainContents)));
    assert!(!plain.dot.join("keys").exists(), "no key is made for what is refused");
    let store = plain.open();
    assert!(matches!(store.rotate(&Protection::Same), Err(StoreError::NotEncrypted)));
    assert!(!Store::build_encrypted(&Desk::new().options()).unwrap_or(true));
}

#[test]
fn a_rotation_that_is_killed_at_any_step_leaves_a_store_that_opens() {
    let desk = small();
    let old = desk.keys(None).load().unwrap();
    let store = desk.open();
    let events = all_events(&store);
    let copies = crashes(&desk, || store.rotate(&Protection::Same).unwrap());
    assert_eq!(copies.iter().map(|(step, _)| *step).collect::<Vec<_>>(), STEPS);
    // The store that rotated goes on.
    store.propose(checked(vec![merge("order/9", &marked())])).unwrap();
    assert_clean(&store);
    store.close().unwrap();
    for (step, copy) in copies {
        let begun = copy.keys(None).is_rotating();
        let store = copy.open();
        assert_eq!(all_events(&store), events, "{step}");
        store.propose(checked(vec![merge("order/9", &marked())])).unwrap();
        assert_clean(&store);
        store.close().unwrap();
        let now = copy.keys(None).load().unwrap();
        assert_eq!(masters(&copy), [now.id()].into(), "{step}");
        assert!(!copy.keys(None).is_rotating(), "{step}");
        assert_eq!(begun || step == "finished", now != old, "{step}");
    }
}

/// A rotation between the sealing of an event and its commit: its new data key must be wrapped with the new master key.
#[test]
fn a_key_that_was_made_before_a_rotation_outlives_it() {
    let desk = small();
    let store = desk.open();
    let view = store.view().unwrap();
    let body = Body { content: Json::parse(&marked()).unwrap(), ..Body::default() };
    let what = (name("order/new"), EventType::new("changed").unwrap(), Kind::Merge);
    let early = Proposed::for_store(&view, what, body, Expected::Absent, [1; 16]).unwrap();
    drop(view);
    store.rotate(&Protection::Same).unwrap();
    store.propose(checked(vec![early])).unwrap();
    store.close().unwrap();
    assert_eq!(state(&desk.open(), "order/new"), marked());
}

#[test]
fn a_rotation_waits_for_readers_and_gives_up_without_harm() {
    let desk = small();
    let store = desk.open();
    let view = store.view().unwrap();
    let before = desk.keys(None).load().unwrap();
    assert!(matches!(store.rotate(&Protection::Same), Err(StoreError::BeingRead)));
    assert_eq!(desk.keys(None).load().unwrap(), before);
    assert_eq!(view.head(&name("order/2")).unwrap().unwrap().version, Version(1));
    drop(view);
    store.propose(checked(vec![merge("order/2", "{}")])).unwrap();
    store.rotate(&Protection::Same).unwrap();
    assert_ne!(desk.keys(None).load().unwrap(), before);
    assert_clean(&store);
}

#[test]
fn a_secret_protects_the_key_from_then_on() {
    let desk = small();
    let secret = "07".repeat(32);
    desk.open().rotate(&Protection::secret(secret.clone())).unwrap();
    let store = desk.open();
    let error = store.view().unwrap().head(&name("order/1")).unwrap_err();
    assert!(
        matches!(&error, StoreError::NoKey(error) if matches!(**error, DataKeyError::NoSecret(_)))
    );
    drop(store);
    let mut options = desk.options();
    options.keys = desk.keys(Some(Secret::new(secret)));
    let store = Store::open(options).unwrap();
    assert_clean(&store);
    store.rotate(&Protection::Same).unwrap();
    store.rotate(&Protection::File).unwrap();
    drop(store);
    assert_clean(&desk.open());
}
