//! What of what is stored a change concerns, and the schemas that were applied.

use super::waiting;
use crate::domain::Json;
use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Affected, ChangeRow, Declared, Model, SchemaPart};
use crate::tui::text::{middle, pad};
use crate::tui::theme::Meaning;
use crate::tui::views::{frame, json};
use crate::tui::words::{ends, instant, quantity};
use crate::wire::{EventRecord, SchemaVersion};
use ratatui::layout::Rect;

/// Cells from which on there is room for more about a schema.
const WIDE: u16 = 56;

/// Applied schemas that stand below what is concerned.
const HISTORY: usize = 3;

/// Cells of an id.
const ID: usize = 14;
const ID_NARROW: usize = 9;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.schema;
    let focus = view.focus == SchemaPart::Affected;
    let enter = canvas.glyphs().keys.enter;
    if view.history {
        let foot = format!("{enter} what differs");
        let inside = frame(canvas, area, boxed, ("applied schemas", &foot), focus);
        return history(model, canvas, inside, focus);
    }
    let row = view.current().and_then(|compared| compared.rows.get(view.change));
    let title = row.map_or("affected".to_owned(), |row| {
        format!("affected by: {} {} {}", row.sign(), row.aggregate, row.part())
    });
    let found = view.affected.as_ref().filter(|(of, _)| *of == view.change).map(|(_, it)| it);
    let any = found.is_some_and(|it| !it.states.is_empty() || !it.events.is_empty());
    let foot = if any { format!("{enter} open event") } else { "h history".to_owned() };
    let inside = frame(canvas, area, boxed, (&title, &foot), focus);
    let wide = inside.width >= WIDE;
    let past = if wide { past(model) } else { Vec::new() };
    let below = u16::try_from(past.len() + 1).unwrap_or(u16::MAX);
    let below = if inside.height >= below + 4 && !past.is_empty() { below } else { 0 };
    let list = Rect { height: inside.height - below, ..inside };
    let used = concerned(model, canvas, list, row, found, focus);
    if below > 0 {
        let y = (list.y + used + 1).min(inside.bottom() + 1 - below);
        for (y, line) in (y..inside.bottom()).zip(past) {
            canvas.line(inside.x, y, inside.width, &line);
        }
    }
}

/// Draws what a change concerns, and gives how many rows that takes.
fn concerned(
    model: &Model,
    canvas: &mut Canvas<'_>,
    list: Rect,
    row: Option<&ChangeRow>,
    found: Option<&Affected>,
    focus: bool,
) -> u16 {
    let say = |canvas: &mut Canvas<'_>, text: &str| {
        canvas.put(list.x, list.y, list.width, text, Meaning::Dim);
        1
    };
    let Some(row) = row else { return say(canvas, "no change is selected") };
    if !row.concerns() {
        let invalid = row.verdict == crate::tui::model::Verdict::Invalid;
        let text = if invalid { "its errors come first" } else { "nothing that is stored" };
        return say(canvas, text);
    }
    let Some(found) = found else {
        waiting(model, canvas, (list.x, list.y, list.width), "looking");
        return 1;
    };
    let wide = list.width >= WIDE;
    let states = found.states.iter().map(|(name, version)| state(model, &name.id, *version, wide));
    let mut lines: Vec<Vec<Piece>> = states.collect();
    lines.extend(found.events.iter().map(|event| one(model, event, &row.declared, wide)));
    if lines.is_empty() {
        return say(canvas, "nothing that is stored");
    }
    let all = row.impacts(model.schema.impacts.as_deref().unwrap_or_default());
    let all = all.iter().map(|impact| impact.events).max();
    let known = u64::try_from(found.events.len()).unwrap_or(u64::MAX);
    let more = all.map_or(u64::from(found.more), |all| all.saturating_sub(known));
    let rows = if more > 0 { list.height.saturating_sub(1) } else { list.height };
    let top = (model.schema.concerned + 1).saturating_sub(usize::from(rows).max(1));
    let mut used = 0;
    for (y, (at, line)) in (list.y..list.y + rows).zip(lines.iter().enumerate().skip(top)) {
        let row = Rect { y, height: 1, ..list };
        canvas.line(list.x + 2, y, list.width.saturating_sub(2), line);
        canvas.hit(row, Hit::Row(SchemaPart::Affected.number(), at));
        if at == model.schema.concerned {
            canvas.select(row, focus);
        }
        used = y + 1 - list.y;
    }
    if more > 0 && used < list.height {
        let cut = canvas.glyphs().cut;
        let text = match all {
            Some(_) => format!("{cut} {}", quantity(more, "more event", "more events")),
            None => format!("{cut} more events"),
        };
        canvas.put(list.x + 2, list.y + used, list.width.saturating_sub(2), &text, Meaning::Dim);
        used += 1;
    }
    used
}

/// The aggregate and the version: what both kinds of lines begin with.
fn place(model: &Model, id: &str, version: u64, wide: bool) -> Vec<Piece> {
    let cells = if wide { ID } else { ID_NARROW };
    let id = pad(&middle(id, cells, model.look.glyphs.cut), cells);
    let version = format!("v{version}");
    let version = if wide { format!("{version:<5} ") } else { format!("{version} ") };
    vec![piece(format!("{id} "), Meaning::Id), plain(version)]
}

fn state(model: &Model, id: &str, version: u64, wide: bool) -> Vec<Piece> {
    let words = if wide { "its state is not valid any more" } else { "not valid" };
    let mut line = place(model, id, version, wide);
    line.push(piece(words, Meaning::Warn));
    line
}

/// An event, and in it the field that the change is about.
fn one(model: &Model, event: &EventRecord, declared: &Declared, wide: bool) -> Vec<Piece> {
    let mut line = place(model, &event.aggregate_id, event.version, wide);
    line.push(plain(if wide { pad(&event.event_type, 16) } else { event.event_type.clone() }));
    line.push(plain("  "));
    let payload = event.payload.as_ref();
    let value = match declared {
        Declared::Field(name) => payload.and_then(|it| it.get(name)),
        Declared::Event(_) | Declared::Aggregate => None,
    };
    line.push(match (value, payload) {
        (Some(value), _) => json::value(value, model.look.glyphs),
        (None, Some(payload @ Json::Object(_))) => {
            piece(json::summary(payload, model.look.glyphs), Meaning::Dim)
        }
        _ => plain(""),
    });
    line
}

/// The schemas that were applied last.
fn past(model: &Model) -> Vec<Vec<Piece>> {
    let Some(compared) = &model.schema.compared else { return Vec::new() };
    let line = |(at, version): (usize, &SchemaVersion)| {
        let head = if at == 0 { "history  " } else { "         " };
        let day = version.applied_at.get(..10).unwrap_or(&version.applied_at).to_owned();
        vec![
            piece(head, Meaning::Dim),
            plain(format!("schema {} applied ", version.version)),
            piece(day, Meaning::Dim),
            plain(format!(" by {}", version.applied_by.user)),
        ]
    };
    compared.history.iter().rev().take(HISTORY).enumerate().map(line).collect()
}

/// Every schema that was applied, the newest first.
fn history(model: &Model, canvas: &mut Canvas<'_>, inside: Rect, focus: bool) {
    let view = &model.schema;
    let Some(compared) = &view.compared else {
        return waiting(model, canvas, (inside.x, inside.y, inside.width), "looking");
    };
    let top = (view.concerned + 1).saturating_sub(usize::from(inside.height).max(1));
    let versions = compared.history.iter().rev().enumerate().skip(top);
    for (y, (at, version)) in (inside.y..inside.bottom()).zip(versions) {
        let row = Rect { y, height: 1, ..inside };
        let in_force = version.version == compared.version();
        let line = past_one(model, version, in_force, inside.width >= WIDE);
        canvas.line(inside.x + 2, y, inside.width.saturating_sub(2), &line);
        canvas.hit(row, Hit::Row(SchemaPart::Affected.number(), at));
        if at == view.concerned {
            canvas.select(row, focus);
        }
    }
}

fn past_one(model: &Model, version: &SchemaVersion, in_force: bool, wide: bool) -> Vec<Piece> {
    let at = instant(&version.applied_at);
    let (number, by) = (version.version, &version.applied_by.user);
    let glyphs = model.look.glyphs;
    if !wide {
        let day = at.get(..10).unwrap_or(&at).to_owned();
        let sign = if in_force { format!("{} ", glyphs.ok) } else { "  ".to_owned() };
        return vec![
            piece(sign, Meaning::Ok),
            plain(format!("{number:<3} ")),
            piece(format!("{day} "), Meaning::Dim),
            plain(by.clone()),
        ];
    }
    let mut line = vec![
        plain(format!("schema {number:<4} ")),
        piece(format!("{at}  "), Meaning::Dim),
        plain(pad(by, 8)),
        piece(format!("  {}", ends(&version.hash, glyphs.cut)), Meaning::Hash),
    ];
    if in_force {
        line.push(piece("  in force", Meaning::Ok));
    }
    line
}
