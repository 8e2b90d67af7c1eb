//! Tables that the storage engine cannot open: everything in them that can be read comes back, and the rest has a name.

use super::desk::{Desk, content, fill, merge, proposal};
use super::doctor::{complaints, everything, flushed, healthy, loses, offered, repaired, saved};
use super::sound::{all_events, assert_sound};
use crate::wire::RepairKind;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The events of each table of the log, and those that only the journal has.
const TABLES: u64 = 3;
const EACH: u64 = 100;
const JOURNAL: u64 = 10;
const EVENTS: u64 = TABLES * EACH + JOURNAL;

/// Three tables in every keyspace, and a journal.
fn shelf() -> Desk {
    let desk = Desk::new();
    for table in 0..TABLES {
        let store = desk.open();
        fill(&store, table * EACH..(table + 1) * EACH);
        store.close().unwrap();
        flushed(&desk);
    }
    let store = desk.open();
    fill(&store, TABLES * EACH..EVENTS);
    store.close().unwrap();
    assert_eq!(tables(&desk, LOG).len(), 3);
    desk
}

const LOG: u64 = 1;
pub(super) const RECORDS: u64 = 2;

/// The tables of a keyspace, oldest first.
pub(super) fn tables(desk: &Desk, id: u64) -> Vec<PathBuf> {
    let folder = desk.store().join(format!("keyspaces/{id}/tables"));
    let mut found: Vec<(u64, PathBuf)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().parse().unwrap(), path))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn manifest(desk: &Desk, id: u64) -> PathBuf {
    let folder = desk.store().join(format!("keyspaces/{id}"));
    let current = std::fs::read(folder.join("current")).unwrap();
    folder.join(format!("v{}", u64::from_le_bytes(current[..8].try_into().unwrap())))
}

pub(super) fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    let before = bytes.clone();
    change(&mut bytes);
    assert!(bytes != before);
    std::fs::write(path, bytes).unwrap();
}

/// The positions in lines of lost or saved events.
fn positions<'l>(lines: impl IntoIterator<Item = &'l String>) -> BTreeSet<u64> {
    let number = |line: &'l String| {
        line.trim_start_matches('#').split([' ', ':']).next().unwrap().parse().ok()
    };
    lines.into_iter().filter_map(number).collect()
}

/// The positions that the doctor says are lost for good, and those that it saves.
fn lost(desk: &Desk) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let lost = crate::store::doctor::lost(&desk.options()).unwrap();
    (lost.gone.iter().map(|one| one.0).collect(), lost.saved().into_iter().collect())
}

/// Whatever is done to the middle one of the log's tables.
type Damage = (&'static str, fn(&Path));

const HARMLESS: [Damage; 6] = [
    ("a byte of the trailer", |table| change(table, |bytes| flip(bytes, 38))),
    ("the checksum of the table of contents", |table| change(table, |bytes| flip(bytes, 30))),
    ("the place of the table of contents", |table| change(table, |bytes| flip(bytes, 10))),
    ("the count of sections, which fjall would believe", |table| {
        change(table, |bytes| {
            let toc = bytes.windows(4).rposition(|four| four == b"TOC!").unwrap();
            bytes[toc + 7] = 0xff;
        });
    }),
    ("the trailer cut off", |table| change(table, |bytes| bytes.truncate(bytes.len() - 20))),
    ("the last kilobyte zeroed", |table| {
        change(table, |bytes| {
            let from = bytes.len() - 600;
            bytes[from..].fill(0);
        });
    }),
];

/// Flips a bit so many bytes before the end.
fn flip(bytes: &mut [u8], back: usize) {
    let at = bytes.len() - back;
    bytes[at] ^= 0x80;
}

/// Where the data is whole, nothing is lost, whatever became of what describes it.
#[test]
fn a_table_whose_end_is_damaged_gives_everything_back() {
    let desk = shelf();
    let good = everything(&desk);
    for (what, damage) in HARMLESS {
        println!("{what}");
        let copy = desk.copy();
        damage(&tables(&copy, LOG)[1]);
        assert!(copy.try_open().is_err());
        assert_eq!(complaints(&copy)[0], "keyspaces");
        assert_eq!((offered(&copy), loses(&copy)), (vec![RepairKind::Rebuild], Vec::new()));
        let done = repaired(&copy, RepairKind::Rebuild);
        assert_eq!(saved(&done), [""; 0]);
        assert!(everything(&copy) == good);
        assert_eq!(complaints(&copy), [""; 0]);
    }
}

/// Whatever is done to the list of tables of a keyspace.
type Change = fn(&Desk, u64);

#[test]
fn a_list_of_tables_that_is_damaged_or_lost_costs_nothing() {
    let desk = shelf();
    let good = everything(&desk);
    let cases: [(&str, Change); 7] = [
        ("current is missing", |desk, id| {
            std::fs::remove_file(desk.store().join(format!("keyspaces/{id}/current"))).unwrap();
        }),
        ("current is empty", |desk, id| {
            std::fs::write(desk.store().join(format!("keyspaces/{id}/current")), b"").unwrap();
        }),
        ("current names another", |desk, id| {
            change(&desk.store().join(format!("keyspaces/{id}/current")), |bytes| bytes[0] ^= 0x40);
        }),
        ("the list is missing", |desk, id| std::fs::remove_file(manifest(desk, id)).unwrap()),
        ("the list is garbage", |desk, id| std::fs::write(manifest(desk, id), b"garbage").unwrap()),
        ("the list says something else", |desk, id| {
            // Where fjall checks nothing: it would panic at some of it.
            change(&manifest(desk, id), |bytes| {
                bytes[..100].fill(0x11);
            });
        }),
        ("the list ends elsewhere", |desk, id| {
            change(&manifest(desk, id), |bytes| bytes.truncate(bytes.len() / 2));
        }),
    ];
    for id in [LOG, RECORDS] {
        for (what, damage) in cases {
            println!("{id}: {what}");
            let copy = desk.copy();
            damage(&copy, id);
            assert_eq!(complaints(&copy)[0], "keyspaces");
            assert_eq!(offered(&copy), [RepairKind::Rebuild]);
            let lost = loses(&copy);
            assert!(lost.iter().all(|line| line.contains("may be back")), "{lost:?}");
            assert_eq!(lost.len(), usize::from(id == RECORDS));
            repaired(&copy, RepairKind::Rebuild);
            assert!(everything(&copy) == good);
            assert_eq!(complaints(&copy), [""; 0]);
        }
    }
}

/// Damage to the data of the middle table: what is before it stays, what is behind it is saved, and what is gone is named.
#[test]
fn what_cannot_be_read_has_a_name_and_the_rest_comes_back() {
    let desk = shelf();
    let events = all_events(&desk.open());
    let damages: [Damage; 5] = [
        ("missing", |table| std::fs::remove_file(table).unwrap()),
        ("empty", |table| std::fs::write(table, b"").unwrap()),
        ("half", |table| change(table, |bytes| bytes.truncate(bytes.len() / 2))),
        ("a flipped bit", |table| change(table, |bytes| bytes[9000] ^= 4)),
        ("a zeroed page, and no end", |table| {
            change(table, |bytes| {
                bytes[4096..8192].fill(0);
                bytes.truncate(bytes.len() - 1);
            });
        }),
    ];
    for (what, damage) in damages {
        println!("{what}");
        let copy = desk.copy();
        damage(&tables(&copy, LOG)[1]);
        assert_eq!(complaints(&copy)[0], "keyspaces");
        assert_eq!(offered(&copy), [RepairKind::Rebuild]);
        let (gone, readable) = lost(&copy);
        let all: BTreeSet<u64> = (1..=EVENTS).collect();
        let good = gone.first().unwrap() - 1;
        assert!(gone.iter().all(|at| (EACH + 1..=2 * EACH).contains(at)), "{gone:?}");
        assert_eq!(gone.len() as u64, gone.last().unwrap() - good, "one stretch");
        let kept: BTreeSet<u64> = (1..=good).collect();
        assert!(kept.is_disjoint(&readable) && gone.is_disjoint(&readable));
        assert_eq!(&(&kept | &readable) | &gone, all);
        match what {
            "missing" | "empty" => assert_eq!(gone.len() as u64, EACH),
            "half" => assert!((30..70).contains(&gone.len()), "{}", gone.len()),
            _ => assert!(gone.len() < 60, "{}", gone.len()),
        }
        let lines = loses(&copy);
        let first = gone.first().unwrap();
        let aggregate = format!("#{first} order/{}@{}", (first - 1) % 5, (first - 1) / 5 + 1);
        assert!(lines.iter().any(|line| line.starts_with(&aggregate)), "{lines:?}");
        let cut = format!("commits c{} to c{EVENTS} are not in the log any more", good + 1);
        assert!(lines.contains(&cut), "{lines:?}");

        let done = repaired(&copy, RepairKind::Rebuild);
        let expected: Vec<String> =
            readable.iter().map(|at| format!("{at} {}", content(at - 1))).collect();
        assert_eq!(saved(&done), expected);
        assert!(copy.dot.join("salvage/store-1/keyspaces/1").is_dir(), "the old files are kept");
        let store = copy.open();
        let count = usize::try_from(good).unwrap();
        assert_eq!(all_events(&store), events[..count]);
        assert_sound(&store);
        store.close().unwrap();
        healthy(&copy, count);
    }
}

/// Whatever else is broken beside the log's tables.
#[test]
fn the_log_and_everything_else_broken_at_once() {
    let desk = shelf();
    for id in 3..=8 {
        std::fs::remove_file(desk.store().join(format!("keyspaces/{id}/current"))).unwrap();
    }
    std::fs::write(desk.store().join("keyspaces/0/current"), b"no such thing").unwrap();
    std::fs::remove_file(desk.store().join("version")).unwrap();
    std::fs::remove_file(&tables(&desk, LOG)[2]).unwrap();
    change(&tables(&desk, RECORDS)[0], |bytes| flip(bytes, 38));
    assert_eq!(offered(&desk), [RepairKind::Rebuild]);
    let lost = loses(&desk);
    assert!(
        lost.contains(&"#201: cannot be read, and nothing says what it was".into()),
        "{lost:?}"
    );
    let saved = saved(&repaired(&desk, RepairKind::Rebuild));
    assert_eq!(positions(&saved), (301..=310).collect());
    healthy(&desk, 200);
}

/// After a repair the store is used as ever.
#[test]
fn what_was_saved_can_be_written_again() {
    let desk = shelf();
    std::fs::remove_file(&tables(&desk, LOG)[2]).unwrap();
    repaired(&desk, RepairKind::Rebuild);
    let store = desk.open();
    store.propose(proposal(vec![merge("order/1", r#"{"again":true}"#)])).unwrap();
    assert_sound(&store);
}
