//! The file with what is wrong in it, or what differs in it from an applied one.

use super::notes;
use crate::schema::{TokenClass, tokens};
use crate::tui::canvas::{Canvas, Hit, Piece, piece, pieces_width};
use crate::tui::difference::{DiffLine, Fate};
use crate::tui::model::{Content, Model, SchemaPart, Seen, Working, find_in};
use crate::tui::overlays;
use crate::tui::text::{pad_left, visible, width};
use crate::tui::theme::Meaning;
use crate::tui::views::frame;
use crate::tui::words::{clock_or_day, duration};
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

/// Cells from which on there is room for more than words: the span is underlined, and codes are named.
const WIDE: u16 = 64;

/// Rows from which on one of them says when the file was saved.
const HIGH: u16 = 8;

/// Characters of a line that are looked at: further to the right nobody goes.
const LINE_MAX: usize = 4_400;

/// How a part is divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) inside: Rect,
    /// Rows for lines and what stands below them.
    pub(super) rows: u16,
    /// Cells before a line, and for it.
    pub(super) gutter: u16,
    pub(super) cells: u16,
    pub(super) wide: bool,
}

/// How what is inside of the part is divided.
pub(super) fn page(model: &Model, inside: Rect) -> Page {
    let wide = inside.width >= WIDE;
    let digits = model.schema.lines().max(1).to_string().len();
    let digits = u16::try_from(digits).unwrap_or(2).max(if wide { 4 } else { 2 });
    // A sign, the number, and a line or a gap.
    let gutter = 1 + digits + if wide { 3 } else { 2 };
    let said = u16::from(inside.height >= HIGH);
    let (rows, cells) = (inside.height - said, inside.width.saturating_sub(gutter));
    Page { inside, rows, gutter, cells, wide }
}

/// How many rows a line takes with what stands below it.
pub(super) fn rows(model: &Model, page: &Page, line: usize) -> usize {
    match (model.schema.against, model.schema.checked()) {
        (None, Some(checked)) => 1 + notes::below(model, checked, line, page).len(),
        _ => 1,
    }
}

/// A part of a line as it is shown: tabs take room, and nothing steers the terminal.
fn shown(text: &str) -> String {
    visible(&text.replace('\t', "  ")).into_owned()
}

/// The beginning of a line, as far as anybody looks.
fn looked_at(line: &str) -> &str {
    let end = line.char_indices().nth(LINE_MAX).map_or(line.len(), |(at, _)| at);
    line.get(..end).unwrap_or_default()
}

/// The cell that a byte of a line is in.
pub(super) fn column(line: &str, at: usize) -> usize {
    let line = looked_at(line);
    width(&shown(line.get(..at).unwrap_or(line)))
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.schema;
    let focus = view.focus == SchemaPart::Source;
    let name = super::file_name(model);
    let title = match view.against {
        Some(version) => format!("schema {version} {} {name}", model.look.glyphs.arrow),
        None => name,
    };
    let foot = match (view.against, view.checked()) {
        (Some(_), _) => "] next  d the file".to_owned(),
        (None, Some(checked)) => {
            let on = view.meant().filter(|at| checked.line_of(*at) == view.line);
            let place = on.and_then(|at| checked.place(at));
            place.unwrap_or_else(|| format!("{}/{}", view.line + 1, checked.lines.len()))
        }
        (None, None) => String::new(),
    };
    let inside = frame(canvas, area, boxed, (&title, &foot), focus);
    let page = page(model, inside);
    let Some(seen) = &view.seen else {
        return overlays::spinner(model, canvas, (inside.x, inside.y, inside.width), "looking");
    };
    match (&seen.content, view.against) {
        (Content::Text(checked), None) => file(model, canvas, &page, checked),
        (Content::Text(_), Some(_)) => difference(model, canvas, &page),
        (Content::Missing, _) => super::states::missing(model, canvas, inside),
        (Content::Unreadable(why), _) => super::states::unreadable(model, canvas, inside, why),
    }
    if page.rows < inside.height {
        let y = inside.bottom() - 1;
        canvas.line(inside.x, y, inside.width, &said(model, seen, page.wide));
    }
}

/// When the file was saved, and that it is watched.
fn said(model: &Model, seen: &Seen, wide: bool) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let Content::Text(checked) = &seen.content else { return Vec::new() };
    let when = seen.saved.map(|saved| clock_or_day(model.now, &saved.to_string()));
    let saved = when.map_or("read".to_owned(), |when| format!("saved {when}"));
    let mut line = vec![piece(format!("{} ", glyphs.ok), Meaning::Ok), piece(saved, Meaning::Text)];
    let watching = match (&seen.unwatched, wide) {
        (Some(_), _) => format!(" {} looked at once a second", glyphs.dash),
        (None, true) => {
            let took = duration(checked.took);
            format!(" {} watching {} (checked in {took})", glyphs.dash, super::file_name(model))
        }
        (None, false) => format!(" {} watching", glyphs.dash),
    };
    line.push(piece(watching, Meaning::Dim));
    line
}

fn file(model: &Model, canvas: &mut Canvas<'_>, page: &Page, checked: &Working) {
    let view = &model.schema;
    let mut y = page.inside.y;
    let end = page.inside.y + page.rows;
    for line in view.top..checked.lines.len() {
        if y >= end {
            return;
        }
        let text = looked_at(checked.line(line));
        let row = Rect { y, height: 1, ..page.inside };
        let sign = notes::sign(model, checked, line);
        gutter(canvas, page, y, sign, &(line + 1).to_string());
        let x = page.inside.x + page.gutter;
        text_line(canvas, page, y, &from(coloured(text), view.skip));
        for (span, meaning) in notes::spans(checked, line) {
            let columns = (column(text, span.start), column(text, span.end));
            shade(canvas, page, y, view.skip, columns, meaning);
        }
        searched(model, canvas, page, y, text);
        canvas.hit(row, Hit::Row(SchemaPart::Source.number(), line));
        if line == view.line {
            canvas.select(row, view.focus == SchemaPart::Source);
        }
        y += 1;
        for note in notes::below(model, checked, line, page) {
            if y >= end {
                return;
            }
            let row = Rect { y, height: 1, ..page.inside };
            gutter(canvas, page, y, None, canvas.glyphs().dot);
            canvas.line(x, y, page.cells, &note);
            canvas.hit(row, Hit::Row(SchemaPart::Source.number(), line));
            y += 1;
        }
    }
}

/// What stands before a line: a sign, its number, and a line or a gap.
fn gutter(
    canvas: &mut Canvas<'_>,
    page: &Page,
    y: u16,
    sign: Option<(&'static str, Meaning)>,
    number: &str,
) {
    let x = page.inside.x;
    if let Some((sign, meaning)) = sign {
        canvas.put(x, y, 1, sign, meaning);
    }
    let digits = page.gutter - 1 - if page.wide { 3 } else { 2 };
    let number = pad_left(number, usize::from(digits));
    canvas.put(x + 1, y, digits, &number, Meaning::Dim);
    if page.wide && !canvas.look.plain {
        canvas.put(x + 2 + digits, y, 1, canvas.glyphs().light.vertical, Meaning::Dim);
    }
}

/// A line, with a mark where it goes on beyond the edge.
fn text_line(canvas: &mut Canvas<'_>, page: &Page, y: u16, pieces: &[Piece]) {
    let x = page.inside.x + page.gutter;
    canvas.line(x, y, page.cells, pieces);
    if pieces_width(pieces) > usize::from(page.cells) && page.cells > 0 {
        canvas.put(x + page.cells - 1, y, 1, canvas.glyphs().cut, Meaning::Dim);
    }
}

/// A line in colours.
fn coloured(line: &str) -> Vec<Piece> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    for (span, class) in tokens(line) {
        let meaning = match class {
            TokenClass::Keyword => Meaning::Title,
            TokenClass::Name => Meaning::Id,
            TokenClass::Key => Meaning::Key,
            TokenClass::Text => Meaning::String,
            TokenClass::Number => Meaning::Number,
            TokenClass::Comment => Meaning::Dim,
            TokenClass::Other => Meaning::Text,
        };
        pieces.push(piece(shown(line.get(at..span.start).unwrap_or_default()), Meaning::Text));
        pieces.push(piece(shown(line.get(span.clone()).unwrap_or_default()), meaning));
        at = span.end;
    }
    pieces.push(piece(shown(line.get(at..).unwrap_or_default()), Meaning::Text));
    pieces
}

/// A line without its first cells.
fn from(pieces: Vec<Piece>, skip: usize) -> Vec<Piece> {
    if skip == 0 {
        return pieces;
    }
    let mut left = skip;
    let cut = |(text, meaning): Piece| {
        let mut at = 0;
        for grapheme in text.graphemes(true) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(width(grapheme));
            at += grapheme.len();
        }
        piece(text.get(at..).unwrap_or_default().to_owned(), meaning)
    };
    pieces.into_iter().map(cut).collect()
}

/// Makes columns of a line look as `meaning` says, as far as they are on the screen.
fn shade(
    canvas: &mut Canvas<'_>,
    page: &Page,
    y: u16,
    skip: usize,
    (from, to): (usize, usize),
    meaning: Meaning,
) {
    let cells = usize::from(page.cells);
    let (from, to) = (from.saturating_sub(skip).min(cells), to.saturating_sub(skip).min(cells));
    let cell = |column: usize| u16::try_from(column).unwrap_or(u16::MAX);
    let x = page.inside.x + page.gutter + cell(from);
    canvas.shade(Rect { x, y, width: cell(to - from.min(to)), height: 1 }, meaning);
}

/// Marks what is searched for.
fn searched(model: &Model, canvas: &mut Canvas<'_>, page: &Page, y: u16, text: &str) {
    let wanted = &model.schema.search;
    if wanted.is_empty() {
        return;
    }
    if let Some(at) = find_in(text, wanted) {
        let columns = (column(text, at), column(text, at + wanted.len()));
        shade(canvas, page, y, model.schema.skip, columns, Meaning::Link);
    }
}

/// What differs from an applied schema.
fn difference(model: &Model, canvas: &mut Canvas<'_>, page: &Page) {
    let view = &model.schema;
    let (x, y) = (page.inside.x, page.inside.y);
    let Some(difference) = view.shown_difference() else {
        return super::waiting(model, canvas, (x, y, page.inside.width), "comparing");
    };
    let lines = difference.lines.iter().enumerate().skip(view.top).take(usize::from(page.rows));
    for (y, (at, line)) in (y..).zip(lines) {
        let row = Rect { y, height: 1, ..page.inside };
        let sign = sign(line);
        gutter(canvas, page, y, sign, &line.number.to_string());
        let text = looked_at(&line.text);
        let pieces = match sign {
            Some((_, meaning)) => vec![piece(shown(text), meaning)],
            None => coloured(text),
        };
        text_line(canvas, page, y, &from(pieces, view.skip));
        searched(model, canvas, page, y, text);
        canvas.hit(row, Hit::Row(SchemaPart::Source.number(), at));
        if at == view.line {
            let focus = view.focus == SchemaPart::Source;
            // What became of the line is said by the sign in the place of that of the selection.
            if sign.is_none() {
                canvas.select(row, focus);
            } else if focus {
                canvas.shade(row, Meaning::Selected);
                canvas.cursor = Some((row.x, row.y).into());
            }
        }
    }
    if difference.lines.iter().all(|line| line.fate == Fate::Same) && page.rows > 0 {
        let y = y + page.rows - 1;
        canvas.clear(Rect { y, height: 1, ..page.inside });
        canvas.put(x, y, page.inside.width, "nothing differs", Meaning::Ok);
    }
}

/// The sign of a line that is in one text only.
fn sign(line: &DiffLine) -> Option<(&'static str, Meaning)> {
    match line.fate {
        Fate::Same => None,
        Fate::Added => Some(("+", Meaning::Added)),
        Fate::Removed => Some(("-", Meaning::Removed)),
    }
}
