//! The log, by position and by the versions of an aggregate.

use super::View;
use super::event::{RawEvent, raw};
use super::version_of;
use crate::domain::{Event, Position, Version};
use crate::store::error::StoreError;
use crate::store::format::{Chunk, READ_EVENTS_MAX, StEntry};
use crate::store::keys::{self, AggregateBytes};
use fjall::{Readable, Slice};
use std::ops::ControlFlow;

impl View {
    /// The last position by the log itself, whatever the derived records say.
    pub(crate) fn last_chunk(&self) -> Result<Option<Chunk<Slice>>, StoreError> {
        match self.snapshot.last_key_value(&self.keyspaces.ev) {
            Some(guard) => {
                let (key, value) = guard.into_inner()?;
                parse_chunk(&key, value).map(Some)
            }
            None => Ok(None),
        }
    }

    /// The event at `position`; `None` beyond the ends of the log.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub fn event(&self, position: Position) -> Result<Option<Event>, StoreError> {
        self.with_event(position, |event| event.decode())
    }

    /// Reads something of the event at `position` without decoding the rest.
    pub(crate) fn with_event<T>(
        &self,
        position: Position,
        read: impl FnOnce(RawEvent<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if position.get() == 0 {
            return Ok(None);
        }
        let Some(chunk) = self.chunk_over(position)? else { return Ok(None) };
        let slot = usize::try_from(position.get() - chunk.first()).unwrap_or(usize::MAX);
        if slot >= chunk.count() {
            return Ok(None);
        }
        read(raw(self, &chunk, slot)?).map(Some)
    }

    /// The last chunk that starts at `position` or before it.
    fn chunk_over(&self, position: Position) -> Result<Option<Chunk<Slice>>, StoreError> {
        // Single events are by far the most common chunks, and an exact get is three times faster than a seek.
        let key = keys::event(position);
        if let Some(value) = self.snapshot.get(&self.keyspaces.ev, key)? {
            return parse_chunk(&key, value).map(Some);
        }
        let Some(guard) = self.snapshot.range(&self.keyspaces.ev, ..=key).next_back() else {
            return Ok(None);
        };
        match guard.into_inner().map_err(StoreError::from) {
            Ok((key, value)) => parse_chunk(&key, value).map(Some),
            Err(error) if error.is_damage() => self.chunk_beside_damage(position, error),
            Err(error) => Err(error),
        }
    }

    /// As [`View::chunk_over`], by exact gets: a seek reads the neighbours of the block that it looks for, and fails
    /// with them.
    fn chunk_beside_damage(
        &self,
        position: Position,
        error: StoreError,
    ) -> Result<Option<Chunk<Slice>>, StoreError> {
        for before in 1..READ_EVENTS_MAX as u64 {
            let key = keys::event(Position(position.get().saturating_sub(before)));
            if let Some(value) = self.snapshot.get(&self.keyspaces.ev, key)? {
                return parse_chunk(&key, value).map(Some);
            }
        }
        Err(error)
    }

    /// The last position for which `holds`, which must hold up to some event and for none behind it; 0 for none.
    pub(crate) fn last_where(
        &self,
        holds: impl Fn(RawEvent<'_>) -> Result<bool, StoreError>,
    ) -> Result<Position, StoreError> {
        let (mut low, mut high) = (0, self.last_position()?.get());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let position = Position(middle);
            let found = self.with_event(position, &holds)?;
            let found = found.ok_or_else(|| {
                StoreError::Inconsistent(format!("event #{position} is missing from the log"))
            })?;
            if found { low = middle } else { high = middle - 1 }
        }
        Ok(Position(low))
    }

    /// Hands the events from `from` to `to` (both inclusive) to `visit`, in the order of the log or against it, until
    /// it breaks.
    ///
    /// # Errors
    /// Bytes that cannot be read, or what `visit` says.
    pub fn scan<E: From<StoreError>>(
        &self,
        from: Position,
        to: Position,
        reverse: bool,
        mut visit: impl FnMut(RawEvent<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        if from > to || to.get() == 0 {
            return Ok(());
        }
        // The chunk that holds `from` may start before it.
        let start = match self.chunk_over(from)? {
            Some(chunk) => Position(chunk.first()),
            None => from,
        };
        let mut range =
            self.snapshot.range(&self.keyspaces.ev, keys::event(start)..=keys::event(to));
        loop {
            let guard = if reverse { range.next_back() } else { range.next() };
            let Some(guard) = guard else { return Ok(()) };
            let (key, value) = guard.into_inner().map_err(StoreError::from)?;
            let chunk = parse_chunk(&key, value)?;
            for step in 0..chunk.count() {
                let slot = if reverse { chunk.count() - 1 - step } else { step };
                let event = raw(self, &chunk, slot)?;
                let inside = (from..=to).contains(&event.position());
                if inside && visit(event)?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Hands every chunk of the log from the one that starts at `from` to `visit`, in order, until it breaks.
    pub(in crate::store) fn chunks<E: From<StoreError>>(
        &self,
        from: Position,
        mut visit: impl FnMut(Chunk<Slice>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        for guard in self.snapshot.range(&self.keyspaces.ev, keys::event(from)..) {
            let (key, value) = guard.into_inner().map_err(StoreError::from)?;
            if visit(parse_chunk(&key, value)?)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Where the event of a version lies.
    pub(crate) fn locate(
        &self,
        key: &AggregateBytes,
        version: Version,
    ) -> Result<Option<StEntry>, StoreError> {
        match self.snapshot.get(&self.keyspaces.st, keys::version(key, version))? {
            Some(bytes) => {
                StEntry::decode(&bytes).map(Some).map_err(StoreError::record("a version's place"))
            }
            None => Ok(None),
        }
    }

    /// Hands every entry of the index of versions to `visit`, in the order of keys, until it breaks.
    pub(crate) fn places<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        for guard in self.snapshot.iter(&self.keyspaces.st) {
            let (key, value) = guard.into_inner().map_err(StoreError::from)?;
            if visit(&key, &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Hands the aggregate's events of versions `from` to `to` (inclusive) to `visit`, until it breaks.
    pub(crate) fn aggregate_events<E: From<StoreError>>(
        &self,
        key: &AggregateBytes,
        from: Version,
        to: Version,
        mut visit: impl FnMut(Version, RawEvent<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        if from > to {
            return Ok(());
        }
        let range = keys::version(key, from)..=keys::version(key, to);
        let mut last: Option<Chunk<Slice>> = None;
        for guard in self.snapshot.range(&self.keyspaces.st, range) {
            let (st_key, value) = guard.into_inner().map_err(StoreError::from)?;
            let version = version_of(&st_key)?;
            let entry = StEntry::decode(&value).map_err(StoreError::record("a version's place"))?;
            let first = entry.position.get().saturating_sub(u64::from(entry.slot));
            // Events of one request share a chunk, so the last one is often the next one too.
            if last.as_ref().is_none_or(|chunk| chunk.first() != first) {
                let key = keys::event(Position(first));
                let value = self.snapshot.get(&self.keyspaces.ev, key).map_err(StoreError::from)?;
                let value = value.ok_or_else(|| {
                    StoreError::Inconsistent(format!(
                        "event #{} is missing from the log",
                        entry.position
                    ))
                })?;
                last = Some(parse_chunk(&key, value)?);
            }
            if let Some(chunk) = &last
                && visit(version, raw(self, chunk, usize::from(entry.slot))?)?.is_break()
            {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn parse_chunk(key: &[u8], value: Slice) -> Result<Chunk<Slice>, StoreError> {
    let first: [u8; 8] = key
        .try_into()
        .map_err(|_| StoreError::Inconsistent("the log has a key that is no position".into()))?;
    let first = u64::from_be_bytes(first);
    let chunk =
        Chunk::parse(value).map_err(StoreError::record(format_args!("the chunk at #{first}")))?;
    if chunk.first() != first {
        let message = format!("the chunk at #{first} says that it starts at #{}", chunk.first());
        return Err(StoreError::Inconsistent(message));
    }
    Ok(chunk)
}
