//! The records beside the log: commits, idempotency keys, schemas, imports, tiles.

use super::View;
use crate::domain::{CommitNumber, Hash};
use crate::proof::sha256;
use crate::store::error::StoreError;
use crate::store::format::{CommitEntry, IdempotencyEntry, ImportEntry, Message, SchemaEntry};
use crate::store::keys::{self};
use crate::store::ring::{Owner, Place};
use crate::store::writer::{ImportPoint, Space};
use fjall::{Readable, Slice};

impl View {
    /// Hands every record of a keyspace to `visit`, in the order of its keys.
    pub(in crate::store) fn records<E: From<StoreError>>(
        &self,
        space: Space,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for guard in self.snapshot.iter(self.keyspaces.of(space)) {
            let (key, value) = guard.into_inner().map_err(StoreError::from)?;
            visit(&key, &value)?;
        }
        Ok(())
    }

    /// The message of a commit; `None` where its writer gave none.
    pub(crate) fn commit_message(
        &self,
        number: CommitNumber,
    ) -> Result<Option<String>, StoreError> {
        match self.commit(number)? {
            Some(entry) => self.message(number, &entry.message),
            None => Ok(None),
        }
    }

    /// The text of a stored message.
    fn message(
        &self,
        number: CommitNumber,
        stored: &Message,
    ) -> Result<Option<String>, StoreError> {
        match stored {
            Message::None | Message::Lost => Ok(None),
            Message::Plain(text) if self.ring().is_none() => Ok(Some(text.clone())),
            Message::Sealed(sealed) => {
                let key = keys::commit(number);
                let place = Place { space: "mt", key: &key, version: 0 };
                let plain = self.open_record(Owner::Store, place, sealed)?.unwrap_or_default();
                let bad =
                    |_| StoreError::Inconsistent(format!("the message of c{number}: no text"));
                String::from_utf8(plain.to_vec()).map(Some).map_err(bad)
            }
            Message::Plain(_) => {
                Err(StoreError::Inconsistent(format!("the message of c{number} is not sealed")))
            }
        }
    }

    /// The hash that the headers of a commit hold of a stored message: a code where it is sealed.
    pub(crate) fn message_hash(
        &self,
        number: CommitNumber,
        stored: &Message,
    ) -> Result<Option<Hash>, StoreError> {
        let Some(text) = self.message(number, stored)? else { return Ok(None) };
        match self.ring() {
            None => Ok(Some(sha256(text.as_bytes()))),
            Some(ring) => Ok(Some(ring.held()?.mac(text.as_bytes()))),
        }
    }

    /// Whether a commit has a message that there is no key for.
    pub(crate) fn is_message_shut(&self, number: CommitNumber) -> Result<bool, StoreError> {
        let has = self.commit(number)?.is_some_and(|entry| entry.message != Message::None);
        Ok(has && self.opens().is_err())
    }

    /// The record of a commit; `None` where it has none of its own.
    pub(in crate::store) fn commit(
        &self,
        number: CommitNumber,
    ) -> Result<Option<CommitEntry>, StoreError> {
        match self.snapshot.get(&self.keyspaces.mt, keys::commit(number))? {
            Some(bytes) => CommitEntry::decode(&bytes)
                .map(Some)
                .map_err(StoreError::record(format_args!("commit c{number}"))),
            None => Ok(None),
        }
    }

    /// A record of the stage: the stage itself or one of its operations.
    pub(in crate::store) fn stage_record(&self, key: &[u8]) -> Result<Option<Slice>, StoreError> {
        Ok(self.snapshot.get(&self.keyspaces.mt, key)?)
    }

    /// Every record of a commit, by number. Ends behind the first one that cannot be read.
    pub(crate) fn commit_entries(
        &self,
    ) -> impl Iterator<Item = Result<(CommitNumber, CommitEntry), StoreError>> + use<> {
        let mut failed = false;
        self.snapshot.prefix(&self.keyspaces.mt, keys::COMMIT_PREFIX).map_while(move |guard| {
            let record = guard.into_inner().map_err(StoreError::from);
            let entry = record.and_then(|(key, value)| commit_entry(&key, &value));
            let ended = std::mem::replace(&mut failed, entry.is_err());
            (!ended).then_some(entry)
        })
    }

    /// What an idempotency key was used for.
    ///
    /// In an encrypted store key and operations are codes: see [`Ring::mac`](crate::store::ring::Ring::mac).
    pub(crate) fn idempotency(&self, key: &Hash) -> Result<Option<IdempotencyEntry>, StoreError> {
        match self.snapshot.get(&self.keyspaces.mt, keys::idempotency(key))? {
            Some(bytes) => IdempotencyEntry::decode(&bytes)
                .map(Some)
                .map_err(StoreError::record("an idempotency key")),
            None => Ok(None),
        }
    }

    /// How often records beside the log were changed without an event.
    pub(in crate::store) fn changes(&self) -> Result<u64, StoreError> {
        let Some(bytes) = self.snapshot.get(&self.keyspaces.mt, keys::CHANGES)? else {
            return Ok(0);
        };
        let count = bytes.as_ref().try_into().map(u64::from_be_bytes);
        count.map_err(|_| StoreError::Inconsistent("the count of changes is no number".into()))
    }

    /// Every applied schema with its version, oldest first.
    pub(crate) fn schemas(&self) -> Result<Vec<(u64, SchemaEntry)>, StoreError> {
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.mt, keys::SCHEMA_PREFIX) {
            let (key, value) = guard.into_inner()?;
            let version =
                key.get(keys::SCHEMA_PREFIX.len()..).and_then(|bytes| bytes.try_into().ok());
            let version = version.map(u64::from_be_bytes).ok_or_else(|| {
                StoreError::Inconsistent("an applied schema has a broken key".into())
            })?;
            let entry = SchemaEntry::decode(&value)
                .map_err(StoreError::record(format_args!("schema version {version}")))?;
            found.push((version, entry));
        }
        Ok(found)
    }

    /// The newest applied schema and its version.
    pub(crate) fn schema_in_force(&self) -> Result<Option<(u64, SchemaEntry)>, StoreError> {
        // Versions are few; the last one is not worth a second way to read them.
        Ok(self.schemas()?.pop())
    }

    /// Every import of a source that begins like this one, with the key that names it.
    pub(crate) fn imports(
        &self,
        first_line: [u8; 8],
    ) -> Result<Vec<([u8; 16], ImportPoint)>, StoreError> {
        let mut found = Vec::new();
        let stored = match self.ring() {
            Some(ring) => ring.import_start(first_line)?,
            None => first_line,
        };
        let prefix = [keys::IMPORT_PREFIX, &stored].concat();
        for guard in self.snapshot.prefix(&self.keyspaces.mt, prefix) {
            let (key, value) = guard.into_inner()?;
            let own: Option<[u8; 8]> =
                key.get(keys::IMPORT_PREFIX.len() + 8..).and_then(|bytes| bytes.try_into().ok());
            let own =
                own.ok_or_else(|| StoreError::Inconsistent("an import has a broken key".into()))?;
            let mut source = [0; 16];
            for (byte, of) in source.iter_mut().zip(first_line.into_iter().chain(own)) {
                *byte = of;
            }
            let entry = ImportEntry::decode(&value).map_err(StoreError::record("an import"))?;
            found.push((
                source,
                ImportPoint { bytes: entry.bytes, lines: entry.lines, hash: entry.hash },
            ));
        }
        Ok(found)
    }

    /// A record of `mt`, as it is stored.
    pub(in crate::store) fn record(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.snapshot.get(&self.keyspaces.mt, key)?.map(|bytes| bytes.to_vec()))
    }

    /// The keys of `mt` with a prefix.
    pub(in crate::store) fn record_keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let found = self.snapshot.prefix(&self.keyspaces.mt, prefix);
        found.map(|guard| Ok(guard.key()?.to_vec())).collect()
    }

    /// Level and index of every stored tile.
    pub(crate) fn tile_keys(&self) -> impl Iterator<Item = Result<(u8, u64), StoreError>> + use<> {
        self.snapshot.iter(&self.keyspaces.tr).map(|guard| {
            let key = guard.key()?;
            keys::parse_tile(&key)
                .ok_or_else(|| StoreError::Inconsistent("a tile has a broken key".into()))
        })
    }

    /// The 256 hashes and the root of a complete tile of the log's tree.
    pub(crate) fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let bytes = self.tile_bytes(level, index)?;
        Ok(bytes.map(|bytes| bytes.as_chunks::<32>().0.iter().map(|hash| Hash(*hash)).collect()))
    }

    /// As [`View::tile`]: the hashes one after the other.
    pub(crate) fn tile_bytes(&self, level: u8, index: u64) -> Result<Option<Slice>, StoreError> {
        let found = self.snapshot.get(&self.keyspaces.tr, keys::tile(level, index))?;
        if found.as_ref().is_some_and(|bytes| bytes.len() != 32 * (crate::proof::TILE_WIDTH + 1)) {
            return Err(StoreError::Inconsistent(format!(
                "tile {index} of level {level} has a wrong size"
            )));
        }
        Ok(found)
    }
}

fn commit_entry(key: &[u8], value: &[u8]) -> Result<(CommitNumber, CommitEntry), StoreError> {
    let number = key.strip_prefix(keys::COMMIT_PREFIX).and_then(|bytes| bytes.try_into().ok());
    let number = number.map(u64::from_be_bytes).ok_or_else(|| {
        StoreError::Inconsistent("the record of a commit has a broken key".into())
    })?;
    let number = CommitNumber(number);
    let entry =
        CommitEntry::decode(value).map_err(StoreError::record(format_args!("commit c{number}")))?;
    Ok((number, entry))
}
