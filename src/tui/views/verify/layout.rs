//! Where the parts of the view are.

use super::layers;
use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, Part, Zoom};
use crate::tui::views::area::{inside, split_left, split_top};
use ratatui::layout::Rect;

/// Rows of the report with its box.
const REPORT: u16 = 5;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) report: Option<Rect>,
    pub(crate) tree: Option<Rect>,
    pub(crate) layers: Option<Rect>,
    pub(crate) steps: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
}

impl Layout {
    /// Where a part is that can have the focus.
    pub(crate) fn part(&self, part: Part) -> Option<Rect> {
        match part {
            Part::Tree => self.tree,
            Part::Steps => self.steps,
        }
    }

    /// Where the lines of the steps are.
    pub(crate) fn steps_inside(&self) -> Option<Rect> {
        Some(inside(self.steps?, self.boxed))
    }
}

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let body = chrome::body(model.size);
    let (shape, focus) = (chrome::shape(model.size), model.verify.focus);
    let boxed = shape > Shape::List;
    let alone = |area| match focus {
        Part::Tree => Layout { tree: Some(area), boxed, ..Layout::default() },
        Part::Steps => Layout { steps: Some(area), boxed, ..Layout::default() },
    };
    if shape == Shape::TooSmall {
        return Layout::default();
    }
    if model.zoom == Zoom::Full {
        return alone(body);
    }
    let (report, rest) = split_top(body, if boxed { REPORT } else { REPORT - 2 });
    let report = Some(report);
    if shape <= Shape::One {
        return Layout { report, ..alone(rest) };
    }
    let wide = match (model.zoom, focus) {
        (Zoom::Half, Part::Tree) => rest.width * 2 / 3,
        (Zoom::Half, Part::Steps) => rest.width / 3,
        _ if shape == Shape::Three => rest.width - (rest.width * 7 / 16).clamp(50, 80),
        _ => rest.width / 2,
    };
    let (left, steps) = split_left(rest, wide);
    let steps = Some(steps);
    if shape < Shape::Three {
        return Layout { report, tree: Some(left), steps, boxed, layers: None };
    }
    let high = layers::rows(model).min(left.height / 2);
    let (tree, layers) = split_top(left, left.height - high);
    Layout { report, tree: Some(tree), layers: Some(layers), steps, boxed }
}
