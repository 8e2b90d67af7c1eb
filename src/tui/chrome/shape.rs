//! How much room there is, and what is made of it.

use ratatui::layout::Rect;

/// How a screen is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Nothing sensible fits.
    TooSmall,
    /// One pane without a box, two lines around it.
    List,
    /// One pane; Tab goes through the others.
    One,
    /// Two panes, and a third below where there are 24 rows.
    Two,
    /// Three panes.
    Three,
}

/// How a screen of this size is divided.
pub(crate) fn shape(size: Rect) -> Shape {
    match (size.width, size.height) {
        (..40, _) | (_, ..10) => Shape::TooSmall,
        (..60, _) | (_, ..16) => Shape::List,
        (..80, _) => Shape::One,
        (120.., 30..) => Shape::Three,
        _ => Shape::Two,
    }
}

/// What is left for the view.
pub(crate) fn body(size: Rect) -> Rect {
    // A small screen has its second line for what a box has in its edge.
    let (above, below) = if shape(size) == Shape::List { (2, 1) } else { (1, 2) };
    Rect { y: size.y + above, height: size.height.saturating_sub(above + below), ..size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breakpoints_are_where_they_are_said_to_be() {
        for ((width, height), wanted) in [
            ((160, 48), Shape::Three),
            ((120, 30), Shape::Three),
            ((120, 29), Shape::Two),
            ((119, 48), Shape::Two),
            ((80, 24), Shape::Two),
            ((79, 24), Shape::One),
            ((60, 16), Shape::One),
            ((59, 24), Shape::List),
            ((80, 15), Shape::List),
            ((40, 10), Shape::List),
            ((39, 10), Shape::TooSmall),
            ((40, 9), Shape::TooSmall),
            ((1, 1), Shape::TooSmall),
        ] {
            assert_eq!(shape(Rect::new(0, 0, width, height)), wanted, "{width}x{height}");
        }
    }
}
