//! The consumers whose cursors dbx keeps, and how far they are.

use super::frame;
use crate::tui::canvas::{Canvas, Hit, piece};
use crate::tui::model::{Model, TailPane};
use crate::tui::text::{middle, width, wrap};
use crate::tui::theme::Meaning;
use crate::tui::views::waiting::waiting;
use crate::tui::words::{age, thousands};
use crate::tui::worker::Slot;
use crate::wire::CursorRecord;
use ratatui::layout::Rect;

/// How wide each column is.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: u16,
    position: u16,
    lag: u16,
    /// When it was moved; nothing where there is no room for it.
    moved: u16,
    /// By whom; likewise.
    by: u16,
}

/// As wide as what is in them: positions and lags are compared, so that they are never cut.
fn columns(cursors: &[CursorRecord], wide: u16) -> Columns {
    let longest = |text: &dyn Fn(&CursorRecord) -> String, least: usize| {
        let most = cursors.iter().map(|cursor| width(&text(cursor))).max().unwrap_or(0);
        u16::try_from(most.max(least)).unwrap_or(u16::MAX)
    };
    let position = longest(&|cursor| place(cursor), 6);
    let lag = longest(&|cursor| thousands(cursor.lag), 3);
    let rest = wide.saturating_sub(2 + position + lag + 4);
    let name = longest(&|cursor| cursor.name.clone(), 8).min(rest.max(6));
    let rest = rest.saturating_sub(name);
    let moved = if rest >= 9 { 7 } else { 0 };
    let by = if rest >= 24 { rest - 13 } else { 0 };
    Columns { name, position, lag, moved, by }
}

fn place(cursor: &CursorRecord) -> String {
    format!("#{}", thousands(cursor.position.parse().unwrap_or(0)))
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.tail;
    let focus = view.focus == TailPane::Outbox;
    let enter = canvas.glyphs().keys.enter;
    let cursors = match &view.cursors {
        Some(Ok(cursors)) => cursors.as_slice(),
        _ => &[],
    };
    let foot =
        if cursors.is_empty() { String::new() } else { format!("{enter} what waits  @ set") };
    let inside = frame(canvas, area, boxed, ("outbox", &foot), focus);
    if let Some(Err(error)) = &view.cursors {
        let text = format!("{} {error}", canvas.glyphs().fault);
        let lines = wrap(&text, usize::from(inside.width));
        for (y, line) in (inside.y..inside.bottom()).zip(lines) {
            canvas.put(inside.x, y, inside.width, &line, Meaning::Danger);
        }
        return;
    }
    if cursors.is_empty() {
        return nothing(model, canvas, inside);
    }
    let columns = columns(cursors, inside.width);
    let mut y = inside.y;
    if inside.height > 3 {
        heads(canvas, inside, columns);
        y += 1;
    }
    let height = usize::from(inside.bottom().saturating_sub(y)).max(1);
    let selected = view.cursor.min(cursors.len() - 1);
    let top = (selected + 1).saturating_sub(height);
    for (y, (row, cursor)) in (y..inside.bottom()).zip(cursors.iter().enumerate().skip(top)) {
        let line = Rect { y, height: 1, ..inside };
        draw_row(model, canvas, line, columns, cursor);
        canvas.hit(line, Hit::Row(TailPane::Outbox.number(), row));
        if row == selected {
            canvas.select(line, focus);
        }
    }
}

fn heads(canvas: &mut Canvas<'_>, inside: Rect, columns: Columns) {
    let (mut x, y) = (inside.x + 2, inside.y);
    canvas.put(x, y, columns.name, "CURSOR", Meaning::Dim);
    x += columns.name + 2;
    canvas.line_right(x, y, columns.position, &[piece("AT", Meaning::Dim)]);
    x += columns.position + 2;
    canvas.line_right(x, y, columns.lag, &[piece("LAG", Meaning::Dim)]);
    x += columns.lag + 2;
    canvas.put(x, y, columns.moved, "MOVED", Meaning::Dim);
    x += columns.moved + 2;
    canvas.put(x, y, columns.by, "BY", Meaning::Dim);
}

fn draw_row(
    model: &Model,
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: Columns,
    cursor: &CursorRecord,
) {
    let (mut x, y) = (line.x + 2, line.y);
    let name = middle(&cursor.name, usize::from(columns.name), canvas.glyphs().cut);
    canvas.put(x, y, columns.name, &name, Meaning::Id);
    x += columns.name + 2;
    canvas.line_right(x, y, columns.position, &[piece(place(cursor), Meaning::Number)]);
    x += columns.position + 2;
    let lagging = if cursor.lag == 0 { Meaning::Ok } else { Meaning::Warn };
    canvas.line_right(x, y, columns.lag, &[piece(thousands(cursor.lag), lagging)]);
    x += columns.lag + 2;
    canvas.put(x, y, columns.moved, &age(model.now, &cursor.moved_at), Meaning::Dim);
    x += columns.moved + 2;
    let by = format!("{}/{}", cursor.moved_by.group, cursor.moved_by.user);
    canvas.put(x, y, columns.by, &by, Meaning::Dim);
}

fn nothing(model: &Model, canvas: &mut Canvas<'_>, inside: Rect) {
    if model.tail.cursors.is_none() {
        let place = (inside.x, inside.y, inside.width);
        return waiting(model, canvas, &[Slot::Cursors], place, "reading");
    }
    let lines = [
        ("no cursor is kept here".to_owned(), Meaning::Text),
        ("dbx outbox cursor NAME --set 0".to_owned(), Meaning::Key),
        ("makes one at the start".to_owned(), Meaning::Dim),
    ];
    for (y, (text, meaning)) in (inside.y..inside.bottom()).zip(lines) {
        canvas.put(inside.x, y, inside.width, &text, meaning);
    }
}
