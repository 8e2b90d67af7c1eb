//! Why a text was not staged: what is wrong, at its places.

use super::popup;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::draft::{Pointed, Target};
use crate::tui::model::Refused;
use crate::tui::text::wrap;
use crate::tui::theme::Meaning;
use crate::tui::update::stage::short;

/// How wide it is at most.
const WIDTH: u16 = 76;

pub(super) fn draw(refused: &Refused, canvas: &mut Canvas<'_>) {
    let width = WIDTH.min(canvas.area().width);
    let lines = lines(refused, canvas, usize::from(width.saturating_sub(4)));
    let high = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
    let title = match &refused.target {
        Target::New { name, event, .. } => format!("{event} on {} was not staged", short(name)),
        Target::Staged(id) => format!("{id} was not changed"),
    };
    let inside = popup(canvas, (width, high), &title, "the text is kept while this is open");
    let last = inside.bottom().saturating_sub(1);
    for (y, line) in (inside.y..last).zip(lines) {
        canvas.line(inside.x, y, inside.width, &line);
    }
    let keys = [
        piece(canvas.glyphs().keys.enter, Meaning::Key),
        plain(" edit it again   "),
        piece("Esc", Meaning::Key),
        plain(" keep it for later   "),
        piece("D", Meaning::Key),
        plain(" throw it away"),
    ];
    canvas.line(inside.x, last, inside.width, &keys);
    canvas.cursor = Some((inside.x, last).into());
}

fn lines(refused: &Refused, canvas: &Canvas<'_>, cells: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for line in wrap(&refused.message, cells) {
        lines.push(vec![piece(line, Meaning::Danger)]);
    }
    for fault in &refused.faults {
        lines.push(Vec::new());
        lines.extend(pointed(fault, canvas, cells, &refused.message));
    }
    if let Some(help) = &refused.help {
        lines.push(Vec::new());
        lines.extend(wrap(help, cells).into_iter().map(|line| vec![piece(line, Meaning::Dim)]));
    }
    lines.push(Vec::new());
    lines
}

/// The line, the place in it, and what is wrong there.
fn pointed(fault: &Pointed, canvas: &Canvas<'_>, cells: usize, said: &str) -> Vec<Vec<Piece>> {
    let edge = canvas.glyphs().light.vertical;
    let number = format!("{:>4} {edge} ", fault.line);
    let room = cells.saturating_sub(number.chars().count());
    let indent = fault.source.len() - fault.source.trim_start().len();
    // What is far to the right is brought near: the place is what matters.
    let skipped = if fault.cells.0 + fault.cells.1 > room { indent.min(fault.cells.0) } else { 0 };
    let source: String = fault.source.chars().skip(skipped).collect();
    let before = fault.cells.0.saturating_sub(skipped).min(room.saturating_sub(1));
    let wide = fault.cells.1.min(room.saturating_sub(before)).max(1);
    let mark = format!("     {edge} {}{}", " ".repeat(before), "^".repeat(wide));
    let mut lines =
        vec![vec![piece(number, Meaning::Dim), plain(source)], vec![piece(mark, Meaning::Danger)]];
    if fault.message != said {
        let text = wrap(&fault.message, cells.saturating_sub(7));
        lines.extend(text.into_iter().map(|line| vec![plain(format!("       {line}"))]));
    }
    lines
}
