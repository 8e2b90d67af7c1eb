//! fjall's journal under damage, beside fjall itself: what the scan calls clean, fjall opens and keeps to the last byte.
//!
//! fjall cuts its journal at the first thing that it cannot read, without a word, so that the scan has to see everything
//! before it does.

use dbx::store::disk::journal::{Verdict, cut, scan_file};
use fjall::{Database, KeyspaceCreateOptions, PersistMode, Readable};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

const BATCHES: u64 = 6;
const SECTOR: usize = 512;
/// The bytes of a batch before and behind its entries.
const START_BYTES: usize = 13;
const END_BYTES: usize = 13;

/// A store of some batches, and these batches.
struct Base {
    files: BTreeMap<PathBuf, Vec<u8>>,
    batches: Vec<Vec<u8>>,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let folder = folder();
    let db = open(folder.path()).unwrap();
    let journal = folder.path().join("0.jnl");
    let mut ends = vec![0];
    for number in 1..=BATCHES {
        write(&db, number);
        ends.push(usize::try_from(scan_file(&journal, 0).unwrap().end).unwrap());
    }
    drop(db);
    let bytes = std::fs::read(&journal).unwrap();
    let batches = ends.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect();
    let mut files = BTreeMap::new();
    collect(folder.path(), folder.path(), &mut files);
    files.remove(Path::new("0.jnl")).unwrap();
    Base { files, batches }
});

/// In memory where that is to be had: every input makes a store.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(store: &Path) -> fjall::Result<Database> {
    Database::builder(store).worker_threads(1).open()
}

fn write(db: &Database, number: u64) {
    let ev = db.keyspace("ev", KeyspaceCreateOptions::default).unwrap();
    let mt = db.keyspace("mt", KeyspaceCreateOptions::default).unwrap();
    let mut batch = db.batch().durability(Some(PersistMode::Buffer));
    batch.insert(
        &ev,
        number.to_be_bytes(),
        "an event ".repeat(usize::try_from(number * 9).unwrap()),
    );
    batch.insert(&mt, "last", number.to_be_bytes());
    if number.is_multiple_of(2) {
        batch.remove(&mt, "gone");
    }
    batch.commit().unwrap();
}

fn collect(top: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(top, &path, files);
        } else {
            files.insert(path.strip_prefix(top).unwrap().to_owned(), std::fs::read(&path).unwrap());
        }
    }
}

/// A list of changes, six bytes each: what, of which batch, where (two), and two more.
pub fn run(data: &[u8]) {
    let base = &*BASE;
    let journal = changed(&base.batches, data);
    let store = folder();
    for (name, bytes) in &base.files {
        let path = store.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let path = store.path().join("0.jnl");
    std::fs::write(&path, &journal).unwrap();
    let found = scan_file(&path, 0).unwrap();
    let end = usize::try_from(found.end).unwrap();
    assert!(end <= journal.len());
    match found.verdict {
        Verdict::Clean { end: said } => {
            assert_eq!(said, found.end);
            assert!(journal[end..].iter().all(|byte| *byte == 0), "only zeros follow");
        }
        Verdict::TornTail { cut_at } => assert_eq!(cut_at, found.end),
        Verdict::BadLastBatch { offset, .. } | Verdict::DamagedMiddle { offset, .. } => {
            assert_eq!(offset, found.end);
        }
        other => panic!("{other:?}"),
    }
    // What is kept in every case is clean by itself, and fjall takes it as it is.
    cut(&path, found.end).unwrap();
    let again = scan_file(&path, 0).unwrap();
    assert_eq!((again.batches, again.verdict), (found.batches, Verdict::Clean { end: found.end }));
    let db = open(store.path()).expect("fjall opens what the scan calls clean");
    assert!(found.last_seqno.is_none_or(|last| db.seqno() > last), "new writes come after");
    let kept = &journal[..end];
    let ev = db.keyspace("ev", KeyspaceCreateOptions::default).unwrap();
    for (number, batch) in (1_u64..).zip(&base.batches) {
        if kept.windows(batch.len()).any(|window| window == batch) {
            assert!(db.snapshot().contains_key(&ev, number.to_be_bytes()).unwrap(), "{number}");
        }
    }
    drop((ev, db));
    let left = std::fs::read(&path).unwrap();
    assert!(left.starts_with(kept), "fjall cut off what the scan calls clean");
}

/// The journal that the changes leave.
fn changed(batches: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let mut batches = batches.to_vec();
    let (mut tail, mut cut_at, mut zeroed) = (Vec::new(), None, Vec::new());
    let (edits, _) = data.as_chunks::<6>();
    for [what, which, high, low, value, more] in edits.iter().take(16) {
        if batches.is_empty() {
            break;
        }
        let which = usize::from(*which) % batches.len();
        let at = usize::from(u16::from_be_bytes([*high, *low]));
        let place = at % batches[which].len();
        match what % 8 {
            0 => batches[which][place] ^= value,
            1 => drop(batches.remove(which)),
            2 => batches.push(batches[which].clone()),
            3 => cut_at = Some(at),
            4 => zeroed.push(at),
            5 => {
                let other = usize::from(*value) % batches.len();
                batches.swap(which, other);
            }
            6 => reseal(&mut batches[which]),
            _ => tail.extend(std::iter::repeat_n(*value, usize::from(*more))),
        }
    }
    let mut journal = [batches.concat(), tail].concat();
    for at in zeroed {
        let from = (at / SECTOR * SECTOR).min(journal.len());
        let to = (from + SECTOR).min(journal.len());
        journal[from..to].fill(0);
    }
    journal.truncate(cut_at.unwrap_or(usize::MAX));
    journal
}

/// Makes the checksum of a batch right again: then only its sense can be wrong.
fn reseal(batch: &mut [u8]) {
    let end = batch.len() - END_BYTES;
    let sum = xxh3_64(&batch[START_BYTES..end]);
    batch[end + 1..end + 9].copy_from_slice(&sum.to_le_bytes());
}
