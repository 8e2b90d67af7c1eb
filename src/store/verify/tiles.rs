//! The tiles of the log's tree, held against the stored ones.

use super::fault;
use super::window::Stretch;
use crate::domain::{Hash, Position};
use crate::proof::{TILE_WIDTH, tile_root};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use fjall::Slice;

/// Recomputes the tiles of level 0 over a stretch that begins with tile `first`, and compares them.
pub(super) fn grow(view: &View, stretch: &mut Stretch, first: u64) {
    let (tiles, _) = stretch.hashes.as_chunks::<TILE_WIDTH>();
    for (index, hashes) in (first..).zip(tiles) {
        let root = tile_root(hashes);
        let stored = view.tile_bytes(0, index);
        if let Some((slot, fault)) = compare(0, index, stored, hashes, root) {
            // The lowest tiles hold the leaves themselves, and so say which event it is.
            let position = slot.map(|slot| Position(index * TILE_WIDTH as u64 + slot as u64 + 1));
            let place = position.and_then(|position| stretch.place(position));
            let fault = place.map_or(fault, |place| {
                let message = "the event is not the one in the log's tree";
                place.fault(FaultKind::LogTree, message)
            });
            stretch.tile_faults.push(fault);
        }
        stretch.tile_roots.push(root);
    }
}

/// What is wrong with a stored tile, and which of its hashes is the first to differ.
pub(super) fn compare(
    level: u8,
    index: u64,
    stored: Result<Option<Slice>, StoreError>,
    hashes: &[Hash; TILE_WIDTH],
    root: Hash,
) -> Option<(Option<usize>, Fault)> {
    let message = |what: &str| format!("tile {index} of level {level} of the log's tree {what}");
    match stored {
        Ok(Some(stored)) => {
            let (stored, _) = stored.as_chunks::<32>();
            let expected = hashes.iter().chain([&root]);
            let slot = stored.iter().zip(expected).position(|(a, b)| a != b.as_bytes())?;
            let fault = fault(FaultKind::LogTree, message("is not that of the events"));
            Some((Some(slot).filter(|slot| *slot < TILE_WIDTH), fault))
        }
        Ok(None) => Some((None, fault(FaultKind::LogTree, message("is missing")))),
        Err(error) => Some((None, fault(FaultKind::Unreadable, error.to_string()))),
    }
}
