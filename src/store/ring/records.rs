//! What is sealed: bodies, states, records.

use super::Ring;
use crate::domain::{AggregateKey, EventType, Kind};
use crate::seal::{Context, Key, KeyId};
use crate::store::error::StoreError;
use crate::store::format::{EncodedBody, encode_sealed_body};
use crate::store::keys::{self, AggregateBytes};
use crate::store::view::View;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Whose key seals a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'a> {
    /// The store's.
    Store,
    /// An aggregate's: what is sealed with it is gone when the aggregate is erased.
    Aggregate(&'a AggregateKey),
}

/// Where a record is, which is what it is bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The name of the keyspace.
    pub(crate) space: &'a str,
    /// The whole key.
    pub(crate) key: &'a [u8],
    /// The version that it is of; 0 where there is none.
    pub(crate) version: u64,
}

/// A key to seal the bodies of one aggregate with.
#[derive(Debug, Clone)]
pub(crate) struct Sealer {
    pub(crate) ring: Arc<Ring>,
    pub(crate) key: Arc<Key>,
}

impl Sealer {
    /// Seals the bytes of a body.
    pub(crate) fn body(
        &self,
        (aggregate, event_type, kind): (&AggregateKey, &EventType, Kind),
        plain: &[u8],
    ) -> Result<EncodedBody, StoreError> {
        let context = self.ring.body_context(aggregate, event_type, kind);
        let sealed = self.key.seal(context, plain).map_err(StoreError::sealed("a body"))?;
        Ok(encode_sealed_body(&sealed))
    }
}

impl Ring {
    pub(crate) fn body_context(
        &self,
        aggregate: &AggregateKey,
        event_type: &EventType,
        kind: Kind,
    ) -> Context {
        Context::new("dbx body")
            .part(&[1])
            .part(self.store.as_bytes())
            .part(aggregate.aggregate_type.as_str().as_bytes())
            .part(aggregate.id.as_str().as_bytes())
            .part(event_type.as_str().as_bytes())
            .part(kind.as_str().as_bytes())
    }

    fn record_context(&self, place: Place<'_>) -> Context {
        Context::new("dbx record")
            .part(self.store.as_bytes())
            .part(place.space.as_bytes())
            .part(place.key)
            .part(&place.version.to_be_bytes())
    }

    /// Seals a record with a key.
    pub(crate) fn seal_with(
        &self,
        key: &Key,
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        key.seal(self.record_context(place), plain).map_err(StoreError::sealed("a record"))
    }

    /// The key of an owner that has the id which a sealed text names; `None` where the owner has none, since it was
    /// erased.
    pub(crate) fn key_of(
        &self,
        view: &View,
        owner: Owner<'_>,
        sealed: &[u8],
    ) -> Result<Option<Arc<Key>>, StoreError> {
        let held = self.held()?;
        let bad = || StoreError::Inconsistent("something that is sealed is cut off".into());
        let id = KeyId::of_sealed(sealed).ok_or_else(bad)?;
        match owner {
            Owner::Store => Ok(Some(held.store().clone())),
            Owner::Aggregate(name) => match self.opening(view, name, id)? {
                Some(key) => Ok(Some(key)),
                None if view.erasure(name)?.is_some() => Ok(None),
                None => Err(StoreError::Inconsistent(format!("`{name}` has no data key"))),
            },
        }
    }

    /// Opens a record; `None` where its aggregate was erased.
    pub(crate) fn open_record(
        &self,
        view: &View,
        owner: Owner<'_>,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let Some(key) = self.key_of(view, owner, sealed)? else { return Ok(None) };
        let named = || format!("a sealed record of `{}`", place.space);
        let context = self.record_context(place);
        key.open(context, sealed).map(Some).map_err(|error| StoreError::sealed(named())(error))
    }

    /// The prefix of the references to a target.
    pub(crate) fn referrers(&self, target: &AggregateBytes) -> Result<Vec<u8>, StoreError> {
        Ok(keys::sealed_referrers(&self.code(target.as_bytes())?))
    }

    /// The record of a reference whose plain key is given.
    pub(crate) fn referrer(
        &self,
        target: &AggregateBytes,
        plain: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let key = keys::sealed_referrer(&self.code(target.as_bytes())?, &self.code(plain)?);
        let rest = plain.get(keys::referrers(target).len()..).unwrap_or_default();
        let place = Place { space: "ix", key: &key, version: 0 };
        let value = self.seal_with(self.held()?.store(), place, rest)?;
        Ok((key, value))
    }

    /// What an import is found by, which is the beginning of a hash where nothing is sealed.
    pub(crate) fn import_start(&self, start: [u8; 8]) -> Result<[u8; 8], StoreError> {
        let code = self.held()?.mac(&start);
        Ok(code.0.first_chunk().copied().unwrap_or_default())
    }

    fn code(&self, bytes: &[u8]) -> Result<[u8; 16], StoreError> {
        let code = self.held()?.mac(bytes);
        Ok(code.0.first_chunk().copied().unwrap_or_default())
    }
}
