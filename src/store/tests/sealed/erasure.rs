//! What is left of an aggregate that was erased.

use super::super::desk::{Desk, actor, merge, name, records};
use super::super::sound::all_events;
use super::{
    STEPS, assert_clean, assert_nowhere, checked, commit_erasure, crashes, erase, flush, holding,
    marked, masters, small, state, write,
};
use crate::domain::{Kind, Position, Version};
use crate::seal::Key;
use crate::store::format::KeyEntry;
use crate::store::keys::{self, AggregateBytes};
use crate::store::{Refusal, examine, repair, verify_aggregate};
use crate::wire::RepairKind;

/// What of `order/1` must be gone from the files: the wrapped key, the state, a snapshot, all as they are stored.
fn traces(desk: &Desk) -> Vec<(&'static str, Vec<u8>)> {
    let keyspaces = desk.keyspaces();
    let key = AggregateBytes::new(1, &name("order/1").id);
    let record = keyspaces.ky.get(keys::data_key(&name("order/1"))).unwrap().unwrap();
    let wrapped = KeyEntry::decode(&record).unwrap().wrapped;
    let head = keyspaces.ag.get(key.as_bytes()).unwrap().unwrap();
    let snapshot = keyspaces.dx.get(keys::snapshot(&key, Version(2))).unwrap().unwrap();
    let last = |bytes: &[u8]| bytes[bytes.len() - 20..].to_vec();
    vec![("wrapped key", last(&wrapped)), ("state", last(&head)), ("snapshot", last(&snapshot))]
}

#[track_caller]
fn assert_erased(desk: &Desk, traces: &[(&'static str, Vec<u8>)], old: &Key, step: &str) {
    let store = desk.open();
    assert_eq!(state(&store, "order/1"), "{}");
    assert_eq!(state(&store, "order/2"), r#"{"a":3}"#);
    let events = all_events(&store);
    let of_order = events.iter().filter(|event| event.header.aggregate == name("order/1"));
    for event in of_order.filter(|event| event.header.kind != Kind::Erase) {
        assert_eq!(event.body.content.to_string(), "{}", "{step}");
        assert_eq!(event.body.erased.as_ref().unwrap().actor, actor());
    }
    assert_eq!(events.last().unwrap().body.note.as_deref(), Some("asked for"));
    let refused = store.propose(checked(vec![merge("order/1", "{}")])).unwrap_err().refusal;
    assert!(matches!(refused, Refusal::Erased(_)), "{step}: {refused:?}");
    assert!(matches!(commit_erasure(&store, "order/1"), Err(Refusal::Erased(_))), "{step}");
    assert_eq!(store.view().unwrap().erasures().unwrap().len(), 1);
    assert!(!store.view().unwrap().is_erasing().unwrap());
    assert_clean(&store);
    store.close().unwrap();
    for (what, bytes) in traces {
        assert_nowhere(desk, bytes, &format!("{step}: the {what}"));
    }
    assert!(!masters(desk).contains(&old.id()), "{step}");
    assert!(
        holding(&desk.dot, old.id().as_bytes()).is_empty(),
        "{step}: something names the old key"
    );
}

#[test]
fn an_erasure_that_is_killed_at_any_step_is_finished_by_the_next_opening() {
    let desk = small();
    let (traces, old) = (traces(&desk), desk.keys(None).load().unwrap());
    for (what, bytes) in &traces {
        assert!(!holding(&desk.dot, bytes).is_empty(), "the {what} is there before");
    }
    // Also in tables, and in journals that a scan of tables does not see.
    let store = desk.open();
    flush(&store);
    commit_erasure(&store, "order/1").unwrap();
    let committed = desk.copy();
    let copies = crashes(&desk, || store.finish_erasure().unwrap());
    store.close().unwrap();
    assert_erased(&desk, &traces, &old, "whole");
    assert_erased(&committed, &traces, &old, "committed");
    assert_eq!(copies.len(), STEPS.len());
    for (step, copy) in copies {
        assert_erased(&copy, &traces, &old, step);
    }
}

#[test]
fn what_was_erased_before_it_was_ever_in_a_table_is_gone_too() {
    let desk = Desk::sealed();
    let store = desk.open();
    write(&store);
    erase(&store, "order/1");
    let head = store.view().unwrap().head(&name("order/1")).unwrap().unwrap();
    assert!(head.erased && head.archived && head.state.is_empty());
    assert_eq!(head.version, Version(3));
    assert_eq!(state(&store, "order/2"), marked());
    let view = store.view().unwrap();
    let key = view.key(&name("order/1")).unwrap().unwrap();
    assert!(view.snapshots(&key, &name("order/1")).unwrap().is_empty());
    assert!(view.key_record(&keys::data_key(&name("order/1"))).unwrap().is_none());
    drop(view);
    assert_clean(&store);
    assert!(matches!(commit_erasure(&store, "order/9"), Err(Refusal::Unknown(_))));
}

/// A data key is missing that nobody removed on purpose: damage, and no erasure.
#[test]
fn a_lost_data_key_is_damage() {
    let desk = small();
    let keyspaces = desk.keyspaces();
    keyspaces.ky.remove(keys::data_key(&name("order/1"))).unwrap();
    drop(keyspaces);
    let store = desk.open();
    let view = store.view().unwrap();
    assert!(view.event(Position(1)).unwrap_err().is_damage());
    assert!(view.head(&name("order/1")).unwrap_err().is_damage());
    let found = verify_aggregate(&view, &name("order/1")).unwrap().unwrap();
    assert!(!found.ok, "{found:?}");
}

#[test]
fn a_lost_record_of_an_erasure_is_made_anew_from_its_event() {
    let desk = small();
    let store = desk.open();
    erase(&store, "order/1");
    store.close().unwrap();
    let before = records(&desk.open().keyspaces().unwrap());
    let keyspaces = desk.keyspaces();
    keyspaces.mt.remove(keys::erasure(&name("order/1"))).unwrap();
    keyspaces.db.persist(fjall::PersistMode::SyncAll).unwrap();
    drop(keyspaces);
    let line = |_: crate::domain::Event| String::new();
    let salvage = crate::store::Salvage { line: &line };
    repair(&desk.options(), RepairKind::Rebuild, &salvage, &|_, _| {}).unwrap();
    let store = desk.open();
    assert_eq!(state(&store, "order/1"), "{}");
    assert_clean(&store);
    let after = records(&store.keyspaces().unwrap());
    let erasure = keys::erasure(&name("order/1"));
    assert_eq!(after.get(&("mt", erasure.clone())), before.get(&("mt", erasure)));
}

/// As on a full disk: the key's file cannot be written. Who wants to read, or to make room, must not be locked out.
#[test]
fn a_store_opens_with_an_erasure_that_cannot_be_finished_yet() {
    let desk = small();
    let (traces, old) = (traces(&desk), desk.keys(None).load().unwrap());
    let store = desk.open();
    commit_erasure(&store, "order/1").unwrap();
    drop(store);
    let obstacle = desk.dot.join("keys/data_aes256.key.half");
    std::fs::create_dir(&obstacle).unwrap();
    for opening in 0..2 {
        let store = desk.open();
        let reason = store.unfinished().expect("the cleaning is due").to_owned();
        assert!(reason.starts_with("an erasure is not finished: "), "{reason}");
        assert_eq!(state(&store, "order/1"), "{}");
        assert_eq!(state(&store, "order/2"), format!(r#"{{"a":{}}}"#, 3 + opening));
        assert!(store.finish_erasure().is_err(), "it says done when it is");
        let change = merge("order/2", &format!(r#"{{"a":{}}}"#, 4 + opening));
        store.propose(checked(vec![change])).unwrap();
        assert!(store.view().unwrap().is_erasing().unwrap());
        assert_clean(&store);
        store.close().unwrap();
    }
    let exam = examine(&desk.options(), &|_, _| {}).unwrap();
    assert!(exam.checks.iter().any(|check| check.check == "erasure"), "{:?}", exam.checks);
    std::fs::remove_dir(&obstacle).unwrap();
    let store = desk.open();
    assert_eq!(store.unfinished(), None);
    store.propose(checked(vec![merge("order/2", r#"{"a":3}"#)])).unwrap();
    assert_eq!(all_events(&store).last().unwrap().body.note, None);
    store.close().unwrap();
    for (what, bytes) in &traces {
        assert_nowhere(&desk, bytes, what);
    }
    assert!(!masters(&desk).contains(&old.id()));
    assert!(holding(&desk.dot, old.id().as_bytes()).is_empty(), "something names the old key");
}

/// Without its list of tables, one that was out of force long ago is read too.
#[test]
fn a_key_that_an_old_table_still_has_is_destroyed_again() {
    let desk = small();
    let store = desk.open();
    flush(&store);
    let ky = store.keyspaces().unwrap().ky.id();
    let tables = desk.store().join(format!("keyspaces/{ky}/tables"));
    let old = std::fs::read_dir(&tables).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(old).unwrap();
    erase(&store, "order/1");
    store.close().unwrap();
    std::fs::write(tables.join("9999"), bytes).unwrap();
    std::fs::remove_file(desk.store().join(format!("keyspaces/{ky}/current"))).unwrap();
    let salvage = crate::store::Salvage { line: &|event| event.position.to_string() };
    repair(&desk.options(), RepairKind::Rebuild, &salvage, &|_, _| {}).unwrap();
    let store = desk.open();
    assert_eq!(state(&store, "order/1"), "{}");
    assert_eq!(state(&store, "order/2"), r#"{"a":3}"#);
    assert_clean(&store);
    let keyspaces = store.keyspaces().unwrap();
    assert_eq!(keyspaces.ky.get(keys::data_key(&name("order/1"))).unwrap(), None);
    assert!(keyspaces.ky.get(keys::data_key(&name("order/2"))).unwrap().is_some());
}
