//! The aggregates of a group, one in a row.

use super::{frame, title};
use crate::tui::canvas::{Canvas, Hit, piece};
use crate::tui::model::{Aggregates, Connection, Group, Model, Name, Pane};
use crate::tui::text::{middle, pad_left, visible, width};
use crate::tui::theme::Meaning;
use crate::tui::views::json::summary;
use crate::tui::views::waiting::{reading, waited};
use crate::tui::words::{age, count};
use crate::tui::worker::Slot;
use crate::tui::{overlays, window};
use crate::wire::AggregateRecord;
use ratatui::layout::Rect;

/// How wide the columns are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    id: u16,
    version: u16,
    event: u16,
    /// 0 where there is no room for it.
    state: u16,
    /// 0 where there is no room for it.
    when: u16,
}

impl Columns {
    /// The columns of a list so wide, whose ids take up to `ids` cells.
    fn of(wide: u16, ids: usize) -> Self {
        let (version, when) = (6, if wide >= 45 { 5 } else { 0 });
        // Two cells before the id, two behind the version, and two before the age.
        let around = 2 + version + 2 + if when > 0 { when + 2 } else { 0 };
        let room = wide.saturating_sub(around);
        let ids = u16::try_from(ids).unwrap_or(u16::MAX);
        let id = ids.clamp(10, 24).min(room.saturating_sub(8));
        let rest = room - id;
        // The state is only worth its column where something of it can be read.
        let (event, state) = if rest >= 44 { (24, rest - 26) } else { (rest, 0) };
        // What no column needs keeps ids and versions together, and the age at the edge.
        Self { id, version, event, state, when }
    }
}

/// How many cells the longest id on the screen takes.
fn ids(view: &Aggregates, rows: usize) -> usize {
    let shown = (view.list.top..view.list.top + rows).filter_map(|row| view.list.get(row));
    shown.map(|record| width(&name(view, record))).max().unwrap_or(0)
}

/// What an aggregate is called in the list: by its id where all are of one type.
fn name(view: &Aggregates, record: &AggregateRecord) -> String {
    let name = match view.group {
        Group::Type(_) => record.aggregate_id.clone(),
        _ => format!("{}/{}", record.aggregate_type, record.aggregate_id),
    };
    visible(&name).into_owned()
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.aggregates;
    let focus = view.focus == Pane::List;
    let heading = title(view, model);
    let old = !view.list.is_loaded() || view.shown != view.revision;
    let unreachable = match &model.connection {
        Connection::Offline(error, _) => Some(error),
        _ => None,
    };
    if let Some(error) = model.error.as_ref().or(unreachable).filter(|_| old) {
        let inside = frame(canvas, area, boxed, (&heading, ""), focus);
        return overlays::error(canvas, inside, error);
    }
    let rows = usize::from(area.height.saturating_sub(if boxed { 3 } else { 0 }));
    let foot = foot(view, rows, canvas.glyphs().dash);
    let inside = frame(canvas, area, boxed, (&heading, &foot), focus);
    let columns = Columns::of(inside.width, ids(view, rows));
    let mut y = inside.y;
    if boxed {
        heads(canvas, inside, columns);
        y += 1;
    }
    if !view.list.is_loaded() {
        return loading(
            model,
            canvas,
            Rect { y, height: inside.bottom().saturating_sub(y), ..inside },
            columns,
        );
    }
    if view.list.is_empty() {
        return nothing(view, canvas, Rect { y, ..inside });
    }
    let end = view.list.total().rows().min(view.list.top + rows);
    for row in view.list.top..end {
        let line = Rect { y, height: 1, ..inside };
        match view.list.get(row) {
            Some(record) => draw_row(model, canvas, line, columns, record),
            None => blank(canvas, line, columns),
        }
        canvas.hit(line, Hit::Row(Pane::List.number(), row));
        if row == view.list.cursor {
            canvas.select(line, focus);
        }
        y += 1;
    }
}

/// `1–10 of 1,204`.
fn foot(view: &Aggregates, rows: usize, dash: &str) -> String {
    let total = view.list.total();
    if total.rows() == 0 || !view.list.is_loaded() {
        return String::new();
    }
    let (first, last) = (view.list.top + 1, (view.list.top + rows).min(total.rows()));
    let of = match (total, view.matches) {
        (window::Total::Known(rows), _) | (_, Some((rows, true))) => count(rows),
        (window::Total::AtLeast(rows), _) => format!("{}+", count(rows.saturating_sub(1))),
    };
    format!("{}{dash}{} of {of}", count(first), count(last))
}

fn heads(canvas: &mut Canvas<'_>, inside: Rect, columns: Columns) {
    let (mut x, y) = (inside.x + 2, inside.y);
    canvas.put(x, y, columns.id, "ID", Meaning::Dim);
    x += columns.id;
    canvas.line_right(x, y, columns.version, &[piece("V", Meaning::Dim)]);
    x += columns.version + 2;
    canvas.put(x, y, columns.event, "LAST EVENT", Meaning::Dim);
    x += columns.event;
    if columns.state > 0 {
        canvas.put(x + 2, y, columns.state, "STATE", Meaning::Dim);
    }
    if columns.when > 0 {
        canvas.line_right(inside.x, y, inside.width, &[piece("WHEN", Meaning::Dim)]);
    }
}

fn draw_row(
    model: &Model,
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: Columns,
    record: &AggregateRecord,
) {
    let view = &model.aggregates;
    let (glyphs, name) = (canvas.glyphs(), Name::of(record));
    let (mut x, y) = (line.x, line.y);
    if view.marks.contains(&name) {
        canvas.put(x, y, 1, glyphs.marked, Meaning::Title);
    }
    x += 2;
    let id = self::name(view, record);
    let id = middle(&id, usize::from(columns.id), glyphs.cut);
    canvas.put(x, y, columns.id, &id, Meaning::Id);
    x += columns.id;
    let version = pad_left(&record.version.to_string(), usize::from(columns.version));
    canvas.put(x, y, columns.version, &version, Meaning::Number);
    x += columns.version + 2;
    event(view, canvas, (x, y, columns.event), record, &name);
    x += columns.event;
    if columns.state > 0 {
        let text = summary(&record.state, glyphs);
        canvas.put(x + 2, y, columns.state, &text, Meaning::Dim);
    }
    if columns.when > 0 {
        let when = age(model.now, &record.updated_at);
        canvas.line_right(line.x, y, line.width, &[piece(when, Meaning::Dim)]);
    }
}

/// What happened last, and what is to be known of the aggregate.
fn event(
    view: &Aggregates,
    canvas: &mut Canvas<'_>,
    (x, y, cells): (u16, u16, u16),
    record: &AggregateRecord,
    name: &Name,
) {
    let glyphs = canvas.glyphs();
    let mut signs = Vec::new();
    if view.staged.contains(name) {
        signs.push(piece(format!(" {}", glyphs.staged), Meaning::Warn));
    }
    match view.verdicts.get(name) {
        Some((version, true)) if *version == record.version => {
            signs.push(piece(format!(" {}", glyphs.ok), Meaning::Ok));
        }
        Some((_, false)) => signs.push(piece(format!(" {}", glyphs.fault), Meaning::Danger)),
        _ => {}
    }
    if record.erased.is_some() {
        signs.push(piece(" erased", Meaning::Danger));
    } else if record.archived {
        signs.push(piece(format!(" {}", glyphs.paused), Meaning::Warn));
    }
    let signs_wide: usize = signs.iter().map(|(text, _)| width(text)).sum();
    let room = cells.saturating_sub(u16::try_from(signs_wide).unwrap_or(0));
    let text = view.last_event(record).map_or("", |event| event.event_type.as_str());
    let taken = canvas.put(x, y, room, text, Meaning::Text);
    canvas.line(x + taken, y, cells.saturating_sub(taken), &signs);
}

/// A row that is not there yet.
fn blank(canvas: &mut Canvas<'_>, line: Rect, columns: Columns) {
    let glyph = canvas.glyphs().blank;
    let mut put = |x: u16, cells: u16| {
        canvas.put(x, line.y, cells, &glyph.repeat(usize::from(cells)), Meaning::Dim);
    };
    put(line.x + 2, columns.id.min(8));
    put(line.x + 2 + columns.id + columns.version - 1, 1);
    put(line.x + 2 + columns.id + columns.version + 2, columns.event.min(10));
}

/// What stands there until the first page is read.
fn loading(model: &Model, canvas: &mut Canvas<'_>, area: Rect, columns: Columns) {
    let Some(waited) = waited(model, &[Slot::Page]) else { return };
    let rows = area.height.saturating_sub(2).min(9);
    for y in area.y..area.y + rows {
        blank(canvas, Rect { y, height: 1, ..area }, columns);
    }
    reading(model, canvas, (area.x, area.y + rows + 1, area.width), waited);
}

fn nothing(view: &Aggregates, canvas: &mut Canvas<'_>, area: Rect) {
    let text = match (&view.group, view.is_filtered()) {
        (_, true) => "nothing matches the filter; Esc clears it",
        (Group::Staged, _) => "nothing waits for its commit",
        (Group::Faulty, _) => "nothing that was verified is at fault",
        (Group::Archived, _) => "nothing is archived",
        _ => "nothing here yet",
    };
    canvas.put(area.x + 2, area.y + 1, area.width.saturating_sub(2), text, Meaning::Dim);
}
