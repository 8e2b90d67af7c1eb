//! The form of a commit: why, and exactly what would be written.

use super::{popup, spinner, typed};
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Form, Model, Name, Plan};
use crate::tui::text::{pad, width, wrap};
use crate::tui::theme::Meaning;
use crate::tui::update::stage::commit::is_running;
use crate::tui::update::stage::short;
use crate::tui::views::lines::scrolled;
use crate::tui::words::{ends, quantity, thousands};
use crate::wire::EventRecord;
use indexmap::IndexMap;
use ratatui::layout::Rect;

/// The box at its widest.
const WIDTH: u16 = 64;

/// Cells of the names of facts.
const FACT: usize = 12;

/// Aggregates that are named: the others are counted.
const NAMED: usize = 10;

pub(super) fn draw(model: &Model, form: &Form, canvas: &mut Canvas<'_>) {
    let width = WIDTH.min(canvas.area().width);
    let lines = lines(model);
    let error = wrapped(form, usize::from(width.saturating_sub(4)));
    let high = u16::try_from(lines.len() + error.len() + 6).unwrap_or(u16::MAX);
    // What follows from other events is written too.
    let size = match &model.stage.plan {
        Some(Ok(plan)) => plan.events.len(),
        _ => model.stage.chosen().count(),
    };
    let size = u64::try_from(size).unwrap_or(0);
    let what = quantity(size, "event", "events");
    let title = format!("commit {what} {} this cannot be undone", canvas.glyphs().dash);
    let inside = popup(canvas, (width, high), &title, "");
    message(form, canvas, inside);
    let typing = canvas.cursor;
    let last = inside.bottom().saturating_sub(1);
    let above = u16::try_from(error.len()).unwrap_or(0).min(inside.height.saturating_sub(2));
    let end = last.saturating_sub(above + u16::from(above > 0));
    let written = Rect { y: inside.y + 2, height: end.saturating_sub(inside.y + 2), ..inside };
    scrolled(canvas, written, &lines, 0, false);
    for (y, line) in (last.saturating_sub(above)..last).zip(error) {
        canvas.line(inside.x, y, inside.width, &[piece(line, Meaning::Danger)]);
    }
    if is_running(model) {
        let text = if form.leaving {
            "^c again leaves: it is written or it is not   Esc waits"
        } else {
            "committing: it is durable when this is over"
        };
        spinner(model, canvas, (inside.x, last, inside.width), text);
    } else {
        canvas.line(inside.x, last, inside.width, &keys(inside.width));
    }
    canvas.cursor = typing;
}

fn wrapped(form: &Form, cells: usize) -> Vec<String> {
    let mut lines = form.error.as_ref().map(|error| wrap(error, cells)).unwrap_or_default();
    lines.truncate(4);
    lines
}

fn message(form: &Form, canvas: &mut Canvas<'_>, inside: Rect) {
    let more = form.rest.trim_end().lines().count();
    let more = if more == 0 { String::new() } else { format!("  +{more} lines") };
    let taken = u16::try_from(width(&more)).unwrap_or(0);
    canvas.line_right(inside.x, inside.y, inside.width, &[piece(more, Meaning::Dim)]);
    let room = inside.width.saturating_sub(taken);
    typed(canvas, (inside.x, inside.y, room), &pad("message", FACT), &form.input);
}

fn keys(cells: u16) -> Vec<Piece> {
    let roomy = cells >= 58;
    let gap = if roomy { "      " } else { "  " };
    let editor = if roomy { " write in $EDITOR" } else { " editor" };
    let (commit, write) = if roomy { ("Ctrl+S", "Ctrl+E") } else { ("^s", "^e") };
    vec![
        piece(commit, Meaning::Key),
        plain(format!(" commit{gap}")),
        piece("Esc", Meaning::Key),
        plain(format!(" back{gap}")),
        piece(write, Meaning::Key),
        plain(editor),
    ]
}

/// What would be written, without the colours: for the file of the message.
pub(crate) fn plain_lines(lines: &[Vec<Piece>]) -> Vec<String> {
    let text = |line: &Vec<Piece>| line.iter().map(|(text, _)| text.as_ref()).collect::<String>();
    lines.iter().map(text).collect()
}

/// What would be written, or why nothing would be.
pub(crate) fn lines(model: &Model) -> Vec<Vec<Piece>> {
    match &model.stage.plan {
        None => vec![vec![piece("trying what it would write", Meaning::Dim)]],
        Some(Ok(plan)) => planned(model, plan),
        Some(Err(error)) => {
            let mut lines = vec![vec![piece("it would be refused:", Meaning::Danger)]];
            let mut part = |text: &str, meaning| {
                let text = wrap(text, usize::from(WIDTH - 6));
                lines
                    .extend(text.into_iter().map(|line| vec![piece(format!("  {line}"), meaning)]));
            };
            part(error.message(), Meaning::Text);
            for detail in error.detail_list() {
                part(&detail.message, Meaning::Text);
            }
            if let Some(help) = error.help_text() {
                part(help, Meaning::Dim);
            }
            lines
        }
    }
}

fn planned(model: &Model, plan: &Plan) -> Vec<Vec<Piece>> {
    let glyphs = model.look.glyphs;
    let mut lines = aggregates(model, plan);
    lines.push(Vec::new());
    let fact = |name: &str, value: Piece, more: String| {
        vec![piece(pad(name, FACT), Meaning::Dim), value, piece(more, Meaning::Dim)]
    };
    let first = plan.events.first().and_then(|event| event.position.parse::<u64>().ok());
    let before = first.unwrap_or(1).saturating_sub(1);
    let last = before + u64::try_from(plan.events.len()).unwrap_or(0);
    let log = format!("{} {} {}", thousands(before), glyphs.arrow, thousands(last));
    lines.push(fact("log", piece(log, Meaning::Number), "       one atomic batch".to_owned()));
    if let Some(status) = &model.status {
        let root = ends(&status.root, glyphs.cut);
        let then = format!(" {} computed on commit", glyphs.arrow);
        lines.push(fact("root", piece(root, Meaning::Hash), then));
    }
    let told = match &plan.consumers {
        None => plain("consumers, which you may not see"),
        Some(names) if names.is_empty() => piece("no consumer has a cursor", Meaning::Dim),
        Some(names) => {
            let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
            let more = names.len().saturating_sub(3);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            plain(format!("{}{more}", shown.join(", ")))
        }
    };
    let any = plan.consumers.as_ref().is_none_or(|names| !names.is_empty());
    let then = if any { "       will be told" } else { "" };
    lines.push(fact("outbox", told, then.to_owned()));
    lines.push(fact("durable", plain("fsync before success"), String::new()));
    lines
}

/// `order-42    v48 → v50   order_shipped, note_added`
fn aggregates(model: &Model, plan: &Plan) -> Vec<Vec<Piece>> {
    let glyphs = model.look.glyphs;
    let mut found: IndexMap<Name, Vec<&EventRecord>> = IndexMap::new();
    for event in &plan.events {
        found.entry(Name::of_event(event)).or_default().push(event);
    }
    let names = found.keys().map(|name| width(&short(name))).max().unwrap_or(0).clamp(FACT - 2, 24);
    let mut lines = Vec::new();
    let shown = if found.len() > NAMED { NAMED - 1 } else { NAMED };
    let span = |events: &[&EventRecord]| {
        let from = events.first().map_or(0, |event| event.version.saturating_sub(1));
        let to = events.last().map_or(0, |event| event.version);
        let from = if from == 0 { "new".to_owned() } else { format!("v{from}") };
        format!("{from} {} v{to}", glyphs.arrow)
    };
    let wide = found.values().take(shown).map(|events| width(&span(events))).max().unwrap_or(0);
    for (name, events) in found.iter().take(shown) {
        let types: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
        lines.push(vec![
            piece(pad(&short(name), names), Meaning::Id),
            piece(format!("  {}   ", pad(&span(events), wide)), Meaning::Number),
            plain(types.join(", ")),
        ]);
    }
    if found.len() > shown {
        let more = format!("{} {} more aggregates", glyphs.more, found.len() - shown);
        lines.push(vec![piece(more, Meaning::Dim)]);
    }
    lines
}
