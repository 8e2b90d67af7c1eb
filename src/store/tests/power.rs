//! The power goes while a commit is being written: whatever sectors of it reached the disk, in whatever order.
//!
//! Every acknowledged batch was synced, so only the last one can be incomplete. Its states are built from the files: cut
//! short at every sector, ended by zeros from every sector on (the length of a file may be on disk before its content),
//! without any one sector, and without any subset of them.

use super::desk::{Desk, event, fill, journal_end, merge, proposal, verdict};
use super::sound::{all_events, assert_sound};
use crate::domain::{Event, Kind};
use crate::store::{Expected, Store};
use std::ops::Range;

const SECTOR: usize = 512;

/// What was acknowledged before, and how large the commit in flight is.
const ACKNOWLEDGED: usize = 12;
const IN_FLIGHT: usize = 9;

/// The files as they were when the last commit was on disk.
struct Cut {
    desk: Desk,
    events: Vec<Event>,
    journal: Vec<u8>,
    /// Where the last commit begins in the journal.
    synced: usize,
}

fn cut() -> Cut {
    let desk = Desk::again();
    let store = desk.open();
    fill(&store, 0..ACKNOWLEDGED as u64);
    let synced = journal_end(&desk.journal());
    let anchor = std::fs::read(desk.dot.join("ANCHOR")).unwrap();
    let operations = (0..IN_FLIGHT).map(|number| {
        let content =
            format!(r#"{{"number":{number},"text":"{}"}}"#, "of the last commit ".repeat(9));
        event(&format!("order/{}", number % 4), Kind::Merge, &content, Expected::Any)
    });
    store.propose(proposal(operations.collect())).unwrap();
    let events = all_events(&store);
    let image = desk.copy();
    std::fs::write(image.dot.join("ANCHOR"), anchor).unwrap();
    let journal = std::fs::read(image.journal()).unwrap();
    assert!(journal.len() > synced + 8 * SECTOR, "a commit of many sectors");
    Cut { desk: image, events, journal, synced }
}

impl Cut {
    /// The sectors of the last commit: a sector that holds the end of the one before was written once more.
    fn sectors(&self) -> Vec<Range<usize>> {
        let end = self.journal.len();
        let first = self.synced / SECTOR * SECTOR;
        (first..end).step_by(SECTOR).map(|at| at.max(self.synced)..(at + SECTOR).min(end)).collect()
    }

    /// The journal without some sectors, of which there are zeros instead.
    fn without(&self, sectors: impl IntoIterator<Item = Range<usize>>) -> Vec<u8> {
        let mut journal = self.journal.clone();
        sectors.into_iter().for_each(|sector| journal[sector].fill(0));
        journal
    }

    /// Opens the files with another journal: all that was acknowledged is there, and nothing of half a commit.
    #[track_caller]
    fn open(&self, journal: &[u8]) -> (Desk, Store) {
        let desk = self.desk.copy();
        std::fs::write(desk.journal(), journal).unwrap();
        let store = desk.try_open().unwrap();
        let events = all_events(&store);
        let whole = journal == self.journal;
        let expected = if whole { ACKNOWLEDGED + IN_FLIGHT } else { ACKNOWLEDGED };
        assert_eq!(events, self.events[..expected]);
        let found = verdict(&store);
        assert!(found.ok && found.count == expected as u64, "{:?}", found.faults);
        assert_sound(&store);
        (desk, store)
    }

    /// As [`Cut::open`]; and writing goes on.
    #[track_caller]
    fn goes_on(&self, journal: &[u8]) {
        let (desk, store) = self.open(journal);
        assert_eq!(store.read_only(), None);
        let count = all_events(&store).len();
        store.propose(proposal(vec![merge("order/1", r#"{"late":true}"#)])).unwrap();
        store.close().unwrap();
        let store = desk.open();
        assert_eq!(all_events(&store).len(), count + 1);
        assert_sound(&store);
    }
}

#[test]
fn a_commit_that_ends_at_any_sector_is_cut_and_writing_goes_on() {
    let cut = cut();
    cut.goes_on(&cut.journal);
    for sector in cut.sectors() {
        drop(cut.open(&cut.journal[..sector.start]));
        drop(cut.open(&cut.without(std::iter::once(sector.start..cut.journal.len()))));
        // The length may be that of several commits, of which nothing came.
        let mut longer = cut.journal[..sector.start].to_vec();
        longer.resize(cut.journal.len() + 3 * 4096, 0);
        cut.goes_on(&longer);
    }
}

/// Where the end of a commit came and something before it did not, nothing tells it from one that was acknowledged and
/// damaged since: it is read, and a person decides.
#[test]
fn of_a_commit_with_holes_everything_before_it_is_read() {
    let cut = cut();
    let sectors = cut.sectors();
    let holes = (0..sectors.len()).map(|hole| vec![hole]);
    // Some of the many subsets, drawn by a linear congruence (Knuth's MMIX).
    let mut state = 2_026_u64;
    let subsets = (0..30).map(|_| {
        let mut drawn = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 62 == 0
        };
        (0..sectors.len()).filter(|_| drawn()).collect::<Vec<_>>()
    });
    let (mut cut_off, mut kept) = (0, 0);
    for missing in holes.chain(subsets).filter(|missing| !missing.is_empty()) {
        let journal = cut.without(missing.iter().map(|index| sectors[*index].clone()));
        let (desk, store) = cut.open(&journal);
        match store.read_only() {
            None => cut_off += 1,
            Some(reason) => {
                assert!(reason.contains("last batch"), "{missing:?}: {reason}");
                store.close().unwrap();
                assert_eq!(std::fs::read(desk.journal()).unwrap(), journal, "the original stays");
                kept += 1;
            }
        }
    }
    assert!(cut_off > 0 && kept > 0, "{cut_off} {kept}");
}
