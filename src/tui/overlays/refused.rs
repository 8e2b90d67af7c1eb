//! Why a text was not staged: what is wrong, at its places.

use super::popup;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::draft::{Pointed, Target};
use crate::tui::model::Refused;
use crate::tui::text::{fit, tail, visible, width, wrap};
use crate::tui::theme::Meaning;
use crate::tui::update::stage::short;
use crate::tui::views::lines::scrolled;
use ratatui::layout::Rect;

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
    let said = Rect { height: last.saturating_sub(inside.y), ..inside };
    scrolled(canvas, said, &lines, 0, false);
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

/// The line so that its place is in `room` cells, and how many cells are before the place. Of one long line the place is
/// what matters.
fn near(fault: &Pointed, room: usize, cut: &str) -> (String, usize) {
    let (before, behind) = fault.source.split_at(fault.at);
    let (shown, behind) = (visible(before), fit(behind, room.max(1), cut));
    // The last cell may be taken by the sign that says that there is more.
    if width(&shown) + fault.cells.1 < room {
        return (format!("{shown}{behind}"), width(&shown));
    }
    let kept = tail(&shown, room.saturating_sub(fault.cells.1 + 2).min(room / 2));
    (format!("{cut}{kept}{behind}"), width(cut) + width(kept))
}

/// The line, the place in it, and what is wrong there.
fn pointed(fault: &Pointed, canvas: &Canvas<'_>, cells: usize, said: &str) -> Vec<Vec<Piece>> {
    let edge = canvas.glyphs().light.vertical;
    let number = format!("{:>4} {edge} ", fault.line);
    let room = cells.saturating_sub(number.chars().count());
    let (source, before) = near(fault, room, canvas.glyphs().cut);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &str, place: &str) -> Pointed {
        let at = source.find(place).unwrap();
        let column = source[..at].chars().count() + 1;
        let (source, cells) = (source.to_owned(), (width(&source[..at]), width(place)));
        Pointed { line: 1, column, source, at, cells, message: String::new() }
    }

    #[test]
    fn the_place_is_on_the_screen_however_long_its_line_is() {
        assert_eq!(near(&fault("{\"a\": x}", "x"), 20, "…"), ("{\"a\": x}".to_owned(), 6));
        let line = format!("{{{}\"total\": x, \"rest\": 1}}", "\"a\": 1, ".repeat(40));
        let (shown, before) = near(&fault(&line, "x,"), 30, "…");
        assert_eq!((shown.chars().next(), before), (Some('…'), 16));
        assert_eq!(shown.chars().nth(before), Some('x'), "{shown}");
        let (shown, before) = near(&fault("{\t\"a\": x}", "x"), 20, "…");
        assert_eq!((shown.as_str(), before), ("{\\t\"a\": x}", 8), "as it is shown");
    }
}
