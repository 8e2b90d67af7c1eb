//! Short words: toasts, errors, what keys may follow, and that something takes long.

use crate::error::Error;
use crate::tui::canvas::{Canvas, Piece, piece};
use crate::tui::model::Model;
use crate::tui::text::{fit, width, wrap};
use crate::tui::theme::Meaning;
use ratatui::layout::Rect;
use std::time::Duration;

/// How long a key that begins a longer one waits alone before it is said how it may go on.
const WHICH: Duration = Duration::from_millis(300);

/// How long one picture of the spinner stands.
const SPIN: Duration = Duration::from_millis(80);

/// The most lines that one toast takes.
const TOAST_LINES: usize = 3;

/// The toasts, the newest lowest, above the two last lines.
pub(super) fn toasts(model: &Model, canvas: &mut Canvas<'_>) {
    let (size, glyphs) = (canvas.area(), canvas.glyphs());
    let mut y = size.bottom().saturating_sub(2);
    let cells = usize::from(size.width.saturating_sub(8)).max(1);
    for toast in model.toasts.iter().rev() {
        let sign = match toast.meaning {
            Meaning::Ok => glyphs.ok,
            Meaning::Danger => glyphs.fault,
            Meaning::Warn => glyphs.warn,
            _ => glyphs.dot,
        };
        let mut lines = wrap(&toast.text, cells);
        if lines.len() > TOAST_LINES {
            lines.truncate(TOAST_LINES);
            if let Some(last) = lines.last_mut() {
                *last = fit(&format!("{last} {}", glyphs.cut), cells, glyphs.cut).into_owned();
            }
        }
        let wide = lines.iter().map(|line| width(line)).max().unwrap_or(0) + width(sign) + 3;
        let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(size.width.saturating_sub(4));
        let high = u16::try_from(lines.len()).unwrap_or(1);
        let Some(top) = y.checked_sub(high).filter(|top| *top > size.y) else { return };
        let area =
            Rect { x: size.right().saturating_sub(wide + 2), y: top, width: wide, height: high };
        canvas.clear(area);
        for (at, (line, text)) in (top..y).zip(lines).enumerate() {
            let before = if at == 0 { format!(" {sign} ") } else { " ".repeat(width(sign) + 2) };
            let pieces = [piece(before, toast.meaning), piece(format!("{text} "), Meaning::Text)];
            canvas.line(area.x, line, wide, &pieces);
        }
        canvas.shade(area, Meaning::Selected);
        y = top;
    }
}

/// What an error says, in lines: the code, what happened, what was kept, what to do.
pub(crate) fn error(canvas: &mut Canvas<'_>, area: Rect, error: &Error) {
    let cells = usize::from(area.width.saturating_sub(4));
    let mut lines: Vec<(u16, Piece)> = Vec::new();
    let code = format!("{} {}", canvas.glyphs().fault, error.code());
    lines.push((0, piece(code, Meaning::Danger)));
    let mut part = |text: &str, meaning| {
        lines.push((0, piece("", Meaning::Text)));
        lines.extend(wrap(text, cells).into_iter().map(|line| (2, piece(line, meaning))));
    };
    part(error.message(), Meaning::Text);
    for detail in error.detail_list() {
        part(&detail.message, Meaning::Text);
    }
    if let Some(kept) = error.kept_text() {
        part(kept, Meaning::Ok);
    }
    if let Some(help) = error.help_text() {
        part(&format!("help: {help}"), Meaning::Dim);
    }
    part("^r tries again", Meaning::Dim);
    for (y, (indent, line)) in (area.y + 1..area.bottom()).zip(lines) {
        canvas.line(area.x + indent, y, area.width.saturating_sub(indent), &[line]);
    }
}

/// A line with something that turns, so that one sees that it goes on.
pub(crate) fn spinner(
    model: &Model,
    canvas: &mut Canvas<'_>,
    (x, y, cells): (u16, u16, u16),
    text: &str,
) {
    let pictures = canvas.glyphs().spinner;
    let turn = usize::try_from(model.elapsed.as_millis() / SPIN.as_millis()).unwrap_or(0);
    let picture = pictures.get(turn % pictures.len().max(1)).copied().unwrap_or_default();
    let sign = if canvas.look.plain { String::new() } else { format!("{picture} ") };
    canvas.line(x, y, cells, &[piece(sign, Meaning::Focus), piece(text.to_owned(), Meaning::Text)]);
}

/// How the keys that were pressed may go on, above the last line.
pub(super) fn which(model: &Model, canvas: &mut Canvas<'_>) {
    let Some(pending) = &model.pending else { return };
    if model.elapsed.saturating_sub(pending.since) < WHICH {
        return;
    }
    let (size, glyphs) = (canvas.area(), canvas.glyphs());
    let typed: Vec<String> = pending.keys.iter().map(|key| key.shown(glyphs)).collect();
    let mut line = vec![piece(format!(" {} ", typed.join(" ")), Meaning::Title)];
    for (key, action) in model.keymap.continuations(model.view, &pending.keys) {
        line.push(piece(format!(" {} ", key.shown(glyphs)), Meaning::Key));
        let word = if action.short.is_empty() { action.title } else { action.short };
        line.push(piece(format!("{word} "), Meaning::Text));
    }
    let y = size.bottom().saturating_sub(2);
    canvas.clear(Rect { x: size.x, y, width: size.width, height: 1 });
    let taken = canvas.line(size.x, y, size.width, &line);
    let rest = size.width.saturating_sub(taken + 1);
    if usize::from(rest) > width("Esc nothing") + 2 {
        canvas.line_right(size.x + taken, y, rest, &[piece("Esc nothing", Meaning::Dim)]);
    }
}
