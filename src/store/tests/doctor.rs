//! What the doctor makes of damage: the store as it was, or what is left of it, said exactly.

use super::desk::{Desk, content, copy_dir, fill, journal_end, merge, proposal, records};
use super::report::{forge, shop};
use super::sound::{all_events, assert_sound};
use super::tamper::tampered;
use crate::domain::{CommitNumber, Event, Position, Version};
use crate::store::keyspaces::Keyspaces;
use crate::store::{Salvage, Store, examine, keys, repair};
use crate::wire::{Health, RepairKind, Repaired};
use std::collections::BTreeMap;
use std::path::Path;

type Records = BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;

pub(super) fn everything(desk: &Desk) -> Records {
    let store = desk.open();
    records(&store.keyspaces().unwrap())
}

pub(super) fn offered(desk: &Desk) -> Vec<RepairKind> {
    let exam = examine(&desk.options(), &|_, _| {}).unwrap();
    exam.repairs.iter().map(|repair| repair.kind).collect()
}

/// The names of the checks that found something.
pub(super) fn complaints(desk: &Desk) -> Vec<String> {
    let exam = examine(&desk.options(), &|_, _| {}).unwrap();
    let bad = exam.checks.into_iter().filter(|check| check.status == Health::Fault);
    bad.map(|check| check.check).collect()
}

pub(super) fn loses(desk: &Desk) -> Vec<String> {
    let exam = examine(&desk.options(), &|_, _| {}).unwrap();
    exam.repairs.into_iter().flat_map(|repair| repair.loses).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "as the doctor calls it")]
fn line(event: Event) -> String {
    format!("{} {}", event.position, event.body.content)
}

#[track_caller]
pub(super) fn repaired(desk: &Desk, kind: RepairKind) -> Repaired {
    repair(&desk.options(), kind, &Salvage { line: &line }, &|_, _| {}).unwrap()
}

/// The lines that a repair saved.
pub(super) fn saved(repaired: &Repaired) -> Vec<String> {
    let path = repaired.kept.iter().find(|path| path.ends_with(".ndjson"));
    let text = path.map(|path| std::fs::read_to_string(path).unwrap()).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Nothing is left to complain about, and writing goes on.
#[track_caller]
pub(super) fn healthy(desk: &Desk, events: usize) {
    assert_eq!(complaints(desk), [""; 0]);
    assert_eq!(offered(desk), []);
    let store = desk.open();
    assert_eq!(all_events(&store).len(), events);
    assert!(store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
    store.propose(proposal(vec![merge("order/1", r#"{"number":1}"#)])).unwrap();
    store.close().unwrap();
    assert_eq!(all_events(&desk.open()).len(), events + 1);
}

type Change = fn(&Keyspaces);

#[test]
fn whatever_follows_from_the_log_is_made_anew_to_the_byte() {
    let good = everything(&shop());
    let changes: [(&str, Change); 10] = [
        ("a state", |it| forge::head(it, "order/1", |head| head.state.clear())),
        ("an archived flag", |it| forge::head(it, "customer/ada", |head| head.archived = false)),
        ("a snapshot", |it| {
            it.dx.insert(keys::snapshot(&forge::key("order/1"), Version(2)), "{}").unwrap();
        }),
        ("a place", |it| it.st.remove(keys::version(&forge::key("order/2"), Version(1))).unwrap()),
        ("a reference", |it| {
            let (target, source) = (forge::key("customer/bob"), forge::key("order/2"));
            it.ix.insert(keys::referrer(&target, &source, "/customer"), []).unwrap();
        }),
        ("the index of archived aggregates", |it| {
            it.ix.remove(keys::archived(&forge::key("customer/ada"))).unwrap();
        }),
        ("a tile", |it| it.tr.insert(keys::tile(0, 0), vec![7; 257 * 32]).unwrap()),
        ("the end", |it| it.dx.remove(keys::LAST).unwrap()),
        ("a record of a commit", |it| forge::commit(it, 3, |entry| entry.count = 9)),
        ("the types", |it| it.mt.insert(keys::type_name("order"), 1_u32.to_be_bytes()).unwrap()),
    ];
    for (what, change) in changes {
        println!("{what}");
        let desk = forge::forged(change);
        assert_eq!(offered(&desk), [RepairKind::Rebuild]);
        assert_eq!(loses(&desk), [""; 0]);
        repaired(&desk, RepairKind::Rebuild);
        assert!(everything(&desk) == good);
        assert!(desk.dot.join("salvage/store-1/keyspaces").is_dir());
        assert_eq!(complaints(&desk), [""; 0]);
    }
}

#[test]
fn files_that_are_missing_or_broken_beside_the_log() {
    let good = everything(&shop());
    let desk = shop();
    flushed(&desk);
    for id in 0..=8 {
        if id == 1 || id == 2 {
            continue; // the log, and the records beside it
        }
        for broken in [None, Some(b"no such thing".as_slice())] {
            println!("keyspace {id}");
            let copy = desk.copy();
            let current = copy.store().join(format!("keyspaces/{id}/current"));
            match broken {
                None => std::fs::remove_file(current).unwrap(),
                Some(bytes) => std::fs::write(current, bytes).unwrap(),
            }
            assert_eq!(complaints(&copy)[0], "keyspaces");
            assert_eq!(offered(&copy), [RepairKind::Rebuild]);
            repaired(&copy, RepairKind::Rebuild);
            assert!(everything(&copy) == good);
            assert_eq!(complaints(&copy), [""; 0]);
        }
    }
}

/// Everything in tables, and the journal empty.
pub(super) fn flushed(desk: &Desk) {
    let keyspaces = desk.keyspaces();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    crate::store::disk::close::flush(all, crate::store::open::FLUSH_WAIT).unwrap();
    drop(keyspaces);
    crate::store::disk::close::flush_and_truncate(&desk.store()).unwrap();
}

/// The only table of a keyspace.
pub(super) fn table(desk: &Desk, id: u64) -> std::path::PathBuf {
    let tables = desk.store().join(format!("keyspaces/{id}/tables"));
    std::fs::read_dir(tables).unwrap().next().unwrap().unwrap().path()
}

/// Changes a byte of the first block.
fn damage(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[60] ^= 0xff;
    std::fs::write(path, bytes).unwrap();
}

/// The message of the first commit is gone with the records beside the log, and so is the schema; the rest comes back.
#[test]
fn records_beside_the_log_that_cannot_be_read() {
    let desk = shop();
    flushed(&desk);
    damage(&table(&desk, 2));
    let store = desk.try_open().unwrap();
    assert!(store.read_only().is_some());
    assert_eq!(all_events(&store).len(), 7);
    let order = super::desk::name("order/1");
    let head = store.view().unwrap().head(&order).unwrap().expect("types are known by the events");
    assert_eq!(head.version, Version(3));
    assert!(!store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap().ok);
    store.close().unwrap();
    let complaints = complaints(&desk);
    assert!(complaints.contains(&"keyspaces".into()) && complaints.contains(&"schema".into()));
    let lost = loses(&desk);
    assert!(lost.contains(&"commit c1: its message".into()), "{lost:?}");
    repaired(&desk, RepairKind::Rebuild);
    assert_eq!(self::complaints(&desk), ["schema"], "none is in force, but events name one");
    let store = desk.open();
    let view = store.view().unwrap();
    assert_eq!(view.head(&order).unwrap().unwrap().state, head.state);
    assert_eq!(view.commit_message(CommitNumber(1)).unwrap(), None);
    let verdict = store.verify(2, true, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(verdict.ok, "a message that is known to be lost is no fault: {:?}", verdict.faults);
}

/// A journal of 30 batches, one event each, and where each batch ends.
fn journalled() -> (Desk, Vec<usize>) {
    let desk = Desk::new();
    let store = desk.open();
    let mut ends = Vec::new();
    for number in 0..30 {
        fill(&store, number..number + 1);
        ends.push(journal_end(&desk.journal()));
    }
    store.close().unwrap();
    (desk, ends)
}

fn poke(desk: &Desk, at: usize) {
    let mut journal = std::fs::read(desk.journal()).unwrap();
    journal[at] ^= 0x41;
    std::fs::write(desk.journal(), journal).unwrap();
}

#[test]
fn a_last_batch_that_is_not_what_was_written_is_kept_and_cut() {
    let (desk, ends) = journalled();
    poke(&desk, ends[29] - 100);
    let damaged = std::fs::read(desk.journal()).unwrap();
    assert_eq!(offered(&desk), [RepairKind::Cut]);
    let cut = repaired(&desk, RepairKind::Cut);
    assert_eq!(std::fs::read(&cut.kept[0]).unwrap(), damaged);
    healthy(&desk, 29);
}

#[test]
fn damage_in_the_middle_leaves_the_good_prefix_and_saves_the_rest() {
    let (desk, ends) = journalled();
    poke(&desk, ends[11] + 100);
    assert_eq!(offered(&desk), [RepairKind::Rebuild]);
    let lost = loses(&desk);
    assert_eq!(lost[0], "#13: cannot be read, and nothing says what it was");
    assert_eq!(lost[1], "#14 order/3@3: readable, is saved as a line to import");
    assert_eq!(lost[18], "commits c13 to c30 are not in the log any more");
    assert_eq!(lost.len(), 19);
    let rebuilt = repaired(&desk, RepairKind::Rebuild);
    let expected: Vec<String> =
        (14..=30).map(|position| format!("{position} {}", content(position - 1))).collect();
    assert_eq!(saved(&rebuilt), expected);
    healthy(&desk, 12);
    assert_sound(&desk.open());
}

/// The damaged batch is in tables too, as after a flush: nothing is lost.
#[test]
fn what_tables_hold_need_not_come_from_the_journal() {
    let (desk, ends) = journalled();
    let keyspaces = desk.keyspaces();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    crate::store::disk::close::flush(all, crate::store::open::FLUSH_WAIT).unwrap();
    drop(keyspaces);
    let good = desk.copy();
    poke(&desk, ends[11] + 100);
    assert_eq!(offered(&desk), [RepairKind::Rebuild]);
    assert_eq!(loses(&desk), [""; 0]);
    repaired(&desk, RepairKind::Rebuild);
    assert!(everything(&desk) == everything(&good));
    healthy(&desk, 30);
}

#[test]
fn an_event_that_is_gone_is_named_by_what_knew_it() {
    let desk = tampered(|keyspaces| keyspaces.ev.remove(keys::event(Position(7))).unwrap());
    let lost = loses(&desk);
    assert_eq!(lost[0], "#7 order/1@2: cannot be read");
    assert_eq!(lost.len(), 15);
    let rebuilt = repaired(&desk, RepairKind::Rebuild);
    assert_eq!(saved(&rebuilt).len(), 13);
    healthy(&desk, 6);
}

#[test]
fn an_event_that_was_changed_is_not_taken_over() {
    let desk = tampered(|keyspaces| {
        let mut parts = super::tamper::read(keyspaces, 7);
        let at = parts.body.windows(9).position(|window| window == b"the event").unwrap();
        parts.body[at] = b'T';
        super::tamper::write(keyspaces, 7, &parts);
    });
    assert_eq!(loses(&desk)[0], "#7 order/1@2: is not what was committed, is saved as it stands");
    assert_eq!(saved(&repaired(&desk, RepairKind::Rebuild)).len(), 14);
    healthy(&desk, 6);
}

#[test]
fn blocks_of_the_log_that_cannot_be_read() {
    let desk = Desk::filled(300);
    flushed(&desk);
    damage(&table(&desk, 1));
    assert_eq!(complaints(&desk)[0], "keyspaces");
    let offered = offered(&desk);
    assert_eq!(offered, [RepairKind::Accept], "nothing is left at the beginning");
    let lost = loses(&desk);
    assert_eq!(lost[0], "#1 order/0@1: cannot be read");
    let rebuilt = repaired(&desk, RepairKind::Accept);
    let saved = saved(&rebuilt);
    assert!(saved.len() > 200 && saved.len() < 300, "{} events", saved.len());
    healthy(&desk, 0);
}

#[test]
fn anchor_and_format_are_written_anew() {
    let foreign = Desk::new();
    let cases: [Option<Vec<u8>>; 3] =
        [None, Some(vec![0; 4224]), Some(std::fs::read(foreign.dot.join("ANCHOR")).unwrap())];
    for anchor in cases {
        let desk = Desk::filled(10);
        match anchor {
            Some(bytes) => std::fs::write(desk.dot.join("ANCHOR"), bytes).unwrap(),
            None => std::fs::remove_file(desk.dot.join("ANCHOR")).unwrap(),
        }
        assert_eq!(offered(&desk), [RepairKind::Anchor]);
        repaired(&desk, RepairKind::Anchor);
        healthy(&desk, 10);
    }
    let desk = Desk::filled(10);
    let format = std::fs::read_to_string(desk.dot.join("FORMAT")).unwrap();
    let identity = |text: &str| {
        let kept = |line: &&str| line.starts_with("store=") || line.starts_with("keyspace.");
        text.lines().filter(kept).map(str::to_owned).collect::<Vec<_>>()
    };
    for broken in [None, Some("dbx-format=1\n")] {
        match broken {
            Some(text) => std::fs::write(desk.dot.join("FORMAT"), text).unwrap(),
            None => std::fs::remove_file(desk.dot.join("FORMAT")).unwrap(),
        }
        assert_eq!(offered(&desk), [RepairKind::Format]);
        repaired(&desk, RepairKind::Format);
        let written = std::fs::read_to_string(desk.dot.join("FORMAT")).unwrap();
        assert_eq!(identity(&written), identity(&format));
    }
    healthy(&desk, 10);
}

#[test]
fn another_log_than_before_is_taken_only_when_it_is_accepted() {
    let desk = Desk::filled(10);
    let older = desk.copy();
    let store = desk.open();
    fill(&store, 10..15);
    store.close().unwrap();
    std::fs::copy(desk.dot.join("ANCHOR"), older.dot.join("ANCHOR")).unwrap();
    assert_eq!(offered(&older), [RepairKind::Accept]);
    assert_eq!(loses(&older), ["#11 to #15: they were there when the store was last closed"]);
    let refused =
        repair(&older.options(), RepairKind::Rebuild, &Salvage { line: &line }, &|_, _| {});
    assert!(refused.is_err(), "only what is offered");
    repaired(&older, RepairKind::Accept);
    healthy(&older, 10);
    // As long as it was, whole, and another history.
    let history = Desk::new();
    history.clock.set(super::desk::NOON + 1);
    let store = history.open();
    fill(&store, 0..15);
    store.close().unwrap();
    std::fs::remove_dir_all(desk.store()).unwrap();
    copy_dir(&history.store(), &desk.store());
    assert_eq!(offered(&desk), [RepairKind::Accept]);
    repaired(&desk, RepairKind::Accept);
    healthy(&desk, 15);
}

#[test]
fn what_cannot_be_repaired_is_said_and_left() {
    let desk = Desk::filled(300);
    flushed(&desk);
    let table = table(&desk, 1);
    std::fs::write(table, b"nothing of it").unwrap();
    assert!(complaints(&desk).contains(&"keyspaces".to_owned()));
    assert_eq!(offered(&desk), []);
    std::fs::remove_dir_all(desk.store()).unwrap();
    assert_eq!((complaints(&desk), offered(&desk)), (vec!["keyspaces".to_owned()], vec![]));
}

/// The engine's own mark of its format: short of it, nothing can be opened as it lies there.
#[test]
fn a_mark_of_the_engine_that_is_cut_is_damage() {
    let good = everything(&shop());
    let desk = shop();
    std::fs::write(desk.store().join("version"), b"FJ").unwrap();
    let store = desk.try_open().unwrap();
    assert!(store.read_only().is_some());
    assert_eq!(all_events(&store).len(), 7);
    store.close().unwrap();
    assert_eq!(complaints(&desk)[0], "keyspaces");
    repaired(&desk, RepairKind::Rebuild);
    assert!(everything(&desk) == good);
    assert_eq!(complaints(&desk), [""; 0]);
}

#[test]
fn an_examination_changes_nothing() {
    let (desk, ends) = journalled();
    poke(&desk, ends[11] + 100);
    let store = desk.store();
    let before = files(&store);
    offered(&desk);
    assert!(files(&store) == before);
    assert!(!desk.dot.join("salvage/view").exists());
    let held = Desk::filled(1);
    let _open: Store = held.open();
    let exam = examine(&held.options(), &|_, _| {}).unwrap();
    assert!(exam.locked && exam.checks[0].message.contains("dbx test"), "{:?}", exam.checks);
}

fn files(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}
