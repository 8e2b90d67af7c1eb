//! Lines of pieces: as many facts in each as fit, and a part of them on the screen.

use crate::tui::canvas::{Canvas, Piece, pieces_width, plain};
use ratatui::layout::Rect;

/// What stands between two facts in a line.
const GAP: &str = "   ";

/// Facts one behind the other, in as many lines as they need.
pub(super) fn flow<F>(facts: impl IntoIterator<Item = F>, wide: usize) -> Vec<Vec<Piece>>
where
    F: Into<Vec<Piece>>,
{
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for fact in facts {
        let fact = fact.into();
        match lines.last_mut() {
            _ if fact.is_empty() => {}
            Some(line) if pieces_width(line) + GAP.len() + pieces_width(&fact) <= wide => {
                line.push(plain(GAP));
                line.extend(fact);
            }
            _ => lines.push(fact),
        }
    }
    lines
}

/// Draws the lines of a part from the one that it is scrolled to. There the terminal's own cursor stands while the part has
/// the focus.
pub(super) fn scrolled(
    canvas: &mut Canvas<'_>,
    inside: Rect,
    lines: &[Vec<Piece>],
    scroll: usize,
    focus: bool,
) {
    for (y, line) in (inside.y..inside.bottom()).zip(lines.iter().skip(scroll)) {
        canvas.line(inside.x, y, inside.width, line);
    }
    if focus {
        canvas.cursor = Some((inside.x, inside.y).into());
    }
}
