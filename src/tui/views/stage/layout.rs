//! Where the parts of the view are.

use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, StagePane, Zoom};
use crate::tui::views::area::{inside, split_left, split_top};
use ratatui::layout::Rect;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) list: Option<Rect>,
    pub(crate) preview: Option<Rect>,
    pub(crate) detail: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
    /// Whether there is room for everything of an operation in its row, and for commits below them.
    pub(crate) wide: bool,
}

impl Layout {
    /// Where a part is.
    pub(crate) fn part(&self, pane: StagePane) -> Option<Rect> {
        match pane {
            StagePane::List => self.list,
            StagePane::Preview => self.preview,
            StagePane::Detail => self.detail,
        }
    }

    /// What is inside of a part.
    pub(crate) fn inside(&self, pane: StagePane) -> Option<Rect> {
        Some(inside(self.part(pane)?, self.boxed))
    }

    /// How many operations are on the screen at once, of so many.
    pub(crate) fn rows(&self, operations: usize) -> usize {
        let high = self.inside(StagePane::List).map_or(0, |inside| usize::from(inside.height));
        let heads = usize::from(self.wide);
        let room = high.saturating_sub(heads);
        // The commits have what the operations leave, and a few lines where those fill all.
        room.min(operations.max(room.saturating_sub(self.commits(operations))))
    }

    /// How many lines of commits there are below so many operations, the heading and the gap above it among them.
    pub(crate) fn commits(&self, operations: usize) -> usize {
        let high = self.inside(StagePane::List).map_or(0, |inside| usize::from(inside.height));
        let left = high.saturating_sub(operations + usize::from(self.wide));
        // A heading alone says nothing.
        if self.wide && left >= 3 { left } else { 0 }
    }
}

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let body = chrome::body(model.size);
    let (shape, focus) = (chrome::shape(model.size), model.stage.focus);
    let wide = shape == Shape::Three;
    let boxed = shape > Shape::List;
    let alone = |area| {
        let none = Layout { boxed, wide, ..Layout::default() };
        match focus {
            StagePane::List => Layout { list: Some(area), ..none },
            StagePane::Preview => Layout { preview: Some(area), ..none },
            StagePane::Detail => Layout { detail: Some(area), ..none },
        }
    };
    match shape {
        Shape::TooSmall => return Layout::default(),
        Shape::List | Shape::One => return alone(body),
        _ if model.zoom == Zoom::Full => return alone(body),
        _ => {}
    }
    let half = model.zoom == Zoom::Half;
    let low = body.height + 3 < 24;
    let high = match focus {
        // Where there is no room for all, the detail comes with its focus.
        StagePane::Detail if low => 0,
        _ if low => body.height,
        StagePane::Detail if half => body.height / 3,
        _ if half => body.height * 3 / 4,
        _ => body.height * 4 / 7,
    };
    let (above, detail) = split_top(body, high);
    let left = match focus {
        StagePane::Preview if half => above.width / 3,
        StagePane::List if half => above.width * 2 / 3,
        _ if wide => above.width * 7 / 16,
        _ => above.width * 23 / 40,
    };
    let (list, preview) = split_left(above, left);
    Layout {
        list: (above.height > 0).then_some(list),
        preview: (above.height > 0).then_some(preview),
        detail: (detail.height > 0).then_some(detail),
        boxed,
        wide,
    }
}
