//! The index of archived aggregates: it says what the heads say, whatever is written, also in a store that had none.

use super::desk::{Desk, event, merge, name, proposal, together};
use super::doctor::{flushed, repaired, table};
use super::fixture;
use super::report::report;
use super::sound::assert_sound;
use crate::domain::Kind;
use crate::store::format::End;
use crate::store::keys::{self, AggregateBytes};
use crate::store::keyspaces::Keyspaces;
use crate::store::{ArchivedBy, Expected, Store, verify_aggregate};
use crate::wire::RepairKind;

fn key(id: &str) -> AggregateBytes {
    AggregateBytes::new(1, &name(&format!("order/{id}")).id)
}

fn change(store: &Store, kind: Kind, ids: &[&str]) {
    let one = |id: &&str| event(&format!("order/{id}"), kind, "{}", Expected::Present);
    store.propose(proposal(ids.iter().map(one).collect())).unwrap();
}

/// How many the end of the log says there are, and those that the index has.
fn indexed(store: &Store) -> (Option<u64>, Vec<&'static str>) {
    let view = store.view().unwrap();
    let has = ["1", "2", "3"].into_iter().filter(|id| view.has_archived(&key(id)).unwrap());
    let has: Vec<_> = has.collect();
    assert_eq!(view.archived_keys().count(), has.len(), "there are no others");
    (view.end().unwrap().archived, has)
}

/// By what it is known who is archived, and who is.
fn archived(store: &Store) -> (ArchivedBy, Vec<&'static str>) {
    let view = store.view().unwrap();
    let by = view.archived_by().unwrap();
    let is =
        |id: &&str| view.is_archived(by, Some(&key(id)), &name(&format!("order/{id}"))).unwrap();
    (by, ["1", "2", "3"].into_iter().filter(is).collect())
}

/// Three orders, two of which are archived.
fn two_of_three(desk: &Desk) -> Store {
    let store = desk.open();
    let orders = ["1", "2", "3"].map(|id| merge(&format!("order/{id}"), r#"{"n":1}"#));
    store.propose(proposal(orders.into())).unwrap();
    change(&store, Kind::Archive, &["1", "3"]);
    store
}

fn end(keyspaces: &Keyspaces, change: impl FnOnce(&mut End)) {
    let mut end = End::decode(&keyspaces.dx.get(keys::LAST).unwrap().unwrap()).unwrap();
    change(&mut end);
    keyspaces.dx.insert(keys::LAST, end.encode()).unwrap();
}

/// The same of a version that keeps no index, with what is there of an attempt to make it and after a change.
fn of_before(stale: &[&str], change: impl FnOnce(&Keyspaces)) -> Desk {
    let desk = Desk::new();
    two_of_three(&desk).close().unwrap();
    let keyspaces = desk.keyspaces();
    for id in ["1", "2", "3"] {
        keyspaces.ix.remove(keys::archived(&key(id))).unwrap();
    }
    for id in stale {
        keyspaces.ix.insert(keys::archived(&key(id)), []).unwrap();
    }
    end(&keyspaces, |end| end.archived = None);
    change(&keyspaces);
    desk
}

#[test]
fn it_follows_what_is_archived_restored_and_erased() {
    let desk = Desk::new();
    assert_eq!(indexed(&desk.open()), (Some(0), vec![]), "nothing is in it from the beginning");
    assert_eq!(archived(&desk.open()), (ArchivedBy::Nothing, vec![]));
    let store = two_of_three(&desk);
    assert_eq!(indexed(&store), (Some(2), vec!["1", "3"]));
    assert_eq!(archived(&store), (ArchivedBy::Index, vec!["1", "3"]));
    let archive = |id: &str| event(&format!("order/{id}"), Kind::Archive, "{}", Expected::Present);
    let mut trial = proposal(vec![archive("2")]);
    trial.dry_run = true;
    store.propose(trial).unwrap();
    store.propose(proposal(vec![archive("2"), archive("1")])).unwrap_err();
    assert_eq!(indexed(&store), (Some(2), vec!["1", "3"]), "nothing was archived");
    change(&store, Kind::Restore, &["3"]);
    change(&store, Kind::Merge, &["3"]);
    assert_eq!(indexed(&store), (Some(1), vec!["1"]));
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(indexed(&store), (Some(1), vec!["1"]), "it was on disk");
    let there_and_back = [Kind::Restore, Kind::Archive, Kind::Restore]
        .map(|kind| event("order/1", kind, "{}", Expected::Present));
    store.propose(proposal(there_and_back.into())).unwrap();
    assert_eq!(indexed(&store), (Some(0), vec![]), "what is done and undone at once");
    let of_one_batch = [Kind::Archive, Kind::Restore, Kind::Archive].map(|kind| {
        proposal(
            ["2", "3"].map(|id| event(&format!("order/{id}"), kind, "{}", Expected::Any)).into(),
        )
    });
    assert!(together(&store, of_one_batch.into()).iter().all(Result::is_ok));
    assert_eq!(indexed(&store), (Some(2), vec!["2", "3"]));
    assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
}

#[test]
fn an_erased_aggregate_is_archived_for_ever() {
    let desk = Desk::sealed();
    let store = two_of_three(&desk);
    change(&store, Kind::Erase, &["2", "3"]);
    assert_eq!(indexed(&store), (Some(3), vec!["1", "2", "3"]));
    assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
}

#[test]
fn a_store_without_it_gets_it_with_its_first_write() {
    let desk = of_before(&["2"], |_| {});
    let store = desk.open();
    assert_eq!(
        archived(&store),
        (ArchivedBy::Heads, vec!["1", "3"]),
        "what is left is not believed"
    );
    assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok, "nothing is wrong with it");
    change(&store, Kind::Restore, &["3"]);
    assert_eq!(indexed(&store), (Some(1), vec!["1"]), "with what that write changed");
    assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
    store.close().unwrap();
    assert_eq!(indexed(&desk.open()), (Some(1), vec!["1"]));
}

#[test]
fn the_first_store_of_format_1_gets_it() {
    let desk = fixture::copy();
    let store = desk.open();
    assert_eq!(store.view().unwrap().archived_by().unwrap(), ArchivedBy::Heads);
    store.propose(proposal(vec![merge("order/1", "{}")])).unwrap();
    assert_eq!(archived(&store), (ArchivedBy::Nothing, vec![]));
    assert_sound(&store);
}

/// A damaged head is not what keeps an old store from being written to, and nothing is believed that rests on it.
#[test]
fn a_head_that_cannot_be_read_leaves_the_store_without() {
    let desk = of_before(&[], |it| it.ag.insert(key("2").as_bytes(), b"no head").unwrap());
    let store = desk.open();
    change(&store, Kind::Restore, &["3"]);
    change(&store, Kind::Archive, &["3"]);
    assert_eq!(store.view().unwrap().archived_by().unwrap(), ArchivedBy::Heads);
    store.close().unwrap();
    repaired(&desk, RepairKind::Rebuild);
    assert_eq!(indexed(&desk.open()), (Some(2), vec!["1", "3"]));
}

#[test]
fn a_store_that_takes_no_writes_is_read_by_its_heads() {
    let desk = Desk::new();
    two_of_three(&desk).close().unwrap();
    let keyspaces = desk.keyspaces();
    end(&keyspaces, |end| end.commit = crate::domain::CommitNumber(9));
    drop(keyspaces);
    let store = desk.try_open().unwrap();
    assert!(store.read_only().is_some());
    assert_eq!(archived(&store), (ArchivedBy::Heads, vec!["1", "3"]));
}

#[test]
fn verification_says_what_is_wrong_with_it_and_a_repair_makes_it_anew() {
    let wrong = |forge: &dyn Fn(&Keyspaces)| {
        let desk = Desk::new();
        two_of_three(&desk).close().unwrap();
        forge(&desk.keyspaces());
        let told = report(&desk);
        repaired(&desk, RepairKind::Rebuild);
        let store = desk.open();
        assert_eq!(indexed(&store), (Some(2), vec!["1", "3"]));
        assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
        told
    };
    let lacks = wrong(&|it| it.ix.remove(keys::archived(&key("3"))).unwrap());
    insta::assert_snapshot!(lacks, @r#"
    archived: #5 order/3@2 the index of archived aggregates lacks it, the head says that it is archived
    good up to c1 (#4); anchor #5 true; dbx changed nothing
    "#);
    let has = wrong(&|it| it.ix.insert(keys::archived(&key("2")), []).unwrap());
    insta::assert_snapshot!(has, @r#"
    archived: #2 order/2@1 the index of archived aggregates has it, the head says that it is active
    good up to c0 (#1); anchor #5 true; dbx changed nothing
    "#);
    let stray = wrong(&|it| it.ix.insert(keys::archived(&key("9")), []).unwrap());
    insta::assert_snapshot!(stray, @r#"
    archived: archived aggregates: 2 by their heads, 3 in the index, 2 by the end of the log
    good up to c2 (#5); anchor #5 true; dbx changed nothing
    "#);
    let count = wrong(&|it| end(it, |end| end.archived = Some(0)));
    insta::assert_snapshot!(count, @r#"
    archived: archived aggregates: 2 by their heads, 2 in the index, 0 by the end of the log
    good up to c2 (#5); anchor #5 true; dbx changed nothing
    "#);
}

/// What readers look keys up by may be damaged where the keys are not: what fails a reader is a fault.
#[test]
fn no_damage_to_its_table_is_passed_over_by_verification() {
    let desk = Desk::new();
    let store = desk.open();
    let orders = 0..4200_u32;
    for kind in [Kind::Merge, Kind::Archive] {
        for start in orders.clone().step_by(600) {
            let one = |id| event(&format!("order/{id}"), kind, "{}", Expected::Any);
            store.propose(proposal((start..start + 600).map(one).collect())).unwrap();
        }
    }
    store.close().unwrap();
    flushed(&desk);
    // What a new table is looked up by is read when it is opened, that of an old one when it is asked.
    desk.keyspaces().ix.major_compact().unwrap();
    let bytes = std::fs::read(table(&desk, 6)).unwrap();
    let mut failed = 0;
    for step in 1..16 {
        let mut flipped = bytes.clone();
        flipped[bytes.len() * step / 16] ^= 4;
        let copy = desk.copy();
        std::fs::write(table(&copy, 6), flipped).unwrap();
        let store = copy.try_open().unwrap();
        let view = store.view().unwrap();
        let by = view.archived_by().unwrap();
        let reads = orders.clone().all(|id| {
            let is = view.is_archived(by, Some(&key(&id.to_string())), &name("order/0"));
            is.as_ref().is_ok_and(|is| *is)
                || is.is_err_and(|error| {
                    assert!(error.is_damage(), "{error}");
                    false
                })
        });
        let verified = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok;
        assert!(reads || !verified, "verification has nothing to say at step {step}");
        println!("step {step}: {by:?}, reads {reads}, verified {verified}");
        failed += u32::from(!reads);
    }
    assert!(failed > 3, "{failed}");
}

/// A head that is missing is no aggregate that is active.
#[test]
fn without_a_head_nobody_knows_whether_it_is_archived() {
    let desk = of_before(&[], |it| it.ag.remove(key("3").as_bytes()).unwrap());
    let view = desk.open().view().unwrap();
    let is = |key: Option<&AggregateBytes>| {
        view.is_archived(ArchivedBy::Heads, key, &name("order/3")).unwrap_err()
    };
    for error in [is(Some(&key("3"))), is(None)] {
        assert!(error.is_damage());
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"`order/3` has events and no head, so that nobody knows whether it is archived");
        }
    }
}

/// That an aggregate is archived is in headers, which are never sealed.
#[test]
fn without_the_key_it_is_verified_all_the_same() {
    let desk = Desk::sealed();
    two_of_three(&desk).close().unwrap();
    std::fs::remove_file(desk.keys(None).path()).unwrap();
    let store = desk.open();
    let whole = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(whole.ok && whole.states_left_out.is_some(), "{:?}", whole.faults);
    store.close().unwrap();
    let keyspaces = desk.keyspaces();
    keyspaces.ix.remove(keys::archived(&key("3"))).unwrap();
    keyspaces.ix.insert(keys::archived(&key("2")), []).unwrap();
    drop(keyspaces);
    let view = desk.open().view().unwrap();
    let said = |id: &str| {
        let verdict = verify_aggregate(&view, &name(&format!("order/{id}"))).unwrap().unwrap();
        verdict.faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>()
    };
    assert_eq!(said("1"), [""; 0]);
    assert_eq!(
        said("2"),
        ["the index of archived aggregates has it, the head says that it is active"]
    );
    assert_eq!(
        said("3"),
        ["the index of archived aggregates lacks it, the head says that it is archived"]
    );
}
