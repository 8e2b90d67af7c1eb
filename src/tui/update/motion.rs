//! Moving: the same keys in every view, each of which says what they move.

use super::{aggregates, schema, stage, tail, timeline, verify};
use crate::tui::model::{Model, View};
use crate::tui::msg::Effect;

/// A way to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// By rows.
    Rows(isize),
    /// By halves of a screen.
    Halves(isize),
    Top,
    End,
}

impl Move {
    /// The row that it leads to from `cursor` in a list of `rows`, of which `height` are on the screen.
    pub(crate) fn from(self, cursor: usize, rows: usize, height: usize) -> usize {
        let last = rows.saturating_sub(1);
        let half = isize::try_from(height / 2).unwrap_or(isize::MAX).max(1);
        match self {
            Self::Rows(by) => cursor.saturating_add_signed(by).min(last),
            Self::Halves(by) => cursor.saturating_add_signed(by.saturating_mul(half)).min(last),
            Self::Top => 0,
            Self::End => last,
        }
    }

    /// How far it scrolls so many lines, of which `height` are on the screen: the last one stays at the bottom.
    pub(crate) fn scroll(self, scroll: usize, lines: usize, height: usize) -> usize {
        self.from(scroll, lines.saturating_sub(height) + 1, height)
    }
}

/// Moves in the part of the view that has the focus.
pub(crate) fn go(model: &mut Model, way: Move) {
    match model.view {
        View::Aggregates => aggregates::go(model, way),
        View::Timeline => timeline::go(model, way),
        View::Verify => verify::go(model, way),
        View::Stage => stage::go(model, way),
        View::Schema => schema::go(model, way),
        View::Tail => tail::go(model, way),
    }
}

/// Gives the next part the focus, or the one before.
pub(crate) fn pane(model: &mut Model, by: isize) {
    match model.view {
        View::Aggregates => aggregates::pane(model, by),
        View::Timeline => timeline::pane(model, by),
        View::Verify => verify::pane(model, by),
        View::Stage => stage::pane(model, by),
        View::Schema => schema::pane(model, by),
        View::Tail => tail::pane(model, by),
    }
}

/// Goes into what is selected.
pub(crate) fn enter(model: &mut Model) -> Vec<Effect> {
    match model.view {
        View::Aggregates => aggregates::enter(model),
        View::Timeline => timeline::enter(model),
        View::Verify => verify::enter(model),
        View::Stage => stage::enter(model),
        View::Schema => schema::enter(model),
        View::Tail => tail::enter(model),
    }
}

/// Leaves what was gone into; false where there is nothing to leave.
pub(crate) fn leave(model: &mut Model) -> bool {
    match model.view {
        View::Aggregates => aggregates::leave(model),
        View::Timeline => timeline::leave(model),
        View::Verify => verify::leave(model),
        View::Stage => stage::leave(model),
        View::Schema => schema::leave(model),
        View::Tail => tail::leave(model),
    }
}

/// Gives a part the focus.
pub(super) fn focus(model: &mut Model, pane: u8) {
    match model.view {
        View::Aggregates => aggregates::focus(model, pane),
        View::Timeline => timeline::focus(model, pane),
        View::Verify => verify::focus(model, pane),
        View::Stage => stage::focus(model, pane),
        View::Schema => schema::focus(model, pane),
        View::Tail => tail::focus(model, pane),
    }
}

/// Selects a row of a part; what was selected is gone into.
pub(super) fn click(model: &mut Model, pane: u8, row: usize) -> Vec<Effect> {
    focus(model, pane);
    match model.view {
        View::Aggregates => aggregates::click(model, row),
        View::Timeline => timeline::click(model, row),
        View::Verify => verify::click(model, row),
        View::Stage => stage::click(model, row),
        View::Schema => schema::click(model, row),
        View::Tail => tail::click(model, row),
    }
}

/// Scrolls a part.
pub(super) fn wheel(model: &mut Model, pane: u8, rows: isize) {
    focus(model, pane);
    go(model, Move::Rows(rows));
}

/// The part so many further among those that follow each other in a ring.
pub(super) fn next<P: Copy + PartialEq>(parts: &[P], now: P, by: isize) -> P {
    let at = parts.iter().position(|part| *part == now).unwrap_or(0);
    let at = at.cast_signed().saturating_add(by).checked_rem_euclid(parts.len().cast_signed());
    at.and_then(|at| parts.get(at.unsigned_abs())).copied().unwrap_or(now)
}
