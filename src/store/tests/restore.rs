//! What is restored, and over what.

use super::backup::{assert_same, backed_up, frames, joined, read, restored, store_other};
use super::desk::{Desk, NOON, fill, records};
use super::sound::assert_sound;
use crate::domain::Position;
use crate::store::backup::{BackupSummary, check_chain};
use crate::store::format::BackupHeader;
use crate::store::{BackupError, Store};

/// What is in `.dbx/` but for the lock.
fn names(desk: &Desk) -> Vec<String> {
    let entries = std::fs::read_dir(&desk.dot).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "lock");
    names.sort();
    names
}

#[test]
fn an_increment_of_another_history_is_neither_made_nor_restored() {
    let desk = Desk::filled(4);
    let store = desk.open();
    let (whole, base) = backed_up(&store, None);
    store.close().unwrap();
    let rewritten = desk.copy();
    let (one, other) = (desk.open(), rewritten.open());
    fill(&one, 4..9);
    store_other(&other, 5);
    let (more, middle) = backed_up(&one, Some(&base));
    let (_, forked) = backed_up(&other, Some(&base));
    fill(&one, 9..12);
    store_other(&other, 3);
    let (last, _) = backed_up(&one, Some(&middle));
    let (alien, _) = backed_up(&other, Some(&forked));

    // Made.
    let refused = |store: &Store, base: &BackupSummary| {
        let mut sink = Vec::new();
        let error = store.backup(Some(base), &mut sink, &mut |_, _| true).unwrap_err();
        assert!(sink.is_empty());
        error
    };
    let error = refused(&other, &middle);
    assert!(error.is_damage() && error.to_string().ends_with("they were rewritten"), "{error}");
    let short = Desk::filled(1).open();
    assert!(matches!(refused(&short, &base), BackupError::OtherStore(_)));
    let back = desk.copy();
    drop(one);
    drop(other);
    restored(&back, &[&whole], true).unwrap();
    let error = refused(&back.open(), &middle).to_string();
    insta::assert_snapshot!(error, @"the earlier backup ends at #9, and this log at #4: it was rolled back or cut");

    // Restored.
    let empty = Desk::new();
    let refused = |backups: &[&[u8]]| restored(&empty, backups, false).unwrap_err().to_string();
    insta::assert_snapshot!(refused(&[&more]), @"`1.dbxb` holds only what came after #4: the backup that ended there goes before it");
    insta::assert_snapshot!(refused(&[&whole, &last]), @"`2.dbxb` goes on after #9, and `1.dbxb` ends at #4: one between them is missing, or the order is wrong");
    insta::assert_snapshot!(refused(&[&whole, &last, &more]), @"`2.dbxb` goes on after #9, and `1.dbxb` ends at #4: one between them is missing, or the order is wrong");
    insta::assert_snapshot!(refused(&[&whole, &whole]), @"`2.dbxb` is a whole backup and cannot follow `1.dbxb`");
    let other = refused(&[&whole, &more, &alien]);
    assert!(other.ends_with("the log was rewritten between them"), "{other}");
    let mut broken = more.clone();
    let at = broken.len() / 2;
    broken[at] ^= 1;
    let damaged = refused(&[&whole, &broken]);
    assert!(damaged.starts_with("`2.dbxb`: the backup is damaged at byte "), "{damaged}");
    insta::assert_snapshot!(refused(&[]), @"there is no backup to restore");
    let stranger = backed_up(&Desk::filled(4).open(), None).1;
    let header = read(&more).unwrap().header;
    let error = check_chain(Some(("a", &stranger)), ("b", &header)).unwrap_err();
    insta::assert_snapshot!(error, @"`a` and `b` are of different stores");

    // None of that left anything behind.
    assert_eq!(names(&empty), ["ANCHOR", "FORMAT", "store"]);
    assert!(assert_sound(&empty.open()).is_empty());
    let done = restored(&empty, &[&whole, &more, &last], false).unwrap();
    assert_eq!(done.position, Position(12));
    assert_eq!(assert_sound(&empty.open()).len(), 5);
}

#[test]
fn only_a_store_that_holds_nothing_is_restored_into_without_force() {
    let source = Desk::filled(6);
    let (bytes, _) = backed_up(&source.open(), None);
    let refused = |desk: &Desk| restored(desk, &[&bytes], false).unwrap_err().to_string();
    let full = Desk::filled(2);
    let before = records(&full.open().keyspaces().unwrap());
    insta::assert_snapshot!(refused(&full), @"the store has 2 events already");
    assert_eq!(records(&full.open().keyspaces().unwrap()), before);
    // Events that only the journal and not ANCHOR knows of: as after a kill.
    let killed = Desk::new();
    let store = killed.open();
    fill(&store, 0..1);
    let killed = killed.copy();
    drop(store);
    insta::assert_snapshot!(refused(&killed), @"the store has 1 event already");
    let schema = Desk::new();
    let store = schema.open();
    let compiled = crate::schema::compile("aggregate a {\n  event b {}\n}\n").schema.unwrap();
    store
        .apply_schema("aggregate a {\n  event b {}\n}\n".into(), compiled, super::desk::actor())
        .unwrap();
    store.close().unwrap();
    insta::assert_snapshot!(refused(&schema), @"the store has an applied schema");
    let damaged = Desk::filled(3);
    std::fs::write(damaged.dot.join("FORMAT"), "dbx-format=1\nnothing").unwrap();
    insta::assert_snapshot!(refused(&damaged), @"the store has events already, or is damaged");
    for desk in [&full, &killed, &schema, &damaged] {
        desk.clock.set(NOON + 1);
        restored(desk, &[&bytes], true).unwrap();
        assert_eq!(assert_sound(&desk.open()).len(), 5);
        assert_eq!(names(desk), ["ANCHOR", "FORMAT", "store"]);
        assert_eq!(desk.open().uuid(), source.open().uuid());
    }
    let held = full.open();
    let error = restored(&full, &[&bytes], true).unwrap_err();
    assert!(error.to_string().starts_with("the store is in use"), "{error}");
    drop(held);
}

#[test]
fn an_empty_store_goes_out_and_in_again() {
    let desk = Desk::new();
    let (bytes, made) = backed_up(&desk.open(), None);
    assert_eq!(made.trailer.position, Position(0));
    let target = Desk::bare();
    restored(&target, &[&bytes], false).unwrap();
    let store = target.open();
    assert_same(&store, &desk.open());
    fill(&store, 0..5);
    let (more, _) = backed_up(&store, Some(&made));
    store.close().unwrap();
    restored(&target, &[&bytes, &more], true).unwrap();
    assert_eq!(assert_sound(&target.open()).len(), 5);
}

#[test]
fn a_store_that_needs_what_this_version_does_not_know_is_not_restored() {
    let store = Desk::filled(3).open();
    let (bytes, made) = backed_up(&store, None);
    let mut all = frames(&bytes);
    let header = BackupHeader { features: vec!["time-travel".into()], ..made.header };
    all[0].1 = BackupHeader { written_by: "7.1.0".into(), ..header }.encode();
    let newer = joined(&bytes, &all);
    read(&newer).unwrap();
    let target = Desk::new();
    let error = restored(&target, &[&newer], false).unwrap_err();
    insta::assert_snapshot!(error, @"the store needs `time-travel`, which this dbx does not know: install dbx 7.1.0 or later");
    restored(&target, &[&bytes], false).unwrap();
}
