//! A sheet over the view: what a daemon measured or wrote down, or what waits for a consumer.

use super::{popup, spinner};
use crate::domain::Json;
use crate::domain::json::Object;
use crate::tui::canvas::{Canvas, Piece, piece, pieces_width, plain};
use crate::tui::model::{Lines, Model, Sheet, SheetOf, Tailed};
use crate::tui::text::{pad_left, width};
use crate::tui::theme::Meaning;
use crate::tui::words::{clock_or_day, count, quantity, thousands};
use ratatui::layout::Rect;

/// Keys of a line of the log that stand at a place of their own.
const PLACED: [&str; 4] = ["timestamp", "level", "message", "target"];

/// How wide a line of the log is at least, where it says the day.
const WITH_DAY: u16 = 100;

fn size(screen: Rect) -> (u16, u16) {
    let around = if screen.width < 80 { 0 } else { 4 };
    (screen.width.saturating_sub(around), screen.height.saturating_sub(around / 2 + 2))
}

/// How many lines a sheet shows at once.
pub(crate) fn height(model: &Model) -> usize {
    usize::from(size(model.size).1.saturating_sub(2))
}

pub(super) fn draw(model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_>) {
    let lines = model.tail.lines.as_ref().filter(|(of, _)| *of == sheet.of).map(|(_, it)| it);
    let title = match (&sheet.of, lines) {
        (SheetOf::Metrics, _) => "metrics".to_owned(),
        (SheetOf::Log, _) => "log of the daemon".to_owned(),
        (SheetOf::Waiting(name), Some(Lines::Waiting { after, .. })) => {
            format!("what waits for {name} behind #{}", thousands(*after))
        }
        (SheetOf::Waiting(name), _) => format!("what waits for {name}"),
    };
    let enter = canvas.glyphs().keys.enter;
    let foot = match &sheet.of {
        SheetOf::Waiting(_) => format!("{enter} timeline  Esc close"),
        _ => "Esc close".to_owned(),
    };
    let inside = popup(canvas, size(model.size), &title, &foot);
    match lines {
        None => spinner(model, canvas, (inside.x, inside.y, inside.width), "reading"),
        Some(Lines::Text(lines)) => text(sheet, lines, canvas, inside),
        Some(Lines::Waiting { events, filtered, more, .. }) => {
            waiting(model, sheet.at, (events, *filtered, *more), canvas, inside);
        }
    }
}

fn text(sheet: &Sheet, lines: &[String], canvas: &mut Canvas<'_>, inside: Rect) {
    if lines.is_empty() {
        let nothing = match sheet.of {
            SheetOf::Log => "no daemon wrote anything down yet",
            _ => "no daemon serves this workspace any more",
        };
        canvas.put(inside.x, inside.y, inside.width, nothing, Meaning::Dim);
        return;
    }
    let top = sheet.at.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, line) in (inside.y..inside.bottom()).zip(lines.iter().skip(top)) {
        match sheet.of {
            SheetOf::Log => {
                let line = written(line, inside.width >= WITH_DAY);
                canvas.line(inside.x, y, inside.width, &line);
            }
            _ => measured(line, canvas, Rect { y, height: 1, ..inside }),
        }
    }
    canvas.cursor = Some((inside.x, inside.y).into());
}

/// A line of the measurements: what it is, and how much, which is never what is cut off.
fn measured(line: &str, canvas: &mut Canvas<'_>, area: Rect) {
    match line.rsplit_once(' ') {
        Some((name, value)) if !line.starts_with('#') => {
            let value = [piece(format!(" {value}"), Meaning::Number)];
            let wide = u16::try_from(pieces_width(&value)).unwrap_or(u16::MAX);
            let room = area.width.saturating_sub(wide);
            let taken = canvas.put(area.x, area.y, room, name, Meaning::Text);
            canvas.line(area.x + taken, area.y, wide, &value);
        }
        _ => {
            canvas.put(area.x, area.y, area.width, line, Meaning::Dim);
        }
    }
}

/// A line of the log in words; as it is where it is none of ours.
fn written(line: &str, day: bool) -> Vec<Piece> {
    let Ok(Json::Object(fields)) = Json::parse(line) else { return vec![plain(line.to_owned())] };
    let word = |name: &str| word(&fields, name);
    let time = word("timestamp");
    let time = time.get(if day { 0 } else { 11 }..19).unwrap_or(&time).replace('T', " ");
    let level = match word("level").as_str() {
        "ERROR" => piece("error  ", Meaning::Danger),
        "WARN" => piece("warn   ", Meaning::Warn),
        other => piece(format!("{:<7}", other.to_ascii_lowercase()), Meaning::Dim),
    };
    let mut line = vec![piece(format!("{time}  "), Meaning::Dim), level];
    if word("target") == "dbx::request" {
        let status = word("status");
        let meaning = match status.as_bytes().first() {
            Some(b'5') => Meaning::Danger,
            Some(b'4') => Meaning::Warn,
            _ => Meaning::Ok,
        };
        line.push(plain(format!("{} {} ", word("method"), word("route"))));
        line.push(piece(status, meaning));
        line.push(piece(format!("  {} ms  {} B", word("ms"), word("bytes")), Meaning::Dim));
        let rest = ["code", "actor", "id"].into_iter().map(word).filter(|text| !text.is_empty());
        line.extend(rest.map(|text| piece(format!("  {text}"), Meaning::Dim)));
        return line;
    }
    line.push(plain(word("message")));
    let rest = fields.iter().filter(|(name, _)| !PLACED.contains(&name.as_str()));
    line.extend(rest.map(|(name, _)| piece(format!("  {name}={}", word(name)), Meaning::Dim)));
    line
}

/// A member as text; nothing where there is none.
fn word(fields: &Object, name: &str) -> String {
    match fields.get(name) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn waiting(
    model: &Model,
    selected: usize,
    (events, filtered, more): (&[Tailed], u64, bool),
    canvas: &mut Canvas<'_>,
    inside: Rect,
) {
    let mut summary = match (events.len(), more) {
        (0, _) => "nothing waits: it was given everything".to_owned(),
        (many, true) => format!("the first {} of them, the oldest first", count(many)),
        (many, false) => {
            let many = u64::try_from(many).unwrap_or(u64::MAX);
            format!("{}, the oldest first", quantity(many, "event", "events"))
        }
    };
    if filtered > 0 {
        let out = quantity(filtered, "event", "events");
        summary.extend(["; left out: ", &out, " of archived aggregates"]);
    }
    canvas.put(inside.x, inside.y, inside.width, &summary, Meaning::Dim);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let digits = events.last().map_or(0, |event| thousands(event.position).len() + 1);
    let names = events.iter().map(|event| width(&event.name.to_string())).max().unwrap_or(0);
    let names = u16::try_from(names).unwrap_or(u16::MAX).min(list.width * 2 / 5);
    let top = (selected + 1).saturating_sub(usize::from(list.height).max(1));
    for (y, (row, event)) in (list.y..list.bottom()).zip(events.iter().enumerate().skip(top)) {
        let line = Rect { y, height: 1, ..list };
        let position = pad_left(&format!("#{}", thousands(event.position)), digits);
        let mut x = line.x + 2;
        x += canvas.put(x, y, line.width, &position, Meaning::Number) + 2;
        canvas.put(x, y, names, &event.name.to_string(), Meaning::Id);
        x += names + 2;
        let when = [piece(clock_or_day(model.now, &event.created_at), Meaning::Dim)];
        let room = line.right().saturating_sub(x);
        let taken = if room >= 30 { canvas.line_right(x, y, room, &when) + 2 } else { 0 };
        let what = [
            piece(format!("v{} ", event.version), Meaning::Number),
            plain(event.event_type.clone()),
        ];
        canvas.line(x, y, room.saturating_sub(taken), &what);
        if row == selected {
            canvas.select(line, true);
        }
    }
}
