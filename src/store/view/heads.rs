//! Aggregates: their types, heads, snapshots and referrers.

use super::View;
use super::version_of;
use crate::domain::json::Object;
use crate::domain::{AggregateId, AggregateKey, AggregateType, Version};
use crate::store::error::StoreError;
use crate::store::format::{Head, StEntry, StoredHead, decode_state};
use crate::store::keys::{self, AggregateBytes};
use crate::store::ring::{Owner, Place};
use fjall::{Readable, Slice};
use std::ops::ControlFlow;
use zeroize::Zeroizing;

/// A text that is overwritten when it is dropped.
type Text = Zeroizing<Vec<u8>>;

impl View {
    /// The number of the aggregate's type, where any event of that type was ever written.
    pub(crate) fn type_number(
        &self,
        aggregate_type: &AggregateType,
    ) -> Result<Option<u32>, StoreError> {
        if let Some(types) = &self.types {
            let found = types.iter().find(|(name, _)| name == aggregate_type);
            return Ok(found.map(|(_, number)| *number));
        }
        let key = keys::type_name(aggregate_type.as_str());
        match self.snapshot.get(&self.keyspaces.mt, key)? {
            Some(bytes) => decode_type_number(aggregate_type.as_str(), &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Every aggregate type with its number, by name.
    pub(crate) fn types(&self) -> Result<Vec<(AggregateType, u32)>, StoreError> {
        if let Some(types) = &self.types {
            return Ok(types.to_vec());
        }
        let mut types = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.mt, keys::TYPE_PREFIX) {
            let (key, value) = guard.into_inner()?;
            let bad = || StoreError::Inconsistent("the type dictionary has a broken name".into());
            let name =
                key.get(keys::TYPE_PREFIX.len()..).and_then(|name| std::str::from_utf8(name).ok());
            let name = name.and_then(|name| AggregateType::new(name).ok()).ok_or_else(bad)?;
            let number = decode_type_number(name.as_str(), &value)?;
            types.push((name, number));
        }
        Ok(types)
    }

    /// The dictionary of types as the index of versions and the log tell it: the type of the first aggregate of each
    /// number. Types that have a number and no event are not in it.
    pub(in crate::store) fn types_by_events(
        &self,
    ) -> Result<Vec<(AggregateType, u32)>, StoreError> {
        let mut types = Vec::new();
        let mut next = 1_u32;
        loop {
            let from = keys::type_prefix(next);
            let Some(guard) = self.snapshot.range(&self.keyspaces.st, from..).next() else { break };
            let (key, value) = guard.into_inner()?;
            let bad = || StoreError::Inconsistent("a version's place has a broken key".into());
            let number = key.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
            let number = number.ok_or_else(bad)?;
            let place = StEntry::decode(&value).map_err(StoreError::record("a version's place"))?;
            let header = self.with_event(place.position, |event| event.header())?;
            types.extend(header.map(|header| (header.aggregate.aggregate_type, number)));
            next = number.checked_add(1).ok_or_else(bad)?;
        }
        types.sort();
        Ok(types)
    }

    /// The aggregate's key in the store; `None` where its type was never written.
    pub(crate) fn key(
        &self,
        aggregate: &AggregateKey,
    ) -> Result<Option<AggregateBytes>, StoreError> {
        let number = self.type_number(&aggregate.aggregate_type)?;
        Ok(number.map(|number| AggregateBytes::new(number, &aggregate.id)))
    }

    /// The head of an aggregate; `None` where it has no event.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub fn head(&self, aggregate: &AggregateKey) -> Result<Option<Head>, StoreError> {
        match self.key(aggregate)? {
            Some(key) => self.head_by_key(&key, aggregate),
            None => Ok(None),
        }
    }

    pub(crate) fn head_by_key(
        &self,
        key: &AggregateBytes,
        name: &AggregateKey,
    ) -> Result<Option<Head>, StoreError> {
        match self.snapshot.get(&self.keyspaces.ag, key.as_bytes())? {
            Some(bytes) => {
                let stored = StoredHead::decode(&bytes)
                    .map_err(StoreError::record(format_args!("the head of `{name}`")))?;
                self.open_head(name, key, stored).map(Some)
            }
            None => Ok(None),
        }
    }

    /// As [`View::head_by_key`] with an empty state, which takes no key: for what looks at no state.
    pub(crate) fn frame_by_key(
        &self,
        key: &AggregateBytes,
        name: &AggregateKey,
    ) -> Result<Option<Head>, StoreError> {
        match self.snapshot.get(&self.keyspaces.ag, key.as_bytes())? {
            Some(bytes) => StoredHead::decode(&bytes)
                .map(|stored| Some(stored.frame))
                .map_err(StoreError::record(format_args!("the head of `{name}`"))),
            None => Ok(None),
        }
    }

    /// Hands every head to `visit`, by type and id, starting after `after` or at the beginning; of one type or of
    /// all. Stops when `visit` breaks.
    ///
    /// # Errors
    /// Bytes that cannot be read, or what `visit` says.
    pub fn heads<E: From<StoreError>>(
        &self,
        aggregate_type: Option<&AggregateType>,
        after: Option<&AggregateKey>,
        mut visit: impl FnMut(AggregateKey, Head) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        self.stored_heads(aggregate_type, after, |name, key, stored| {
            let head = self.open_head(&name, key, stored)?;
            visit(name, head)
        })
    }

    /// As [`View::heads`] with empty states, which takes no key: for what looks at no state.
    pub(crate) fn frames<E: From<StoreError>>(
        &self,
        aggregate_type: Option<&AggregateType>,
        after: Option<&AggregateKey>,
        mut visit: impl FnMut(AggregateKey, Head) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        self.stored_heads(aggregate_type, after, |name, _, stored| visit(name, stored.frame))
    }

    pub(super) fn stored_heads<E: From<StoreError>>(
        &self,
        aggregate_type: Option<&AggregateType>,
        after: Option<&AggregateKey>,
        mut visit: impl FnMut(
            AggregateKey,
            &AggregateBytes,
            StoredHead<'_>,
        ) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut types = self.types()?;
        types.retain(|(name, _)| {
            aggregate_type.is_none_or(|wanted| wanted == name)
                && after.is_none_or(|after| *name >= after.aggregate_type)
        });
        for (name, number) in types {
            let prefix = keys::type_prefix(number);
            let skip = after.filter(|after| after.aggregate_type == name);
            let start = skip.map_or(prefix.to_vec(), |after| {
                // One byte beyond the key: the range starts behind it.
                [AggregateBytes::new(number, &after.id).as_bytes(), &[0]].concat()
            });
            let range = start..keys::type_prefix(number.saturating_add(1)).to_vec();
            for guard in self.snapshot.range(&self.keyspaces.ag, range) {
                let (key, value) = guard.into_inner().map_err(StoreError::from)?;
                let (_, id) = keys::parse_aggregate(&key)
                    .ok_or_else(|| StoreError::Inconsistent("a head has a broken key".into()))?;
                let aggregate = AggregateKey { aggregate_type: name.clone(), id };
                let head = StoredHead::decode(&value)
                    .map_err(StoreError::record(format_args!("the head of `{aggregate}`")))?;
                let key = AggregateBytes::new(number, &aggregate.id);
                if visit(aggregate, &key, head)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How many aggregates of a type there are.
    pub(crate) fn count_type(&self, number: u32) -> Result<u64, StoreError> {
        let mut count = 0;
        for guard in self.snapshot.prefix(&self.keyspaces.ag, keys::type_prefix(number)) {
            guard.key()?;
            count += 1;
        }
        Ok(count)
    }

    /// The key of every aggregate that has a head, in the order of keys.
    pub(crate) fn head_keys(&self) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        self.snapshot.iter(&self.keyspaces.ag).map(|guard| Ok(guard.key()?))
    }

    /// The key of every place of a version, in the order of keys.
    pub(crate) fn version_keys(&self) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        self.snapshot.iter(&self.keyspaces.st).map(|guard| Ok(guard.key()?))
    }

    /// Every key of `dx`: the end of the log, then the snapshots, by aggregate and version.
    pub(crate) fn extra_keys(&self) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        self.snapshot.iter(&self.keyspaces.dx).map(|guard| Ok(guard.key()?))
    }

    /// Every key of the index of references: whatever is in the keyspace of indexes and is of no other.
    pub(crate) fn referrer_keys(&self) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        let keys = self.snapshot.iter(&self.keyspaces.ix).map(|guard| Ok(guard.key()?));
        keys.filter(|key: &Result<Slice, StoreError>| {
            key.as_ref().map_or(true, |key| !key.starts_with(keys::ARCHIVED_PREFIX))
        })
    }

    /// Whether the index of references has a key.
    pub(crate) fn has_referrer(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.snapshot.contains_key(&self.keyspaces.ix, key)?)
    }

    /// The nearest snapshot at or before `version`: its version and the state.
    pub(crate) fn snapshot_before(
        &self,
        (key, name): (&AggregateBytes, &AggregateKey),
        version: Version,
    ) -> Result<Option<(Version, Object)>, StoreError> {
        let range = keys::snapshots(key)..=keys::snapshot(key, version);
        match self.snapshot.range(&self.keyspaces.dx, range).next_back() {
            Some(guard) => {
                let (found, value) = guard.into_inner()?;
                let version = version_of(&found)?;
                let Some(value) = self.snapshot_text(name, &found, version, &value)? else {
                    return Ok(None);
                };
                let state = decode_state(&value).map_err(StoreError::record("a snapshot"))?;
                Ok(Some((version, state)))
            }
            None => Ok(None),
        }
    }

    /// Version and text of every snapshot of an aggregate, oldest first.
    pub(crate) fn snapshots(
        &self,
        key: &AggregateBytes,
        name: &AggregateKey,
    ) -> Result<Vec<(Version, Text)>, StoreError> {
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.dx, keys::snapshots(key)) {
            let (key, value) = guard.into_inner()?;
            let version = version_of(&key)?;
            found.extend(
                self.snapshot_text(name, &key, version, &value)?.map(|text| (version, text)),
            );
        }
        Ok(found)
    }

    /// The keys of the snapshots of an aggregate in the store.
    pub(in crate::store) fn snapshot_keys(
        &self,
        key: &AggregateBytes,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let found = self.snapshot.prefix(&self.keyspaces.dx, keys::snapshots(key));
        found.map(|guard| Ok(guard.key()?.to_vec())).collect()
    }

    fn snapshot_text(
        &self,
        name: &AggregateKey,
        key: &[u8],
        version: Version,
        stored: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let place = Place { space: "dx", key, version: version.get() };
        self.open_record(Owner::Aggregate(name), place, stored)
    }

    /// Who points at an aggregate: the key of the source and the field.
    pub(crate) fn referrers(
        &self,
        target: &AggregateBytes,
    ) -> Result<Vec<(u32, AggregateId, String)>, StoreError> {
        let prefix = self.referrers_prefix(target)?;
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.ix, &prefix) {
            let (key, value) = guard.into_inner()?;
            found.push(self.referrer(&prefix, &key, &value)?);
        }
        Ok(found)
    }

    /// What the keys of all references to a target begin with.
    pub(in crate::store) fn referrers_prefix(
        &self,
        target: &AggregateBytes,
    ) -> Result<Vec<u8>, StoreError> {
        self.ring().map_or_else(|| Ok(keys::referrers(target)), |ring| ring.referrers(target))
    }

    /// The source and the field of a reference, whose key begins with `prefix`.
    pub(in crate::store) fn referrer(
        &self,
        prefix: &[u8],
        key: &[u8],
        value: &[u8],
    ) -> Result<(u32, AggregateId, String), StoreError> {
        let bad = || StoreError::Inconsistent("the index of references has a broken key".into());
        let parsed = if self.ring().is_none() {
            keys::parse_referrer(key.get(prefix.len()..).ok_or_else(bad)?)
        } else {
            let place = Place { space: "ix", key, version: 0 };
            let rest = self.open_record(Owner::Store, place, value)?;
            rest.and_then(|rest| keys::parse_referrer(&rest))
        };
        parsed.ok_or_else(bad)
    }
}

/// The highest number that a type may have: far beyond any that dbx gives, and far from the end of what a number can be.
const TYPE_NUMBER_MAX: u32 = 1 << 31;

fn decode_type_number(name: &str, bytes: &[u8]) -> Result<u32, StoreError> {
    let number = bytes.try_into().map(u32::from_be_bytes).ok();
    number.filter(|number| *number <= TYPE_NUMBER_MAX).ok_or_else(|| {
        StoreError::Inconsistent(format!("the type dictionary has a broken number for `{name}`"))
    })
}
