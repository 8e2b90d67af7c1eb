//! What stands below a line of the file: what is wrong in it, where, and what to do about it.

use super::source::{Page, column};
use crate::schema::{Diagnostic, Severity};
use crate::tui::canvas::{Piece, piece};
use crate::tui::model::{Model, Note, Working};
use crate::tui::text::{width, wrap};
use crate::tui::theme::Meaning;
use std::ops::Range;

/// Diagnostics that are spelled out below one line; the list has all of them.
const MOST: usize = 3;

/// Cells before a help, and for it at least where it stands below the words that it helps with.
const INDENT: usize = 2;
const HELP: usize = 24;

fn meaning(found: &Diagnostic) -> Meaning {
    match found.severity {
        Severity::Error => Meaning::Danger,
        Severity::Warning => Meaning::Warn,
    }
}

/// The sign of the worst diagnostic of a line.
pub(super) fn sign(
    model: &Model,
    checked: &Working,
    line: usize,
) -> Option<(&'static str, Meaning)> {
    let of = checked.notes_of(line).iter().filter(|note| note.beside.is_none());
    let worst =
        of.filter_map(|note| checked.diagnostics.get(note.diagnostic)).map(|one| one.severity);
    Some(match worst.min()? {
        Severity::Error => (model.look.glyphs.fault, Meaning::Danger),
        Severity::Warning => (model.look.glyphs.warn, Meaning::Warn),
    })
}

/// The bytes of a line that diagnostics are about.
pub(super) fn spans(checked: &Working, line: usize) -> Vec<(Range<usize>, Meaning)> {
    let of = |note: &Note| {
        let found = checked.diagnostics.get(note.diagnostic)?;
        Some((
            note.span.clone(),
            if note.beside.is_some() { Meaning::Link } else { meaning(found) },
        ))
    };
    checked.notes_of(line).iter().filter_map(of).collect()
}

/// The lines below a line.
pub(super) fn below(model: &Model, checked: &Working, line: usize, page: &Page) -> Vec<Vec<Piece>> {
    let notes = checked.notes_of(line);
    let text = checked.line(line);
    let mut lines = Vec::new();
    for note in notes.iter().take(MOST) {
        if let Some(found) = checked.diagnostics.get(note.diagnostic) {
            one(model, page, text, note, found, &mut lines);
        }
    }
    if notes.len() > MOST {
        let more = format!("and {} more in this line", notes.len() - MOST);
        lines.push(vec![piece(more, Meaning::Dim)]);
    }
    lines
}

fn one(
    model: &Model,
    page: &Page,
    text: &str,
    note: &Note,
    found: &Diagnostic,
    lines: &mut Vec<Vec<Piece>>,
) {
    let glyphs = model.look.glyphs;
    let (cells, skip) = (usize::from(page.cells), model.schema.skip);
    let at = |byte: usize| column(text, byte).saturating_sub(skip).min(cells.saturating_sub(1));
    let (from, to) = (at(note.span.start), at(note.span.end));
    let long = to.saturating_sub(from).max(1);
    let middle = from + (long - 1) / 2;
    let spaces = |count: usize| piece(" ".repeat(count), Meaning::Text);
    let (words, meaning) = match &note.beside {
        Some(words) => (words.clone(), Meaning::Dim),
        None if page.wide => (format!("{} {}", found.code, found.message), meaning(found)),
        None => (found.label.clone(), meaning(found)),
    };
    if page.wide && note.beside.is_none() {
        let line = glyphs.light.horizontal;
        let (left, right) = (line.repeat(middle - from), line.repeat(long - 1 - (middle - from)));
        let marks = format!("{left}{}{right}", glyphs.tee);
        lines.push(vec![spaces(from), piece(marks, meaning)]);
    }
    let arm = glyphs.light.horizontal.repeat(if page.wide { 2 } else { 1 });
    let elbow = format!("{}{arm} ", glyphs.elbow);
    let (behind, wide) = (middle + width(&elbow), width(&words));
    let before = middle.checked_sub(wide + width(&arm) + 1);
    let indent = match before {
        _ if behind + wide <= cells => {
            lines.push(vec![spaces(middle), piece(elbow, meaning), piece(words, meaning)]);
            behind
        }
        Some(before) => {
            let hook = format!(" {arm}{}", glyphs.hook);
            lines.push(vec![spaces(before), piece(words, meaning), piece(hook, meaning)]);
            INDENT
        }
        None => {
            let wrapped = wrap(&words, cells.saturating_sub(INDENT)).into_iter();
            lines.extend(wrapped.map(|words| vec![spaces(INDENT), piece(words, meaning)]));
            INDENT
        }
    };
    if note.beside.is_none() {
        help(page, found, indent, lines);
    }
}

/// What to do about a diagnostic.
fn help(page: &Page, found: &Diagnostic, indent: usize, lines: &mut Vec<Vec<Piece>>) {
    let fix = found.fix.as_ref();
    let Some(words) = found.help.as_deref().or(fix.map(|fix| fix.title.as_str())) else { return };
    let cells = usize::from(page.cells);
    let below = indent + width(words).min(HELP) <= cells && !page.wide;
    let indent = if below { indent } else { INDENT };
    let words = if page.wide { format!("help: {words}") } else { words.to_owned() };
    let spaces = || piece(" ".repeat(indent), Meaning::Text);
    let wrapped = wrap(&words, cells.saturating_sub(indent)).into_iter();
    lines.extend(wrapped.map(|words| vec![spaces(), piece(words, Meaning::Dim)]));
    if fix.is_some()
        && let Some(last) = lines.last_mut()
    {
        let keys = if page.wide { "   f applies the fix" } else { "  f fixes it" };
        if crate::tui::canvas::pieces_width(last) + width(keys) <= cells {
            last.push(piece(keys, Meaning::Key));
        }
    }
}
