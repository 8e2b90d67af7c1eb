//! The page behind a code, or behind a kind of fault.

use super::popup;
use crate::tui::canvas::{Canvas, piece};
use crate::tui::model::Explain;
use crate::tui::text::{head, wrap};
use crate::tui::theme::Meaning;

/// Pages are written for 80 columns.
const WIDTH: u16 = 86;

/// What the lines of an example begin with.
const EXAMPLE: &str = "    ";

/// The lines of a page, none of them longer than `cells`: paragraphs are filled, examples stay as they are.
pub(crate) fn page(explain: &Explain, cells: usize) -> Vec<String> {
    let text = &explain.text;
    let (mut lines, mut paragraph) = (Vec::new(), String::new());
    let end = |paragraph: &mut String, lines: &mut Vec<String>| {
        if !paragraph.is_empty() {
            lines.extend(wrap(&std::mem::take(paragraph), cells));
        }
    };
    for line in text.lines() {
        if line.is_empty() || line.starts_with(EXAMPLE) {
            end(&mut paragraph, &mut lines);
            lines.push(head(line, cells).to_owned());
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    end(&mut paragraph, &mut lines);
    lines
}

/// How many cells a page has on a screen so wide.
pub(crate) fn cells(width: u16) -> usize {
    usize::from(WIDTH.min(width).saturating_sub(4))
}

pub(super) fn draw(explain: &Explain, canvas: &mut Canvas<'_>) {
    let lines = page(explain, cells(canvas.area().width));
    let high = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let keys = canvas.glyphs().keys;
    let foot = format!("{} {} scroll  Esc close", keys.up, keys.down);
    let inside = popup(canvas, (WIDTH, high), &format!("explain {}", explain.what), &foot);
    let most = lines.len().saturating_sub(usize::from(inside.height));
    let shown = lines.iter().skip(explain.scroll.min(most));
    for (y, line) in (inside.y..inside.bottom()).zip(shown) {
        let meaning = match line {
            line if line.starts_with(EXAMPLE) => Meaning::Key,
            line if line.starts_with(&explain.what) => Meaning::Title,
            _ => Meaning::Text,
        };
        canvas.line(inside.x, y, inside.width, &[piece(line.clone(), meaning)]);
    }
}
