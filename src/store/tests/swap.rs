//! A process that is killed anywhere in a swap leaves the old store or the new one.

use super::desk::{Desk, copy_dir, records};
use super::sound::assert_sound;
use crate::store::disk::Format;
use crate::store::swap::Replacement;
use crate::store::writer::rebuild;
use crate::store::{Store, open};
use std::path::Path;

/// The store of a desk with four events, whose replacement, with nine, is built and not decided on.
fn building(desk: &Desk) -> Replacement {
    let source = Desk::filled(9);
    let made = Replacement::begin(&desk.options()).unwrap();
    let (from, to) = (source.keyspaces(), made.keyspaces().unwrap().clone());
    for ((name, key), value) in records(&from) {
        match name {
            "ev" => to.ev.insert(key, value).unwrap(),
            "mt" => to.mt.insert(key, value).unwrap(),
            _ => {}
        }
    }
    made
}

fn decided(desk: &Desk) -> Replacement {
    let mut made = building(desk);
    let end = rebuild(made.keyspaces().unwrap(), &|_, _| {}).unwrap();
    let now = desk.options().clock.now();
    made.decide(Format::new(uuid::Uuid::from_bytes([9; 16]), now), &end, now).unwrap();
    made
}

fn rename(desk: &Desk, from: &str, to: &str) {
    std::fs::rename(desk.dot.join(from), desk.dot.join(to)).unwrap();
}

/// Opens the desk's store, which must hold so many events and have nothing beside it.
#[track_caller]
fn assert_holds(desk: &Desk, events: u64) {
    let store: Store = desk.open();
    assert_eq!(store.view().unwrap().last_position().unwrap().get(), events);
    assert_sound(&store);
    let new = store.uuid() == uuid::Uuid::from_bytes([9; 16]);
    assert_eq!(new, events == 9);
    store.close().unwrap();
    for name in ["next", "next.new", "store.next", "store.before"] {
        assert!(!desk.dot.join(name).exists(), "{name}");
    }
}

#[test]
fn before_it_is_decided_the_old_store_stays() {
    let desk = Desk::filled(4);
    let made = building(&desk);
    assert!(desk.dot.join("store.next").exists());
    let killed = desk.copy();
    assert_holds(&killed, 4);
    drop(made);
    assert!(!desk.dot.join("store.next").exists(), "nothing stays of what was given up");
    assert_holds(&desk, 4);

    // FORMAT and ANCHOR of the new store are written, and it is not said yet that they count.
    let desk = Desk::filled(4);
    let made = decided(&desk);
    rename(&desk, "next", "next.new");
    drop(made);
    for without in [None, Some("FORMAT"), Some("ANCHOR")] {
        let killed = desk.copy();
        if let Some(name) = without {
            std::fs::remove_file(killed.dot.join("next.new").join(name)).unwrap();
        }
        assert_holds(&killed, 4);
    }
}

#[test]
fn once_it_is_decided_every_step_is_finished() {
    let desk = Desk::filled(4);
    drop(decided(&desk));
    let steps: [(&str, &str); 4] = [
        ("store", "store.before"),
        ("store.next", "store"),
        ("next/FORMAT", "FORMAT"),
        ("next/ANCHOR", "ANCHOR"),
    ];
    for done in 0..=steps.len() {
        let killed = desk.copy();
        for (from, to) in &steps[..done] {
            rename(&killed, from, to);
        }
        assert_holds(&killed, 9);
        // A swap that nobody finished is not in the way of the next one.
        drop(decided(&killed));
        assert_holds(&killed, 9);
    }
    let killed = desk.copy();
    for (from, to) in steps {
        rename(&killed, from, to);
    }
    std::fs::remove_dir(killed.dot.join("next")).unwrap();
    assert!(killed.dot.join("store.before").exists());
    assert_holds(&killed, 9);
    // The folder goes after the files in it: one that is half gone is removed too.
    let killed = desk.copy();
    drop(open::open(&killed.options()).map(drop));
    copy_dir(&desk.store(), &killed.dot.join("store.before"));
    std::fs::remove_dir_all(killed.dot.join("store.before/keyspaces")).unwrap();
    assert_holds(&killed, 9);
}

#[test]
fn without_an_old_store_there_is_only_the_new_one() {
    let desk = Desk::bare();
    drop(decided(&desk));
    assert!(!Path::new(&desk.store()).exists());
    assert_holds(&desk, 9);
}

#[test]
fn what_is_in_the_way_of_a_swap_costs_neither_store() {
    let desk = Desk::filled(4);
    drop(decided(&desk));
    rename(&desk, "store", "store.before");
    std::fs::write(desk.dot.join("store"), "in the way").unwrap();
    for _ in 0..2 {
        assert!(desk.try_open().is_err());
        let old = desk.copy();
        std::fs::remove_dir_all(old.dot.join("next")).unwrap();
        std::fs::remove_file(old.dot.join("store")).unwrap();
        rename(&old, "store.before", "store");
        assert_holds(&old, 4);
    }
    std::fs::remove_file(desk.dot.join("store")).unwrap();
    assert_holds(&desk, 9);
}
