//! The records of a keyspace from wherever they can still be read: every table by itself, whatever the engine thinks of it,
//! and every whole batch of the journals. Of two with the same key the newer one counts, by the engine's sequence numbers.

use crate::store::disk::journal::{Claim, Item, Scan, items_behind};
use crate::store::disk::tables::{self, Folder, Gap};
use crate::store::error::StoreError;
use crate::store::keyspaces::Keyspaces;
use crate::store::spare::Spare;
use fjall::{Keyspace, KeyspaceCreateOptions, Readable};
use std::path::{Path, PathBuf};

/// The keyspace that holds the sequence numbers, in the copy.
const NUMBERS: &str = "numbers";

/// Where the records that are gathered go.
pub(super) struct Gatherer<'c> {
    keyspaces: &'c Keyspaces,
    scratch: PathBuf,
    /// The sequence number of every record that was gathered: memory would not hold them all.
    numbers: Keyspace,
}

/// What could be gathered of a keyspace.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Gathered {
    /// Which.
    pub(super) name: &'static str,
    /// The tables in which records can be read.
    pub(super) tables: u64,
    /// The tables that there were, as far as is known.
    pub(super) of: u64,
    /// Whether nobody knows which tables were in force: records that were removed may be among those gathered.
    pub(super) unlisted: bool,
    /// Tables of which nothing can be read, with what they were called.
    pub(super) gone: Vec<String>,
    /// Between which keys records cannot be read.
    pub(super) gaps: Vec<Gap>,
}

impl<'c> Gatherer<'c> {
    pub(super) fn new(keyspaces: &'c Keyspaces, spare: &Spare) -> Result<Self, StoreError> {
        let numbers = keyspaces.db.keyspace(NUMBERS, KeyspaceCreateOptions::default)?;
        Ok(Self { keyspaces, scratch: spare.path().join("part"), numbers })
    }

    /// Gathers the keyspace `name`, whose number is `id` and whose files are in `store`.
    pub(super) fn gather(
        &self,
        (name, id): (&'static str, u64),
        store: &Path,
        folder: &Folder,
        scan: &Scan,
    ) -> Result<Gathered, StoreError> {
        let to = self.keyspaces.all().into_iter().find(|(of, _)| *of == name);
        let (_, to) = to.ok_or(StoreError::Closed)?;
        let path = store.join("keyspaces").join(id.to_string());
        let readable = folder.readable(&path)?;
        let listed = folder.listed.as_ref();
        let mut found = Gathered {
            name,
            of: listed.map_or(readable.len(), Vec::len) as u64,
            unlisted: listed.is_none(),
            ..Gathered::default()
        };
        let missing = listed.into_iter().flatten().filter(|table| !readable.contains(table));
        found.gone.extend(missing.map(|table| called(table)));
        for table in &readable {
            let mut any = false;
            let gaps = tables::records(table, &self.scratch, &mut |item| {
                any = true;
                let value = (!item.is_tombstone()).then_some(item.value.as_ref());
                self.put((name, to), &item.key.user_key, item.key.seqno, value)
            })?;
            if any {
                found.tables += 1;
                found.gaps.extend(gaps);
            } else {
                found.gone.push(called(table));
            }
        }
        let mut failed = None;
        for journal in &scan.journals {
            items_behind(&journal.file.path, 0, &mut |item: Item| {
                if item.keyspace == id && failed.is_none() {
                    let value = item.value.as_deref();
                    failed = self.put((name, to), &item.key, item.seqno, value).err();
                }
            })?;
        }
        failed.map_or(Ok(found), Err)
    }

    fn put(
        &self,
        (name, to): (&str, &Keyspace),
        key: &[u8],
        seqno: u64,
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let place = [name.as_bytes(), key].concat();
        if self.number(&place)?.is_some_and(|known| known >= seqno) {
            return Ok(());
        }
        self.numbers.insert(place, seqno.to_be_bytes())?;
        match value {
            Some(value) => to.insert(key, value)?,
            None => to.remove(key)?,
        }
        Ok(())
    }

    fn number(&self, place: &[u8]) -> Result<Option<u64>, StoreError> {
        let bytes = self.keyspaces.db.snapshot().get(&self.numbers, place)?;
        Ok(bytes.and_then(|bytes| Some(u64::from_be_bytes(bytes.as_ref().try_into().ok()?))))
    }

    /// Whether a record of a gathered keyspace is older than what a damaged batch did to it.
    pub(super) fn is_behind(&self, name: &str, claim: &Claim) -> Result<bool, StoreError> {
        let known = self.number(&[name.as_bytes(), &claim.key].concat())?;
        Ok(known.is_none_or(|known| known < claim.seqno))
    }
}

/// A table, by its number.
fn called(table: &Path) -> String {
    table.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
