//! Where the parts of the view are.

use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, TailPane, Zoom};
use crate::tui::views::area::{inside, split_left, split_top};
use ratatui::layout::Rect;

/// How wide the list is, inside, where it has heads and says what events changed.
const WIDE: u16 = 60;

/// How wide the list is at least, outside, beside two other panes: so that it says what events changed.
const THREE: u16 = 72;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) daemon: Option<Rect>,
    pub(crate) live: Option<Rect>,
    pub(crate) outbox: Option<Rect>,
    pub(crate) event: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
}

impl Layout {
    /// Where a part is.
    pub(crate) fn part(&self, part: TailPane) -> Option<Rect> {
        match part {
            TailPane::Live => self.live,
            TailPane::Outbox => self.outbox,
            TailPane::Event => self.event,
            TailPane::Daemon => self.daemon,
        }
    }

    /// What is inside of a part.
    pub(crate) fn inside(&self, area: Option<Rect>) -> Option<Rect> {
        Some(inside(area?, self.boxed))
    }

    /// Whether the list says what events changed, and has heads above its columns.
    pub(crate) fn has_changes(&self) -> bool {
        self.boxed && self.inside(self.live).is_some_and(|inside| inside.width >= WIDE)
    }

    /// How many rows of the list are on the screen at once.
    pub(crate) fn rows(&self) -> usize {
        let heads = u16::from(self.has_changes());
        self.inside(self.live).map_or(0, |inside| usize::from(inside.height.saturating_sub(heads)))
    }
}

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let body = chrome::body(model.size);
    let (shape, focus) = (chrome::shape(model.size), model.tail.focus);
    let boxed = shape > Shape::List;
    if shape == Shape::TooSmall {
        return Layout::default();
    }
    if shape <= Shape::One || model.zoom == Zoom::Full {
        let part = |part| (part == focus).then_some(body);
        return Layout {
            daemon: part(TailPane::Daemon),
            live: part(TailPane::Live),
            outbox: part(TailPane::Outbox),
            event: part(TailPane::Event),
            boxed,
        };
    }
    let (daemon, rest) = split_top(body, if shape == Shape::Three { 6 } else { 4 });
    let wide = match (model.zoom, focus) {
        (Zoom::Half, TailPane::Live) => rest.width * 7 / 10,
        (Zoom::Half, _) => rest.width * 3 / 10,
        _ if shape == Shape::Three => (rest.width * 21 / 40).max(THREE),
        _ => rest.width * 23 / 40,
    };
    let (live, right) = split_left(rest, wide);
    let upper = if shape == Shape::Three { right.height / 3 } else { right.height * 2 / 5 };
    let (outbox, event) = split_top(right, upper);
    Layout {
        daemon: Some(daemon),
        live: Some(live),
        outbox: Some(outbox),
        event: Some(event),
        boxed,
    }
}
