//! Damage to the files, and what an opening does about it.
//!
//! | damage                                                    | opening | writes | what was acknowledged            |
//! | --------------------------------------------------------- | ------- | ------ | -------------------------------- |
//! | torn last batch, five forms                               | yes     | yes    | all there; the torn one is cut   |
//! | last batch complete, one byte wrong                       | yes     | no     | all before it; copy in salvage/  |
//! | batch in the middle: tag, length, value, end, page zeroed | yes     | no     | all before it; copy in salvage/  |
//! | journal cut at a batch, or empty, ANCHOR beyond           | yes     | no     | what is left                     |
//! | older copy of store/ under a newer ANCHOR                 | yes     | no     | the older copy                   |
//! | ANCHOR missing, damaged, of another store                 | yes     | no     | all there                        |
//! | one slot of ANCHOR torn                                   | yes     | yes    | all there                        |
//! | journal, `version`, `lock`, any `current` missing         | no      |        | untouched                        |
//! | FORMAT missing, damaged, newer                            | no      |        | untouched                        |
//! | another process, or another handle                        | no      |        | untouched; the holder is named   |
//! | `init` died before FORMAT                                 | no      |        | `build` begins anew              |
//! | `init` died before FORMAT, and there are events           | no      |        | untouched, `build` refuses       |

use super::desk::{Desk, copy_dir, fill, journal_end, merge, proposal, verdict};
use super::sound::{all_events, assert_sound};
use crate::domain::Position;
use crate::error::{Error, Kind};
use crate::store::{Store, StoreError, disk};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

const EVENTS: usize = 30;

/// A log whose end is not recorded is not an empty one.
#[test]
fn without_the_record_of_its_end_the_log_is_read_to_its_last_event() {
    let desk = Desk::filled(7);
    let keyspaces = desk.keyspaces();
    keyspaces.dx.remove(crate::store::keys::LAST).unwrap();
    drop(keyspaces);
    let store = desk.try_open().unwrap();
    insta::assert_snapshot!(store.read_only().unwrap(), @"the log ends at #7, but its end is recorded as #0");
    assert_eq!(store.view().unwrap().last_position().unwrap(), Position(7));
    assert_eq!(all_events(&store).len(), 7);
    assert!(!verdict(&store).ok);
}

/// What a crash leaves behind: nothing was closed, and ANCHOR is from before the last event.
struct Image {
    desk: Desk,
    /// Where the batch of each event ends in the journal.
    ends: Vec<usize>,
    journal: Vec<u8>,
}

fn image() -> Image {
    let desk = Desk::new();
    let store = desk.open();
    let mut ends = Vec::new();
    let mut anchor = Vec::new();
    for number in 0..EVENTS as u64 {
        anchor = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
        fill(&store, number..number + 1);
        ends.push(journal_end(&desk.journal()));
    }
    let image = desk.copy();
    std::fs::write(image.dot.join("ANCHOR"), anchor).unwrap();
    let journal = std::fs::read(image.journal()).unwrap();
    assert_eq!(journal.len(), ends[EVENTS - 1]);
    Image { desk: image, ends, journal }
}

impl Image {
    /// A copy with another journal.
    fn with(&self, journal: &[u8]) -> Desk {
        let desk = self.desk.copy();
        std::fs::write(desk.journal(), journal).unwrap();
        desk
    }

    /// The journal with a change.
    fn changed(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut journal = self.journal.clone();
        change(&mut journal);
        assert_ne!(journal, self.journal);
        journal
    }
}

/// Opens a store that must take no writes, for a reason with these words.
#[track_caller]
fn read_only(desk: &Desk, words: &str) -> Store {
    let store = desk.try_open().unwrap();
    let reason = store.read_only().expect("it takes no writes").to_owned();
    assert!(reason.contains(words), "{reason}");
    let refused = store.propose(proposal(vec![merge("order/1", "{}")])).unwrap_err();
    let error = Error::from(refused.refusal);
    assert_eq!((error.kind(), error.code()), (Kind::Corrupt, "dbx::store::read_only"));
    assert!(error.message().contains(words), "{}", error.message());
    store
}

#[track_caller]
fn refuses(desk: &Desk, kind: Kind, code: &str, words: &str) {
    let before = tree(&desk.dot);
    let error = Error::from(desk.try_open().unwrap_err());
    assert_eq!((error.kind(), error.code()), (kind, code), "{error}");
    assert!(error.message().contains(words), "{error}");
    assert_eq!(tree(&desk.dot), before, "the files were left as they were");
}

/// Every file with its content, the lock of dbx apart, which says who looked last.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else if path != folder.join("lock") || folder.ends_with("store") {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Writing goes on, and all of it is there at the next opening.
#[track_caller]
fn goes_on(desk: &Desk, events: usize) {
    let store = desk.open();
    assert_eq!(all_events(&store).len(), events);
    let next = events as u64;
    fill(&store, next..next + 3);
    store.close().unwrap();
    let store = desk.open();
    assert_eq!(all_events(&store).len(), events + 3);
    assert_sound(&store);
}

#[test]
fn a_torn_last_batch_is_cut_and_writing_goes_on() {
    let image = image();
    let last = image.ends[EVENTS - 2];
    let end = image.journal.len();
    let mut garbage = image.journal.clone();
    garbage.extend([0x02, 0x00, 0xff, 0x01, 0x13]);
    let mut zeroed = image.journal.clone();
    zeroed[last + 20..].fill(0);
    zeroed.extend([0; 5000]);
    let forms = [
        ("cut in the middle", image.journal[..usize::midpoint(last, end)].to_vec(), EVENTS - 1),
        ("without its end marker", image.journal[..end - 13].to_vec(), EVENTS - 1),
        ("one byte of it", image.journal[..=last].to_vec(), EVENTS - 1),
        ("a tail of zeros", zeroed, EVENTS - 1),
        ("garbage behind it", garbage, EVENTS),
    ];
    for (form, journal, events) in forms {
        println!("{form}");
        goes_on(&image.with(&journal), events);
    }
}

/// The bytes of a batch: 13 of start, then items of tag, kind, compression, keyspace (8), key length (2), value length (4),
/// stored length (4), key, value; 13 of end.
#[test]
fn damage_in_the_middle_keeps_everything_and_takes_no_writes() {
    let image = image();
    let good = 12;
    let (start, end) = (image.ends[good - 1], image.ends[good]);
    let text = b"the event with number 12";
    let value = image.journal.windows(text.len()).position(|window| window == text).unwrap();
    assert!((start..end).contains(&value));
    let page = start.next_multiple_of(512);
    let forms = [
        ("start", image.changed(|journal| journal[start] ^= 0x08)),
        ("count", image.changed(|journal| journal[start + 1] ^= 0x01)),
        ("tag", image.changed(|journal| journal[start + 13] ^= 0x04)),
        ("length", image.changed(|journal| journal[start + 13 + 13] ^= 0x10)),
        ("stored length", image.changed(|journal| journal[start + 13 + 17] ^= 0x01)),
        ("value", image.changed(|journal| journal[value] ^= 0x20)),
        ("checksum", image.changed(|journal| journal[end - 12] ^= 0x01)),
        ("end", image.changed(|journal| journal[end - 1] ^= 0x01)),
        ("page", image.changed(|journal| journal[page..page + 512].fill(0))),
    ];
    for (form, journal) in forms {
        println!("{form}");
        let desk = image.with(&journal);
        for opening in 0..2 {
            let store = read_only(&desk, "is damaged at byte");
            assert!(store.read_only().unwrap().contains("whole batches follow"), "{opening}");
            let events = all_events(&store);
            let before = if form == "page" { good..=good + 1 } else { good..=good };
            assert!(before.contains(&events.len()), "{} events are left", events.len());
            let fine = verdict(&store);
            assert!(fine.ok && fine.count == events.len() as u64, "{:?}", fine.faults);
            store.close().unwrap();
            assert_eq!(std::fs::read(desk.journal()).unwrap(), journal, "the original is left");
        }
        let salvage: Vec<_> = tree(&desk.dot.join("salvage")).into_iter().collect();
        assert_eq!(salvage, [(desk.dot.join("salvage/0.jnl"), journal)], "one copy, no view");
    }
}

#[test]
fn a_bad_last_batch_may_have_been_acknowledged() {
    let image = image();
    for back in [1, 12, 14, 200] {
        let journal = image.changed(|journal| {
            let at = journal.len() - back;
            journal[at] ^= 0x41;
        });
        let desk = image.with(&journal);
        let store = read_only(&desk, "the last batch of the journal `0.jnl`");
        assert_eq!(all_events(&store).len(), EVENTS - 1);
        store.close().unwrap();
        assert_eq!(std::fs::read(desk.journal()).unwrap(), journal);
        assert_eq!(std::fs::read(desk.dot.join("salvage/0.jnl")).unwrap(), journal);
    }
}

#[test]
fn a_journal_that_is_shorter_than_anchor_knows_is_seen() {
    let desk = Desk::filled(20);
    let journal = std::fs::read(desk.journal()).unwrap();
    for keep in [0, 7] {
        let cut = desk.copy();
        // Cut where a batch ends: nothing in the journal itself shows it.
        let end = (0..=journal.len())
            .filter(|end| journal[..*end].ends_with(b"FJL\x03"))
            .nth(usize::checked_sub(keep, 1).unwrap_or(usize::MAX));
        std::fs::write(cut.journal(), &journal[..end.unwrap_or(0)]).unwrap();
        let store = read_only(&cut, "it was rolled back or cut");
        assert_eq!(all_events(&store).len(), keep);
    }
}

#[test]
fn a_store_that_was_rolled_back_or_replaced_under_its_anchor_is_seen() {
    let desk = Desk::filled(10);
    let older = desk.copy();
    let store = desk.open();
    fill(&store, 10..15);
    store.close().unwrap();
    let rolled_back = desk.copy();
    std::fs::remove_dir_all(rolled_back.store()).unwrap();
    copy_dir(&older.store(), &rolled_back.store());
    let store = read_only(&rolled_back, "rolled back or cut");
    assert_eq!(all_events(&store).len(), 10);
    assert_sound(&store);
    drop(store);
    // Of the same length, but another history.
    let other = Desk::new();
    other.clock.set(super::desk::NOON + 1);
    let store = other.open();
    fill(&store, 0..15);
    store.close().unwrap();
    let replaced = desk.copy();
    std::fs::remove_dir_all(replaced.store()).unwrap();
    copy_dir(&other.store(), &replaced.store());
    drop(read_only(&replaced, "they were rewritten"));
    // Put right again, it takes writes.
    goes_on(&desk, 15);
}

#[test]
fn without_its_anchor_the_store_is_only_read() {
    let desk = Desk::filled(10);
    let foreign = Desk::new();
    let cases: [(&str, Option<Vec<u8>>); 4] = [
        ("is missing", None),
        ("is damaged", Some(Vec::new())),
        ("is damaged", Some(vec![0; 4224])),
        ("belongs to the store", Some(std::fs::read(foreign.dot.join("ANCHOR")).unwrap())),
    ];
    for (words, anchor) in cases {
        let copy = desk.copy();
        let path = copy.dot.join("ANCHOR");
        match &anchor {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let store = read_only(&copy, words);
        assert_sound(&store);
        assert_eq!(all_events(&store).len(), 10);
        store.close().unwrap();
        assert_eq!(std::fs::read(&path).ok(), anchor, "nothing is put in its place");
    }
}

#[test]
fn a_torn_write_of_anchor_is_survived() {
    let desk = Desk::filled(10);
    let anchor = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    for (slot, cut) in [(0, 0), (0, 64), (4096, 0), (4096, 100)] {
        let copy = desk.copy();
        let mut torn = anchor.clone();
        torn[slot + cut..slot + 128].fill(0xee);
        std::fs::write(copy.dot.join("ANCHOR"), torn).unwrap();
        goes_on(&copy, 10);
    }
}

#[test]
fn a_missing_file_is_named_and_nothing_is_touched() {
    let desk = Desk::filled(10);
    let mut files = vec!["version".to_owned(), "lock".to_owned(), "0.jnl".to_owned()];
    let keyspaces = std::fs::read_dir(desk.store().join("keyspaces")).unwrap();
    for keyspace in keyspaces {
        let name = keyspace.unwrap().file_name().into_string().unwrap();
        files.push(format!("keyspaces/{name}/current"));
    }
    assert_eq!(files.len(), 3 + 9, "fjall's own keyspace and eight of ours");
    for file in files {
        let copy = desk.copy();
        std::fs::remove_file(copy.store().join(&file)).unwrap();
        let words = if file == "0.jnl" { "*.jnl" } else { file.as_str() };
        refuses(&copy, Kind::Corrupt, "dbx::store::damaged", words);
    }
    let copy = desk.copy();
    std::fs::remove_dir_all(copy.store()).unwrap();
    refuses(&copy, Kind::Corrupt, "dbx::store::damaged", "is missing");
}

#[test]
fn a_store_whose_format_is_lost_or_newer_is_not_opened() {
    let desk = Desk::filled(10);
    let text = std::fs::read_to_string(desk.dot.join("FORMAT")).unwrap();
    let newer =
        text.replace("dbx-format=1", "dbx-format=2").replace("written-by=", "written-by=9.");
    let cases = [
        (None, Kind::Corrupt, "dbx::store::damaged", "is missing"),
        (
            Some(text.replace("fjall=3", "fjall=4")),
            Kind::Corrupt,
            "dbx::store::damaged",
            "checksum",
        ),
        (Some(newer), Kind::Invalid, "dbx::store::newer_format", "install dbx 9."),
    ];
    for (format, kind, code, words) in cases {
        let copy = desk.copy();
        let path = copy.dot.join("FORMAT");
        match format {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        refuses(&copy, kind, code, words);
        let before = tree(&copy.dot);
        assert!(Store::build(&copy.options()).is_err(), "nor built anew");
        assert_eq!(tree(&copy.dot), before);
    }
}

#[test]
fn of_those_who_open_at_once_one_has_it_and_is_named() {
    let desk = Desk::filled(1);
    let (begin, end) = (Barrier::new(8), Barrier::new(8));
    let outcomes: Vec<Result<(), StoreError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    begin.wait();
                    let opened = desk.try_open();
                    end.wait();
                    opened.map(drop)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for error in outcomes.into_iter().filter_map(Result::err) {
        let error = Error::from(error);
        assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "dbx::store::locked"));
    }
    let store = desk.open();
    let error = desk.try_open().unwrap_err().to_string();
    let holder = format!("by `dbx test`, process {}", std::process::id());
    assert!(error.contains(&holder), "{error}");
    drop(store);
    goes_on(&desk, 1);
}

#[test]
fn an_init_that_died_is_begun_anew_but_never_over_events() {
    let desk = Desk::new();
    let format = desk.dot.join("FORMAT");
    let begun = desk.dot.join("FORMAT.new");
    // Everything but the last rename.
    std::fs::rename(&format, &begun).unwrap();
    let error = Error::from(desk.try_open().unwrap_err());
    assert_eq!(error.code(), "dbx::store::not_built");
    assert!(Store::build(&desk.options()).unwrap());
    assert!(!Store::build(&desk.options()).unwrap(), "it is there now");
    goes_on(&desk, 0);
    // In the middle of making fjall's folder, and before ANCHOR.
    let half = Desk::new();
    std::fs::rename(half.dot.join("FORMAT"), half.dot.join("FORMAT.new")).unwrap();
    std::fs::remove_file(half.dot.join("ANCHOR")).unwrap();
    std::fs::remove_dir_all(half.store().join("keyspaces/3")).unwrap();
    assert!(Store::build(&half.options()).unwrap());
    goes_on(&half, 0);
    // As if FORMAT and ANCHOR were lost, and an old FORMAT.new found again.
    let used = Desk::filled(4);
    std::fs::rename(used.dot.join("FORMAT"), used.dot.join("FORMAT.new")).unwrap();
    std::fs::remove_file(used.dot.join("ANCHOR")).unwrap();
    let error = Store::build(&used.options()).unwrap_err();
    assert!(error.to_string().contains("holds events"), "{error}");
    std::fs::rename(used.dot.join("FORMAT.new"), used.dot.join("FORMAT")).unwrap();
    let store = read_only(&used, "is missing");
    assert_eq!(store.view().unwrap().last_position().unwrap(), Position(4));
}

#[test]
fn a_dead_process_of_before_leaves_its_view_to_the_next() {
    let image = image();
    let at = image.ends[10] + 30;
    let desk = image.with(&image.changed(|journal| journal[at] ^= 1));
    let left = desk.dot.join("salvage/view/keyspaces");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("stray"), b"of a process that was killed").unwrap();
    let store = read_only(&desk, "is damaged");
    assert_eq!(all_events(&store).len(), 11);
    store.close().unwrap();
    assert!(!desk.dot.join("salvage/view").exists());
    assert!(disk::journal::list(&desk.store()).is_ok());
}
