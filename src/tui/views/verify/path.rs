//! The way from a leaf to the root, with what stands beside it.

use super::position;
use crate::proof::inclusion_spans;
use crate::tui::model::{Model, Proven};
use crate::wire::HashStep;

/// What is known of the events below a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody has recomputed all of them.
    Unknown,
    /// They are what was written.
    Good,
    /// So many faults are among them.
    Faulty(u64),
}

/// A node of the log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// The leaves below it, from 0: the first one, and the one after the last.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Its hash, where a proof says it.
    pub(super) hash: Option<String>,
    pub(super) state: State,
}

impl Node {
    /// How many events are below it.
    pub(super) fn count(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// A step of the way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Level {
    /// The node on the way.
    pub(super) node: Node,
    /// The other child of the node above, and whether that is the left one; the root has none.
    pub(super) sibling: Option<(Node, bool)>,
}

/// How many steps there are, with the root.
pub(crate) fn levels(model: &Model) -> usize {
    path(model).map_or(0, |path| path.len())
}

/// The way from the root down to the leaf that is shown: of the fault, or else of the proof.
pub(super) fn path(model: &Model) -> Option<Vec<Level>> {
    if model.verify.fault.is_some() {
        let at = model.verify.selected().and_then(position)?;
        let size = model.verify.log.as_ref().map(|log| log.verdict.count);
        let size = size.filter(|size| *size >= at).or_else(|| model.events())?;
        let root = model.verify.log.as_ref().map(|log| log.verdict.root.clone());
        return build(model, at.checked_sub(1)?, size, &Hashes { root, ..Hashes::default() });
    }
    let proven = model.verify.proven.as_ref()?;
    let log = &proven.proof.log;
    build(model, log.index, log.size, &hashes(proven))
}

/// The hashes of a way, from the bottom up.
#[derive(Debug, Default)]
struct Hashes {
    on_path: Vec<String>,
    siblings: Vec<String>,
    root: Option<String>,
}

fn hashes(proven: &Proven) -> Hashes {
    let steps = |name: &'static str| {
        let of = proven.verdict.checks.iter().filter(move |check| check.name == name);
        of.flat_map(|check| &check.steps).map(|step| match step {
            HashStep::Body { hash, .. }
            | HashStep::Leaf { hash, .. }
            | HashStep::Node { hash, .. } => hash.clone(),
        })
    };
    let siblings = proven.proof.log.path.iter().map(|node| node.hash.to_string());
    let on_path = steps("leaf").chain(steps("log")).collect();
    Hashes { on_path, siblings: siblings.collect(), root: None }
}

fn build(model: &Model, index: u64, size: u64, hashes: &Hashes) -> Option<Vec<Level>> {
    if index >= size {
        return None;
    }
    let spans = inclusion_spans(index, size);
    let node = |from, to, hash: Option<&String>| Node {
        from,
        to,
        hash: hash.cloned(),
        state: state(model, from, to),
    };
    let top = hashes.on_path.get(spans.len()).or(hashes.root.as_ref());
    let mut levels = vec![Level { node: node(0, size, top), sibling: None }];
    let (mut from, mut to) = (0, size);
    for (height, span) in spans.iter().enumerate().rev() {
        let left = span.from == from;
        (from, to) = if left { (span.to, to) } else { (from, span.from) };
        let sibling = node(span.from, span.to, hashes.siblings.get(height));
        let on_path = node(from, to, hashes.on_path.get(height));
        levels.push(Level { node: on_path, sibling: Some((sibling, left)) });
    }
    Some(levels)
}

/// What is known of the events `from..to`, counted from 0.
pub(super) fn state(model: &Model, from: u64, to: u64) -> State {
    let view = &model.verify;
    let all = view.faults();
    let within = |at: &u64| (from + 1..=to).contains(at);
    let faults = all.iter().filter_map(|fault| position(fault)).filter(within).count();
    if faults > 0 {
        return State::Faulty(u64::try_from(faults).unwrap_or(u64::MAX));
    }
    let Some(log) = view.log.as_ref().map(|log| &log.verdict) else { return State::Unknown };
    // Not all of many faults are listed: behind the last one that is, nothing is known.
    let listed = u64::try_from(log.faults.len()).unwrap_or(u64::MAX);
    let known = if listed < log.fault_count {
        log.faults.iter().filter_map(position).max().unwrap_or(0)
    } else {
        log.count
    };
    if to <= known { State::Good } else { State::Unknown }
}
