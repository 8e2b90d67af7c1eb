//! Real journals of fjall, damaged in every way that a disk, a power loss or a stray write can.

use super::*;
use fjall::{CompressionType, Database, KeyspaceCreateOptions, PersistMode, Readable};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

const BATCHES: u64 = 12;

/// A journal as fjall wrote it, without the zeros behind its last batch, and where each batch ends.
struct Sample {
    bytes: Vec<u8>,
    ends: Vec<u64>,
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| sample(CompressionType::None));
static COMPRESSED: LazyLock<Sample> = LazyLock::new(|| sample(CompressionType::Lz4));

fn write_batch(db: &Database, number: u64) {
    let ev = db.keyspace("ev", KeyspaceCreateOptions::default).unwrap();
    let mt = db.keyspace("mt", KeyspaceCreateOptions::default).unwrap();
    let mut batch = db.batch().durability(Some(PersistMode::SyncData));
    let text = format!("{{\"number\":{number}}}").repeat(1 + usize::try_from(number).unwrap() % 4);
    batch.insert(&ev, number.to_be_bytes(), text);
    batch.insert(&mt, "last", number.to_be_bytes());
    if number.is_multiple_of(3) {
        batch.remove(&mt, "gone");
    }
    if number.is_multiple_of(5) {
        batch.insert(&ev, b"large", vec![b'x'; 5000]);
    }
    batch.commit().unwrap();
}

fn sample(compression: CompressionType) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let open = || Database::builder(&store).journal_compression(compression).open().unwrap();
    let db = open();
    let journal = store.join("0.jnl");
    let mut ends = Vec::new();
    for number in 1..=BATCHES {
        write_batch(&db, number);
        ends.push(clean_end(&journal, number));
    }
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.truncate(usize::try_from(*ends.last().unwrap()).unwrap());
    Sample { bytes, ends }
}

fn clean_end(journal: &Path, batches: u64) -> u64 {
    let scan = scan_file(journal, 0).unwrap();
    assert_eq!((scan.batches, scan.verdict), (batches, Verdict::Clean { end: scan.end }));
    scan.end
}

impl Sample {
    /// Where batch `number` begins.
    fn start(&self, number: u64) -> usize {
        let number = usize::try_from(number).unwrap();
        number.checked_sub(2).map_or(0, |index| usize::try_from(self.ends[index]).unwrap())
    }

    fn last(&self) -> usize {
        self.start(BATCHES)
    }
}

fn put(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.jnl");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn verdict(bytes: &[u8]) -> (u64, Verdict) {
    let (_folder, path) = put(bytes);
    let scan = scan_file(&path, 0).unwrap();
    (scan.batches, scan.verdict)
}

#[test]
fn the_lengths_of_the_sample() {
    let (none, lz4) = (&*SAMPLE, &*COMPRESSED);
    assert!(none.bytes.len() > lz4.bytes.len() + 5000, "lz4 items are in the second sample");
    assert_eq!(verdict(&lz4.bytes), (BATCHES, Verdict::Clean { end: lz4.bytes.len() as u64 }));
}

#[test]
fn empty_and_preallocated_journals_are_clean() {
    assert_eq!(verdict(b""), (0, Verdict::Clean { end: 0 }));
    let (_folder, path) = put(b"");
    std::fs::File::options().write(true).open(&path).unwrap().set_len(64 << 20).unwrap();
    assert_eq!(scan_file(&path, 0).unwrap().verdict, Verdict::Clean { end: 0 });
}

/// Every length that a write under way can leave, on a file that grows and on one that was preallocated.
#[test]
fn a_torn_last_batch_is_torn_wherever_it_ends() {
    let sample = &*SAMPLE;
    let cut_at = sample.last() as u64;
    for end in sample.last() + 1..sample.bytes.len() {
        let mut torn = sample.bytes[..end].to_vec();
        assert_eq!(verdict(&torn), (BATCHES - 1, Verdict::TornTail { cut_at }), "{end}");
        torn.resize(sample.bytes.len() + 300, 0);
        assert_eq!(verdict(&torn), (BATCHES - 1, Verdict::TornTail { cut_at }), "{end}, zeros");
    }
    let mut zeroed = sample.bytes.clone();
    zeroed[sample.last()..].fill(0);
    assert_eq!(verdict(&zeroed), (BATCHES - 1, Verdict::Clean { end: cut_at }));
}

#[test]
fn garbage_behind_the_last_batch_is_torn() {
    let sample = &*SAMPLE;
    let end = sample.bytes.len() as u64;
    for garbage in [&b"\xff\xee\xdd"[..], b"\x01\x02", b"\x02 an item without a start", b"FJL"] {
        let mut bytes = sample.bytes.clone();
        bytes.extend(garbage);
        assert_eq!(verdict(&bytes), (BATCHES, Verdict::TornTail { cut_at: end }));
        bytes.extend([0; 4096]);
        assert_eq!(verdict(&bytes), (BATCHES, Verdict::TornTail { cut_at: end }));
    }
}

#[test]
fn a_bad_last_batch_is_not_cut_in_silence() {
    let sample = &*SAMPLE;
    let offset = sample.last() as u64;
    let bad = |at: usize, fault: Fault| {
        let mut bytes = sample.bytes.clone();
        bytes[at] ^= 0x40;
        let expected = (BATCHES - 1, Verdict::BadLastBatch { offset, fault });
        assert_eq!(verdict(&bytes), expected, "{at}");
        bytes.extend([0; 4096]);
        assert_eq!(verdict(&bytes), expected, "{at}, zeros");
    };
    let end = sample.bytes.len() - 13;
    bad(sample.last(), Fault::NoStart);
    bad(sample.last() + 1, Fault::Count);
    bad(sample.last() + 13, Fault::Tag);
    bad(sample.last() + 13 + 21, Fault::Checksum);
    bad(end, Fault::Tag);
    bad(end + 1, Fault::Checksum);
    for at in end + 9..end + 13 {
        bad(at, Fault::Trailer { at: end as u64 });
    }
}

#[test]
fn damage_in_the_middle_counts_what_is_behind() {
    for sample in [&*SAMPLE, &*COMPRESSED] {
        let (from, to) = (sample.start(5), sample.start(6));
        let expect = |name: &str, bytes: &[u8], lost: u64| {
            let (batches, verdict) = verdict(bytes);
            let Verdict::DamagedMiddle { offset, good_before, valid_after, .. } = verdict else {
                panic!("{name}: {verdict:?}");
            };
            assert_eq!((batches, good_before, offset), (4, 4, from as u64), "{name}");
            assert_eq!(valid_after, BATCHES - 4 - lost, "{name}");
        };
        let places = [
            ("start tag", from),
            ("count", from + 1),
            ("first tag", from + 13),
            ("value type", from + 14),
            ("compression", from + 15),
            ("keyspace", from + 16),
            ("key length", from + 24),
            ("value length", from + 26),
            ("stored length", from + 30),
            ("high bits of the stored length", from + 33),
            ("key", from + 34),
            ("value", to - 100),
            ("end tag", to - 13),
            ("checksum", to - 10),
            ("magic", to - 1),
        ];
        for (name, at) in places {
            for bit in 0..8 {
                let mut bytes = sample.bytes.clone();
                bytes[at] ^= 1 << bit;
                expect(&format!("{name}, bit {bit}"), &bytes, 1);
            }
        }
        let mut zeroed = sample.bytes.clone();
        zeroed[from..sample.start(8)].fill(0);
        expect("three zeroed batches", &zeroed, 3);
        let mut cut_out = sample.bytes[..from + 20].to_vec();
        cut_out.extend(&sample.bytes[sample.start(9) - 7..]);
        expect("bytes cut out", &cut_out, 4);
    }
}

#[test]
fn a_damaged_end_of_several_batches_is_not_a_torn_write() {
    let sample = &*SAMPLE;
    let mut bytes = sample.bytes.clone();
    for number in [BATCHES - 1, BATCHES] {
        bytes[sample.start(number) + 40] ^= 1;
    }
    let (batches, verdict) = verdict(&bytes);
    assert_eq!(batches, BATCHES - 2);
    assert!(matches!(verdict, Verdict::DamagedMiddle { valid_after: 0, .. }), "{verdict:?}");
}

/// The checksum does not cover the sequence number; its neighbours do.
#[test]
fn a_sequence_number_out_of_order_is_damage() {
    let sample = &*SAMPLE;
    for number in 1..=BATCHES {
        for byte in 4..8 {
            let mut bytes = sample.bytes.clone();
            bytes[sample.start(number) + 5 + byte] ^= 1;
            let (_, verdict) = verdict(&bytes);
            // The first number of a file has no neighbour before it, but the one behind it.
            assert!(
                matches!(verdict, Verdict::DamagedMiddle { .. }),
                "{number} {byte} {verdict:?}"
            );
        }
    }
    let (_folder, path) = put(&sample.bytes);
    let first = u64::from_le_bytes(sample.bytes[5..13].try_into().unwrap());
    assert!(matches!(scan_file(&path, first).unwrap().verdict, Verdict::Clean { .. }));
    let below = scan_file(&path, first + 1).unwrap();
    assert_eq!(below.batches, 0);
    assert!(matches!(below.verdict, Verdict::DamagedMiddle { fault: Fault::Sequence { .. }, .. }));
}

/// A wrong number that is still in order cannot be told from a gap, which fjall leaves at every flush. It changes
/// nothing: what matters is which batch comes after which.
#[test]
fn a_wrong_number_that_keeps_the_order_passes() {
    let sample = &*SAMPLE;
    let mut bytes = sample.bytes.clone();
    bytes[sample.last() + 6] ^= 1; // 256 higher
    assert_eq!(verdict(&bytes).0, BATCHES);
}

#[test]
fn sealed_journals_are_read_in_order_and_may_not_be_torn() {
    let sample = &*SAMPLE;
    let folder = tempfile::tempdir().unwrap();
    let place = |id: u64, bytes: &[u8]| {
        std::fs::write(folder.path().join(format!("{id}.jnl")), bytes).unwrap();
    };
    let (a, b) = (sample.start(5), sample.start(9));
    let mut sealed = sample.bytes[..a].to_vec();
    sealed.extend([0; 500]);
    place(9, &sealed);
    place(10, &sample.bytes[a..b]);
    place(11, &sample.bytes[b..sample.bytes.len() - 1]);
    let found = scan(folder.path(), 0).unwrap();
    assert_eq!(found.batches(), BATCHES - 1);
    assert_eq!(found.damaged().count(), 0);
    let torn: Vec<_> = found.torn().map(|(file, at)| (file.id, at)).collect();
    assert_eq!(torn, [(11, (sample.last() - b) as u64)]);

    place(9, &sample.bytes[..a - 1]);
    let found = scan(folder.path(), 0).unwrap();
    let verdicts: Vec<_> = found.damaged().map(|journal| journal.verdict).collect();
    assert!(
        matches!(verdicts[..], [Verdict::DamagedMiddle { good_before: 3, valid_after: 7, .. }]),
        "{verdicts:?}"
    );

    place(9, &sample.bytes[a..b]);
    place(10, &sample.bytes[..a]);
    place(11, b"");
    let found = scan(folder.path(), 0).unwrap();
    assert_eq!(found.damaged().count(), 1, "swapped files break the order");
}

/// A store of six batches whose journal was changed by `edit`, and what the scan says about it.
fn damaged_store(edit: impl Fn(&mut Vec<u8>)) -> (TempDir, JournalScan) {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::builder(folder.path()).worker_threads(1).open().unwrap();
    (1..=6).for_each(|number| write_batch(&db, number));
    drop(db);
    let path = folder.path().join("0.jnl");
    let used = usize::try_from(clean_end(&path, 6)).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(used);
    edit(&mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    let found = scan_file(&path, 0).unwrap();
    (folder, found)
}

/// The events that fjall still has, if it opens.
fn events(store: &Path) -> Option<usize> {
    let db = Database::builder(store).worker_threads(1).open().ok()?;
    let ev = db.keyspace("ev", KeyspaceCreateOptions::default).unwrap();
    let snapshot = db.snapshot();
    Some((1_u64..=6).filter(|n| snapshot.contains_key(&ev, n.to_be_bytes()).unwrap()).count())
}

#[test]
fn fjall_drops_a_torn_tail_as_the_scan_does() {
    for cut_first in [false, true] {
        let (store, found) = damaged_store(|bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!((found.batches, found.verdict), (5, Verdict::TornTail { cut_at: found.end }));
        if cut_first {
            cut(&found.file.path, found.end).unwrap();
        }
        assert_eq!(events(store.path()), Some(5));
    }
}

/// Why dbx looks first: one bit in the first batch, and fjall opens without an error and without the data.
#[test]
fn fjall_loses_everything_behind_damage() {
    let (store, found) = damaged_store(|bytes| bytes[13] ^= 0x40);
    assert!(matches!(found.verdict, Verdict::DamagedMiddle { valid_after: 5, .. }));
    assert_eq!(events(store.path()), Some(0));
}

/// Why dbx repairs: one bad byte in the last batch, and fjall never opens again.
#[test]
fn fjall_opens_once_a_bad_last_batch_is_cut() {
    let (store, found) = damaged_store(|bytes| {
        let value = bytes.len() - 14;
        bytes[value] ^= 1;
    });
    assert!(matches!(found.verdict, Verdict::BadLastBatch { fault: Fault::Checksum, .. }));
    assert_eq!(events(store.path()), None);
    let aside = store.path().join("salvage");
    let copies = salvage(&[&found.file.path], &aside).unwrap();
    assert_eq!(std::fs::read(&copies[0]).unwrap(), std::fs::read(&found.file.path).unwrap());
    cut(&found.file.path, found.end).unwrap();
    assert_eq!(events(store.path()), Some(5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No changed byte goes unseen, but for the sequence number of a batch that keeps its place.
    #[test]
    fn no_changed_byte_is_clean(
            at in any::<prop::sample::Index>(), xor in 1..=u8::MAX, zeros: bool, lz4: bool,
        ) {
        let sample = if lz4 { &*COMPRESSED } else { &*SAMPLE };
        let at = at.index(sample.bytes.len());
        let mut bytes = sample.bytes.clone();
        bytes[at] ^= xor;
        if zeros {
            bytes.extend([0; 4096]);
        }
        let (batches, verdict) = verdict(&bytes);
        let start = (1..=BATCHES).map(|number| sample.start(number)).filter(|start| *start <= at).max();
        let in_seqno = (5..13).contains(&(at - start.unwrap()));
        if in_seqno && matches!(verdict, Verdict::Clean { .. }) {
            let numbers = |bytes: &[u8]| -> Vec<u64> {
                (1..=BATCHES).map(|number| {
                    let at = sample.start(number) + 5;
                    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
                }).collect()
            };
            prop_assert!(numbers(&bytes).is_sorted_by(|a, b| a < b), "the order is kept");
        } else {
            let clean = matches!(verdict, Verdict::Clean { .. });
            prop_assert!(!clean && batches < BATCHES, "{at}: {verdict:?}");
        }
    }

    /// Whatever is in the file, the scan ends, and never counts a batch that is not there.
    #[test]
    fn any_bytes_have_a_verdict(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let (batches, _) = verdict(&bytes);
        prop_assert_eq!(batches, 0);
    }

    /// Cutting where the scan says leaves a clean journal with the same batches.
    #[test]
    fn what_is_cut_is_clean(at in any::<prop::sample::Index>()) {
        let sample = &*SAMPLE;
        let (_folder, path) = put(&sample.bytes[..at.index(sample.bytes.len())]);
        let before = scan_file(&path, 0).unwrap();
        if let Verdict::TornTail { cut_at } = before.verdict {
            cut(&path, cut_at).unwrap();
        }
        let after = scan_file(&path, 0).unwrap();
        prop_assert_eq!(after.batches, before.batches);
        prop_assert_eq!(after.verdict, Verdict::Clean { end: after.file.len });
    }
}
