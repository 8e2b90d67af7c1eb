//! The whole log.

use super::forest::Forest;
use super::hashing::{Leaf, Order};
use super::window::{Stretch, read};
use super::{Faults, Place, Progress, fault};
use crate::domain::{Hash, Position};
use crate::proof::{CompleteTile, LogTree, TILE_WIDTH};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind, LogVerdict};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::thread;

/// Events of one window: enough that cores do not wait for each other, little enough to stay in the cache.
const WINDOW: u64 = 64 * TILE_WIDTH as u64;

/// Recomputes everything: bodies, leaves, the trees of all aggregates, the log's tree with its tiles and its root.
///
/// # Errors
/// What keeps it from reading at all; damage is in the verdict.
pub(crate) fn verify_log(
    view: &View,
    cores: usize,
    progress: Progress<'_>,
) -> Result<LogVerdict, StoreError> {
    let mut faults = Faults::default();
    let last = last_position(view, &mut faults)?;
    let mut run = Run {
        view,
        cores: cores.max(1),
        hasher: RandomState::new(),
        forests: Vec::new(),
        tree: LogTree::new(),
        before: Before::Start,
    };
    run.forests.resize_with(run.cores, Forest::default);
    let mut from = 1;
    while from <= last {
        let to = last.min(from + WINDOW - 1);
        run.window(Position(from), Position(to), &mut faults)?;
        progress(to, last);
        from = to + 1;
    }
    let aggregates = run.forests.iter().map(Forest::len).sum();
    run.heads(&mut faults)?;
    let root = run.tree.root();
    check_end(view, last, root, &mut faults);
    let good_up_to = faults.first.map_or(last, |first| first.saturating_sub(1));
    let (faults, fault_count) = faults.sorted();
    Ok(LogVerdict {
        count: last,
        aggregates,
        root: root.to_string(),
        good_up_to: good_up_to.to_string(),
        ok: fault_count == 0,
        faults,
        fault_count,
    })
}

/// The last position by the log itself; by its recorded end where the last chunk cannot be read.
fn last_position(view: &View, faults: &mut Faults) -> Result<u64, StoreError> {
    match view.last_chunk() {
        Ok(Some(chunk)) => Ok(chunk.first() + chunk.count() as u64 - 1),
        Ok(None) => Ok(0),
        Err(error) if error.is_damage() => {
            let end = view.end().map_or(0, |end| end.position.get());
            let mut fault = fault(FaultKind::Unreadable, error.to_string());
            fault.position = Some(end.to_string());
            faults.add(fault);
            Ok(end)
        }
        Err(error) => Err(error),
    }
}

fn check_end(view: &View, last: u64, root: Hash, faults: &mut Faults) {
    match view.end() {
        Ok(end) => {
            if end.position.get() != last {
                let message = format!("the log ends at #{last}, but #{} is recorded", end.position);
                faults.add(fault(FaultKind::Sequence, message));
            }
            if end.root != root {
                faults.add(Fault {
                    stored: Some(end.root.to_string()),
                    recomputed: Some(root.to_string()),
                    ..fault(FaultKind::LogRoot, "the root of the log is not the stored one")
                });
            }
        }
        Err(error) => faults.add(fault(FaultKind::Unreadable, error.to_string())),
    }
}

fn place(leaf: &Leaf) -> Place<'_> {
    Place { position: leaf.position, aggregate: &leaf.aggregate, version: leaf.version }
}

struct Run<'v> {
    view: &'v View,
    cores: usize,
    hasher: RandomState,
    forests: Vec<Forest>,
    tree: LogTree,
    before: Before,
}

/// The event before the next one.
enum Before {
    /// There is none: the log begins.
    Start,
    /// It could not be read.
    Unknown,
    Event(Order),
}

impl Run<'_> {
    fn window(
        &mut self,
        from: Position,
        to: Position,
        faults: &mut Faults,
    ) -> Result<(), StoreError> {
        let stretches = self.read(from, to)?;
        let mut leaves: Vec<Option<Leaf>> = Vec::new();
        for stretch in stretches {
            leaves.extend(stretch.leaves);
            faults.extend(stretch.faults);
        }
        for leaf in &leaves {
            self.check_order(leaf.as_ref(), faults);
        }
        for tile in self.grow(&leaves, faults)? {
            // Windows are whole tiles, so that the leaves of a lowest tile are all in this one.
            let first = (tile.index * TILE_WIDTH as u64 + 1).checked_sub(from.get());
            let first = first.filter(|_| tile.level == 0).and_then(|at| usize::try_from(at).ok());
            let of_tile = first.and_then(|first| leaves.get(first..));
            self.check_tile(&tile, of_tile.unwrap_or_default(), faults);
        }
        Ok(())
    }

    /// Holds an event against the one before it. The trees do not see two events of different aggregates that changed
    /// places.
    fn check_order(&mut self, leaf: Option<&Leaf>, faults: &mut Faults) {
        let Some(leaf) = leaf else {
            self.before = Before::Unknown;
            return;
        };
        let wrong = match &self.before {
            Before::Start => leaf.order.fault(None),
            Before::Unknown => None,
            Before::Event(before) => leaf.order.fault(Some(before)),
        };
        if let Some(message) = wrong {
            faults.add(place(leaf).fault(FaultKind::Sequence, message));
        }
        self.before = Before::Event(leaf.order);
    }

    /// Reads and hashes the window on all cores.
    fn read(&self, from: Position, to: Position) -> Result<Vec<Stretch>, StoreError> {
        let events = to.get() - from.get() + 1;
        let share = events.div_ceil(self.cores as u64).max(1);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.cores as u64)
                .map(|core| {
                    (from.get() + core * share, (from.get() + (core + 1) * share - 1).min(to.get()))
                })
                .filter(|(first, last)| first <= last)
                .map(|(first, last)| {
                    scope.spawn(move || read(self.view, Position(first), Position(last)))
                })
                .collect();
            threads.into_iter().map(|thread| super::joined(thread.join())?).collect()
        })
    }

    /// Lets the trees grow: those of the aggregates, each core those that fall to it, and the log's beside them. Gives
    /// the tiles that are complete now.
    fn grow(
        &mut self,
        leaves: &[Option<Leaf>],
        faults: &mut Faults,
    ) -> Result<Vec<CompleteTile>, StoreError> {
        let (cores, hasher, tree) = (self.cores as u64, &self.hasher, &mut self.tree);
        let (found, tiles) = thread::scope(|scope| {
            let threads: Vec<_> = (0_u64..)
                .zip(&mut self.forests)
                .map(|(core, forest)| {
                    scope.spawn(move || {
                        let mine = leaves.iter().flatten();
                        mine.filter(|leaf| hasher.hash_one(&*leaf.aggregate) % cores == core)
                            .filter_map(|leaf| forest.push(leaf))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            let mut tiles = Vec::new();
            for leaf in leaves {
                // A leaf that cannot be read leaves a hole that no tile and no root fits.
                tiles.extend(tree.push(leaf.as_ref().map_or(Hash::default(), |leaf| leaf.hash)));
            }
            let found = threads.into_iter().map(|thread| super::joined(thread.join()));
            (found.collect::<Result<Vec<Vec<Fault>>, StoreError>>(), tiles)
        });
        faults.extend(found?.into_iter().flatten());
        Ok(tiles)
    }

    fn check_tile(&self, tile: &CompleteTile, leaves: &[Option<Leaf>], faults: &mut Faults) {
        let message = |what: &str| {
            format!("tile {} of level {} of the log's tree {what}", tile.index, tile.level)
        };
        match self.view.tile(tile.level, tile.index) {
            Ok(Some(stored)) => {
                let same =
                    stored.iter().zip(tile.hashes.iter().chain([&tile.root])).all(|(a, b)| a == b);
                if same {
                    return;
                }
                // The lowest tiles hold the leaves themselves, and so say which event it is.
                let changed = stored.iter().zip(tile.hashes.iter()).position(|(a, b)| a != b);
                match changed.and_then(|slot| leaves.get(slot)).and_then(Option::as_ref) {
                    Some(leaf) => {
                        let message = "the event is not the one in the log's tree";
                        faults.add(place(leaf).fault(FaultKind::LogTree, message));
                    }
                    None => {
                        faults.add(fault(FaultKind::LogTree, message("is not that of the events")));
                    }
                }
            }
            Ok(None) => faults.add(fault(FaultKind::LogTree, message("is missing"))),
            Err(error) => faults.add(fault(FaultKind::Unreadable, error.to_string())),
        }
    }

    /// Holds the stored heads against the trees.
    fn heads(&mut self, faults: &mut Faults) -> Result<(), StoreError> {
        let (cores, hasher) = (self.cores as u64, self.hasher.clone());
        let forests = &mut self.forests;
        let result = self.view.heads(None, None, |name, head| {
            let name = name.to_string();
            let owner = usize::try_from(hasher.hash_one(&*name) % cores).unwrap_or(0);
            if let Some(forest) = forests.get_mut(owner) {
                faults.extend(forest.check_head(&name, &head));
            }
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        });
        match result {
            Ok(()) => {
                for forest in &self.forests {
                    faults.extend(forest.without_head());
                }
                Ok(())
            }
            Err(error) if error.is_damage() => {
                faults.add(fault(FaultKind::Unreadable, error.to_string()));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
