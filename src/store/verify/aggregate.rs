//! One aggregate: its events, its tree, its state and its snapshots.

use super::hashing::Recomputed;
use super::{Faults, Place, Wanted, fault};
use crate::domain::json::{Object, object_to_string};
use crate::domain::{AggregateKey, Hash, Kind, Position, Timestamp, Version, fold};
use crate::proof::Frontier;
use crate::store::error::StoreError;
use crate::store::format::Head;
use crate::store::keys::AggregateBytes;
use crate::store::view::{RawEvent, View};
use crate::wire::{AggregateVerdict, Fault, FaultKind};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How many events are recomputed until it is asked whether the answer is still wanted.
const LOOK: u64 = 256;

/// Recomputes an aggregate: every body, leaf and root, the state and every snapshot, for as long as the answer is wanted.
/// `None` where there is no such aggregate.
///
/// # Errors
/// What keeps it from reading at all, and [`StoreError::Stopped`] where it is not wanted any more; damage is in the verdict.
pub(crate) fn verify_aggregate_while(
    view: &View,
    name: &AggregateKey,
    wanted: Wanted<'_>,
) -> Result<Option<AggregateVerdict>, StoreError> {
    let Some(key) = view.key(name)? else { return Ok(None) };
    let mut faults = Faults::default();
    let shut = view.opens().err().map(|error| error.to_string());
    let head = head(view, &key, name, shut.is_none(), &mut faults)?;
    let shown = name.to_string();
    let mut run = Run {
        name: &shown,
        frontier: Frontier::new(),
        state: Object::new(),
        archived: false,
        indexed: indexed(view, &key, head.as_ref(), &mut faults)?,
        times: None,
        snapshots: match shut {
            Some(_) => BTreeMap::new(),
            None => snapshots(view, &key, name, &mut faults)?,
        },
        states: shut.is_none(),
        last: Position(0),
        broken: false,
        faults,
    };
    let scanned = view.aggregate_events(&key, Version(1), Version(u64::MAX), |version, event| {
        if run.frontier.size().is_multiple_of(LOOK) && !wanted() {
            return Err(StoreError::Stopped);
        }
        run.event(version, event);
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    });
    match scanned {
        Ok(()) => {}
        Err(error) if error.is_damage() => run.breaks_off(view, &key, &error),
        Err(error) => return Err(error),
    }
    if run.frontier.size() == 0 && head.is_none() && run.faults.count == 0 {
        return Ok(None);
    }
    run.end(head.as_ref());
    let merkle_root = run.frontier.root().to_string();
    let count = run.frontier.size();
    let (faults, fault_count) = run.faults.sorted();
    Ok(Some(AggregateVerdict {
        aggregate_type: name.aggregate_type.to_string(),
        aggregate_id: name.id.to_string(),
        count,
        merkle_root,
        ok: fault_count == 0,
        faults,
        states_left_out: shut,
    }))
}

fn about(name: &str, kind: FaultKind, message: impl Into<String>) -> Fault {
    Fault { aggregate: Some(name.to_owned()), ..fault(kind, message) }
}

/// The head, with its state where that can be looked at. One that cannot be read is a fault.
fn head(
    view: &View,
    key: &AggregateBytes,
    name: &AggregateKey,
    states: bool,
    faults: &mut Faults,
) -> Result<Option<Head>, StoreError> {
    let found = if states { view.head_by_key(key, name) } else { view.frame_by_key(key, name) };
    match found {
        Err(error) if error.is_damage() => {
            faults.add(about(&name.to_string(), FaultKind::Unreadable, error.to_string()));
            Ok(None)
        }
        found => found,
    }
}

/// Whether the index of archived aggregates has it, where there is an index and the head says something else. It is
/// looked up as readers look it up: what they need of the files may be damaged where the keys are not.
fn indexed(
    view: &View,
    key: &AggregateBytes,
    head: Option<&Head>,
    faults: &mut Faults,
) -> Result<Option<bool>, StoreError> {
    let Some(head) = head else { return Ok(None) };
    let found = view.has_archived(key).and_then(|has| {
        if has == head.archived { Ok(None) } else { Ok(view.end()?.archived.map(|_| has)) }
    });
    match found {
        Err(error) if error.is_damage() => {
            let message = format!("the index of archived aggregates: {error}");
            faults.add(fault(FaultKind::Unreadable, message));
            Ok(None)
        }
        found => found,
    }
}

fn snapshots(
    view: &View,
    key: &AggregateBytes,
    name: &AggregateKey,
    faults: &mut Faults,
) -> Result<BTreeMap<Version, Vec<u8>>, StoreError> {
    match view.snapshots(key, name) {
        Ok(found) => {
            Ok(found.into_iter().map(|(version, state)| (version, state.to_vec())).collect())
        }
        Err(error) if error.is_damage() => {
            faults.add(about(&name.to_string(), FaultKind::Unreadable, error.to_string()));
            Ok(BTreeMap::new())
        }
        Err(error) => Err(error),
    }
}

/// As [`verify_aggregate_while`], to the end.
#[cfg(test)]
pub(crate) fn verify_aggregate(
    view: &View,
    name: &AggregateKey,
) -> Result<Option<AggregateVerdict>, StoreError> {
    verify_aggregate_while(view, name, super::TO_THE_END)
}

struct Run<'a> {
    name: &'a str,
    frontier: Frontier,
    state: Object,
    archived: bool,
    /// What the index of archived aggregates says, where that is not what the head says.
    indexed: Option<bool>,
    /// When the first event was committed, and the last.
    times: Option<(Timestamp, Timestamp)>,
    snapshots: BTreeMap<Version, Vec<u8>>,
    /// Whether states can be looked at: they may be sealed.
    states: bool,
    last: Position,
    /// Something before is wrong, so that states cannot be recomputed any more.
    broken: bool,
    faults: Faults,
}

impl Run<'_> {
    fn event(&mut self, version: Version, event: RawEvent<'_>) {
        let expected = Version(self.frontier.size() + 1);
        let place = Place { position: event.position(), aggregate: self.name, version };
        self.last = event.position();
        let recomputed = match Recomputed::of(&event) {
            Ok(recomputed) => recomputed,
            Err(fault) => {
                self.broken = true;
                self.faults.add(*fault);
                return self.frontier.push(Hash::default());
            }
        };
        self.frontier.push(recomputed.leaf);
        let identity = &recomputed.identity;
        let aggregate = [identity.aggregate_type, "/", identity.id].concat();
        let own =
            Place { position: event.position(), aggregate: &aggregate, version: identity.version };
        let fault = recomputed.body_fault(&own);
        self.broken |= fault.is_some();
        self.faults.extend(fault);
        if aggregate != *self.name || identity.version != version || version != expected {
            let message = format!(
                "version {expected} of `{}` was expected, version {} of `{aggregate}` is stored",
                self.name, identity.version
            );
            if !self.broken {
                self.faults.add(place.fault(FaultKind::Sequence, message));
            }
            self.broken = true;
        }
        let root = self.frontier.root();
        let stored = event.merkle_root();
        if root != stored && !self.broken {
            let message = "the root of the aggregate is not the stored one";
            self.faults.add(place.hashes(FaultKind::AggregateRoot, message, stored, root));
            self.broken = true;
        }
        self.fold(&place, event);
    }

    /// The events cannot be read on.
    fn breaks_off(&mut self, view: &View, key: &AggregateBytes, error: &StoreError) {
        self.broken = true;
        let version = self.frontier.size() + 1;
        let mut fault = about(self.name, FaultKind::Unreadable, error.to_string());
        fault.version = Some(version);
        // The index may be what is damaged.
        let place = view.locate(key, Version(version)).ok().flatten();
        fault.position = place.map(|entry| entry.position.to_string());
        self.faults.add(fault);
    }

    fn fold(&mut self, place: &Place<'_>, event: RawEvent<'_>) {
        let snapshot = self.snapshots.remove(&place.version);
        if self.broken {
            return;
        }
        if !self.states {
            // Headers are never sealed.
            return match event.header() {
                Ok(header) => self.follow(header.kind),
                Err(error) => {
                    self.broken = true;
                    self.faults.add(place.fault(FaultKind::Unreadable, error.to_string()));
                }
            };
        }
        let folded = event.decode().map_err(|error| error.to_string()).and_then(|event| {
            let at = event.header.created_at;
            self.times = Some((self.times.map_or(at, |(first, _)| first), at));
            self.follow(event.header.kind);
            fold(&mut self.state, event.header.kind, &event.body.content)
                .map_err(|error| error.to_string())
        });
        if let Err(error) = folded {
            self.broken = true;
            self.faults
                .add(place.fault(FaultKind::State, format!("the event cannot be folded: {error}")));
            return;
        }
        if snapshot.is_some_and(|stored| stored != object_to_string(&self.state).as_bytes()) {
            let message = "the snapshot is not the fold of the events";
            self.faults.add(place.fault(FaultKind::Snapshot, message));
        }
    }

    fn follow(&mut self, kind: Kind) {
        match kind {
            Kind::Archive | Kind::Erase => self.archived = true,
            Kind::Restore => self.archived = false,
            _ => {}
        }
    }

    fn end(&mut self, head: Option<&Head>) {
        let version = Version(self.frontier.size());
        let place = Place { position: self.last, aggregate: self.name, version };
        for extra in self.snapshots.keys() {
            let message = format!("there is a snapshot of version {extra}, but no such event");
            self.faults.add(about(self.name, FaultKind::Snapshot, message));
        }
        let Some(head) = head else {
            if self.faults.count == 0 {
                let message = "the log has events, but there is no head";
                self.faults.add(place.fault(FaultKind::Index, message));
            }
            return;
        };
        if self.broken {
            return;
        }
        if head.version != version || head.position != self.last {
            let message = format!(
                "the head is at version {} and #{}, but the last event is version {version} at #{}",
                head.version, head.position, self.last
            );
            self.faults.add(place.fault(FaultKind::Index, message));
            return;
        }
        if head.peaks != self.frontier.peaks() {
            let message = "the tree in the head is not that of the events";
            self.faults.add(place.fault(FaultKind::AggregateRoot, message));
        }
        if head.archived != self.archived {
            let (stored, said) =
                if head.archived { ("archived", "active") } else { ("active", "archived") };
            let message = format!("the head says that it is {stored}, by its events it is {said}");
            self.faults.add(place.fault(FaultKind::Archived, message));
        } else if self.indexed.is_some() {
            let (has, said) = if head.archived { ("lacks", "archived") } else { ("has", "active") };
            let message = format!(
                "the index of archived aggregates {has} it, the head says that it is {said}"
            );
            self.faults.add(place.fault(FaultKind::Archived, message));
        }
        if self.times.is_some_and(|times| times != (head.created_at, head.updated_at)) {
            let message = "the times in the head are not those of the first and the last event";
            self.faults.add(place.fault(FaultKind::Index, message));
        }
        if self.states && object_to_string(&head.state) != object_to_string(&self.state) {
            self.faults
                .add(place.fault(FaultKind::State, "the state is not the fold of the events"));
        }
    }
}
