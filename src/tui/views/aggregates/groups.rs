//! The groups: types, and what is asked for often.

use super::frame;
use crate::tui::canvas::{Canvas, Hit, piece, plain};
use crate::tui::model::{Group, GroupRow, Model, Pane};
use crate::tui::theme::Meaning;
use crate::tui::words::thousands;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.aggregates;
    let focus = view.focus == Pane::Types;
    let inside = frame(canvas, area, boxed, ("types", ""), focus);
    let rows = view.groups(model.status.as_ref());
    let visible = rows.iter().enumerate().skip(view.groups_top);
    let mut y = inside.y;
    for (at, row) in visible.take(usize::from(inside.height)) {
        let line = Rect { y, height: 1, ..inside };
        match row {
            GroupRow::Gap => {}
            GroupRow::Heading(text) => {
                canvas.put(line.x, y, line.width, text, Meaning::Dim);
            }
            GroupRow::Group(group, count) => {
                draw_group(model, canvas, line, group, *count, focus);
                canvas.hit(line, Hit::Row(Pane::Types.number(), at));
            }
        }
        y += 1;
    }
    if boxed && inside.bottom().saturating_sub(y) > 4 && view.groups_top == 0 {
        schema(model, canvas, Rect { y: y + 1, height: 1, ..inside });
    }
}

fn draw_group(
    model: &Model,
    canvas: &mut Canvas<'_>,
    line: Rect,
    group: &Group,
    count: Option<u64>,
    focus: bool,
) {
    let glyphs = canvas.glyphs();
    let sign = match group {
        Group::Staged => format!("{} ", glyphs.staged),
        Group::Faulty => format!("{} ", glyphs.fault),
        Group::Archived => format!("{} ", glyphs.paused),
        Group::Saved(_) => format!("{} ", glyphs.filter),
        Group::All | Group::Type(_) => String::new(),
    };
    let count = count.map(thousands).unwrap_or_default();
    let taken = canvas.line_right(line.x, line.y, line.width, &[plain(count)]);
    let room = line.width.saturating_sub(taken + 3);
    let name = format!("{sign}{}", group.title());
    canvas.put(line.x + 2, line.y, room, &name, Meaning::Text);
    if *group == model.aggregates.group {
        canvas.select(line, focus);
    }
}

/// How `schema.dbx` stands to what is in force.
fn schema(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(status) = &model.status else { return };
    let glyphs = canvas.glyphs();
    let (sign, meaning, word) = match status.schema_state.as_str() {
        "applied" => (glyphs.ok, Meaning::Ok, "applied"),
        "changed" => (glyphs.warn, Meaning::Warn, "differs"),
        "invalid" => (glyphs.fault, Meaning::Danger, "errors"),
        "missing" => (glyphs.warn, Meaning::Warn, "missing"),
        "unapplied" => (glyphs.warn, Meaning::Warn, "waits"),
        _ => return,
    };
    let version = match status.schema_version {
        0 => "schema ".to_owned(),
        version => format!("schema {version} "),
    };
    let line = [plain(version), piece(sign, meaning), piece(format!(" {word}"), Meaning::Dim)];
    canvas.line(area.x, area.y, area.width, &line);
}
