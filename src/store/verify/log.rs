//! The whole log.
//!
//! It is read in windows, and a window in stretches of whole tiles. Two things are done on all cores: reading and hashing
//! the stretches of a window with the tiles over them, and letting the trees of the aggregates grow by the window before
//! it, in forests that share the aggregates. Both are cut into small pieces that whoever is free takes, so that no core
//! waits long for another. In between, one thread joins what only the whole shows: the order from stretch to stretch,
//! the log's tree above the tiles, the records of commits.

use super::commits::{Commits, First};
use super::forest::Forest;
use super::hashing::Order;
use super::window::{Mark, Reader, Stretch};
use super::{Check, Faults, Part, Progress, ends, fault, tiles};
use crate::domain::{Hash, Position};
use crate::proof::{CompleteTile, EMPTY_ROOT, LogTree, TILE_WIDTH};
use crate::store::error::StoreError;
use crate::store::view::View;
use crate::wire::{Fault, FaultKind};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Events of one stretch: enough that the seek to it does not show.
const STRETCH: u64 = STRETCH_STEP as u64;
const STRETCH_STEP: usize = 4 * TILE_WIDTH;

/// Stretches of one window, for each core: enough that cores do not wait for each other, few enough to stay in the cache.
const STRETCHES_EACH: u64 = 16;

/// Forests for each core.
const FORESTS_EACH: usize = 4;

/// Windows do not grow beyond what this many cores want: memory is bounded.
const CORES_MAX: usize = 32;

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
    /// What is wrong with the tiles that the log should not have.
    pub(super) stray_tiles: Vec<Fault>,
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
    let cores = check.cores.max(1);
    let reader = Reader {
        view,
        forests: cores.min(CORES_MAX) * FORESTS_EACH,
        hasher: RandomState::new(),
        commits: check.beside.is_some(),
    };
    let mut run = Run {
        check,
        cores,
        forests: Vec::new(),
        tree: LogTree::new(),
        before: Before::Start,
        commits: check.beside.map(|_| Commits::new(view)),
        anchored,
        at_anchor: (anchored == Some(0)).then_some(EMPTY_ROOT),
        spare: Vec::new(),
        reader: &reader,
    };
    run.forests.resize_with(reader.forests, Forest::default);
    // Beside everything else: no other part of the work needs it.
    let stray_tiles = thread::scope(|scope| {
        let stray = scope.spawn(|| ends::stray_tiles(view, last));
        run.windows(last, progress, faults)?;
        super::joined(stray.join())
    })?;
    run.end(faults);
    faults.part = Part::Derived;
    let aggregates = run.forests.iter().map(Forest::len).sum();
    run.heads(faults)?;
    let (root, at_anchor) = (run.tree.root(), run.at_anchor);
    Ok(Read { last, aggregates, root, at_anchor, stray_tiles })
}

/// The last position by the log itself; by its recorded end where the last chunk cannot be read.
fn last_position(view: &View, faults: &mut Faults) -> Result<u64, StoreError> {
    match view.last_chunk() {
        Ok(Some(chunk)) => Ok(chunk.last()),
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

/// A window of the log that was read.
#[derive(Debug, Default)]
struct Window {
    stretches: Vec<Stretch>,
    tile_faults: Vec<Fault>,
}

/// What a free core takes.
enum Task<'w> {
    /// To read the stretch with this number in its window.
    Read(usize, Box<Stretch>, Position, Position),
    /// To let a forest, whose number this is, grow by its share.
    Grow(usize, &'w mut Forest),
}

/// What a core has done.
#[derive(Default)]
struct Done {
    stretches: Vec<(usize, Stretch)>,
    faults: Vec<Fault>,
}

struct Run<'v> {
    check: &'v Check<'v>,
    reader: &'v Reader<'v>,
    cores: usize,
    forests: Vec<Forest>,
    tree: LogTree,
    before: Before,
    /// The records of commits, where they are looked at too.
    commits: Option<Commits>,
    /// The size of the log that ANCHOR knows, and the root that the tree has there.
    anchored: Option<u64>,
    at_anchor: Option<Hash>,
    /// Stretches that are done with, for their memory.
    spare: Vec<Stretch>,
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
    /// Goes through the log window by window. While one is read, the forests grow by the one before.
    fn windows(
        &mut self,
        last: u64,
        progress: Progress<'_>,
        faults: &mut Faults,
    ) -> Result<(), StoreError> {
        let window = self.cores.min(CORES_MAX) as u64 * STRETCHES_EACH * STRETCH;
        let (mut from, mut before) = (1, Window::default());
        while from <= last || !before.stretches.is_empty() {
            let to = last.min(from + window - 1);
            let (stretches, grown) = self.round(Position(from), Position(to), &before.stretches)?;
            faults.extend(grown);
            faults.part = Part::Derived;
            faults.extend(before.tile_faults);
            faults.part = Part::Log;
            self.spare.append(&mut before.stretches);
            if from > 1 {
                progress(from - 1, last);
            }
            before = self.join(stretches, faults);
            from = to + 1;
        }
        Ok(())
    }

    /// Reads the window from `from` to `to`, and lets the forests grow by the one before it. Gives what was read, and what
    /// is wrong in the forests.
    fn round(
        &mut self,
        from: Position,
        to: Position,
        before: &[Stretch],
    ) -> Result<(Vec<Stretch>, Vec<Fault>), StoreError> {
        let (reader, spare) = (self.reader, &mut self.spare);
        let firsts = (from.get()..=to.get()).step_by(STRETCH_STEP);
        let read = (0..).zip(firsts).map(|(number, first)| {
            let stretch = spare.pop().unwrap_or_default();
            let last = to.get().min(first + STRETCH - 1);
            Task::Read(number, Box::new(stretch), Position(first), Position(last))
        });
        let grow = (0..).zip(&mut self.forests).map(|(number, forest)| Task::Grow(number, forest));
        let tasks: Vec<_> = read.chain(grow.filter(|_| !before.is_empty())).collect();
        let tasks = Mutex::new(tasks.into_iter());
        let work = || {
            let mut done = Done::default();
            loop {
                self.check.goes_on()?;
                let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
                match task {
                    Some(Task::Read(number, mut stretch, first, last)) => {
                        reader.read(&mut stretch, first, last)?;
                        done.stretches.push((number, *stretch));
                    }
                    Some(Task::Grow(number, forest)) => grow_by(forest, number, before, &mut done),
                    None => return Ok::<_, StoreError>(done),
                }
            }
        };
        let mut all = Done::default();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.cores).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let done = super::joined(thread.join())??;
                all.stretches.extend(done.stretches);
                all.faults.extend(done.faults);
            }
            Ok::<_, StoreError>(())
        })?;
        all.stretches.sort_by_key(|(number, _)| *number);
        Ok((all.stretches.into_iter().map(|(_, stretch)| stretch).collect(), all.faults))
    }

    /// Joins the stretches of a window: what they found, the order from one to the next, and the log's tree above their
    /// tiles.
    fn join(&mut self, mut stretches: Vec<Stretch>, faults: &mut Faults) -> Window {
        let mut tile_faults = Vec::new();
        for stretch in &mut stretches {
            faults.extend(stretch.faults.drain(..));
            tile_faults.append(&mut stretch.tile_faults);
            let from = Position(self.tree.size() + 1);
            self.check_order(stretch, from, faults);
            self.check_commits(stretch, faults);
            for tile in self.grow(stretch) {
                let stored = self.reader.view.tile_bytes(tile.level, tile.index);
                let found = tiles::compare(tile.level, tile.index, stored, &tile.hashes, tile.root);
                tile_faults.extend(found.map(|(_, fault)| fault));
            }
        }
        Window { stretches, tile_faults }
    }

    /// Holds the first event of a stretch against the one before it. The trees do not see two events of different
    /// aggregates that changed places.
    fn check_order(&mut self, stretch: &Stretch, from: Position, faults: &mut Faults) {
        if let Some(order) = &stretch.first {
            let wrong = match &self.before {
                Before::Start => order.fault(None),
                Before::Unknown => None,
                Before::Event(before) => order.fault(Some(before)),
            };
            let place = wrong.as_ref().and_then(|_| stretch.place(from));
            if let Some((place, message)) = place.zip(wrong) {
                faults.add(place.fault(FaultKind::Sequence, message));
            }
        }
        self.before = stretch.last.map_or(Before::Unknown, Before::Event);
    }

    /// Holds the records of commits against the events.
    fn check_commits(&mut self, stretch: &Stretch, faults: &mut Faults) {
        let Some(commits) = &mut self.commits else { return };
        faults.part = Part::Records;
        for mark in &stretch.marks {
            match *mark {
                Mark::Hole => commits.hole(),
                Mark::First { leaf, commit, size, message } => {
                    if let Some(place) = stretch.place_of(leaf) {
                        commits.check(&First { place, commit, size, message }, faults);
                    }
                }
            }
        }
        faults.part = Part::Log;
    }

    /// Lets the log's tree grow by a stretch. Gives the tiles above the lowest that are complete now.
    fn grow(&mut self, stretch: &Stretch) -> Vec<CompleteTile> {
        let mut complete = Vec::new();
        let mut roots = stretch.tile_roots.iter();
        for hashes in stretch.hashes.chunks(TILE_WIDTH) {
            let root = roots.next();
            // The root at ANCHOR's size needs the leaves one by one.
            let size = self.tree.size();
            let anchored =
                self.anchored.is_some_and(|at| at > size && at - size < TILE_WIDTH as u64);
            let whole = root.filter(|_| !anchored).and_then(|root| self.tree.push_tile(*root));
            if let Some(tiles) = whole {
                complete.extend(tiles);
                self.look_at_anchor();
                continue;
            }
            for hash in hashes {
                complete.extend(self.tree.push(*hash).into_iter().filter(|tile| tile.level > 0));
                self.look_at_anchor();
            }
        }
        complete
    }

    fn look_at_anchor(&mut self) {
        if self.anchored == Some(self.tree.size()) {
            self.at_anchor = Some(self.tree.root());
        }
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

    /// Holds the stored heads against the trees.
    fn heads(&mut self, faults: &mut Faults) -> Result<(), StoreError> {
        let (reader, forests) = (self.reader, &mut self.forests);
        let result = reader.view.frames(None, None, |name, head| {
            let name = name.to_string();
            let hash = reader.hasher.hash_one(name.as_bytes());
            if let Some(forest) = forests.get_mut(reader.forest(hash)) {
                faults.extend(forest.check_head(hash, &name, &head));
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

/// Lets a forest grow by its share of a window.
fn grow_by(forest: &mut Forest, number: usize, window: &[Stretch], done: &mut Done) {
    for share in window.iter().filter_map(|stretch| stretch.shares.get(number)) {
        forest.grow(share, &mut done.faults);
    }
}
