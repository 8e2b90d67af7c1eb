//! What the writer does in an encrypted store: it sees to it that everything is sealed with the stored key, and takes
//! away what an erasure takes away.

use super::batch::Batch;
use super::heads::LiveHead;
use super::proposal::{Idempotency, Proposed};
use super::tail::{Records, Space, Tail};
use crate::domain::{AggregateKey, CommitNumber, Erasure, Event, Hash, Kind, Version};
use crate::proof::sha256;
use crate::seal::Key;
use crate::store::error::StoreError;
use crate::store::format::{ErasureEntry, Message};
use crate::store::keys::{self, AggregateBytes};
use crate::store::ring::{Place, Sealer};
use crate::store::view::View;
use std::sync::Arc;

/// Seals an operation with the key of its aggregate, or with that of the store for what must outlive the aggregate's.
/// Nothing is left to do where the caller sealed it with that key.
pub(super) fn seal(
    view: &View,
    operation: &mut Proposed,
    head: &mut LiveHead,
) -> Result<(), StoreError> {
    let Some(ring) = view.ring() else { return Ok(()) };
    if head.erased {
        // It is refused.
        return Ok(());
    }
    let key = if operation.kind == Kind::Erase {
        ring.held()?.store().clone()
    } else {
        match (&head.key, &operation.sealer) {
            (Some(key), _) => key.clone(),
            (None, Some(sealer)) => sealer.key.clone(),
            (None, None) => ring.key_for(view, &operation.aggregate)?,
        }
    };
    if operation.kind != Kind::Erase {
        head.key = Some(key.clone());
    }
    if operation.sealer.as_ref().is_some_and(|sealer| sealer.key.id() == key.id()) {
        return Ok(());
    }
    operation.sealer = Some(Sealer { ring: ring.clone(), key });
    operation.encode()
}

/// What is stored of an idempotency key: codes, where hashes would let the operations be guessed.
pub(super) fn coded(view: &View, given: Idempotency) -> Result<Idempotency, StoreError> {
    let Some(ring) = view.ring() else { return Ok(given) };
    Ok(Idempotency {
        key: ring.mac(&given.key)?,
        operations: ring.mac(&given.operations)?,
        request: given.request.map(|request| ring.mac(&request)).transpose()?,
    })
}

impl Tail {
    /// The hash of a commit's message for the headers, and the message for its record.
    pub(super) fn message(
        &self,
        commit: CommitNumber,
        text: Option<String>,
    ) -> Result<(Option<Hash>, Message), StoreError> {
        match (&self.ring, text) {
            (_, None) => Ok((None, Message::None)),
            (None, Some(text)) => Ok((Some(sha256(text.as_bytes())), Message::Plain(text))),
            (Some(ring), Some(text)) => {
                let held = ring.held()?;
                let key = keys::commit(commit);
                let place = Place { space: "mt", key: &key, version: 0 };
                let sealed = ring.seal_with(held.store(), place, text.as_bytes())?;
                Ok((Some(held.mac(text.as_bytes())), Message::Sealed(sealed)))
            }
        }
    }

    /// A snapshot as it is stored.
    pub(super) fn snapshot(
        &self,
        key: &AggregateBytes,
        version: Version,
        state: String,
        data: Option<&Arc<Key>>,
    ) -> Result<Vec<u8>, StoreError> {
        let (Some(ring), Some(data)) = (&self.ring, data) else { return Ok(state.into_bytes()) };
        let key = keys::snapshot(key, version);
        let place = Place { space: "dx", key: &key, version: version.get() };
        ring.seal_with(data, place, state.as_bytes())
    }

    /// The record of an aggregate's data key, with its first event.
    pub(super) fn store_key(
        &self,
        name: &AggregateKey,
        data: Option<&Arc<Key>>,
        records: &mut Records,
    ) -> Result<(), StoreError> {
        let (Some(ring), Some(data)) = (&self.ring, data) else { return Ok(()) };
        let place = keys::data_key(name);
        let entry = ring.entry(&place, data)?;
        records.insert((Space::Ky, place), Some(entry));
        Ok(())
    }

    /// The key of an import, as it is stored.
    pub(super) fn import_key(
        &self,
        source: [u8; 16],
        hash: Hash,
    ) -> Result<(Vec<u8>, Hash), StoreError> {
        let Some(ring) = &self.ring else { return Ok((keys::import(&source), hash)) };
        let mut stored = source;
        let (start, _) = stored.split_at_mut(8);
        let coded = ring.import_start(start.first_chunk().copied().unwrap_or_default())?;
        start.copy_from_slice(&coded);
        Ok((keys::import(&stored), ring.mac(&hash)?))
    }

    /// The record of a reference that is there or gone.
    pub(super) fn reference(
        &self,
        target: &AggregateBytes,
        source: &AggregateBytes,
        field: &str,
        there: bool,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), StoreError> {
        let plain = keys::referrer(target, source, field);
        match &self.ring {
            None => Ok((plain, there.then(Vec::new))),
            Some(ring) => {
                let (key, value) = ring.referrer(target, &plain)?;
                Ok((key, there.then_some(value)))
            }
        }
    }
}

impl Batch<'_> {
    /// Takes away what the erased among the events leave behind, and says durably that the files are to be cleaned.
    pub(super) fn erase(&mut self, events: &[Event]) -> Result<(), StoreError> {
        for event in events.iter().filter(|event| event.header.kind == Kind::Erase) {
            let name = &event.header.aggregate;
            let key = self.tail.key(name, &mut self.records);
            for snapshot in self.view.snapshot_keys(&key)? {
                self.records.insert((Space::Dx, snapshot), None);
            }
            let prefix = keys::snapshots(&key);
            let of_batch = self.records.range((Space::Dx, prefix.clone())..);
            let of_batch: Vec<_> = of_batch
                .map(|(place, _)| place.clone())
                .take_while(|(space, key)| *space == Space::Dx && key.starts_with(&prefix))
                .collect();
            for place in of_batch {
                self.records.insert(place, None);
            }
            let erasure = Erasure {
                position: event.position,
                at: event.header.created_at,
                actor: event.header.actor.clone(),
            };
            let entry = ErasureEntry(erasure).encode();
            self.records.insert((Space::Mt, keys::erasure(name)), Some(entry));
            self.records.insert((Space::Ky, keys::data_key(name)), None);
            self.records.insert((Space::Ky, keys::UNFINISHED.to_vec()), Some(Vec::new()));
        }
        Ok(())
    }
}
