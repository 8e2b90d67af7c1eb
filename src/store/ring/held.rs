//! The master key, and the key of the store that it opens.

use super::key_context;
use crate::domain::Hash;
use crate::seal::{Key, KeyId};
use crate::store::error::StoreError;
use crate::store::format::KeyEntry;
use crate::store::keys;
use crate::store::keyspaces::Keyspaces;
use crate::workspace::{DataKeyError, DataKeys};
use fjall::Readable as _;
use std::sync::Arc;
use uuid::Uuid;

/// What codes are made with, derived from the key of the store.
const MAC_PURPOSE: &str = "dbx codes 1";

/// The master key, and the key of the store that it opens.
pub(crate) struct Held {
    /// What keys are wrapped with.
    master: Arc<Key>,
    /// What some of them may still be wrapped with: a rotation is under way.
    before: Option<Arc<Key>>,
    store: Arc<Key>,
    mac: Arc<Key>,
}

impl Held {
    /// What the files of the keys and the record in `ky` give. The inner error is about the files: the record is fine.
    pub(super) fn load(
        keyspaces: &Keyspaces,
        store: Uuid,
        keys: &DataKeys,
    ) -> Result<Result<Self, DataKeyError>, StoreError> {
        let record = keyspaces.db.snapshot().get(&keyspaces.ky, keys::STORE_KEY)?;
        let missing = || StoreError::Inconsistent("the key of the store is missing".into());
        let entry = KeyEntry::decode(&record.ok_or_else(missing)?)
            .map_err(StoreError::record("the key of the store"))?;
        let (now, next) = match (keys.load(), keys.load_next()) {
            (_, Err(error)) | (Err(error), Ok(None)) => return Ok(Err(error)),
            (now, Ok(next)) => (now.ok().map(Arc::new), next.map(Arc::new)),
        };
        let needs = KeyId::of_sealed(&entry.wrapped).ok_or_else(missing)?;
        let all = [next.clone(), now.clone()];
        let Some(fits) = all.into_iter().flatten().find(|key| key.id() == needs) else {
            return Ok(Err(DataKeyError::Other { path: keys.path().to_owned(), needs }));
        };
        let opened = fits
            .unwrap(key_context(store, keys::STORE_KEY), &entry.wrapped)
            .map_err(StoreError::sealed("the key of the store"))?;
        let (master, before) = match (next, now) {
            (Some(next), now) => (next, now),
            (None, _) => (fits, None),
        };
        Ok(Ok(Self::new(master, before, Arc::new(opened))))
    }

    pub(super) fn new(master: Arc<Key>, before: Option<Arc<Key>>, store: Arc<Key>) -> Self {
        let mac = Arc::new(store.derive(MAC_PURPOSE));
        Self { master, before, store, mac }
    }

    /// The same with another master key, beside which the one before still opens what it wrapped.
    pub(super) fn turned_to(&self, master: Key) -> Self {
        let same = self.master.id() == master.id();
        let before = if same { self.before.clone() } else { Some(self.master.clone()) };
        let (store, mac) = (self.store.clone(), self.mac.clone());
        Self { master: Arc::new(master), before, store, mac }
    }

    pub(super) fn settled(&self) -> Self {
        let (master, store, mac) = (self.master.clone(), self.store.clone(), self.mac.clone());
        Self { master, before: None, store, mac }
    }

    /// The key that seals what belongs to no aggregate.
    pub(crate) fn store(&self) -> &Arc<Key> {
        &self.store
    }

    pub(crate) fn mac(&self, bytes: &[u8]) -> Hash {
        Hash(self.mac.mac(bytes))
    }

    pub(super) fn entry(
        &self,
        store: Uuid,
        place: &[u8],
        key: &Key,
    ) -> Result<Vec<u8>, StoreError> {
        wrapped(&self.master, store, place, key)
    }

    pub(super) fn unwrap(
        &self,
        store: Uuid,
        place: &[u8],
        entry: &KeyEntry,
    ) -> Result<Key, StoreError> {
        let named = KeyId::of_sealed(&entry.wrapped);
        let fits = [Some(&self.master), self.before.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| Some(key.id()) == named)
            .unwrap_or(&self.master);
        let key = fits
            .unwrap(key_context(store, place), &entry.wrapped)
            .map_err(StoreError::sealed("a data key"))?;
        if key.id() == entry.id {
            Ok(key)
        } else {
            Err(StoreError::Inconsistent("a data key is not the one that its record names".into()))
        }
    }
}

/// The record of a key, wrapped with a master key.
pub(crate) fn wrapped(
    master: &Key,
    store: Uuid,
    place: &[u8],
    key: &Key,
) -> Result<Vec<u8>, StoreError> {
    let wrapped =
        master.wrap(key_context(store, place), key).map_err(StoreError::sealed("a data key"))?;
    Ok(KeyEntry { id: key.id(), wrapped }.encode())
}
