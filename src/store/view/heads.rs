//! Aggregates: their types, heads, snapshots and referrers.

use super::View;
use super::version_of;
use crate::domain::json::Object;
use crate::domain::{AggregateId, AggregateKey, AggregateType, Version};
use crate::store::error::StoreError;
use crate::store::format::{Head, StEntry, decode_state};
use crate::store::keys::{self, AggregateBytes};
use fjall::{Readable, Slice};
use std::ops::ControlFlow;

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
            Some(bytes) => Head::decode(&bytes)
                .map(Some)
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
                let head = Head::decode(&value)
                    .map_err(StoreError::record(format_args!("the head of `{aggregate}`")))?;
                if visit(aggregate, head)?.is_break() {
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

    /// Every key of the index of references.
    pub(crate) fn referrer_keys(&self) -> impl Iterator<Item = Result<Slice, StoreError>> + use<> {
        self.snapshot.iter(&self.keyspaces.ix).map(|guard| Ok(guard.key()?))
    }

    /// Whether the index of references has a key.
    pub(crate) fn has_referrer(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.snapshot.contains_key(&self.keyspaces.ix, key)?)
    }

    /// The nearest snapshot at or before `version`: its version and the state.
    pub(crate) fn snapshot_before(
        &self,
        key: &AggregateBytes,
        version: Version,
    ) -> Result<Option<(Version, Object)>, StoreError> {
        let range = keys::snapshots(key)..=keys::snapshot(key, version);
        match self.snapshot.range(&self.keyspaces.dx, range).next_back() {
            Some(guard) => {
                let (found, value) = guard.into_inner()?;
                let state = decode_state(&value).map_err(StoreError::record("a snapshot"))?;
                Ok(Some((version_of(&found)?, state)))
            }
            None => Ok(None),
        }
    }

    /// Version and size in bytes of every snapshot of an aggregate, oldest first.
    pub(crate) fn snapshots(
        &self,
        key: &AggregateBytes,
    ) -> Result<Vec<(Version, Slice)>, StoreError> {
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.dx, keys::snapshots(key)) {
            let (key, value) = guard.into_inner()?;
            found.push((version_of(&key)?, value));
        }
        Ok(found)
    }

    /// Who points at an aggregate: the key of the source and the field.
    pub(crate) fn referrers(
        &self,
        target: &AggregateBytes,
    ) -> Result<Vec<(u32, AggregateId, String)>, StoreError> {
        let prefix = keys::referrers(target);
        let mut found = Vec::new();
        for guard in self.snapshot.prefix(&self.keyspaces.ix, &prefix) {
            let key = guard.key()?;
            let bad =
                || StoreError::Inconsistent("the index of references has a broken key".into());
            let rest = key.get(prefix.len()..).ok_or_else(bad)?;
            found.push(keys::parse_referrer(rest).ok_or_else(bad)?);
        }
        Ok(found)
    }
}

fn decode_type_number(name: &str, bytes: &[u8]) -> Result<u32, StoreError> {
    let bytes = bytes.try_into().map_err(|_| {
        StoreError::Inconsistent(format!("the type dictionary has a broken number for `{name}`"))
    })?;
    Ok(u32::from_be_bytes(bytes))
}
