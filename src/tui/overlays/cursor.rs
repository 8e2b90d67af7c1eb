//! The line that asks where a cursor is to stand, or whether it is to be forgotten.

use super::typed;
use crate::tui::canvas::{Canvas, piece};
use crate::tui::model::CursorLine;
use crate::tui::theme::Meaning;
use crate::tui::words::thousands;
use ratatui::layout::Rect;

pub(super) fn draw(cursor: &CursorLine, canvas: &mut Canvas<'_>) {
    let size = canvas.area();
    let (y, below) = (size.bottom().saturating_sub(2), size.bottom().saturating_sub(1));
    canvas.clear(Rect { x: size.x, y, width: size.width, height: 2 });
    let (name, place) = (&cursor.name, thousands(cursor.position));
    let (sign, word, hint) = if cursor.forget {
        let hint = format!("type its name to forget it for good: {name}");
        (format!("forget {name}? "), " forget  ", hint)
    } else {
        let hint = format!("now at #{place}: a position, `end` or `0 rewind`");
        (format!("@ {name} "), " set  ", hint)
    };
    let room = size.width.saturating_sub(2);
    typed(canvas, (size.x + 1, y, room), &sign, &cursor.line.input);
    if let Some(error) = &cursor.line.error {
        canvas.put(size.x + 1, below, room, error, Meaning::Danger);
        return;
    }
    let keys = [
        piece(canvas.glyphs().keys.enter, Meaning::Key),
        piece(word, Meaning::Text),
        piece("Esc", Meaning::Key),
        piece(" leave it   ", Meaning::Text),
        piece(hint, Meaning::Dim),
    ];
    canvas.line(size.x + 1, below, room, &keys);
}
