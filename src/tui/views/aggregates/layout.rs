//! Where the parts of the view are.

use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, Pane, Zoom};
use crate::tui::views::area::{split_left, split_top};
use ratatui::layout::Rect;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) types: Option<Rect>,
    pub(crate) list: Option<Rect>,
    pub(crate) state: Option<Rect>,
    pub(crate) events: Option<Rect>,
    pub(crate) event: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
}

impl Layout {
    /// Where a part is that can have the focus.
    pub(crate) fn pane(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Types => self.types,
            Pane::List => self.list,
            Pane::Preview => self.state,
        }
    }

    /// How many aggregates are on the screen at once.
    pub(crate) fn rows(&self) -> usize {
        let around = if self.boxed { 3 } else { 0 };
        self.list.map_or(0, |list| usize::from(list.height.saturating_sub(around)))
    }
}

/// How wide the list of groups is.
fn types_width(body: Rect) -> u16 {
    if body.width >= 120 { 25 } else { 23 }
}

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let (size, body) = (model.size, chrome::body(model.size));
    let (shape, focus) = (chrome::shape(size), model.aggregates.focus);
    let boxed = shape > Shape::List;
    let alone = |area| match focus {
        Pane::Types => Layout { types: Some(area), boxed, ..Layout::default() },
        Pane::List => Layout { list: Some(area), boxed, ..Layout::default() },
        Pane::Preview => Layout { state: Some(area), boxed, ..Layout::default() },
    };
    match shape {
        Shape::TooSmall => Layout::default(),
        Shape::List | Shape::One => alone(body),
        _ if model.zoom == Zoom::Full => alone(body),
        Shape::Two => two(body, focus, model.zoom),
        Shape::Three => three(body, focus, model.zoom),
    }
}

fn two(body: Rect, focus: Pane, zoom: Zoom) -> Layout {
    let half = zoom == Zoom::Half;
    let wide = match (half, focus) {
        (true, Pane::Types) => body.width / 2,
        (true, _) => 0,
        (false, _) => types_width(body),
    };
    let (types, right) = split_left(body, wide);
    let types = (wide > 0).then_some(types);
    if body.height + 3 < 24 {
        // No room for both: the one with the focus, and the list where neither has it.
        let (list, state) = match focus {
            Pane::Preview => (None, Some(right)),
            _ => (Some(right), None),
        };
        return Layout { types, list, state, boxed: true, ..Layout::default() };
    }
    let below = match (half, focus) {
        (true, Pane::Preview) => right.height / 2,
        _ => (right.height * 2 / 5).clamp(8, 16),
    };
    let (list, state) = split_top(right, right.height - below);
    Layout { types, list: Some(list), state: Some(state), boxed: true, ..Layout::default() }
}

fn three(body: Rect, focus: Pane, zoom: Zoom) -> Layout {
    let (types_wide, right_wide) = match (zoom, focus) {
        (Zoom::Half, Pane::Types) => (body.width / 3, body.width / 4),
        (Zoom::Half, Pane::List) => (0, body.width / 4),
        (Zoom::Half, Pane::Preview) => (0, body.width / 2),
        _ => (types_width(body), (body.width * 5 / 16).clamp(40, 64)),
    };
    let (types, rest) = split_left(body, types_wide);
    let (list, right) = split_left(rest, rest.width - right_wide);
    let (state, rest) = split_top(right, right.height * 2 / 5);
    let (events, event) = split_top(rest, rest.height * 11 / 20);
    Layout {
        types: (types_wide > 0).then_some(types),
        list: Some(list),
        state: Some(state),
        events: Some(events),
        event: Some(event),
        boxed: true,
    }
}
