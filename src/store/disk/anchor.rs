//! `.dbx/ANCHOR`: how far the log was when it was last known to be good.
//!
//! It is read at the opening: a log that ends before it, or whose root at this size is another, was rolled back, cut or
//! rewritten. It finds accidents and old copies; against somebody who rewrites every file only a checkpoint held
//! elsewhere helps.
//!
//! # Layout (integers little-endian)
//!
//! ```text
//! file:  0 slot A (128)      4096 slot B (128)      4224 end
//!
//! slot:  0 "DBXA"            4 version u8 = 1       5 flags u8 (bit 0: clean)      6 zero u16
//!        8 sequence u64     16 last position u64   24 tree size u64              32 log root (32 bytes)
//!       64 journal floor u64                       72 journals: bytes u64        80 journals: xxh3-64 u64
//!       88 journals: count u32                     92 changes u32                96 store uuid (16 bytes)
//!      112 written at i64 (microseconds)          120 zero u32                  124 crc32c u32 of 0..124
//! ```
//!
//! Even sequences go to A, odd ones to B, so that a write never touches the slot that holds the last good state; the
//! slots are a page apart, so that a torn sector cannot take both. The reader believes the valid slot with the higher
//! sequence. When the other one was written once and is now unreadable, it may have been the newer: the anchor then
//! does not count as clean.
//!
//! The journals do not fit file by file, so that their number, their total length and a checksum over numbers and
//! lengths stand for them (see [`Journals`]).

use super::journal::Journals;
use super::{DiskError, fs};
use crate::domain::{Hash, Position, Timestamp};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The name of the file, in `.dbx/`.
pub const ANCHOR: &str = "ANCHOR";

const MAGIC: [u8; 4] = *b"DBXA";
const VERSION: u8 = 1;
const CLEAN: u8 = 1;
const SLOT_BYTES: usize = 128;
/// A page: what a disk or a file system writes as one.
const SLOT_B: usize = 4096;
const FILE_BYTES: usize = SLOT_B + SLOT_BYTES;

/// What the anchor says about the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether the store was closed with everything flushed and the journals empty.
    pub clean: bool,
    /// The position of the last durable event; 0 before the first.
    pub last: Position,
    /// The leaves in the log's tree.
    pub size: u64,
    /// The root of the log's tree at that size.
    pub root: Hash,
    /// The lowest sequence number of fjall that can stand in a journal: what `Database::seqno()` said right after an
    /// opening that found no batch in any journal; kept as it is by an opening that found some; 0 where not known.
    pub journal_floor: u64,
    /// The journals at the time of writing; only compared when `clean`.
    pub journals: Journals,
    /// How often records beside the log were changed without an event, modulo 2^32; 0 where that is not known, as in an
    /// anchor of before it was counted.
    pub changes: u32,
    /// When this was written.
    pub written: Timestamp,
}

impl State {
    /// How many of the changes that were made without an event are gone from a store that holds so many.
    ///
    /// An anchor is written after the batch is durable, at most once a second and at the close: changes of the last second
    /// before a process died may be missing in it, and whoever takes just those away is not seen.
    pub fn changes_gone(&self, there: u64) -> u32 {
        let [low @ .., _, _, _, _] = there.to_le_bytes();
        let gone = self.changes.wrapping_sub(u32::from_le_bytes(low));
        // What is ahead of the anchor is less than half the numbers away the other way round.
        if self.changes == 0 || gone > u32::MAX / 2 { 0 } else { gone }
    }
}

/// The anchor of an open store.
#[derive(Debug)]
pub struct Anchor {
    path: PathBuf,
    store: Uuid,
    sequence: u64,
    state: State,
    suspect: bool,
}

impl Anchor {
    /// Writes a new anchor, or replaces the one that is there, in one step: for `init` and `restore`.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn create(dbx: &Path, store: Uuid, state: State) -> Result<Self, DiskError> {
        let path = dbx.join(ANCHOR);
        let mut content = encode(0, store, &state).to_vec();
        content.resize(FILE_BYTES, 0);
        fs::replace(&path, &content)?;
        Ok(Self { path, store, sequence: 0, state, suspect: false })
    }

    /// What stands in for an anchor that is lost: it knows of no event, and trusts no journal. A store that is opened
    /// with it must not be written to, or what was lost would never be noticed.
    pub fn lost(dbx: &Path, store: Uuid) -> Self {
        let state = State {
            clean: false,
            last: Position(0),
            size: 0,
            root: crate::proof::EMPTY_ROOT,
            journal_floor: 0,
            journals: Journals::default(),
            changes: 0,
            written: Timestamp::default(),
        };
        Self { path: dbx.join(ANCHOR), store, sequence: 0, state, suspect: true }
    }

    /// Reads the anchor of the store `store`.
    ///
    /// # Errors
    /// [`DiskError::AnchorMissing`], [`DiskError::AnchorDamaged`], [`DiskError::AnchorForeign`], [`DiskError::Io`].
    pub fn open(dbx: &Path, store: Uuid) -> Result<Self, DiskError> {
        let anchor = Self::read(dbx)?;
        if anchor.store != store {
            return Err(DiskError::AnchorForeign {
                path: anchor.path,
                expected: store,
                found: anchor.store,
            });
        }
        Ok(anchor)
    }

    /// Reads the anchor of whichever store it belongs to.
    pub fn read(dbx: &Path) -> Result<Self, DiskError> {
        let path = dbx.join(ANCHOR);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(DiskError::AnchorMissing { path });
            }
            other => other.map_err(DiskError::io("open", &path))?,
        };
        let mut content = Vec::with_capacity(FILE_BYTES);
        let limit = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
        file.take(limit).read_to_end(&mut content).map_err(DiskError::io("read", &path))?;
        let slots = [(0, 0), (1, SLOT_B)].map(|(parity, at)| {
            let bytes = content.get(at..).and_then(|rest| rest.first_chunk::<SLOT_BYTES>());
            let bytes = bytes.copied().unwrap_or([u8::MAX; SLOT_BYTES]);
            let slot = decode(&bytes).filter(|slot| slot.sequence % 2 == parity);
            (slot, bytes == [0; SLOT_BYTES])
        });
        let (best, other_lost) = match slots {
            [(Some(a), _), (Some(b), _)] if a.sequence < b.sequence => (b, false),
            [(Some(a), _), (Some(_), _)] => (a, false),
            [(Some(a), _), (None, never)] => {
                let first = never && a.sequence == 0;
                (a, !first)
            }
            [(None, _), (Some(b), _)] => (b, true),
            [(None, _), (None, _)] => return Err(DiskError::AnchorDamaged { path }),
        };
        let Slot { sequence, store, state } = best;
        Ok(Self { path, store, sequence, state, suspect: other_lost })
    }

    /// What it says.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The store that it belongs to.
    pub fn store(&self) -> Uuid {
        self.store
    }

    /// How often it was written.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Whether the other slot is unreadable, so that this may not be the latest state.
    pub fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// Whether the journals need no scan: the last close was clean, it is certain that it was the last, and the
    /// journals are those that it left behind, all empty.
    pub fn trusts(&self, journals: &Journals) -> bool {
        self.state.clean
            && !self.suspect
            && journals.bytes == 0
            && journals.count > 0
            && self.state.journals == *journals
    }

    /// Writes a new state and waits until it is on disk. Only what is durable already may be in it.
    ///
    /// # Errors
    /// [`DiskError::Io`]; the state before then still stands. [`DiskError::AnchorForeign`] where another store is in the
    /// place of this one by now: its anchor is not touched.
    pub fn write(&mut self, state: State) -> Result<(), DiskError> {
        if let Some(there) = self.path.parent().and_then(|folder| Self::read(folder).ok())
            && there.store != self.store
        {
            let (path, expected) = (self.path.clone(), self.store);
            return Err(DiskError::AnchorForeign { path, expected, found: there.store });
        }
        let sequence = self.sequence.wrapping_add(1);
        let at = if sequence.is_multiple_of(2) { 0 } else { SLOT_B as u64 };
        let bytes = encode(sequence, self.store, &state);
        let mut file = File::options()
            .write(true)
            .open(&self.path)
            .map_err(DiskError::io("open", &self.path))?;
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.write_all(&bytes))
            .map_err(DiskError::io("write", &self.path))?;
        file.sync_data().map_err(DiskError::io("sync", &self.path))?;
        (self.sequence, self.state, self.suspect) = (sequence, state, false);
        Ok(())
    }
}

struct Slot {
    sequence: u64,
    store: Uuid,
    state: State,
}

fn encode(sequence: u64, store: Uuid, state: &State) -> [u8; SLOT_BYTES] {
    let mut bytes = Vec::with_capacity(SLOT_BYTES);
    bytes.extend(MAGIC);
    bytes.extend([VERSION, if state.clean { CLEAN } else { 0 }, 0, 0]);
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(state.last.0.to_le_bytes());
    bytes.extend(state.size.to_le_bytes());
    bytes.extend(state.root.as_bytes());
    bytes.extend(state.journal_floor.to_le_bytes());
    bytes.extend(state.journals.bytes.to_le_bytes());
    bytes.extend(state.journals.digest.to_le_bytes());
    bytes.extend(state.journals.count.to_le_bytes());
    bytes.extend(state.changes.to_le_bytes());
    bytes.extend(store.as_bytes());
    bytes.extend(state.written.as_micros().to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    let mut slot = [0; SLOT_BYTES];
    for (to, from) in slot.iter_mut().zip(bytes) {
        *to = from;
    }
    slot
}

fn decode(slot: &[u8; SLOT_BYTES]) -> Option<Slot> {
    let (body, crc) = slot.split_last_chunk::<4>()?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut rest = body;
    let [magic @ .., version, flags, _, _] = *take::<8>(&mut rest)?;
    if magic != MAGIC || version != VERSION {
        return None;
    }
    let mut number = || Some(u64::from_le_bytes(*take::<8>(&mut rest)?));
    let (sequence, last, size) = (number()?, Position(number()?), number()?);
    let root = Hash(*take::<32>(&mut rest)?);
    let mut number = || Some(u64::from_le_bytes(*take::<8>(&mut rest)?));
    let (journal_floor, journal_bytes, digest) = (number()?, number()?, number()?);
    let count = u32::from_le_bytes(*take::<4>(&mut rest)?);
    let changes = u32::from_le_bytes(*take::<4>(&mut rest)?);
    let store = Uuid::from_bytes(*take::<16>(&mut rest)?);
    let written = Timestamp::from_micros(i64::from_le_bytes(*take::<8>(&mut rest)?));
    let journals = Journals { count, bytes: journal_bytes, digest };
    let clean = flags & CLEAN != 0;
    let state = State { clean, last, size, root, journal_floor, journals, changes, written };
    Some(Slot { sequence, store, state })
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORE: Uuid = Uuid::from_bytes([0xab; 16]);

    fn state(last: u64, clean: bool) -> State {
        State {
            clean,
            last: Position(last),
            size: last,
            root: Hash([7; 32]),
            journal_floor: 21,
            journals: Journals { count: 1, bytes: 0, digest: 0x0123_4567_89ab_cdef },
            changes: 0,
            written: Timestamp::from_micros(1_795_183_200_000_000),
        }
    }

    fn poke(dbx: &Path, at: usize, bytes: &[u8]) {
        let path = dbx.join(ANCHOR);
        let mut content = std::fs::read(&path).unwrap();
        content[at..at + bytes.len()].copy_from_slice(bytes);
        std::fs::write(&path, content).unwrap();
    }

    #[test]
    fn golden_bytes() {
        let bytes = encode(9, STORE, &state(1_000_000, true));
        let (lines, _) = bytes.as_chunks::<32>();
        let lines: Vec<_> = lines.iter().map(|line| Hash(*line).to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        4442584101010000090000000000000040420f000000000040420f0000000000
        0707070707070707070707070707070707070707070707070707070707070707
        15000000000000000000000000000000efcdab89674523010100000000000000
        abababababababababababababababab0058f1a8b5600600000000007ec5be58
        ");
    }

    #[test]
    fn writes_alternate_and_the_later_wins() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        let mut anchor = Anchor::create(dbx, STORE, state(0, true)).unwrap();
        for last in 1..6 {
            anchor.write(state(last, last % 2 == 0)).unwrap();
            let read = Anchor::open(dbx, STORE).unwrap();
            assert_eq!(read.state(), &state(last, last % 2 == 0));
            assert_eq!((read.sequence(), read.is_suspect()), (last, false));
        }
        let content = std::fs::read(dbx.join(ANCHOR)).unwrap();
        assert_eq!(content.len(), FILE_BYTES);
        let slot = |at: usize| decode(content[at..].first_chunk().unwrap()).unwrap().sequence;
        assert_eq!((slot(0), slot(SLOT_B)), (4, 5));
    }

    #[test]
    fn that_of_a_store_which_took_the_place_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        let mut anchor = Anchor::create(dbx, STORE, state(0, true)).unwrap();
        std::fs::remove_file(dbx.join(ANCHOR)).unwrap();
        let other = Uuid::from_u128(STORE.as_u128() + 1);
        Anchor::create(dbx, other, state(7, true)).unwrap();
        let refused = anchor.write(state(1, true));
        assert!(matches!(refused, Err(DiskError::AnchorForeign { found, .. }) if found == other));
        assert_eq!(Anchor::open(dbx, other).unwrap().state(), &state(7, true));
    }

    #[test]
    fn a_torn_write_leaves_the_state_before_and_no_trust() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        let mut anchor = Anchor::create(dbx, STORE, state(1, true)).unwrap();
        let journals = state(1, true).journals;
        assert!(Anchor::open(dbx, STORE).unwrap().trusts(&journals));
        anchor.write(state(2, false)).unwrap();
        poke(dbx, SLOT_B + 40, &[0; 80]);
        let mut read = Anchor::open(dbx, STORE).unwrap();
        assert_eq!(read.state(), &state(1, true));
        assert!(read.is_suspect() && !read.trusts(&journals));
        read.write(state(3, true)).unwrap();
        let read = Anchor::open(dbx, STORE).unwrap();
        assert_eq!(read.state(), &state(3, true));
        assert!(read.trusts(&journals));
        poke(dbx, 3, b"x");
        poke(dbx, SLOT_B + 3, b"x");
        assert!(matches!(Anchor::open(dbx, STORE), Err(DiskError::AnchorDamaged { .. })));
    }

    #[test]
    fn trust_needs_the_same_empty_journals() {
        let folder = tempfile::tempdir().unwrap();
        let anchor = Anchor::create(folder.path(), STORE, state(1, true)).unwrap();
        let same = state(1, true).journals;
        assert!(anchor.trusts(&same));
        assert!(!anchor.trusts(&Journals { bytes: 1, ..same }));
        assert!(!anchor.trusts(&Journals { digest: 1, ..same }));
        assert!(!anchor.trusts(&Journals { count: 2, ..same }));
        let dirty = Anchor::create(folder.path(), STORE, state(1, false)).unwrap();
        assert!(!dirty.trusts(&same));
    }

    #[test]
    fn missing_foreign_and_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let dbx = folder.path();
        assert!(matches!(Anchor::open(dbx, STORE), Err(DiskError::AnchorMissing { .. })));
        Anchor::create(dbx, STORE, state(1, true)).unwrap();
        let error = Anchor::open(dbx, Uuid::nil()).unwrap_err();
        assert!(matches!(error, DiskError::AnchorForeign { found: STORE, .. }));
        let content = std::fs::read(dbx.join(ANCHOR)).unwrap();
        std::fs::write(dbx.join(ANCHOR), &content[..SLOT_BYTES]).unwrap();
        assert!(Anchor::open(dbx, STORE).unwrap().is_suspect());
        std::fs::write(dbx.join(ANCHOR), b"").unwrap();
        assert!(matches!(Anchor::open(dbx, STORE), Err(DiskError::AnchorDamaged { .. })));
    }

    #[test]
    fn changes_that_are_gone_are_counted() {
        let with = |changes| State { changes, ..state(1, true) };
        assert_eq!(with(7).changes_gone(7), 0);
        assert_eq!(with(7).changes_gone(9), 0, "made after the anchor was written");
        assert_eq!(with(7).changes_gone(5), 2);
        assert_eq!(with(0).changes_gone(5), 0, "it was not counted");
        assert_eq!(with(u32::MAX).changes_gone(u64::from(u32::MAX) + 3), 0, "over the edge");
        assert_eq!(with(3).changes_gone(u64::from(u32::MAX)), 4, "and back");
        let folder = tempfile::tempdir().unwrap();
        Anchor::create(folder.path(), STORE, with(0x0102_0304)).unwrap();
        assert_eq!(Anchor::open(folder.path(), STORE).unwrap().state(), &with(0x0102_0304));
    }

    proptest! {
        #[test]
        fn no_changed_byte_passes(at in 0..SLOT_BYTES, xor in 1..=u8::MAX) {
            let mut bytes = encode(3, STORE, &state(5, true));
            prop_assert!(decode(&bytes).is_some());
            bytes[at] ^= xor;
            prop_assert!(decode(&bytes).is_none());
        }
    }
}
