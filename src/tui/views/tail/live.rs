//! The events, the newest first.

use super::{frame, short};
use crate::domain::Timestamp;
use crate::tui::canvas::{Canvas, Hit, Piece, piece, pieces_width};
use crate::tui::glyphs::Glyphs;
use crate::tui::model::{Connection, Mark, Model, Row, Short, Side, TailPane, Tailed};
use crate::tui::overlays;
use crate::tui::text::{middle, pad_left};
use crate::tui::theme::Meaning;
use crate::tui::views::tail::layout::Layout;
use crate::tui::views::waiting::{reading, waited};
use crate::tui::words::{clock, count, thousands};
use crate::tui::worker::Slot;
use ratatui::layout::Rect;

/// How wide each column is.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: u16,
    version: u16,
    event: u16,
    /// What changed; nothing where there is no room for it.
    change: u16,
}

/// Cells of the time of day, and of the mark before it.
const TIME: u16 = 8;
const MARK: u16 = 2;

fn columns(wide: u16, changes: bool) -> Columns {
    let rest = wide.saturating_sub(MARK + TIME + 1);
    let version = if wide < 44 { 4 } else { 5 };
    let texts = rest.saturating_sub(version + 2);
    if changes {
        let (name, event) = ((texts / 4).min(20), (texts / 4).clamp(16, 24));
        let change = texts.saturating_sub(name + event + 2);
        return Columns { name, version, event, change };
    }
    let name = texts * 9 / 20;
    Columns { name, version, event: texts - name, change: 0 }
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, layout: &Layout) {
    let Some(area) = layout.live else { return };
    let view = &model.tail;
    let focus = view.focus == TailPane::Live;
    let title =
        format!("live {} {}{}", canvas.glyphs().dot, super::state(model), super::scope(model));
    let inside = frame(canvas, area, layout.boxed, (&title, &foot(model)), focus);
    // Without its length nothing is read of the log.
    let unreachable = match &model.connection {
        Connection::Offline(error, _) => Some(error),
        _ => None,
    };
    if let Some(error) = model.error.as_ref().or(unreachable).filter(|_| !view.is_loaded()) {
        return overlays::error(canvas, inside, error);
    }
    let columns = columns(inside.width, layout.has_changes());
    let mut list = inside;
    if layout.has_changes() {
        heads(canvas, inside, columns);
        list = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
    }
    if view.read_to.is_none() {
        return loading(model, canvas, list);
    }
    let rows = view.screen(usize::from(list.height));
    if rows.is_empty() {
        return nothing(model, canvas, list);
    }
    let selected = view.index();
    for (y, row) in (list.y..list.bottom()).zip(rows) {
        let line = Rect { y, height: 1, ..list };
        match row {
            Row::Mark(mark) => rule(canvas, line, &mark),
            Row::Event(index, event) => {
                draw_row(model, canvas, line, columns, event);
                canvas.hit(line, Hit::Row(TailPane::Live.number(), index));
                if index == selected {
                    canvas.select(line, focus);
                }
            }
        }
    }
}

/// The position of the log, and where in the list one is where that is not its top.
fn foot(model: &Model) -> String {
    let view = &model.tail;
    if !view.is_loaded() {
        return String::new();
    }
    let end = view.read_to.map(|read_to| format!("#{}", thousands(read_to))).unwrap_or_default();
    if model.tail.scope.is_narrow() {
        let more = if view.ring.low().is_some() { "+" } else { "" };
        return format!("{}{more} of {end}", count(view.ring.len()));
    }
    end
}

fn heads(canvas: &mut Canvas<'_>, inside: Rect, columns: Columns) {
    let (mut x, y) = (inside.x + MARK, inside.y);
    canvas.put(x, y, TIME, "TIME", Meaning::Dim);
    x += TIME + 1;
    canvas.put(x, y, columns.name, "AGGREGATE", Meaning::Dim);
    x += columns.name;
    canvas.line_right(x, y, columns.version, &[piece("V", Meaning::Dim)]);
    x += columns.version + 2;
    canvas.put(x, y, columns.event, "EVENT", Meaning::Dim);
    x += columns.event + 2;
    canvas.put(x, y, columns.change, "CHANGE", Meaning::Dim);
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, columns: Columns, event: &Tailed) {
    let (mut x, y) = (line.x + MARK, line.y);
    canvas.put(x, y, TIME, &when(model.now, &event.created_at), Meaning::Dim);
    x += TIME + 1;
    // Where there is little room, that is for what tells aggregates of a type apart.
    let name = if columns.name < 16 { event.name.id.clone() } else { short(&event.name) };
    let name = middle(&name, usize::from(columns.name), canvas.glyphs().cut);
    canvas.put(x, y, columns.name, &name, Meaning::Id);
    x += columns.name;
    let version = pad_left(&event.version.to_string(), usize::from(columns.version));
    canvas.put(x, y, columns.version, &version, Meaning::Number);
    x += columns.version + 2;
    let meaning = if event.erased { Meaning::Danger } else { Meaning::Text };
    canvas.put(x, y, columns.event, &event.event_type, meaning);
    if columns.change > 0 {
        let words = words(model, event);
        canvas.line(x + columns.event + 2, y, columns.change, &words);
    }
}

/// The time of day where it was today, else the day: in as many cells.
fn when(now: Timestamp, time: &str) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return String::new() };
    let day = |time: Timestamp| time.as_micros().div_euclid(86_400_000_000);
    match day(now) - day(time) {
        0 => clock(time),
        1..330 => time.to_jiff().strftime("%b %-d").to_string(),
        _ => time.to_jiff().strftime("%Y-%m").to_string(),
    }
}

/// What an event changed: `status open→paid +carrier -coupon`.
fn words(model: &Model, event: &Tailed) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    if event.erased {
        return vec![piece("contents destroyed", Meaning::Danger)];
    }
    let mut words = Vec::new();
    if event.version == 1 {
        words.push(piece("new ", Meaning::Added));
    }
    match model.tail.words(event.position) {
        None => {}
        Some([]) if event.version > 1 => words.push(piece("nothing", Meaning::Dim)),
        Some(changes) => words.extend(changes.iter().map(|change| word(change, glyphs))),
    }
    words
}

fn word(change: &Short, glyphs: &Glyphs) -> Piece {
    let path = &change.path;
    match (&change.before, &change.after) {
        (Side::Absent, _) => piece(format!("+{path} "), Meaning::Added),
        (_, Side::Absent) => piece(format!("-{path} "), Meaning::Removed),
        (Side::Value(before), Side::Value(after)) => {
            piece(format!("{path} {before}{}{after} ", glyphs.arrow), Meaning::Changed)
        }
        (_, Side::Value(after)) => {
            piece(format!("{path} {}{after} ", glyphs.arrow), Meaning::Changed)
        }
        (_, Side::Long) => piece(format!("{path} "), Meaning::Changed),
    }
}

/// A line through the list, with what it means in its middle.
fn rule(canvas: &mut Canvas<'_>, line: Rect, mark: &Mark) {
    let glyphs = canvas.glyphs();
    let (text, meaning) = match mark {
        Mark::Here(when) => (format!("you were here ({})", clock(*when)), Meaning::Title),
        Mark::Gap(gap) => {
            let (from, to) = (thousands(gap.from), thousands(gap.to));
            (format!("passed over #{from} {} #{to}", glyphs.dash), Meaning::Warn)
        }
        Mark::Full => {
            let kept = count(crate::tui::model::RING);
            (format!("only the newest {kept} are kept here"), Meaning::Dim)
        }
    };
    let dash = glyphs.light.horizontal;
    let room = usize::from(line.width);
    let wide = pieces_width(&[piece(text.clone(), meaning)]) + 2;
    let left = room.saturating_sub(wide) / 2;
    let right = room.saturating_sub(wide + left);
    let dashes =
        |many: usize| piece(if canvas.look.plain { " " } else { dash }.repeat(many), Meaning::Dim);
    let pieces = [dashes(left), piece(format!(" {text} "), meaning), dashes(right)];
    canvas.line(line.x, line.y, line.width, &pieces);
}

/// What stands there until the first page is read.
fn loading(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(waited) = waited(model, &[Slot::Older]) else { return };
    reading(model, canvas, (area.x, area.y + 1, area.width), waited);
}

fn nothing(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let view = &model.tail;
    let low = view.ring.low();
    if let Some(low) = low.filter(|low| *low > view.back_to) {
        let text = format!("looking back, at #{}", thousands(low));
        return overlays::spinner(model, canvas, (area.x, area.y + 1, area.width), &text);
    }
    let text = if let Some(low) = low {
        format!("none since #{}; j looks further", thousands(low))
    } else if view.scope.is_narrow() {
        "no event matches; Esc takes it away".to_owned()
    } else if view.paused.is_some() {
        "nothing before the pause".to_owned()
    } else {
        "no events yet; new ones appear here".to_owned()
    };
    canvas.put(area.x + MARK, area.y + 1, area.width.saturating_sub(MARK), &text, Meaning::Dim);
}
