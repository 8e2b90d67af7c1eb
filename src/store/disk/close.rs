//! A close that makes the next opening fast.
//!
//! fjall replays its journal at every opening, whatever is in the tables already, at 9 to 24 ms per megabyte. So a clean
//! close writes what is in memory to tables and leaves every journal empty. It truncates them and never removes one:
//! fjall finds its sequence number only while a journal is there, and without it would number new writes below old ones.

use super::journal::{self, Journals};
use super::{DiskError, fs};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long to sleep between two looks at a flush that runs.
const LOOK: Duration = Duration::from_millis(2);

/// Writes what each keyspace holds in memory to a table and waits until it is there.
///
/// Nothing may write meanwhile. fjall's own `rotate_memtable_and_wait` is not used: it returns at once while an earlier
/// flush of a keyspace without new data still runs, and for ever waits for a flush that failed.
///
/// # Errors
/// [`DiskError::NotFlushed`] after `wait`, [`DiskError::Fjall`]; the journals must then be left as they are.
pub fn flush<'a>(
    keyspaces: impl IntoIterator<Item = &'a fjall::Keyspace>,
    wait: Duration,
) -> Result<(), DiskError> {
    let keyspaces: Vec<_> = keyspaces.into_iter().collect();
    for keyspace in &keyspaces {
        keyspace
            .rotate_memtable()
            .map_err(|source| DiskError::Fjall { op: "flush the store", source })?;
    }
    let start = Instant::now();
    for keyspace in keyspaces {
        while keyspace.sealed_memtable_count() > 0 {
            if start.elapsed() >= wait {
                return Err(DiskError::NotFlushed {
                    keyspace: keyspace.name().to_string(),
                    waited_ms: wait.as_millis(),
                });
            }
            std::thread::sleep(LOOK);
        }
    }
    Ok(())
}

/// Empties every journal in the folder of fjall, flushes that to disk, and says what is left: the journals for ANCHOR.
///
/// Only after [`flush`] of **every** keyspace succeeded and every handle of fjall is dropped: what is not in a table is
/// lost. fjall's own lock is held meanwhile, so that a handle that is still there is an error.
///
/// # Errors
/// [`DiskError::StillOpen`], [`DiskError::Missing`] without a journal, [`DiskError::Stray`], [`DiskError::Io`].
pub fn flush_and_truncate(store: &Path) -> Result<Journals, DiskError> {
    let lock_path = store.join("lock");
    let lock = File::options()
        .read(true)
        .write(true)
        .open(&lock_path)
        .map_err(DiskError::io("open", &lock_path))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => DiskError::StillOpen { path: store.to_owned() },
        TryLockError::Error(source) => DiskError::io("lock", &lock_path)(source),
    })?;
    let files = journal::list(store)?;
    if files.is_empty() {
        return Err(DiskError::Missing { path: store.join("*.jnl") });
    }
    // By ascending number, so that a crash in between leaves the latest batches for fjall to replay over the tables.
    for file in &files {
        journal::cut(&file.path, 0)?;
    }
    fs::sync_dir(store)?;
    Journals::of(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};

    const WAIT: Duration = Duration::from_secs(60);

    fn open(store: &Path) -> (Database, Keyspace, Keyspace) {
        let db = Database::builder(store).worker_threads(1).open().unwrap();
        let ev = db.keyspace("ev", KeyspaceCreateOptions::default).unwrap();
        let mt = db.keyspace("mt", KeyspaceCreateOptions::default).unwrap();
        (db, ev, mt)
    }

    fn write(db: &Database, ev: &Keyspace, mt: &Keyspace, key: u64, value: u64) {
        let mut batch = db.batch().durability(Some(PersistMode::SyncData));
        batch.insert(ev, key.to_be_bytes(), value.to_be_bytes());
        batch.insert(mt, "last", value.to_be_bytes());
        batch.commit().unwrap();
    }

    fn read(db: &Database, keyspace: &Keyspace, key: impl AsRef<[u8]>) -> Option<u64> {
        let value = db.snapshot().get(keyspace, key).unwrap()?;
        Some(u64::from_be_bytes(value.as_ref().try_into().unwrap()))
    }

    /// Every cycle overwrites half the keys of those before and removes one: were sequence numbers to start again, an
    /// old value would win or a removed key come back.
    #[test]
    fn the_newest_value_wins_over_many_closes() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let mut floor = 0;
        for cycle in 1..=4_u64 {
            let (db, ev, mt) = open(&store);
            assert!(db.seqno() >= floor, "{} < {floor}", db.seqno());
            let lowest = db.seqno();
            for key in 0..200 {
                let of = if key == cycle - 1 { None } else { last_write(cycle - 1, key) };
                assert_eq!(read(&db, &ev, key.to_be_bytes()), of, "cycle {cycle}, key {key}");
            }
            for key in 0..200 {
                if cycle == 1 || key % 2 == cycle % 2 {
                    write(&db, &ev, &mt, key, cycle * 1000 + key);
                }
            }
            ev.remove(cycle.to_be_bytes()).unwrap();
            flush([&ev, &mt], WAIT).unwrap();
            let mut found = journal::scan(&store, lowest).unwrap();
            assert_eq!(found.damaged().count(), 0, "nothing is below the floor");
            floor = found.journals.pop().unwrap().last_seqno.unwrap() + 1;
            drop((db, ev, mt));
            let left = flush_and_truncate(&store).unwrap();
            assert_eq!((left.count, left.bytes), (1, 0));
        }
        let (db, ev, mt) = open(&store);
        assert_eq!(read(&db, &mt, "last"), Some(4198));
        assert_eq!(read(&db, &ev, 4_u64.to_be_bytes()), None);
        assert_eq!(read(&db, &ev, 7_u64.to_be_bytes()), Some(3007));
    }

    fn last_write(cycles: u64, key: u64) -> Option<u64> {
        let wrote = (1..=cycles).rev().find(|cycle| *cycle == 1 || key % 2 == cycle % 2)?;
        let removed = (1..=cycles).contains(&key) && wrote <= key;
        (!removed).then_some(wrote * 1000 + key)
    }

    #[test]
    fn a_handle_that_is_still_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let (db, ev, mt) = open(&store);
        write(&db, &ev, &mt, 1, 1);
        drop((db, mt));
        let before = Journals::of(&store).unwrap();
        assert!(matches!(flush_and_truncate(&store), Err(DiskError::StillOpen { .. })));
        assert_eq!(Journals::of(&store).unwrap(), before);
        drop(ev);
    }

    #[test]
    fn without_a_journal_nothing_is_truncated() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lock"), b"").unwrap();
        let error = flush_and_truncate(folder.path()).unwrap_err();
        assert!(matches!(error, DiskError::Missing { .. }), "{error}");
    }
}
