//! What is wrong with the file, one diagnostic in a line.

use crate::schema::{Diagnostic, Severity};
use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Content, Model, SchemaPart, Working};
use crate::tui::theme::Meaning;
use crate::tui::views::area::inside as inside_of;
use crate::tui::views::frame;
use crate::tui::words::quantity;
use ratatui::layout::Rect;

/// Cells from which on a diagnostic is said in full.
const WIDE: u16 = 56;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.schema;
    let focus = view.focus == SchemaPart::Diagnostics;
    let any = view.checked().is_some_and(|checked| !checked.diagnostics.is_empty());
    let foot = match (any, inside_of(area, boxed).width >= WIDE) {
        (false, _) => "",
        (true, true) => "n next  x explain  f fix",
        (true, false) => "n next  x explain",
    };
    let inside = frame(canvas, area, boxed, ("diagnostics", foot), focus);
    let checked = match view.seen.as_ref().map(|seen| &seen.content) {
        Some(Content::Text(checked)) => checked,
        Some(Content::Missing) => {
            canvas.put(inside.x, inside.y, inside.width, "there is no file", Meaning::Dim);
            return;
        }
        Some(Content::Unreadable(_)) => {
            canvas.put(inside.x, inside.y, inside.width, "the file cannot be read", Meaning::Dim);
            return;
        }
        None => return,
    };
    if checked.diagnostics.is_empty() {
        let sign = [piece(canvas.glyphs().ok, Meaning::Ok), plain(" nothing is wrong")];
        canvas.line(inside.x, inside.y, inside.width, &sign);
        let aggregates = u64::try_from(checked.aggregates).unwrap_or(u64::MAX);
        let aggregates = quantity(aggregates, "aggregate", "aggregates");
        if inside.height > 1 {
            canvas.put(inside.x + 2, inside.y + 1, inside.width, &aggregates, Meaning::Dim);
        }
        return;
    }
    // How many there are stands at the end, behind a row that is empty, where there is room for both.
    let said = inside.height.saturating_sub(1).min(2);
    let list = Rect { height: inside.height - said, ..inside };
    rows(model, canvas, list, checked, focus);
    if said > 0 {
        let rows = u16::try_from(checked.diagnostics.len()).unwrap_or(u16::MAX).min(list.height);
        let y = (list.y + rows + 1).min(inside.bottom() - 1);
        canvas.line(inside.x, y, inside.width, &count(model, checked, inside.width));
    }
}

fn rows(model: &Model, canvas: &mut Canvas<'_>, list: Rect, checked: &Working, focus: bool) {
    let visible = usize::from(list.height).max(1);
    let top = (model.schema.diagnostic + 1).saturating_sub(visible);
    let found = checked.diagnostics.iter().enumerate().skip(top);
    for (y, (at, found)) in (list.y..list.bottom()).zip(found) {
        let row = Rect { y, height: 1, ..list };
        let place = checked.place(at).unwrap_or_default();
        let place =
            if list.width >= WIDE { format!("{}:{place}", super::file_name(model)) } else { place };
        let taken = canvas.line_right(list.x, y, list.width, &[piece(place, Meaning::Dim)]);
        let room = list.width.saturating_sub(taken + 3);
        canvas.line(list.x + 2, y, room, &one(model, found, list.width >= WIDE));
        canvas.hit(row, Hit::Row(SchemaPart::Diagnostics.number(), at));
        if at == model.schema.diagnostic {
            canvas.select(row, focus);
        }
    }
}

/// A diagnostic: a sign, its code, what is wrong.
fn one(model: &Model, found: &Diagnostic, wide: bool) -> Vec<Piece> {
    let (sign, meaning) = match found.severity {
        Severity::Error => (model.look.glyphs.fault, Meaning::Danger),
        Severity::Warning => (model.look.glyphs.warn, Meaning::Warn),
    };
    let words = if wide { found.message.clone() } else { found.label.clone() };
    vec![
        piece(format!("{sign} "), meaning),
        piece(format!("{} ", found.code), Meaning::Key),
        plain(words),
    ]
}

/// `2 errors, 1 warning`
pub(super) fn errors(checked: &Working) -> String {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let errors = (checked.errors > 0).then(|| quantity(count(checked.errors), "error", "errors"));
    let warnings =
        (checked.warnings > 0).then(|| quantity(count(checked.warnings), "warning", "warnings"));
    errors.into_iter().chain(warnings).collect::<Vec<_>>().join(", ")
}

fn count(model: &Model, checked: &Working, cells: u16) -> Vec<Piece> {
    let mut line = vec![plain(errors(checked))];
    let meant = model.schema.meant().and_then(|at| checked.diagnostics.get(at));
    if let Some(found) = meant.filter(|_| cells >= WIDE) {
        let dot = model.look.glyphs.dot;
        let hint = format!(" {dot} dbx schema explain {}", found.code);
        line.push(piece(hint, Meaning::Dim));
    }
    line
}
