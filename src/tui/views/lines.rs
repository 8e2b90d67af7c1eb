//! Lines of pieces: as many facts in each as fit, and a part of them on the screen.

use crate::tui::canvas::{Canvas, Piece, piece, pieces_width, plain};
use crate::tui::text::width;
use crate::tui::theme::Meaning;
use crate::tui::words::thousands;
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

/// Says at the end of the last line, which takes so many cells, how many lines there are below it.
fn below(canvas: &mut Canvas<'_>, inside: Rect, taken: usize, more: usize) {
    let more = u64::try_from(more).unwrap_or(u64::MAX);
    let (cut, y) = (canvas.glyphs().cut, inside.bottom() - 1);
    let long = format!("{cut} {} more", thousands(more));
    let wide = usize::from(inside.width);
    // A line that is cut itself would end with the same sign.
    let fits = taken + 1 + width(&long) <= wide || taken > wide;
    let text = if fits { format!(" {long}") } else { cut.to_owned() };
    canvas.line_right(inside.x, y, inside.width, &[piece(text, Meaning::Dim)]);
}

/// Draws the lines of a part from the one that it is scrolled to, and says how many there are below. There the terminal's
/// own cursor stands while the part has the focus.
pub(crate) fn scrolled(
    canvas: &mut Canvas<'_>,
    inside: Rect,
    lines: &[Vec<Piece>],
    scroll: usize,
    focus: bool,
) {
    let high = usize::from(inside.height);
    // What was scrolled to may be behind the end of what is shown by now.
    let scroll = scroll.min(lines.len().saturating_sub(high));
    let lines = lines.get(scroll..).unwrap_or_default();
    for (y, line) in (inside.y..inside.bottom()).zip(lines) {
        canvas.line(inside.x, y, inside.width, line);
    }
    if let (Some(last), more @ 1..) =
        (lines.get(high.wrapping_sub(1)), lines.len() - high.min(lines.len()))
    {
        below(canvas, inside, pieces_width(last), more);
    }
    if focus {
        canvas.cursor = Some((inside.x, inside.y).into());
    }
}
