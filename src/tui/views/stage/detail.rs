//! The selected operation: what it says, what it changes, what is in its way, and what to do about that.

use super::preview::changes;
use super::{Layout, detail_lines, faults, frame};
use crate::domain::Json;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, StagePane, name_of};
use crate::tui::text::wrap;
use crate::tui::theme::Meaning;
use crate::tui::update::stage::short;
use crate::tui::views::json;
use crate::tui::views::lines::scrolled;
use crate::tui::words::age;
use crate::wire::{Change, Problem, StageConflict, StagedOperation};
use ratatui::layout::Rect;
use std::fmt::Write as _;

/// `3 customer-7 points_added`
pub(super) fn title(model: &Model) -> String {
    let Some(one) = model.stage.selected() else { return "operation".to_owned() };
    let name = short(&name_of(one));
    format!("{} {name} {}", model.stage.cursor + 1, one.operation.event_type)
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, layout: Layout) {
    let view = &model.stage;
    let focus = view.focus == StagePane::Detail;
    let mut heading = title(model);
    let conflict = view.selected().is_some_and(|one| one.conflict.is_some());
    if conflict {
        let _ = write!(heading, " {} conflict", canvas.glyphs().dash);
    }
    let inside = frame(canvas, area, layout.boxed, (&heading, &faults(model)), focus);
    scrolled(canvas, inside, &detail_lines(model, inside), view.detail_scroll, focus);
}

/// All lines.
pub(super) fn lines(model: &Model, inside: Rect) -> Vec<Vec<Piece>> {
    let Some(one) = model.stage.selected() else {
        return vec![vec![piece("no operation is selected", Meaning::Dim)]];
    };
    let cells = usize::from(inside.width);
    // What says more of it is worth its lines where there are some.
    let roomy = inside.height > 10;
    let mut lines = said(model, one, roomy, cells);
    match &one.conflict {
        Some(conflict) => {
            let now = json::changes(&one.changes, &[], model.look.glyphs);
            if !roomy {
                lines.extend(now);
            }
            lines.extend(in_between(model, conflict, roomy, cells));
            if roomy {
                lines.push(Vec::new());
                lines.extend(sides(model, one, conflict));
                lines.push(Vec::new());
            }
            lines.push(hints(model, one, conflict.head));
        }
        None => lines.extend(changes(model, &one.changes)),
    }
    lines.extend(effects(model, one));
    if let Some(problem) = &one.problem {
        lines.extend(refused(model, problem, cells));
    }
    if roomy || one.conflict.is_none() || inside.height > 6 {
        lines.push(Vec::new());
    }
    lines.push(checks(model, one));
    lines
}

fn fact(name: &str, value: Piece) -> Vec<Piece> {
    vec![piece(format!("  {name:<7}  "), Meaning::Dim), value]
}

fn said(model: &Model, one: &StagedOperation, roomy: bool, cells: usize) -> Vec<Vec<Piece>> {
    let operation = &one.operation;
    let (what, content) = match (&operation.payload, &operation.patch) {
        (Some(payload), _) => ("payload", Some(payload)),
        (None, Some(patch)) => ("patch", Some(patch)),
        (None, None) => ("payload", None),
    };
    let text = content.map_or_else(|| "{}".to_owned(), Json::to_string);
    let fits = text.len() + 11 <= cells;
    let mut lines = Vec::new();
    match content {
        Some(Json::Object(object)) if roomy && !fits => {
            lines.push(vec![piece(format!("  {what}"), Meaning::Dim)]);
            for mut line in json::tree(object, model.look.glyphs) {
                line.insert(0, plain("    "));
                lines.push(line);
            }
        }
        _ => lines.push(fact(what, piece(text, Meaning::String))),
    }
    if let Some(note) = &operation.note {
        lines.push(fact("note", plain(note.clone())));
    }
    if let Some(metadata) = operation.metadata.as_ref().filter(|_| roomy) {
        lines.push(fact("meta", piece(metadata.to_string(), Meaning::String)));
    }
    if let Some(remark) = &one.remark {
        lines.push(fact("why", plain(remark.clone())));
    }
    if roomy {
        let when = ago(model, &one.staged_at);
        let by = format!("{} by {}, as {}", when, one.staged_by.user, one.id);
        lines.push(fact("staged", piece(by, Meaning::Dim)));
    }
    lines
}

/// `2m ago`
fn ago(model: &Model, time: &str) -> String {
    match age(model.now, time) {
        now if now == "now" => "just now".to_owned(),
        ahead if ahead.starts_with("in ") => ahead,
        age => format!("{age} ago"),
    }
}

/// `! expected v10, log is at v11 (2m ago)`, and what happened where there is room for it.
fn in_between(
    model: &Model,
    conflict: &StageConflict,
    roomy: bool,
    cells: usize,
) -> Vec<Vec<Piece>> {
    let warn = model.look.glyphs.warn;
    let base = match conflict.base {
        0 => "none".to_owned(),
        base => format!("v{base}"),
    };
    let mut text = format!("expected {base}, log is at v{}", conflict.head);
    let last = conflict.events.last();
    if let Some(event) = last {
        let _ = write!(text, " ({})", ago(model, &event.created_at));
    }
    if let Some(event) = last.filter(|_| !roomy) {
        let _ = write!(text, ": {} by {}", event.event_type, event.issued_by.user);
    }
    if !conflict.both.is_empty() {
        let _ = write!(text, "; both change {}", conflict.both.join(", "));
    }
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for (at, line) in wrap(&text, cells.saturating_sub(2)).into_iter().enumerate() {
        let sign = if at == 0 { warn } else { " " };
        lines.push(vec![piece(format!("{sign} {line}"), Meaning::Warn)]);
    }
    if !roomy {
        return lines;
    }
    if conflict.more > 0 {
        lines.push(vec![piece(format!("    {} earlier events", conflict.more), Meaning::Dim)]);
    }
    for event in &conflict.events {
        lines.push(vec![
            piece(format!("    v{} ", event.version), Meaning::Number),
            plain(event.event_type.clone()),
            piece(
                format!(
                    "  {} by {} {}  {}",
                    event.commit,
                    event.issued_by.user,
                    ago(model, &event.created_at),
                    event.fields.join(", ")
                ),
                Meaning::Dim,
            ),
        ]);
    }
    lines
}

/// What each side made of what it found, and what comes of both.
fn sides(model: &Model, one: &StagedOperation, conflict: &StageConflict) -> Vec<Vec<Piece>> {
    let base = format!("yours on v{}", conflict.base);
    let mut lines = side(model, &base, &conflict.yours);
    lines.extend(side(model, "log now", &conflict.theirs));
    if one.problem.is_none() {
        lines.extend(side(model, "rebased", &one.changes));
    }
    lines
}

fn side(model: &Model, what: &str, made: &[Change]) -> Vec<Vec<Piece>> {
    let made = json::changes(made, &[], model.look.glyphs);
    if made.is_empty() {
        return vec![vec![
            piece(format!("  {what:<15}"), Meaning::Dim),
            piece("nothing", Meaning::Dim),
        ]];
    }
    let named = |(at, mut line): (usize, Vec<Piece>)| {
        let what = if at == 0 { what } else { "" };
        line.insert(0, piece(format!("  {what:<15}"), Meaning::Dim));
        line
    };
    made.into_iter().enumerate().map(named).collect()
}

fn hints(model: &Model, one: &StagedOperation, head: u64) -> Vec<Piece> {
    let key = |key: &'static str| piece(format!("  {key}"), Meaning::Key);
    let mut line = Vec::new();
    if one.problem.is_none() {
        line.extend([key("r"), plain(format!(" rebase onto v{head}"))]);
    }
    line.extend([
        key("D"),
        plain(" drop"),
        key("e"),
        plain(" edit"),
        key(model.look.glyphs.keys.enter),
        plain(" history"),
    ]);
    line
}

fn effects(model: &Model, one: &StagedOperation) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for effect in &one.effects {
        let place = format!("{}/{}", effect.aggregate_type, effect.aggregate_id);
        lines.push(vec![
            piece("  with ", Meaning::Dim),
            piece(place, Meaning::Id),
            plain(format!(" {}", effect.event_type)),
            piece(format!("  v{}", effect.version), Meaning::Number),
        ]);
        for mut line in changes(model, &effect.changes) {
            line.insert(0, plain("    "));
            lines.push(line);
        }
    }
    lines
}

fn refused(model: &Model, problem: &Problem, cells: usize) -> Vec<Vec<Piece>> {
    let fault = model.look.glyphs.fault;
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut part = |text: &str, first: String, meaning: Meaning| {
        for (at, line) in wrap(text, cells.saturating_sub(6)).into_iter().enumerate() {
            let before = if at == 0 { first.clone() } else { "  ".to_owned() };
            lines.push(vec![piece(before, meaning), piece(line, meaning)]);
        }
    };
    let title = format!("it would be refused: {}", problem.title);
    part(&title, format!("{fault} "), Meaning::Danger);
    for one in &problem.errors {
        part(&format!("{}  {}", one.pointer, one.message), "  ".to_owned(), Meaning::Text);
    }
    if let Some(hint) = &problem.hint {
        part(hint, "  ".to_owned(), Meaning::Dim);
    }
    lines
}

/// Whether the schema in force has something to say of it.
pub(super) fn has_schema(model: &Model, one: &StagedOperation) -> bool {
    let schema = model.stage.schema.as_ref().and_then(|(_, schema)| schema.as_ref());
    schema.is_some_and(|schema| schema.aggregates.contains_key(&one.operation.aggregate_type))
}

/// `schema ✓   rules ✓   size 0.3 KiB`
fn checks(model: &Model, one: &StagedOperation) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let by_schema = |problem: &Problem| problem.code.starts_with("dbx::schema");
    let (schema, rules) = match &one.problem {
        Some(problem) if by_schema(problem) => (false, true),
        Some(_) => (true, false),
        None => (true, true),
    };
    let sign = |ok: bool| {
        let (sign, meaning) =
            if ok { (glyphs.ok, Meaning::Ok) } else { (glyphs.fault, Meaning::Danger) };
        piece(format!(" {sign}   "), meaning)
    };
    let mut line = if has_schema(model, one) || !schema {
        vec![plain("schema"), sign(schema)]
    } else {
        vec![piece("no schema   ", Meaning::Dim)]
    };
    line.extend([plain("rules"), sign(rules)]);
    let operation = &one.operation;
    let content = operation.payload.as_ref().or(operation.patch.as_ref());
    let bytes = content.map_or(2, |content| content.to_string().len());
    line.push(piece(format!("size {}", kib(bytes)), Meaning::Dim));
    if let Some(report) = &model.stage.report {
        let all = usize::try_from(report.bytes).unwrap_or(usize::MAX);
        line.push(piece(format!(" of {} staged", kib(all)), Meaning::Dim));
    }
    line
}

fn kib(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024);
    if tenths < 100_000 {
        return format!("{}.{} KiB", tenths / 10, tenths % 10);
    }
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
