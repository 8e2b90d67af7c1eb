//! One line to type in, in the place of the two last ones: where to go, what to find.

use super::typed;
use crate::tui::canvas::{Canvas, piece};
use crate::tui::model::Line;
use crate::tui::theme::Meaning;
use ratatui::layout::Rect;

pub(super) fn draw(line: &Line, canvas: &mut Canvas<'_>, sign: &str, hint: &str) {
    let size = canvas.area();
    let (y, below) = (size.bottom().saturating_sub(2), size.bottom().saturating_sub(1));
    canvas.clear(Rect { x: size.x, y, width: size.width, height: 2 });
    typed(canvas, (size.x + 1, y, size.width.saturating_sub(2)), sign, &line.input);
    let room = size.width.saturating_sub(2);
    if let Some(error) = &line.error {
        canvas.put(size.x + 1, below, room, error, Meaning::Danger);
        return;
    }
    let keys = [
        piece(canvas.glyphs().keys.enter, Meaning::Key),
        piece(" go  ", Meaning::Text),
        piece("Esc", Meaning::Key),
        piece(" stay   ", Meaning::Text),
        piece(hint.to_owned(), Meaning::Dim),
    ];
    canvas.line(size.x + 1, below, room, &keys);
}
