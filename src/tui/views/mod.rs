//! The views: what the model looks like. They never fail, never wait and never read a clock.

pub(crate) mod aggregates;
pub(crate) mod json;

use super::canvas::{Canvas, Piece};
use super::model::{Model, View};
use ratatui::layout::Rect;

/// Draws the view that is open.
pub(crate) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    match model.view {
        View::Aggregates => aggregates::draw(model, canvas, body),
    }
}

/// Where one is, from the outside in.
pub(crate) fn crumbs(model: &Model) -> Vec<String> {
    match model.view {
        View::Aggregates => aggregates::crumbs(model),
    }
}

/// The second line of a small screen: what is shown, and what of it.
pub(crate) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    match model.view {
        View::Aggregates => aggregates::subtitle(model),
    }
}

/// What a tab says behind its name.
pub(crate) fn badge(_model: &Model, view: View) -> String {
    match view {
        View::Aggregates => String::new(),
    }
}
