//! Reading a stretch of the log, whatever in it cannot be read.

use super::hashing::{Leaf, Names, Order, Recomputed};
use super::{Place, fault, tiles};
use crate::domain::{CommitNumber, Hash, Position};
use crate::proof::TILE_WIDTH;
use crate::store::error::StoreError;
use crate::store::view::{RawEvent, View};
use crate::wire::{Fault, FaultKind};
use std::hash::RandomState;
use std::ops::ControlFlow;

/// What a stretch of the log gave.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// What was read of each event that could be read: what falls to each forest.
    pub(super) shares: Vec<Share>,
    /// The leaf of each position; one that fits no tile and no root where the event could not be read.
    pub(super) hashes: Vec<Hash>,
    /// The roots of the tiles of the log's tree that are whole in the stretch.
    pub(super) tile_roots: Vec<Hash>,
    /// Where commits begin, and where something cannot be read; only where records of commits are looked at.
    pub(super) marks: Vec<Mark>,
    /// The event at the first position and the one at the last; `None` where it could not be read.
    pub(super) first: Option<Order>,
    pub(super) last: Option<Order>,
    /// What is wrong with the events by themselves and in their order.
    pub(super) faults: Vec<Fault>,
    /// What is wrong with the tiles.
    pub(super) tile_faults: Vec<Fault>,
}

/// The leaves of a stretch that fall to one forest, in the order of the log, and the names of their aggregates.
#[derive(Debug, Default)]
pub(super) struct Share {
    pub(super) leaves: Vec<Leaf>,
    pub(super) names: Names,
}

/// Something in the order of commits.
#[derive(Debug)]
pub(super) enum Mark {
    /// An event that cannot be read.
    Hole,
    /// The first event of a commit: which leaf of which share it is.
    First { leaf: (usize, usize), commit: CommitNumber, size: u32, message: Option<Hash> },
}

/// What all stretches are read with.
#[derive(Debug)]
pub(super) struct Reader<'v> {
    pub(super) view: &'v View,
    /// How many forests share the aggregates.
    pub(super) forests: usize,
    pub(super) hasher: RandomState,
    /// Whether records of commits are looked at.
    pub(super) commits: bool,
}

impl Reader<'_> {
    /// Which forest an aggregate falls to.
    pub(super) fn forest(&self, hash: u64) -> usize {
        // The low bits choose the place in the forest's own table.
        let share = ((hash >> 32) * self.forests as u64) >> 32;
        usize::try_from(share).unwrap_or(0)
    }

    /// Reads and hashes the events from `from` to `to`, both inclusive, and holds the tiles over them against the stored
    /// ones; `from` begins a tile. What cannot be read becomes a fault, and the reading goes on behind it.
    ///
    /// # Errors
    /// Only what is not damage: the operating system.
    pub(super) fn read(
        &self,
        stretch: &mut Stretch,
        from: Position,
        to: Position,
    ) -> Result<(), StoreError> {
        stretch.clear(self.forests);
        let mut next = from;
        while next <= to {
            let result = self.view.scan(next, to, false, |event| {
                // Positions that the scan jumped over are missing.
                while next < event.position() {
                    stretch.miss(self, missing(next));
                    next = next.next();
                }
                stretch.event(self, event);
                next = next.next();
                Ok::<_, StoreError>(ControlFlow::Continue(()))
            });
            match result {
                Ok(()) => {
                    while next <= to {
                        stretch.miss(self, missing(next));
                        next = next.next();
                    }
                }
                Err(error) if error.is_damage() => {
                    // A scan fails some events before what is unreadable, since it looks ahead. So this one is read
                    // for itself, and the scan tries again behind it.
                    self.single(stretch, next)?;
                    next = next.next();
                }
                Err(error) => return Err(error),
            }
        }
        tiles::grow(self.view, stretch, (from.get() - 1) / TILE_WIDTH as u64);
        Ok(())
    }

    /// Reads one event.
    fn single(&self, stretch: &mut Stretch, position: Position) -> Result<(), StoreError> {
        let read = self.view.with_event(position, |event| {
            stretch.event(self, event);
            Ok(())
        });
        match read {
            Ok(Some(())) => {}
            Ok(None) => stretch.miss(self, missing(position)),
            Err(error) if error.is_damage() => {
                let mut unreadable = fault(FaultKind::Unreadable, error.to_string());
                unreadable.position = Some(position.to_string());
                stretch.miss(self, unreadable);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Stretch {
    fn clear(&mut self, forests: usize) {
        self.shares.resize_with(forests, Share::default);
        for share in &mut self.shares {
            share.leaves.clear();
            share.names.clear();
        }
        self.hashes.clear();
        self.tile_roots.clear();
        self.marks.clear();
        (self.first, self.last) = (None, None);
        self.faults.clear();
        self.tile_faults.clear();
    }

    /// Where a leaf is.
    pub(super) fn place_of(&self, (share, leaf): (usize, usize)) -> Option<Place<'_>> {
        let share = self.shares.get(share)?;
        Some(share.names.place(share.leaves.get(leaf)?))
    }

    /// Where the event at a position is; for what is rare.
    pub(super) fn place(&self, position: Position) -> Option<Place<'_>> {
        self.shares.iter().find_map(|share| {
            let at = share.leaves.binary_search_by_key(&position, |leaf| leaf.position).ok()?;
            Some(share.names.place(share.leaves.get(at)?))
        })
    }

    /// Takes in that an event cannot be read.
    fn miss(&mut self, reader: &Reader<'_>, fault: Fault) {
        self.faults.push(fault);
        self.hashes.push(Hash::default());
        self.last = None;
        if reader.commits {
            self.marks.push(Mark::Hole);
        }
    }

    /// Takes in an event: recomputes its hashes, and holds it against the one before it.
    fn event(&mut self, reader: &Reader<'_>, event: RawEvent<'_>) {
        let recomputed = match Recomputed::of(&event) {
            Ok(recomputed) => recomputed,
            Err(fault) => return self.miss(reader, *fault),
        };
        let identity = &recomputed.identity;
        let hash = Names::hash(&reader.hasher, identity.aggregate_type, identity.id);
        let share = reader.forest(hash);
        let Some(Share { leaves, names }) = self.shares.get_mut(share) else { return };
        let leaf = Leaf {
            position: event.position(),
            aggregate: names.push(identity.aggregate_type, identity.id, hash),
            version: identity.version,
            hash: recomputed.leaf,
            stored_root: event.merkle_root(),
        };
        let place = names.place(&leaf);
        self.faults.extend(recomputed.body_fault(&place));
        let order = Order::of(identity);
        if self.hashes.is_empty() {
            self.first = Some(order);
        } else if let Some(message) = self.last.and_then(|last| order.fault(Some(&last))) {
            self.faults.push(place.fault(FaultKind::Sequence, message));
        }
        self.last = Some(order);
        let (commit, index, size) = order.commit();
        if reader.commits && index == 0 {
            let message = identity.message_hash;
            self.marks.push(Mark::First { leaf: (share, leaves.len()), commit, size, message });
        }
        self.hashes.push(leaf.hash);
        leaves.push(leaf);
    }
}

fn missing(position: Position) -> Fault {
    let mut fault =
        fault(FaultKind::Sequence, format!("event #{position} is missing from the log"));
    fault.position = Some(position.to_string());
    fault
}
