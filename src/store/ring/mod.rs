//! The keys of an encrypted store, and what is sealed with them.
//!
//! One key seals what belongs to the store as a whole, and each aggregate has a data key of its own; all of them lie in
//! `ky`, wrapped with the master key. Data keys are made on the threads of callers, and wrapped and stored by the writer
//! in the batch of the aggregate's first event. Two callers that make an aggregate at once get the same key; whatever
//! happens besides, the writer seals anew what was sealed with another key than the stored one.

mod held;
mod records;

pub(crate) use held::{Held, wrapped};
pub(crate) use records::{Owner, Place, Sealer};

use super::Options;
use super::error::StoreError;
use super::format::KeyEntry;
use super::keys;
use super::keyspaces::Keyspaces;
use super::view::View;
use crate::domain::{AggregateKey, Hash};
use crate::seal::{Context, Key, KeyId};
use crate::workspace::{DataKeyError, DataKeys};
use quick_cache::sync::Cache;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use uuid::Uuid;

/// The least number of data keys that are kept in memory.
const KEYS_MIN: usize = 1024;

/// Gives the database of an encrypted store the keys to it, or the reason why there are none.
///
/// # Errors
/// Bytes of the records of keys that cannot be read for another reason than damage.
pub(super) fn unlock(
    keyspaces: &mut Keyspaces,
    store: Uuid,
    options: &Options,
) -> Result<(), StoreError> {
    let ring = Ring::open(keyspaces, store, &options.keys, options.cache_heads)?;
    keyspaces.ring = Some(Arc::new(ring));
    Ok(())
}

/// The keys of an encrypted store, or why there are none.
pub(crate) struct Ring {
    store: Uuid,
    held: RwLock<Result<Arc<Held>, Arc<DataKeyError>>>,
    /// Also keys that no record has yet.
    data: Cache<AggregateKey, Arc<Key>>,
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ring(..)")
    }
}

impl Ring {
    /// The keys of a store. Without its master key there are none, which is no error: much can be read without.
    pub(crate) fn open(
        keyspaces: &Keyspaces,
        store: Uuid,
        keys: &DataKeys,
        capacity: usize,
    ) -> Result<Self, StoreError> {
        let held = match Held::load(keyspaces, store, keys) {
            Err(error) if error.is_damage() => Err(DataKeyError::Record(error.to_string())),
            other => other?,
        };
        Ok(Self {
            store,
            held: RwLock::new(held.map(Arc::new).map_err(Arc::new)),
            data: Cache::new(capacity.max(KEYS_MIN)),
        })
    }

    /// The master key and the key of the store.
    pub(crate) fn held(&self) -> Result<Arc<Held>, StoreError> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone().map_err(StoreError::NoKey)
    }

    /// From now on new keys are wrapped with `master`.
    pub(super) fn turn_to(&self, master: Key) -> Result<(), StoreError> {
        let held = self.held()?.turned_to(master);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Ok(Arc::new(held));
        Ok(())
    }

    /// Everything is wrapped with the present master key now: the one before opens nothing any more.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        let held = self.held()?.settled();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Ok(Arc::new(held));
        Ok(())
    }

    /// What is wrong with the stored key of the store; `None` where the key, if it is missing, is missing elsewhere.
    pub(super) fn damage(&self) -> Option<String> {
        match &*self.held.read().unwrap_or_else(PoisonError::into_inner) {
            Err(error) if matches!(**error, DataKeyError::Record(_)) => Some(error.to_string()),
            _ => None,
        }
    }

    /// Forgets the data key of an aggregate that was erased.
    pub(super) fn forget(&self, name: &AggregateKey) {
        self.data.remove(name);
    }

    /// Forgets all data keys: a reader may have brought one back that was erased meanwhile.
    pub(super) fn forget_all(&self) {
        self.data.clear();
    }

    /// The record of a key, wrapped with the master key of this moment.
    pub(super) fn entry(&self, place: &[u8], key: &Key) -> Result<Vec<u8>, StoreError> {
        self.held()?.entry(self.store, place, key)
    }

    /// The key in a record.
    pub(super) fn unwrap(&self, place: &[u8], record: &[u8]) -> Result<Key, StoreError> {
        let entry = KeyEntry::decode(record).map_err(StoreError::record("a data key"))?;
        self.held()?.unwrap(self.store, place, &entry)
    }

    /// The stored data key of an aggregate; `None` where it has none.
    pub(crate) fn stored(
        &self,
        view: &View,
        name: &AggregateKey,
    ) -> Result<Option<Arc<Key>>, StoreError> {
        let place = keys::data_key(name);
        let Some(record) = view.key_record(&place)? else { return Ok(None) };
        let key = Arc::new(self.unwrap(&place, &record)?);
        self.data.insert(name.clone(), key.clone());
        Ok(Some(key))
    }

    /// The data key of an aggregate, for sealing: a new one where it has none.
    pub(crate) fn key_for(&self, view: &View, name: &AggregateKey) -> Result<Arc<Key>, StoreError> {
        if let Some(key) = self.data.get(name) {
            return Ok(key);
        }
        // Without the master key the new one could not be stored.
        self.held()?;
        if let Some(key) = self.stored(view, name)? {
            return Ok(key);
        }
        let new = || Key::generate().map(Arc::new).map_err(StoreError::sealed("a new data key"));
        self.data.get_or_insert_with(name, new)
    }

    /// The data key of an aggregate that has the id `id`; `None` where the aggregate has no key at all.
    fn opening(
        &self,
        view: &View,
        name: &AggregateKey,
        id: KeyId,
    ) -> Result<Option<Arc<Key>>, StoreError> {
        if let Some(key) = self.data.get(name).filter(|key| key.id() == id) {
            return Ok(Some(key));
        }
        match self.stored(view, name)? {
            Some(key) if key.id() != id => {
                let message =
                    format!("`{name}` has the data key {}, something of it names {id}", key.id());
                Err(StoreError::Inconsistent(message))
            }
            found => Ok(found),
        }
    }

    /// A hash that says nothing to those without the key.
    pub(crate) fn mac(&self, hash: &Hash) -> Result<Hash, StoreError> {
        Ok(self.held()?.mac(hash.as_bytes()))
    }
}

/// The associated data of the record of a key.
fn key_context(store: Uuid, place: &[u8]) -> Context {
    Context::new("dbx key").part(store.as_bytes()).part(place)
}
