//! What is sealed, opened; and what was erased.

use super::View;
use crate::domain::json::{Json, Object};
use crate::domain::{AggregateKey, Body, Erasure, Hash, Header, Kind};
use crate::proof::body_hash;
use crate::store::error::StoreError;
use crate::store::format::{
    ErasureEntry, Head, StoredHead, StoredState, decode_body, decode_state, sealed_body,
};
use crate::store::keys::{self, AggregateBytes};
use crate::store::ring::{Owner, Place, Ring, Sealer};
use crate::store::writer::{Changes, Space};
use fjall::{Readable as _, Slice};
use std::sync::Arc;
use zeroize::Zeroizing;

impl View {
    /// The keys of an encrypted store; `None` in another.
    pub(crate) fn ring(&self) -> Option<&Arc<Ring>> {
        self.keyspaces.ring.as_ref()
    }

    /// Whether there is a key for what is sealed; also where nothing is.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn opens(&self) -> Result<(), StoreError> {
        self.ring().map_or(Ok(()), |ring| ring.held().map(drop))
    }

    /// What the bodies of an aggregate are to be sealed with; `None` where nothing is sealed.
    pub(crate) fn sealer(&self, name: &AggregateKey) -> Result<Option<Sealer>, StoreError> {
        let Some(ring) = self.ring() else { return Ok(None) };
        Ok(Some(Sealer { key: ring.key_for(self, name)?, ring: ring.clone() }))
    }

    /// The record of a key.
    pub(in crate::store) fn key_record(&self, place: &[u8]) -> Result<Option<Slice>, StoreError> {
        Ok(self.snapshot.get(&self.keyspaces.ky, place)?)
    }

    /// Opens a record that may be sealed; `None` where its aggregate was erased.
    pub(crate) fn open_record(
        &self,
        owner: Owner<'_>,
        place: Place<'_>,
        stored: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        match self.ring() {
            None => Ok(Some(Zeroizing::new(stored.to_vec()))),
            Some(ring) => ring.open_record(self, owner, place, stored),
        }
    }

    /// Seals a record that is about to be written, on the writer's thread; where nothing is sealed it stays as it is. The
    /// data key of an aggregate that has none yet is made, and is among the changes then.
    ///
    /// # Errors
    /// There is no key, or the aggregate was erased.
    pub(in crate::store) fn seal_record(
        &self,
        owner: Owner<'_>,
        place: Place<'_>,
        plain: &[u8],
        changes: &mut Changes,
    ) -> Result<Vec<u8>, StoreError> {
        let Some(ring) = self.ring() else { return Ok(plain.to_vec()) };
        let name = match owner {
            Owner::Store => return ring.seal_with(ring.held()?.store(), place, plain),
            Owner::Aggregate(name) => name,
        };
        let key = match ring.stored(self, name)? {
            Some(key) => key,
            None if self.erasure(name)?.is_some() => return Err(StoreError::Erased(name.clone())),
            None => {
                let record = keys::data_key(name);
                if let Some(entry) = changes.get(Space::Ky, &record) {
                    // Made for another record of this very change.
                    Arc::new(ring.unwrap(&record, entry)?)
                } else {
                    let key = ring.key_for(self, name)?;
                    let entry = ring.entry(&record, &key)?;
                    changes.put(Space::Ky, record, entry);
                    key
                }
            }
        };
        ring.seal_with(&key, place, plain)
    }

    /// The body in stored bytes. That of an erased aggregate is empty and says so.
    pub(super) fn body(&self, header: &Header, stored: &[u8]) -> Result<Body, StoreError> {
        let place = || format!("version {} of `{}`", header.version, header.aggregate);
        let sealed = sealed_body(stored).map_err(StoreError::record(place()))?;
        let (ring, sealed) = match (self.ring(), sealed) {
            (None, None) => return decode_body(stored).map_err(StoreError::record(place())),
            (Some(ring), Some(sealed)) => (ring, sealed),
            (None, Some(_)) => {
                let message = format!("{}: sealed, in a store that is not encrypted", place());
                return Err(StoreError::Inconsistent(message));
            }
            (Some(_), None) => {
                let message = format!("{}: not sealed, in an encrypted store", place());
                return Err(StoreError::Inconsistent(message));
            }
        };
        let owner = match header.kind {
            Kind::Erase => Owner::Store,
            _ => Owner::Aggregate(&header.aggregate),
        };
        let Some(key) = ring.key_of(self, owner, sealed)? else {
            return Ok(empty(header.kind, self.erasure(&header.aggregate)?));
        };
        // The associated data does not tell two events of the same type apart; their hashes do.
        if body_hash(stored) != header.body_hash {
            let message = format!("{}: the body is not the one that was committed", place());
            return Err(StoreError::Inconsistent(message));
        }
        let context = ring.body_context(&header.aggregate, &header.event_type, header.kind);
        let plain = key.open(context, sealed).map_err(StoreError::sealed(place()))?;
        decode_body(&plain).map_err(StoreError::record(place()))
    }

    /// The head in stored bytes.
    pub(super) fn open_head(
        &self,
        name: &AggregateKey,
        key: &AggregateBytes,
        stored: StoredHead<'_>,
    ) -> Result<Head, StoreError> {
        let place = || format!("the head of `{name}`");
        let StoredHead { frame, state } = stored;
        let state = match (self.ring(), state) {
            (None, StoredState::Plain(state)) => {
                decode_state(state).map_err(StoreError::record(place()))?
            }
            (Some(_), StoredState::Plain(b"{}")) if frame.erased => Object::new(),
            (Some(_), StoredState::Sealed(sealed)) if !frame.erased => {
                let version = frame.version.get();
                let at = Place { space: "ag", key: key.as_bytes(), version };
                let opened = self.open_record(Owner::Aggregate(name), at, sealed)?;
                let Some(plain) = opened else {
                    let message = format!("`{name}` is erased, but its head is not");
                    return Err(StoreError::Inconsistent(message));
                };
                decode_state(&plain).map_err(StoreError::record(place()))?
            }
            _ => {
                let message = format!("{}: its state is not sealed as it should be", place());
                return Err(StoreError::Inconsistent(message));
            }
        };
        Ok(Head { state, ..frame })
    }

    /// When and by whom an aggregate was erased; `None` where it was not.
    pub(crate) fn erasure(&self, name: &AggregateKey) -> Result<Option<Erasure>, StoreError> {
        let record = self.snapshot.get(&self.keyspaces.mt, keys::erasure(name))?;
        let decode = |record: Slice| {
            ErasureEntry::decode(&record)
                .map(|entry| entry.0)
                .map_err(StoreError::record(format_args!("the erasure of `{name}`")))
        };
        record.map(decode).transpose()
    }

    /// Every aggregate that was erased, by type and id.
    pub(crate) fn erasures(&self) -> Result<Vec<(AggregateKey, Erasure)>, StoreError> {
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.mt, keys::ERASURE_PREFIX) {
            let (key, value) = guard.into_inner()?;
            let bad = || StoreError::Inconsistent("an erasure has a broken key".into());
            let name = key.get(keys::ERASURE_PREFIX.len()..);
            let name = name.and_then(|name| std::str::from_utf8(name).ok()).ok_or_else(bad)?;
            let (aggregate_type, id) = name.split_once('/').ok_or_else(bad)?;
            let name = AggregateKey::new(aggregate_type, id).map_err(|_| bad())?;
            let entry = ErasureEntry::decode(&value)
                .map_err(StoreError::record(format_args!("the erasure of `{name}`")))?;
            found.push((name, entry.0));
        }
        Ok(found)
    }

    /// Whether an erasure was begun and not finished.
    pub(in crate::store) fn is_erasing(&self) -> Result<bool, StoreError> {
        Ok(self.snapshot.contains_key(&self.keyspaces.ky, keys::UNFINISHED)?)
    }

    /// Whether there is neither an event in the store nor anything else but what is never sealed: schemas, types, tokens,
    /// cursors.
    pub(in crate::store) fn is_bare(&self) -> Result<bool, StoreError> {
        if self.last_chunk()?.is_some() {
            return Ok(false);
        }
        for guard in self.snapshot.iter(&self.keyspaces.mt) {
            let key = guard.key()?;
            let clear = [
                keys::TYPE_PREFIX,
                keys::SCHEMA_PREFIX,
                keys::TOKEN_PREFIX,
                keys::TOKEN_USE_PREFIX,
                keys::CURSOR_PREFIX,
                keys::CHANGES,
            ];
            if !clear.iter().any(|known| key.starts_with(known)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A hash of what somebody wrote, as it is stored: a code where contents are sealed, since short texts can be found
    /// again by their hashes.
    pub(crate) fn coded(&self, hash: Hash) -> Result<Hash, StoreError> {
        self.ring().map_or(Ok(hash), |ring| ring.mac(&hash))
    }
}

/// The body of an event whose contents were destroyed.
fn empty(kind: Kind, erasure: Option<Erasure>) -> Body {
    let content = match kind {
        Kind::Merge | Kind::Nullify => Json::Object(Object::new()),
        Kind::Patch => Json::Array(Vec::new()),
        _ => Json::Null,
    };
    Body { content, erased: erasure.map(Box::new), ..Body::default() }
}
