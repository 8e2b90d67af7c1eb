//! The views: what the model looks like. They never fail, never wait and never read a clock.

pub(crate) mod aggregates;
mod area;
pub(crate) mod event;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod schema;
pub(crate) mod stage;
pub(crate) mod tail;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
pub(crate) mod verify;
mod waiting;

use super::canvas::{Canvas, Piece};
use super::model::{Model, View};
use ratatui::layout::Rect;

/// Draws the view that is open.
pub(crate) fn draw(model: &Model, canvas: &mut Canvas<'_>, body: Rect) {
    match model.view {
        View::Aggregates => aggregates::draw(model, canvas, body),
        View::Timeline => timeline::draw(model, canvas, body),
        View::Verify => verify::draw(model, canvas, body),
        View::Stage => stage::draw(model, canvas, body),
        View::Schema => schema::draw(model, canvas, body),
        View::Tail => tail::draw(model, canvas, body),
    }
}

/// The box of a part, or where there are none the whole of its area; gives what is inside.
fn frame(
    canvas: &mut Canvas<'_>,
    area: Rect,
    boxed: bool,
    (title, foot): (&str, &str),
    focus: bool,
) -> Rect {
    if boxed {
        return canvas.frame(area, title, foot, focus);
    }
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// Where one is, from the outside in.
pub(crate) fn crumbs(model: &Model) -> Vec<String> {
    match model.view {
        View::Aggregates => aggregates::crumbs(model),
        View::Timeline => timeline::crumbs(model),
        View::Verify => verify::crumbs(model),
        View::Stage => stage::crumbs(model),
        View::Schema => schema::crumbs(model),
        View::Tail => tail::crumbs(model),
    }
}

/// The second line of a small screen: what is shown, and what of it.
pub(crate) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    match model.view {
        View::Aggregates => aggregates::subtitle(model),
        View::Timeline => timeline::subtitle(model),
        View::Verify => verify::subtitle(model),
        View::Stage => stage::subtitle(model),
        View::Schema => schema::subtitle(model),
        View::Tail => tail::subtitle(model),
    }
}

/// What the view says at the right of the line that says where one is; the log's root and size where it says nothing.
pub(crate) fn facts(model: &Model) -> Option<Vec<Piece>> {
    match model.view {
        View::Aggregates | View::Verify | View::Tail => None,
        View::Timeline => timeline::facts(model),
        View::Stage => stage::facts(model),
        View::Schema => schema::facts(model),
    }
}

/// What a tab says behind its name.
pub(crate) fn badge(model: &Model, view: View) -> String {
    match view {
        View::Aggregates | View::Timeline => String::new(),
        View::Verify => verify::badge(model),
        View::Stage => stage::badge(model),
        View::Schema => schema::badge(model),
        View::Tail => tail::badge(model),
    }
}
