//! What stands there where there is no file to show.

use crate::tui::canvas::{Canvas, Piece, piece};
use crate::tui::model::{Compared, Model};
use crate::tui::text::wrap;
use crate::tui::theme::Meaning;
use ratatui::layout::Rect;

pub(super) fn missing(model: &Model, canvas: &mut Canvas<'_>, inside: Rect) {
    let mut lines = vec![
        vec![piece("There is no schema.dbx.", Meaning::Title)],
        Vec::new(),
        vec![piece("dbx init", Meaning::Key), piece("  writes one to begin with", Meaning::Text)],
        vec![piece("e", Meaning::Key), piece("  begins one in $EDITOR", Meaning::Text)],
    ];
    lines.extend(kept(model));
    show(canvas, inside, &lines);
}

pub(super) fn unreadable(model: &Model, canvas: &mut Canvas<'_>, inside: Rect, why: &str) {
    let fault = model.look.glyphs.fault;
    let title = format!("{fault} schema.dbx cannot be read");
    let mut lines = vec![vec![piece(title, Meaning::Danger)], Vec::new()];
    let words = wrap(why, usize::from(inside.width));
    lines.extend(words.into_iter().map(|line| vec![piece(line, Meaning::Text)]));
    lines.extend(kept(model));
    show(canvas, inside, &lines);
}

/// That nothing changes by it.
fn kept(model: &Model) -> Vec<Vec<Piece>> {
    let version = model.schema.compared.as_ref().map_or(0, Compared::version);
    if version == 0 {
        return Vec::new();
    }
    vec![Vec::new(), vec![piece(format!("schema {version} stays in force"), Meaning::Ok)]]
}

fn show(canvas: &mut Canvas<'_>, inside: Rect, lines: &[Vec<Piece>]) {
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let above = inside.height.saturating_sub(rows) / 3;
    for (y, line) in (inside.y + above..inside.bottom()).zip(lines) {
        canvas.line(inside.x, y, inside.width, line);
    }
}
