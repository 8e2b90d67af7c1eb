//! One aggregate that was found: its moments, its states, its record.

use super::record::{Eyes, erased};
use crate::domain::json::{Json, Object};
use crate::domain::{AggregateKey, Kind as EventKind, Position, Timestamp, Version, fold};
use crate::error::{Error, Kind, Result};
use crate::proof::Frontier;
use crate::store::{AggregateBytes, Head, RawEvent, StoreError, View};
use crate::wire::{AggregateRecord, At, Erased, RebuiltFrom};
use std::ops::ControlFlow;

/// An aggregate that was found, with its key in the store and its head.
pub(super) struct Found {
    pub(super) name: AggregateKey,
    pub(super) key: AggregateBytes,
    pub(super) head: Head,
}

pub(super) fn unknown(name: &AggregateKey) -> Error {
    Error::new(Kind::NotFound, "dbx::aggregate::unknown", format!("there is no `{name}`"))
        .help(format!("`dbx aggregate list {}` prints those that exist", name.aggregate_type))
}

/// Finds an aggregate.
pub(super) fn find(view: &View, aggregate_type: &str, id: &str) -> Result<Found> {
    let name = AggregateKey::new(aggregate_type, id)?;
    let Some(key) = view.key(&name)? else { return Err(unknown(&name)) };
    match view.head_by_key(&key, &name)? {
        Some(head) => Ok(Found { name, key, head }),
        None => Err(unknown(&name)),
    }
}

/// As [`find`] with an empty state, which takes no key: for what looks at no state.
pub(super) fn find_frame(view: &View, aggregate_type: &str, id: &str) -> Result<Found> {
    let name = AggregateKey::new(aggregate_type, id)?;
    let Some(key) = view.key(&name)? else { return Err(unknown(&name)) };
    match view.frame_by_key(&key, &name)? {
        Some(head) => Ok(Found { name, key, head }),
        None => Err(unknown(&name)),
    }
}

/// The damage where an event is not there that something else says is.
pub(super) fn lost(name: &AggregateKey, version: Version) -> StoreError {
    StoreError::Inconsistent(format!("version {version} of `{name}` is missing"))
}

impl Found {
    /// When and by whom it was erased.
    fn erased(&self, view: &View) -> Result<Option<Erased>, StoreError> {
        if !self.head.erased {
            return Ok(None);
        }
        Ok(view.erasure(&self.name)?.as_ref().map(erased))
    }

    /// The version that a moment means.
    ///
    /// # Errors
    /// There was no such version, or nothing yet at that moment.
    pub(super) fn version_at(&self, view: &View, at: At) -> Result<Version> {
        let found = match at {
            At::Version(version) => Some(Version(version)),
            At::Time(time) => self.last_where(view, |created_at, _| created_at <= time)?,
            At::Position(position) => self.last_where(view, |_, place| place.get() <= position)?,
        };
        let newest = self.head.version;
        match found {
            Some(version) if version.get() >= 1 && version <= newest => Ok(version),
            Some(version) => Err(Error::new(
                Kind::NotFound,
                "dbx::aggregate::version",
                format!("`{}` has the versions 1 to {newest}, not {version}", self.name),
            )),
            None => Err(Error::new(
                Kind::NotFound,
                "dbx::aggregate::not_yet",
                format!(
                    "`{}` did not exist then: its first event is of {}",
                    self.name, self.head.created_at
                ),
            )),
        }
    }

    /// The last version for which `holds`; times and positions ascend with versions, so a binary search finds it.
    fn last_where(
        &self,
        view: &View,
        holds: impl Fn(Timestamp, Position) -> bool,
    ) -> Result<Option<Version>, StoreError> {
        let (mut low, mut high) = (0, self.head.version.get());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let (created_at, position) = self.read(view, Version(middle), |event| {
                Ok((event.header()?.created_at, event.position()))
            })?;
            if holds(created_at, position) { low = middle } else { high = middle - 1 }
        }
        Ok((low > 0).then_some(Version(low)))
    }

    /// Reads something of the event of a version, which must be there.
    pub(super) fn read<T>(
        &self,
        view: &View,
        version: Version,
        read: impl FnOnce(RawEvent<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let entry = view.locate(&self.key, version)?.ok_or_else(|| self.lost(version))?;
        view.with_event(entry.position, read)?.ok_or_else(|| self.lost(version))
    }

    /// Hands the events of versions `from` to `to` (inclusive) to `visit`, until it breaks. A version that is missing
    /// is an error and never passed over: what is folded or shown without it would be another history.
    pub(super) fn events<E: From<StoreError>>(
        &self,
        view: &View,
        from: Version,
        to: Version,
        mut visit: impl FnMut(RawEvent<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let (mut next, mut stopped) = (from, false);
        view.aggregate_events(&self.key, from, to, |found, event| {
            if found != next {
                return Err(self.lost(next).into());
            }
            next = next.next();
            let flow = visit(event)?;
            stopped = flow.is_break();
            Ok::<_, E>(flow)
        })?;
        if stopped || next > to { Ok(()) } else { Err(self.lost(next).into()) }
    }

    pub(super) fn lost(&self, version: Version) -> StoreError {
        lost(&self.name, version)
    }

    /// The state after `version`, rebuilt from the nearest snapshot before it.
    pub(super) fn state_at(
        &self,
        view: &View,
        version: Version,
    ) -> Result<(Object, RebuiltFrom), StoreError> {
        let (snapshot, mut state) =
            view.snapshot_before((&self.key, &self.name), version)?.unwrap_or_default();
        self.events(view, snapshot.next(), version, |event| {
            let header = event.header()?;
            fold(&mut state, header.kind, &event.body()?.content).map_err(|error| {
                let version = header.version;
                StoreError::Inconsistent(format!("version {version} of `{}`: {error}", self.name))
            })?;
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        let events = version.get() - snapshot.get();
        Ok((state, RebuiltFrom { snapshot: snapshot.get(), events }))
    }

    /// The aggregate as it is now.
    pub(super) fn record(self, view: &View, eyes: &Eyes<'_>) -> Result<AggregateRecord> {
        let erased = self.erased(view)?;
        let head = self.head;
        let frontier = Frontier::from_parts(head.version.get(), head.peaks).map_err(|error| {
            StoreError::Inconsistent(format!("the head of `{}`: {error}", self.name))
        })?;
        let aggregate_type = self.name.aggregate_type.to_string();
        Ok(AggregateRecord {
            state: Json::Object(eyes.object(&aggregate_type, head.state)),
            aggregate_type,
            aggregate_id: self.name.id.to_string(),
            version: head.version.get(),
            merkle_root: frontier.root().to_string(),
            created_at: head.created_at.to_string(),
            updated_at: head.updated_at.to_string(),
            archived: head.archived,
            erased,
            rebuilt_from: None,
            events: None,
            resolved: None,
        })
    }

    /// The aggregate as it was.
    pub(super) fn record_at(
        self,
        view: &View,
        version: Version,
        eyes: &Eyes<'_>,
    ) -> Result<AggregateRecord> {
        let ((state, rebuilt_from), erased) = (self.state_at(view, version)?, self.erased(view)?);
        let (header, merkle_root) =
            self.read(view, version, |event| Ok((event.header()?, event.merkle_root())))?;
        let aggregate_type = self.name.aggregate_type.to_string();
        Ok(AggregateRecord {
            state: Json::Object(eyes.object(&aggregate_type, state)),
            aggregate_type,
            aggregate_id: self.name.id.to_string(),
            version: version.get(),
            merkle_root: merkle_root.to_string(),
            created_at: self.head.created_at.to_string(),
            updated_at: header.created_at.to_string(),
            // Nothing but a restore or an erasing can follow an archive event, and nothing an erasing.
            archived: matches!(header.kind, EventKind::Archive | EventKind::Erase),
            erased,
            rebuilt_from: Some(rebuilt_from),
            events: None,
            resolved: None,
        })
    }
}
