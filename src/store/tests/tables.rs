//! Damage to the files of fjall's keyspaces, whose checksums are fjall's.
//!
//! Whatever is done to one of them: either the store does not open, and the error is one of damage; or it opens, and
//! then everything that can still be read is what was written, and verification names what cannot.

use super::desk::{Desk, fill, merge, proposal, verdict};
use super::sound::{all_events, assert_sound};
use crate::domain::Event;
use crate::error::{Error, Kind};
use crate::proof::sha256;
use crate::store::disk::close;
use crate::store::{Refusal, Store, StoreError, open, verify_aggregate};
use crate::wire::FaultKind;
use std::path::{Path, PathBuf};

/// A megabyte and a half in tables, the journal empty, as a clean close leaves it.
fn flushed() -> Desk {
    let desk = Desk::new();
    let store = desk.open();
    for number in 0..18_u32 {
        let seed = sha256(&number.to_be_bytes());
        let text: String = (0..1000_u32)
            .map(|part| sha256(&[&seed.0[..], &part.to_be_bytes()].concat()).to_string())
            .collect();
        let large = merge(&format!("order/{}", number % 4), &format!(r#"{{"text":"{text}"}}"#));
        let small = (0..20).map(|each| merge(&format!("line/{each}"), r#"{"count":1}"#));
        let mut made = proposal(std::iter::once(large).chain(small).collect());
        made.message = Some(format!("order {number}"));
        store.propose(made).unwrap();
    }
    store.close().unwrap();
    assert_eq!(desk.journal().metadata().unwrap().len(), 0, "everything is in tables");
    desk
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// What can happen to a file, each with its name; more of it to the log's own table than to others.
fn damages(content: &[u8], of_log: bool) -> Vec<(String, Option<Vec<u8>>)> {
    let mut all = vec![("removed".to_owned(), None)];
    let mut parts = vec![53];
    if of_log {
        all.push(("emptied".to_owned(), Some(Vec::new())));
        all.push(("half".to_owned(), Some(content[..content.len() / 2].to_vec())));
        // So that they fall on blocks, their headers, indexes and trailers alike.
        parts.extend([0, 29, 83, 97, 99]);
    } else {
        all.push(("a byte short".to_owned(), Some(content[..content.len() - 1].to_vec())));
    }
    for part in parts {
        let mut flipped = content.to_vec();
        flipped[content.len() * part / 100] ^= 0x10;
        all.push((format!("bit at {part} %"), Some(flipped)));
    }
    if content.len() > 12_000 {
        let mut zeroed = content.to_vec();
        zeroed[4096..8192].fill(0);
        all.push(("zeroed page".to_owned(), Some(zeroed)));
    }
    all
}

/// How a damaged store showed it.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    /// It does not open.
    Refused,
    /// Verification names an event, or an aggregate.
    Located,
    /// Verification says no, but not where.
    Seen,
    /// The bytes were none that anything depends on: all is there.
    Harmless,
}

#[track_caller]
fn corrupt(error: StoreError) {
    let error = Error::from(error);
    assert_eq!(error.kind(), Kind::Corrupt, "{error}");
}

fn shown(desk: &Desk, events: &[Event]) -> Shown {
    let store = match desk.try_open() {
        Ok(store) => store,
        Err(error) => {
            corrupt(error);
            return Shown::Refused;
        }
    };
    let view = store.view().unwrap();
    let found = verdict(&store);
    let mut faults = found.faults;
    for event in events {
        match view.event(event.position) {
            Ok(Some(read)) => assert_eq!(&read, event, "what can be read is what was written"),
            Ok(None) => assert!(!found.ok),
            Err(error) => {
                corrupt(error);
                assert!(!found.ok);
            }
        }
        if event.header.version.get() == 1 {
            match verify_aggregate(&view, &event.header.aggregate) {
                Ok(Some(verdict)) => faults.extend(verdict.faults),
                Ok(None) => assert!(!found.ok),
                // Not even the type's number can be read: there is nothing to begin with.
                Err(error) => {
                    corrupt(error);
                    return Shown::Refused;
                }
            }
        }
    }
    drop(view);
    let readable = store.read_only().is_none();
    if faults.is_empty() && readable {
        assert_sound(&store);
        write(&store);
        return Shown::Harmless;
    }
    write(&store);
    drop(store);
    let located = faults.iter().any(|fault| fault.position.is_some() || fault.aggregate.is_some());
    if located { Shown::Located } else { Shown::Seen }
}

/// A write after damage may fail, but says how; closing may fail to flush, but says so.
fn write(store: &Store) {
    let verdict = store.propose(proposal(vec![merge("order/1", r#"{"late":true}"#)]));
    match verdict.map_err(|rejection| rejection.refusal) {
        Ok(_) => {}
        Err(Refusal::Store(error)) => {
            let kind = Error::from(error.clone()).kind();
            assert!(matches!(kind, Kind::Corrupt | Kind::Unavailable), "{error}");
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn no_damage_to_a_keyspace_is_taken_for_data() {
    let desk = flushed();
    let store = desk.open();
    let events = all_events(&store);
    let ev = store.keyspaces().unwrap().ev.id();
    store.close().unwrap();
    let mut all = Vec::new();
    files(&desk.store().join("keyspaces"), &mut all);
    all.sort();
    let log = format!("keyspaces/{ev}/tables");
    let (mut tables_of_log, mut report) = (0, Vec::new());
    for path in all {
        let name = path.strip_prefix(desk.store()).unwrap().to_string_lossy().into_owned();
        let content = std::fs::read(&path).unwrap();
        if content.is_empty() {
            continue;
        }
        let of_log = name.starts_with(&log);
        tables_of_log += usize::from(of_log);
        for (damage, bytes) in damages(&content, of_log) {
            let copy = desk.copy();
            let path = copy.store().join(&name);
            match &bytes {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            println!("{name}: {damage}");
            let shown = shown(&copy, &events);
            // All but a few bytes of the log's table are events.
            let data = of_log && ["29", "53", "zero"].iter().any(|part| damage.contains(part));
            assert!(!data || matches!(shown, Shown::Located | Shown::Refused), "{shown:?}");
            report.push(shown);
        }
    }
    assert!(tables_of_log > 0);
    let count = |wanted: Shown| report.iter().filter(|shown| **shown == wanted).count();
    let counts = [Shown::Refused, Shown::Located, Shown::Seen, Shown::Harmless].map(count);
    println!("refused, located, seen, harmless: {counts:?}");
    assert!(counts[0] > 0 && counts[1] > 0, "{counts:?}");
}

/// A clean close leaves empty journals. What is written after it must be above what is in the tables, or an old head
/// would come back.
#[test]
fn writing_goes_on_over_tables_and_an_empty_journal() {
    let desk = flushed();
    for round in 1..=3 {
        let store = desk.open();
        write(&store);
        fill(&store, 0..20);
        assert_sound(&store);
        if round == 2 {
            // As after a kill: nothing of it is in a table.
            let crashed = desk.copy();
            assert_sound(&crashed.open());
        }
        store.close().unwrap();
    }
    let store = desk.open();
    assert_eq!(all_events(&store).len(), 18 * 21 + 3 * 21);
    assert_sound(&store);
}

#[test]
fn a_reader_that_outlives_the_close_costs_time_but_no_data() {
    for large in [false, true] {
        let desk = if large { flushed() } else { Desk::filled(5) };
        let store = desk.open();
        let before = all_events(&store).len();
        if large {
            let text = "x".repeat(1 << 20);
            let operation = merge("order/1", &format!(r#"{{"text":"{text}"}}"#));
            store.propose(proposal(vec![operation.clone()])).unwrap();
            store.propose(proposal(vec![operation])).unwrap();
        } else {
            fill(&store, 0..2);
        }
        let view = store.view().unwrap();
        // Emptying the journal needs the database to be let go: it is left to the next opening then.
        store.close().unwrap();
        let error = Error::from(desk.try_open().unwrap_err());
        assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "dbx::store::locked"));
        drop(view);
        let store = desk.open();
        assert_eq!(all_events(&store).len(), before + 2);
        fill(&store, 0..1);
        assert_sound(&store);
    }
}

/// A close writes tables, then empties the journal, then says so in ANCHOR; it may die in between.
#[test]
fn a_close_that_died_half_way_loses_nothing() {
    let desk = Desk::new();
    let store = desk.open();
    fill(&store, 0..30);
    let dirty = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    let keyspaces = store.keyspaces().unwrap();
    let all = keyspaces.all().into_iter().map(|(_, keyspace)| keyspace);
    close::flush(all, open::FLUSH_WAIT).unwrap();
    drop(keyspaces);
    let with_tables = desk.copy();
    assert!(with_tables.journal().metadata().unwrap().len() > 0);
    store.close().unwrap();
    close::flush_and_truncate(&desk.store()).unwrap();
    let emptied = desk.copy();
    std::fs::write(emptied.dot.join("ANCHOR"), dirty).unwrap();
    for died in [with_tables, emptied] {
        let store = died.open();
        assert_eq!(all_events(&store).len(), 30);
        fill(&store, 30..40);
        store.close().unwrap();
        let store = died.open();
        assert_eq!(all_events(&store).len(), 40);
        assert_sound(&store);
    }
}

#[test]
fn the_event_in_a_damaged_block_is_named_and_those_around_it_are_read() {
    let desk = flushed();
    let store = desk.open();
    let events = all_events(&store);
    let ev = store.keyspaces().unwrap().ev.id();
    store.close().unwrap();
    let mut tables = Vec::new();
    files(&desk.store().join(format!("keyspaces/{ev}/tables")), &mut tables);
    tables.sort_by_key(|path| path.metadata().unwrap().len());
    let path = tables.last().unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    // In the middle of one of the large events, which fill most of the table.
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let store = desk.try_open().unwrap();
    let found = verdict(&store);
    let unreadable: Vec<u64> = found
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::Unreadable)
        .map(|fault| fault.position.as_ref().unwrap().parse().unwrap())
        .collect();
    assert!(!unreadable.is_empty() && unreadable.len() <= 21, "{unreadable:?}");
    assert_eq!(found.good_up_to, (unreadable[0] - 1).to_string());
    let view = store.view().unwrap();
    for event in &events {
        let read = view.event(event.position);
        if unreadable.contains(&event.position.get()) {
            corrupt(read.unwrap_err());
        } else {
            assert_eq!(read.unwrap().as_ref(), Some(event));
        }
    }
}
