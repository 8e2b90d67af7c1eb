//! View 3: whether the log is what was written, and the way from one of its events to its root.

pub(crate) mod explain;
mod layers;
mod layout;
mod path;
mod report;
mod steps;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use layout::layout;
pub(crate) use path::levels;
pub(crate) use steps::lines;

use super::frame;
use crate::tui::canvas::{Canvas, Hit, Piece, piece};
use crate::tui::model::{Model, Part};
use crate::tui::theme::Meaning;
use crate::tui::words::quantity;
use crate::wire::Fault;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    // Of a damaged log there may be nothing left that can be read.
    if model.events() == Some(0) && model.read_only().is_none() {
        return empty(canvas, body);
    }
    let layout = layout(model);
    for part in Part::ALL {
        if let Some(area) = layout.part(part) {
            canvas.hit(area, Hit::Pane(part.number()));
        }
    }
    if let Some(area) = layout.report {
        report::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.tree {
        tree::draw(model, canvas, area, layout.boxed);
    }
    if let Some(area) = layout.layers {
        layers::draw(model, canvas, area);
    }
    if let Some(area) = layout.steps {
        steps::draw(model, canvas, area, layout.boxed);
    }
}

/// The beginning of a hash: `9f2c…`.
fn head(hash: &str, model: &Model) -> String {
    format!("{}{}", hash.get(..4).unwrap_or(hash), model.look.glyphs.cut)
}

/// The position that a fault is about.
fn position(fault: &Fault) -> Option<u64> {
    fault.position.as_ref()?.parse().ok()
}

/// `fault 1 of 3`.
fn which(model: &Model) -> Option<String> {
    let at = model.verify.fault?;
    Some(format!("fault {} of {}", at + 1, model.verify.faults().len()))
}

/// The event whose way to the root is shown: `order-38 v22`.
fn event(model: &Model) -> Option<String> {
    let proven = model.verify.proven.as_ref()?;
    Some(format!("{} v{}", proven.name.id, proven.version))
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let mut crumbs = vec!["verify".to_owned()];
    let view = &model.verify;
    if let Some(which) = which(model) {
        let fault = view.selected();
        crumbs.push(which);
        crumbs.extend(fault.and_then(|fault| fault.aggregate.clone()));
        crumbs.extend(fault.and_then(|fault| fault.version).map(|v| format!("v{v}")));
    } else {
        crumbs.extend(view.subject.as_ref().map(|(name, _)| name.to_string()));
        crumbs.extend(view.proven.as_ref().map(|proven| format!("v{}", proven.version)));
    }
    crumbs
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let what = which(model).or_else(|| event(model)).unwrap_or_else(|| "verify".to_owned());
    let faults = model.verify.fault_count();
    let right = if faults > 0 {
        piece(quantity(faults, "fault", "faults"), Meaning::Danger)
    } else {
        piece("R verifies all", Meaning::Dim)
    };
    (vec![piece(what, Meaning::Title)], vec![right])
}

/// How many faults were found, on the tab.
pub(super) fn badge(model: &Model) -> String {
    match model.verify.fault_count() {
        0 => String::new(),
        faults => format!("{}{faults}", model.look.glyphs.fault),
    }
}

/// What stands there before anything happened.
fn empty(canvas: &mut Canvas<'_>, body: Rect) {
    let inside = canvas.frame(body, "verify", "", true);
    let lines = [
        ("No events yet: there is nothing to verify.", Meaning::Title),
        ("", Meaning::Text),
        ("With the first one the log has a root, which stands for all of it.", Meaning::Dim),
    ];
    let above = inside.height.saturating_sub(3) / 3;
    for (y, (text, meaning)) in (inside.y + above..inside.bottom()).zip(lines) {
        canvas.put(inside.x, y, inside.width, text, meaning);
    }
}
