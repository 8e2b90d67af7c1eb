//! Whether the schema is to be put into force: what it changes, and for what breaks something, words to type.

use super::{popup, typed};
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Apply, Model};
use crate::tui::text::wrap;
use crate::tui::theme::Meaning;
use crate::tui::update::schema::apply::AGREED;
use crate::tui::views::schema::change_line;
use crate::wire::Impact;
use ratatui::layout::Rect;

/// The widest that it gets.
const WIDTH: u16 = 84;

/// Rows of a screen from which on there is room to say what breaking is.
const HIGH: u16 = 16;

pub(super) fn draw(model: &Model, apply: &Apply, canvas: &mut Canvas<'_>) {
    let Some(compared) = &model.schema.compared else { return };
    let size = canvas.area();
    let cells = WIDTH.min(size.width).saturating_sub(4);
    let enter = canvas.glyphs().keys.enter;
    let foot = format!("^s or {enter} apply  Esc not now");
    let rows = &compared.rows;
    let mut asked: Vec<Vec<Piece>> = Vec::new();
    if apply.breaks {
        // A break is one for writers too, whatever is stored.
        let impacts = model.schema.impacts.as_deref();
        let text =
            if impacts.is_some_and(|all| !all.is_empty() && all.iter().all(Impact::is_nothing)) {
                "It breaks nothing that is stored, but refuses who was right yesterday."
            } else {
                "What is marked breaks what is stored, or refuses who was right yesterday."
            };
        let words = wrap(text, usize::from(cells)).into_iter().map(|line| vec![plain(line)]);
        asked.extend(words.filter(|_| size.height >= HIGH));
        let text = format!("Type {AGREED} to agree:");
        asked.push(vec![piece(text, Meaning::Danger)]);
    } else {
        let text = "Nothing that was right is wrong after it.";
        asked.push(vec![piece(text, Meaning::Ok)]);
    }
    let typing = u16::from(apply.breaks) * 2;
    let rows_high = u16::try_from(rows.len().max(1)).unwrap_or(u16::MAX);
    // What is asked stands behind a row that is empty.
    let below = 1 + u16::try_from(asked.len()).unwrap_or(0) + typing;
    let high = rows_high.saturating_add(below + 2);
    let next = apply.over + 1;
    let title = match apply.over {
        0 => format!("apply the file as schema {next}"),
        over => format!("apply: schema {over} becomes schema {next}"),
    };
    let inside = popup(canvas, (WIDTH, high), &title, &foot);
    let list = Rect { height: inside.height.saturating_sub(below), ..inside };
    if rows.is_empty() {
        canvas.put(list.x, list.y, list.width, "it means the same, in other words", Meaning::Dim);
    }
    let shown = rows.iter().skip(apply.scroll).map(|row| change_line(model, row, cells));
    for (y, line) in (list.y..list.bottom()).zip(shown) {
        canvas.line(list.x, y, list.width, &line);
    }
    let left = rows.len().saturating_sub(apply.scroll + usize::from(list.height));
    if left > 0 && list.height > 0 {
        // The row that says so hides one.
        let text = format!("{} {} more below", canvas.glyphs().more, left + 1);
        let y = list.bottom() - 1;
        canvas.clear(Rect { y, height: 1, ..list });
        canvas.put(list.x, y, list.width, &text, Meaning::Dim);
    }
    let y = list.bottom() + 1;
    for (y, line) in (y..inside.bottom()).zip(&asked) {
        canvas.line(inside.x, y, inside.width, line);
    }
    if apply.breaks {
        let y = y + u16::try_from(asked.len()).unwrap_or(0);
        let y = y.min(inside.bottom().saturating_sub(1));
        typed(canvas, (inside.x, y, inside.width), "> ", &apply.line.input);
        if let Some(error) = &apply.line.error
            && y + 1 < inside.bottom()
        {
            canvas.put(inside.x, y + 1, inside.width, error, Meaning::Danger);
        }
    }
}
