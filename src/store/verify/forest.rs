//! The trees of the aggregates, as far as the log was read.

use super::hashing::Leaf;
use super::window::Share;
use super::{Place, fault};
use crate::domain::{Position, Version};
use crate::proof::Frontier;
use crate::store::format::Head;
use crate::wire::{Fault, FaultKind};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The aggregates that fall to one share of the work.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// By the hash of the aggregate's name: the place of its tree.
    places: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    trees: Vec<Tree>,
    /// The places of the trees of the leaves at hand.
    found: Vec<usize>,
}

#[derive(Debug)]
struct Tree {
    name: Box<str>,
    /// The place of another tree whose name has the same hash.
    other: Option<usize>,
    frontier: Frontier,
    last: Position,
    /// A fault was reported; what follows in this aggregate would only repeat it.
    broken: bool,
    /// Its head was found.
    headed: bool,
}

impl Tree {
    fn push(&mut self, leaf: &Leaf) -> Option<Fault> {
        let expected = Version(self.frontier.size() + 1);
        let root = self.frontier.push_for_root(leaf.hash);
        self.last = leaf.position;
        if self.broken || (leaf.version == expected && root == leaf.stored_root) {
            return None;
        }
        self.broken = true;
        let place = Place { position: leaf.position, aggregate: &self.name, version: leaf.version };
        if leaf.version != expected {
            let message = format!("version {expected} was expected, {} is stored", leaf.version);
            return Some(place.fault(FaultKind::Sequence, message));
        }
        let message = "the root of the aggregate is not the stored one";
        Some(place.hashes(FaultKind::AggregateRoot, message, leaf.stored_root, root))
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Forest {
    /// How many aggregates it holds.
    pub(super) fn len(&self) -> u64 {
        self.trees.len() as u64
    }

    fn find(&self, hash: u64, name: &str) -> Option<usize> {
        let mut place = self.places.get(&hash).copied();
        while let Some(tree) = place.and_then(|at| self.trees.get(at)) {
            if *tree.name == *name {
                return place;
            }
            place = tree.other;
        }
        None
    }

    fn plant(&mut self, hash: u64, name: &str) -> usize {
        let place = self.trees.len();
        let other = self.places.insert(hash, place);
        self.trees.push(Tree {
            name: name.into(),
            other,
            frontier: Frontier::new(),
            last: Position::default(),
            broken: false,
            headed: false,
        });
        place
    }

    /// Appends leaves to their aggregates' trees and compares each root with the stored one.
    pub(super) fn grow(&mut self, share: &Share, faults: &mut Vec<Fault>) {
        let Share { leaves, names } = share;
        // All trees are looked up first: looking up waits for memory, which overlaps from one to the next, but not across
        // the hashing.
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        found.extend(leaves.iter().map(|leaf| {
            let (hash, name) = (leaf.aggregate.hash, names.get(leaf.aggregate));
            self.find(hash, name).unwrap_or_else(|| self.plant(hash, name))
        }));
        for (leaf, at) in leaves.iter().zip(&found) {
            if let Some(tree) = self.trees.get_mut(*at) {
                faults.extend(tree.push(leaf));
            }
        }
        self.found = found;
    }

    /// Compares a stored head with the tree.
    pub(super) fn check_head(&mut self, hash: u64, name: &str, head: &Head) -> Option<Fault> {
        let found = self.find(hash, name).and_then(|at| self.trees.get_mut(at));
        let Some(tree) = found else {
            let mut fault = fault(FaultKind::Index, "there is a head, but no event in the log");
            fault.aggregate = Some(name.to_owned());
            return Some(fault);
        };
        tree.headed = true;
        let place = Place { position: tree.last, aggregate: name, version: head.version };
        if tree.broken {
            return None;
        }
        if head.version.get() != tree.frontier.size() {
            let message = format!(
                "the head is at version {}, but the log has {} events",
                head.version,
                tree.frontier.size()
            );
            return Some(place.fault(FaultKind::Index, message));
        }
        if head.position != tree.last {
            let message =
                format!("the head names #{}, but the last event is elsewhere", head.position);
            return Some(place.fault(FaultKind::Index, message));
        }
        if head.peaks != tree.frontier.peaks() {
            let stored = Frontier::from_parts(head.version.get(), head.peaks.clone());
            let message = "the tree in the head is not that of the events";
            let (stored, root) = (stored.unwrap_or_default().root(), tree.frontier.root());
            return Some(place.hashes(FaultKind::AggregateRoot, message, stored, root));
        }
        None
    }

    /// Aggregates of the log that no head was found for.
    pub(super) fn without_head(&self) -> Vec<Fault> {
        let mut trees: Vec<_> = self.trees.iter().filter(|tree| !tree.headed).collect();
        trees.sort_by_key(|tree| tree.last);
        let fault = |tree: &Tree| {
            let version = Version(tree.frontier.size());
            let place = Place { position: tree.last, aggregate: &tree.name, version };
            place.fault(FaultKind::Index, "the log has events, but there is no head")
        };
        trees.into_iter().map(fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::leaf_hash;

    /// A share of first events of aggregates, all of whose names have the same hash, with the roots that are right.
    fn share(names: &[&str]) -> Share {
        let mut share = Share::default();
        for (position, id) in (1..).zip(names) {
            let aggregate = share.names.push("order", id, 7);
            let hash = leaf_hash(id.as_bytes());
            let (position, version) = (Position(position), Version(1));
            share.leaves.push(Leaf { position, aggregate, version, hash, stored_root: hash });
        }
        share
    }

    #[test]
    fn names_with_the_same_hash_have_trees_of_their_own() {
        let (mut forest, mut faults) = (Forest::default(), Vec::new());
        forest.grow(&share(&["a", "b", "c"]), &mut faults);
        assert_eq!((forest.len(), faults.len()), (3, 0));
        let found = ["order/a", "order/b", "order/c", "order/d"].map(|name| forest.find(7, name));
        assert_eq!(found, [Some(0), Some(1), Some(2), None]);
        assert_eq!(forest.find(8, "order/a"), None);
        // The first event of one that is there already.
        forest.grow(&share(&["b"]), &mut faults);
        assert_eq!((forest.len(), faults.len()), (3, 1));
        assert_eq!(faults[0].message, "version 2 was expected, 1 is stored");
        assert_eq!(forest.without_head().len(), 2 + 1);
    }
}
