//! The trees of the aggregates, as far as the log was read.

use super::hashing::Leaf;
use super::{Place, fault};
use crate::domain::{Position, Version};
use crate::proof::Frontier;
use crate::store::format::Head;
use crate::wire::{Fault, FaultKind};
use std::collections::HashMap;

/// The aggregates that fall to one core.
#[derive(Debug, Default)]
pub(super) struct Forest {
    trees: HashMap<Box<str>, Tree>,
}

#[derive(Debug, Default)]
struct Tree {
    frontier: Frontier,
    last: Position,
    /// A fault was reported; what follows in this aggregate would only repeat it.
    broken: bool,
}

impl Forest {
    /// How many aggregates it holds.
    pub(super) fn len(&self) -> u64 {
        self.trees.len() as u64
    }

    /// Appends a leaf to its aggregate's tree and compares the root with the stored one.
    pub(super) fn push(&mut self, leaf: &Leaf) -> Option<Fault> {
        // `get_mut` first: the key is cloned once per aggregate, not once per event.
        if !self.trees.contains_key(&leaf.aggregate) {
            self.trees.insert(leaf.aggregate.clone(), Tree::default());
        }
        let tree = self.trees.get_mut(&leaf.aggregate)?;
        let place =
            Place { position: leaf.position, aggregate: &leaf.aggregate, version: leaf.version };
        let expected = Version(tree.frontier.size() + 1);
        tree.frontier.push(leaf.hash);
        tree.last = leaf.position;
        if tree.broken {
            return None;
        }
        if leaf.version != expected {
            tree.broken = true;
            let message = format!("version {expected} was expected, {} is stored", leaf.version);
            return Some(place.fault(FaultKind::Sequence, message));
        }
        let root = tree.frontier.root();
        if root != leaf.stored_root {
            tree.broken = true;
            let message = "the root of the aggregate is not the stored one";
            return Some(place.hashes(FaultKind::AggregateRoot, message, leaf.stored_root, root));
        }
        None
    }

    /// Compares a stored head with the tree, and forgets the tree.
    pub(super) fn check_head(&mut self, name: &str, head: &Head) -> Option<Fault> {
        let Some(tree) = self.trees.remove(name) else {
            let mut fault = fault(FaultKind::Index, "there is a head, but no event in the log");
            fault.aggregate = Some(name.to_owned());
            return Some(fault);
        };
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
        let mut names: Vec<_> = self.trees.iter().collect();
        names.sort_by_key(|(_, tree)| tree.last);
        let fault = |name: &str, tree: &Tree| {
            let version = Version(tree.frontier.size());
            let place = Place { position: tree.last, aggregate: name, version };
            place.fault(FaultKind::Index, "the log has events, but there is no head")
        };
        names.into_iter().map(|(name, tree)| fault(name, tree)).collect()
    }
}
