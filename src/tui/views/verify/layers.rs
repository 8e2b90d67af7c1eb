//! How far each level of the log's tree is recomputed, and what is wrong on it: one bar for each, from the root down.

use super::position;
use crate::tui::canvas::{Canvas, Piece, piece};
use crate::tui::glyphs::Glyphs;
use crate::tui::model::{Model, Run, Running};
use crate::tui::text::pad_left;
use crate::tui::theme::Meaning;
use crate::tui::words::thousands;
use crate::wire::FaultKind;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// Cells of the numbers behind a bar: enough for seven digits twice.
const NUMBERS: usize = 21;

/// A level of the log's tree, or the aggregates beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) name: String,
    /// How many nodes it has, and how many of them are recomputed.
    pub(super) nodes: u64,
    pub(super) done: u64,
    /// Which ones have a fault below them, from 0; empty for what has no place.
    pub(super) faulty: BTreeSet<u64>,
    /// How many faults there are.
    pub(super) faults: u64,
}

impl Layer {
    /// `✓`, `✗2`, or nothing while that is not known.
    pub(super) fn sign(&self, glyphs: &Glyphs) -> Piece {
        if self.faults > 0 {
            return piece(format!("{}{}", glyphs.fault, thousands(self.faults)), Meaning::Danger);
        }
        let whole = self.done >= self.nodes && self.nodes > 0;
        if whole { piece(glyphs.ok, Meaning::Ok) } else { piece(glyphs.blank, Meaning::Dim) }
    }
}

/// How far the log is recomputed, where that is being done.
fn run(model: &Model) -> Option<&Run> {
    model.verify.run.as_ref().filter(|run| run.what == Running::Log)
}

/// How many events the log has, by what is known best.
fn size(model: &Model) -> u64 {
    let running = run(model).is_some();
    let checked = model.verify.log.as_ref().filter(|_| !running).map(|log| log.verdict.count);
    checked.or_else(|| model.events()).unwrap_or(0)
}

/// The number of the root's level.
fn top(size: u64) -> u32 {
    size.checked_sub(1).and_then(u64::checked_ilog2).map_or(0, |level| level + 1)
}

/// How many rows the box of all layers has.
pub(super) fn rows(model: &Model) -> u16 {
    u16::try_from(top(size(model))).unwrap_or(u16::MAX).saturating_add(5)
}

/// How many events are recomputed.
fn done(model: &Model) -> u64 {
    match (run(model), &model.verify.log) {
        (Some(run), _) => run.events.0,
        (None, Some(log)) => log.verdict.count,
        (None, None) => 0,
    }
}

/// The levels of the log's tree, the leaves first.
pub(super) fn layers(model: &Model) -> Vec<Layer> {
    let (size, done) = (size(model), done(model));
    let found = model.verify.faults();
    let places: Vec<u64> =
        found.iter().filter_map(|fault| position(fault)?.checked_sub(1)).collect();
    let top = top(size);
    // What has no place in the log is wrong with its root.
    let of_tree = found.iter().any(|fault| {
        matches!(fault.kind, FaultKind::LogRoot | FaultKind::LogTree | FaultKind::Anchor)
    });
    let level = |level: u32| {
        let mut faulty: BTreeSet<u64> = places.iter().map(|place| place >> level).collect();
        if level == top && of_tree {
            faulty.insert(0);
        }
        let nodes = size.div_ceil(1 << level);
        // A node is done when all below it is.
        let whole = if done >= size { nodes } else { done >> level };
        let many = u64::try_from(faulty.len()).unwrap_or(u64::MAX);
        Layer { name: format!("L{level}"), nodes, done: whole, faulty, faults: many }
    };
    (0..=top).map(level).collect()
}

/// The aggregates, whose states are folded anew.
pub(super) fn states(model: &Model) -> Layer {
    let view = &model.verify;
    let (done, nodes) = match (run(model), &view.log) {
        (Some(run), _) => run.states.map_or((0, 0), |(_, done, of)| (done, of)),
        (None, Some(log)) if log.verdict.refolded && log.verdict.states_left_out.is_none() => {
            (log.verdict.aggregates, log.verdict.aggregates)
        }
        (None, log) => (0, log.as_ref().map_or(0, |log| log.verdict.aggregates)),
    };
    let of_states = |kind: FaultKind| {
        matches!(kind, FaultKind::State | FaultKind::Snapshot | FaultKind::Archived)
    };
    let faults = view.faults().into_iter().filter(|fault| of_states(fault.kind)).count();
    let faults = u64::try_from(faults).unwrap_or(u64::MAX);
    Layer { name: "st".to_owned(), nodes, done, faulty: BTreeSet::new(), faults }
}

/// A bar of `cells`: of the nodes that fall to a cell, the worst one decides.
pub(super) fn bar(layer: &Layer, cells: usize, running: bool, glyphs: &Glyphs) -> Vec<Piece> {
    let wide = u64::try_from(cells).unwrap_or(u64::MAX).max(1);
    let edge = |cell: u64| {
        let nodes = u128::from(layer.nodes) * u128::from(cell) / u128::from(wide);
        u64::try_from(nodes).unwrap_or(u64::MAX)
    };
    let [.., full] = glyphs.bars;
    let mut pieces: Vec<Piece> = Vec::new();
    for cell in 0..wide {
        let from = edge(cell);
        let to = edge(cell + 1).max(from + 1);
        let (sign, meaning) = if layer.faulty.range(from..to).next().is_some() {
            (glyphs.fault, Meaning::Danger)
        } else if layer.done >= to {
            (full, Meaning::Ok)
        } else if running && layer.done >= from && layer.nodes > 0 {
            (glyphs.connecting, Meaning::Warn)
        } else {
            (glyphs.blank, Meaning::Dim)
        };
        match pieces.last_mut() {
            Some((text, before)) if *before == meaning => text.to_mut().push_str(sign),
            _ => pieces.push(piece(sign, meaning)),
        }
    }
    pieces
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let glyphs = canvas.glyphs();
    let running = run(model).is_some();
    let foot = if running { "live while checking" } else { "" };
    let inside = canvas.frame(area, "layers", foot, false);
    let [.., full] = glyphs.bars;
    let legend = [
        piece(full, Meaning::Ok),
        piece(" ok  ", Meaning::Dim),
        piece(glyphs.blank, Meaning::Dim),
        piece(" not checked  ", Meaning::Dim),
        piece(glyphs.connecting, Meaning::Warn),
        piece(" now  ", Meaning::Dim),
        piece(glyphs.fault, Meaning::Danger),
        piece(" fault", Meaning::Dim),
    ];
    let mut layers = layers(model);
    layers.reverse();
    layers.push(states(model));
    // Where there is no room for all, those near the root are left out: they say the least.
    let skipped = (layers.len() + 1).saturating_sub(usize::from(inside.height));
    let cells = usize::from(inside.width).saturating_sub(NUMBERS + 10);
    let mut y = inside.y;
    for layer in layers.iter().skip(skipped) {
        let mut line = vec![piece(format!("{:<4}", layer.name), Meaning::Text)];
        line.extend(bar(layer, cells, running, glyphs));
        let of = format!("{}/{}", thousands(layer.done), thousands(layer.nodes));
        line.push(piece(format!("{}  ", pad_left(&of, NUMBERS)), Meaning::Number));
        line.push(layer.sign(glyphs));
        canvas.line(inside.x, y, inside.width, &line);
        y += 1;
    }
    if y < inside.bottom() {
        canvas.line(inside.x, y, inside.width, &legend);
    }
}
