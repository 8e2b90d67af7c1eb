//! What lies over the views.

mod apply;
mod commit;
mod cursor;
mod explain;
mod filter;
mod help;
mod line;
mod notice;
mod palette;
mod pick;
mod refused;
mod sheet;
#[cfg(test)]
mod tests;

pub(crate) use commit::{lines as commit_lines, plain_lines};
pub(crate) use explain::{cells as explanation_cells, page as explanation};
pub(crate) use help::{keys as action_keys, rows as help_rows};
pub(crate) use notice::{error, spinner};
pub(crate) use palette::{rows as palette_rows, twin as palette_twin};
pub(crate) use sheet::height as sheet_height;

use super::canvas::{Canvas, piece};
use super::model::{Model, Overlay, View};
use super::text::{tail, visible, width};
use super::theme::Meaning;
use ratatui::layout::Rect;
use tui_input::Input;

/// Draws what lies over the view.
pub(crate) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    match &model.overlay {
        None => notice::which(model, canvas),
        Some(Overlay::Help(help)) => help::draw(model, help, canvas),
        Some(Overlay::Palette(palette)) => palette::draw(model, palette, canvas),
        Some(Overlay::Filter(bar)) => filter::draw(model, bar, canvas),
        Some(Overlay::Goto(to)) => {
            line::draw(to, canvas, "@ ", "v46  -2h  2026-11-20T13:58Z  #4208");
        }
        Some(Overlay::Find(what)) if model.view == View::Schema => {
            line::draw(what, canvas, "/ ", "a text; again: the next one");
        }
        Some(Overlay::Find(what)) => {
            line::draw(what, canvas, "/ ", "event:order_paid  status:paid  actor:alice");
        }
        Some(Overlay::Name(name)) => {
            line::draw(name, canvas, "save this filter as ", "a name, such as: paid today");
        }
        Some(Overlay::Explain(code)) => explain::draw(code, canvas),
        Some(Overlay::Apply(asked)) => apply::draw(model, asked, canvas),
        Some(Overlay::Pick(picker)) => pick::draw(model, picker, canvas),
        Some(Overlay::Refused(refused)) => refused::draw(refused, canvas),
        Some(Overlay::Commit(form)) => commit::draw(model, form, canvas),
        Some(Overlay::Sheet(sheet)) => sheet::draw(model, sheet, canvas),
        Some(Overlay::Cursor(cursor)) => cursor::draw(cursor, canvas),
    }
    notice::toasts(model, canvas);
}

/// A box in the middle of the screen, at most so large, with what is below it wiped.
fn popup(canvas: &mut Canvas<'_>, (width, height): (u16, u16), title: &str, foot: &str) -> Rect {
    let size = canvas.area();
    let (width, height) = (width.min(size.width), height.min(size.height.saturating_sub(2)));
    let area = Rect {
        x: size.x + (size.width - width) / 2,
        y: size.y + 1 + (size.height.saturating_sub(2 + height)) / 3,
        width,
        height,
    };
    canvas.clear(area);
    canvas.frame(area, title, foot, true)
}

/// A line that one types in, behind `sign`. The terminal's own cursor stands in it.
fn typed(canvas: &mut Canvas<'_>, (x, y, cells): (u16, u16, u16), sign: &str, input: &Input) {
    let taken = canvas.put(x, y, cells, sign, Meaning::Key);
    let (x, room) = (x + taken, cells.saturating_sub(taken + 1));
    let (before, behind) = around_cursor(input, usize::from(room));
    let at = u16::try_from(width(&before)).unwrap_or(room).min(room);
    canvas.line(x, y, room + 1, &[piece(before, Meaning::Text), piece(behind, Meaning::Text)]);
    canvas.cursor = Some((x + at, y).into());
}

/// How many cells of a line are scrolled out of sight, where it has room for so many before its cursor.
fn scrolled_by(input: &Input, cells: usize) -> usize {
    let before: String = input.value().chars().take(input.cursor()).collect();
    width(&before).saturating_sub(width(&around_cursor(input, cells).0))
}

/// What is shown of a line before its cursor, as much of its end as fits in so many cells, and behind it. Both are as they
/// are shown: what is spelled out takes more cells than letters.
fn around_cursor(input: &Input, cells: usize) -> (String, String) {
    let text = input.value();
    let place = text.char_indices().nth(input.cursor()).map_or(text.len(), |(at, _)| at);
    let (before, behind) = text.split_at(place);
    (tail(&visible(before), cells).to_owned(), visible(behind).into_owned())
}
