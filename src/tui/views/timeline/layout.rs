//! Where the parts of the view are.

use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, TimelinePane, Zoom};
use crate::tui::views::area::{split_left, split_top};
use ratatui::layout::Rect;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) track: Option<Rect>,
    pub(crate) events: Option<Rect>,
    pub(crate) detail: Option<Rect>,
    /// On a large screen, the event beside the state.
    pub(crate) event: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
}

impl Layout {
    /// How many events are on the screen at once.
    pub(crate) fn rows(&self) -> usize {
        let around = if self.boxed { 2 } else { 0 };
        self.events.map_or(0, |area| usize::from(area.height.saturating_sub(around)))
    }
}

/// The track: density, line, marks, where one is, and the box around them.
const TRACK: u16 = 6;

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let (size, body) = (model.size, chrome::body(model.size));
    let (shape, focus) = (chrome::shape(size), model.timeline.focus);
    let boxed = shape > Shape::List;
    let alone = |area: Rect, track| match focus {
        TimelinePane::Events => Layout { track, events: Some(area), boxed, ..Layout::default() },
        TimelinePane::Detail => Layout { track, detail: Some(area), boxed, ..Layout::default() },
    };
    if shape == Shape::TooSmall {
        return Layout::default();
    }
    if shape == Shape::List {
        return alone(body, None);
    }
    let (track, below) = split_top(body, TRACK);
    if shape == Shape::One || model.zoom == Zoom::Full {
        return alone(below, Some(track));
    }
    let left = match (model.zoom, focus) {
        (Zoom::Half, TimelinePane::Events) => below.width * 3 / 5,
        (Zoom::Half, TimelinePane::Detail) => below.width / 4,
        _ => (below.width * 2 / 5).clamp(34, 56),
    };
    let (events, right) = split_left(below, left);
    let (detail, event) = if shape == Shape::Three {
        let (detail, event) = split_top(right, right.height * 3 / 5);
        (detail, Some(event))
    } else {
        (right, None)
    };
    Layout { track: Some(track), events: Some(events), detail: Some(detail), event, boxed }
}
