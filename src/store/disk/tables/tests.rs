//! Damage to tables and their lists, beside what fjall makes of the undamaged ones.

use super::*;
use crate::store::disk::DiskError;
use fjall::config::{BlockSizePolicy, CompressionPolicy};
use fjall::{CompressionType, Database, KeyspaceCreateOptions};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

type Records = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A keyspace with one table of some twenty blocks, what is in it, and the bytes of the table.
struct Sample {
    folder: tempfile::TempDir,
    records: Records,
    table: Vec<u8>,
}

impl Sample {
    fn keyspace(&self) -> PathBuf {
        self.folder.path().join("store/keyspaces/1")
    }
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::builder(folder.path().join("store")).worker_threads(1).open().unwrap();
    let options = || {
        KeyspaceCreateOptions::default()
            .data_block_size_policy(BlockSizePolicy::all(4 << 10))
            .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
    };
    let keyspace = db.keyspace("ev", options).unwrap();
    let mut records = Records::new();
    for number in 0..400_u64 {
        let value: Vec<u8> = (0..200)
            .map(|at| (number.wrapping_mul(31).wrapping_add(at * at) % 251) as u8)
            .collect();
        keyspace.insert(number.to_be_bytes(), &value).unwrap();
        records.insert(number.to_be_bytes().to_vec(), Some(value));
    }
    // In the one table, which holds what was removed too.
    keyspace.remove(7_u64.to_be_bytes()).unwrap();
    records.insert(7_u64.to_be_bytes().to_vec(), None);
    keyspace.rotate_memtable_and_wait().unwrap();
    drop((keyspace, db));
    let table = std::fs::read(folder.path().join("store/keyspaces/1/tables/1"));
    let table = table.or_else(|_| std::fs::read(folder.path().join("store/keyspaces/1/tables/0")));
    Sample { table: table.unwrap(), folder, records }
});

/// What can be read of a table with these bytes: of each key the newest.
fn read(bytes: &[u8]) -> (Records, Vec<Gap>) {
    let folder = tempfile::tempdir().unwrap();
    let (table, scratch) = (folder.path().join("1"), folder.path().join("part"));
    std::fs::write(&table, bytes).unwrap();
    let mut found: BTreeMap<Vec<u8>, (u64, Option<Vec<u8>>)> = BTreeMap::new();
    let gaps = records::<DiskError>(&table, &scratch, &mut |item| {
        let value = (!item.is_tombstone()).then(|| item.value.to_vec());
        let place = found.entry(item.key.user_key.to_vec()).or_default();
        if place.0 <= item.key.seqno {
            *place = (item.key.seqno, value);
        }
        Ok(())
    });
    assert!(!scratch.exists());
    (found.into_iter().map(|(key, (_, value))| (key, value)).collect(), gaps.unwrap())
}

/// Every record that is not there lies in a gap.
fn assert_gaps_cover(found: &Records, gaps: &[Gap]) {
    for key in SAMPLE.records.keys().filter(|key| !found.contains_key(*key)) {
        let holds = |gap: &Gap| {
            gap.after.as_ref().is_none_or(|after| after < key)
                && gap.before.as_ref().is_none_or(|before| before > key)
        };
        assert!(gaps.iter().any(holds), "{key:?} is not there, and in none of {gaps:?}");
    }
}

#[test]
fn a_whole_table_gives_all_its_records() {
    let (found, gaps) = read(&SAMPLE.table);
    assert_eq!((&found, gaps), (&SAMPLE.records, Vec::new()));
}

#[test]
fn without_its_end_a_table_gives_all_that_came_before() {
    let length = SAMPLE.table.len();
    // In the last blocks there are the index, the filter, and what describes both.
    let (found, gaps) = read(&SAMPLE.table[..length - 60]);
    assert_eq!(
        (&found, gaps),
        (&SAMPLE.records, Vec::new()),
        "another kind of block ends the data"
    );
    let (found, gaps) = read(&SAMPLE.table[..length / 2]);
    let first: Vec<&Vec<u8>> = SAMPLE.records.keys().take(found.len()).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), first);
    assert!(found.len() > 100 && found.len() < 300, "{}", found.len());
    assert_eq!(gaps, [Gap { after: found.keys().last().cloned(), before: None }]);
    assert_eq!(read(b""), (Records::new(), vec![Gap { after: None, before: None }]));
}

#[test]
fn what_fjall_wrote_is_found_to_be_whole() {
    for id in ["0", "1"] {
        let folder = SAMPLE.folder.path().join("store/keyspaces").join(id);
        let found = inspect(&folder, Depth::Bytes);
        assert_eq!(found.bad, []);
        assert!(found.listed.is_some_and(|listed| listed.iter().all(|table| table.is_file())));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Each byte of the list of tables, and of what names it: changed, or the file cut there.
#[test]
fn no_change_of_a_list_of_tables_passes() {
    let folder = tempfile::tempdir().unwrap();
    copy(&SAMPLE.keyspace(), folder.path());
    let current = std::fs::read(folder.path().join("current")).unwrap();
    let list = format!("v{}", u64::from_le_bytes(current[..8].try_into().unwrap()));
    let mut tried = 0;
    for path in ["current", &list].map(|name| folder.path().join(name)) {
        let content = std::fs::read(&path).unwrap();
        for at in 0..content.len() {
            let mut changed = content.clone();
            changed[at] ^= 0x10;
            for bytes in [&changed[..], &content[..at]] {
                std::fs::write(&path, bytes).unwrap();
                assert!(!inspect(folder.path(), Depth::Frame).bad.is_empty(), "{at}");
                tried += 1;
            }
        }
        std::fs::write(&path, content).unwrap();
    }
    assert!(tried > 400, "{tried}");
    assert_eq!(inspect(folder.path(), Depth::Bytes).bad, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever happens to a table: nothing is made up, nothing is read as another value, and whatever is not read lies in a
    /// gap that is named.
    #[test]
    fn damage_takes_only_what_it_hits(
        cut in proptest::option::of(any::<proptest::sample::Index>()),
        hits in proptest::collection::vec((any::<proptest::sample::Index>(), 1..=u8::MAX, 1..3000_usize), 0..4),
    ) {
        let mut bytes = SAMPLE.table.clone();
        let mut touched = 0;
        for (place, xor, length) in hits {
            let at = place.index(bytes.len());
            let end = bytes.len().min(at + length);
            bytes[at..end].iter_mut().for_each(|byte| *byte ^= xor);
            touched += (end - at).div_ceil(4096) + 1;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let (found, gaps) = read(&bytes);
        for (key, value) in &found {
            prop_assert_eq!(Some(value), SAMPLE.records.get(key));
        }
        assert_gaps_cover(&found, &gaps);
        if cut.is_none() {
            // A block has at most some forty of these records, and a hit in a header costs no more than its block.
            prop_assert!(SAMPLE.records.len() - found.len() <= touched * 45, "{}", found.len());
        }
        let folder = tempfile::tempdir().unwrap();
        copy(&SAMPLE.keyspace(), folder.path());
        let table = std::fs::read_dir(folder.path().join("tables")).unwrap().next().unwrap();
        std::fs::write(table.unwrap().path(), &bytes).unwrap();
        let whole = inspect(folder.path(), Depth::Bytes).bad.is_empty();
        prop_assert_eq!(whole, bytes == SAMPLE.table);
    }
}
