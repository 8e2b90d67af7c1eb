//! How an area is divided among the parts of a view.

use ratatui::layout::Rect;

/// The leftmost columns of an area, and the rest of it.
pub(super) fn split_left(area: Rect, wide: u16) -> (Rect, Rect) {
    let wide = wide.min(area.width);
    (Rect { width: wide, ..area }, Rect { x: area.x + wide, width: area.width - wide, ..area })
}

/// The uppermost rows of an area, and the rest of it.
pub(super) fn split_top(area: Rect, high: u16) -> (Rect, Rect) {
    let high = high.min(area.height);
    (Rect { height: high, ..area }, Rect { y: area.y + high, height: area.height - high, ..area })
}

/// What is inside of a part: where the box that [`frame`](super::frame) draws leaves room.
pub(super) fn inside(area: Rect, boxed: bool) -> Rect {
    let (side, edge) = if boxed { (2, 1) } else { (1, 0) };
    Rect {
        x: area.x + side,
        y: area.y + edge,
        width: area.width.saturating_sub(2 * side),
        height: area.height.saturating_sub(2 * edge),
    }
}
