//! The whole log.

use super::commits::Commits;
use super::forest::Forest;
use super::hashing::{Leaf, Order};
use super::window::{self, Stretch};
use super::{Check, Faults, Part, Place, Progress, fault};
use crate::domain::{Hash, Position};
use crate::proof::{CompleteTile, EMPTY_ROOT, LogTree, TILE_WIDTH};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::thread;

/// Events of one window: enough that cores do not wait for each other, little enough to stay in the cache.
const WINDOW: u64 = 64 * TILE_WIDTH as u64;

/// What a pass over the log found.
#[derive(Debug)]
pub(super) struct Read {
    /// The last position.
    pub(super) last: u64,
    /// How many aggregates the events belong to.
    pub(super) aggregates: u64,
    /// The root of the log's tree.
    pub(super) root: Hash,
    /// The root that the tree had at ANCHOR's size; `None` where it never had that size.
    pub(super) at_anchor: Option<Hash>,
}

/// Reads the log from its first byte to its last, and lets all trees grow.
pub(super) fn read(
    view: &View,
    check: &Check<'_>,
    progress: Progress<'_>,
    faults: &mut Faults,
) -> Result<Read, StoreError> {
    faults.part = Part::Log;
    let last = last_position(view, faults)?;
    let anchored = check.anchor.map(|state| state.size);
    let mut run = Run {
        view,
        cores: check.cores.max(1),
        hasher: RandomState::new(),
        forests: Vec::new(),
        tree: LogTree::new(),
        before: Before::Start,
        commits: check.beside.map(|_| Commits::new(view)),
        anchored,
        at_anchor: (anchored == Some(0)).then_some(EMPTY_ROOT),
    };
    run.forests.resize_with(run.cores, Forest::default);
    let mut from = 1;
    while from <= last {
        let to = last.min(from + WINDOW - 1);
        run.window(Position(from), Position(to), faults)?;
        progress(to, last);
        from = to + 1;
    }
    run.end(faults);
    faults.part = Part::Derived;
    let aggregates = run.forests.iter().map(Forest::len).sum();
    run.heads(faults)?;
    Ok(Read { last, aggregates, root: run.tree.root(), at_anchor: run.at_anchor })
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
    /// The records of commits, where they are looked at too.
    commits: Option<Commits>,
    /// The size of the log that ANCHOR knows, and the root that the tree has there.
    anchored: Option<u64>,
    at_anchor: Option<Hash>,
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
            faults.part = Part::Derived;
            self.check_tile(&tile, of_tile.unwrap_or_default(), faults);
            faults.part = Part::Log;
        }
        Ok(())
    }

    /// Holds an event against the one before it. The trees do not see two events of different aggregates that changed
    /// places.
    fn check_order(&mut self, leaf: Option<&Leaf>, faults: &mut Faults) {
        let Some(leaf) = leaf else {
            self.before = Before::Unknown;
            if let Some(commits) = &mut self.commits {
                commits.hole();
            }
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
        if let Some(commits) = &mut self.commits
            && leaf.order.commit().1 == 0
        {
            faults.part = Part::Records;
            commits.check(leaf, faults);
            faults.part = Part::Log;
        }
        self.before = Before::Event(leaf.order);
    }

    /// What only the end of the log shows.
    fn end(&mut self, faults: &mut Faults) {
        if let Before::Event(order) = &self.before {
            let (commit, index, size) = order.commit();
            let there = u64::from(index) + 1;
            if there < u64::from(size) {
                let message = format!(
                    "commit c{commit} is there only in part: the log ends with event {there} of {size}"
                );
                let mut fault = fault(FaultKind::Commit, message);
                fault.position = Some(self.tree.size().to_string());
                faults.add(fault);
            }
        }
        if let Some(commits) = &mut self.commits {
            faults.part = Part::Records;
            commits.end(faults);
        }
    }

    /// Reads and hashes the window on all cores.
    fn read(&self, from: Position, to: Position) -> Result<Vec<Stretch>, StoreError> {
        let events = to.get() - from.get() + 1;
        let share = events.div_ceil(self.cores as u64).max(1);
        let view = self.view;
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.cores as u64)
                .map(|core| {
                    (from.get() + core * share, (from.get() + (core + 1) * share - 1).min(to.get()))
                })
                .filter(|(first, last)| first <= last)
                .map(|(first, last)| {
                    scope.spawn(move || window::read(view, Position(first), Position(last)))
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
        let (anchored, at_anchor) = (self.anchored, &mut self.at_anchor);
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
                if anchored == Some(tree.size()) {
                    *at_anchor = Some(tree.root());
                }
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
        let result = self.view.frames(None, |name, head| {
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
