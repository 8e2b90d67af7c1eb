//! Tables whose columns line up, whatever the width of their characters.

use super::style::{Meaning, Painter, visible};
use unicode_width::UnicodeWidthStr;

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    meaning: Option<Meaning>,
}

impl Cell {
    /// A cell that means something.
    pub(crate) fn new(meaning: Meaning, text: impl AsRef<str>) -> Self {
        Self { text: visible(text.as_ref()), meaning: Some(meaning) }
    }

    /// A cell of ordinary text.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self { text: visible(text.as_ref()), meaning: None }
    }

    /// A cell of secondary text.
    pub(crate) fn dim(text: impl AsRef<str>) -> Self {
        Self::new(Meaning::Dim, text)
    }
}

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows under headings.
#[derive(Debug, Default)]
pub(crate) struct Table {
    headings: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
    /// How wide the columns of the rows that are out already were; nothing before the first.
    widths: Vec<usize>,
}

const GAP: &str = "  ";

impl Table {
    /// A table with these headings; empty ones only if all are.
    pub(crate) fn new(headings: &[(&'static str, Align)]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new(), widths: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, each at most `width` columns where there is a width: the last column gives way. The rows are taken
    /// out, so that a list of any length passes through; columns may grow from one time to the next.
    pub(crate) fn drain(&mut self, paint: Painter, width: Option<usize>) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let first = self.widths.is_empty();
        let widths = self.widest();
        let mut lines = Vec::with_capacity(self.rows.len() + 1);
        if first && self.headings.iter().any(|(heading, _)| !heading.is_empty()) {
            let cells: Vec<Cell> = self.headings.iter().map(|(text, _)| Cell::dim(text)).collect();
            lines.push(self.line(&cells, &widths, paint, width));
        }
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths, paint, width)));
        self.rows.clear();
        self.widths = widths;
        lines
    }

    fn widest(&self) -> Vec<usize> {
        let mut widths = self.widths.clone();
        if widths.is_empty() {
            widths = self.headings.iter().map(|(text, _)| text.width()).collect();
        }
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(cell.text.width());
            }
        }
        widths
    }

    fn line(&self, row: &[Cell], widths: &[usize], paint: Painter, width: Option<usize>) -> String {
        let mut line = String::new();
        let mut used = 0;
        for (index, (cell, column)) in row.iter().zip(widths).enumerate() {
            let last = index + 1 == row.len();
            let room = width.map(|width| width.saturating_sub(used));
            let text = match room {
                Some(room) if last => cut(&cell.text, room),
                _ => cell.text.clone(),
            };
            let pad = " ".repeat(column.saturating_sub(text.width()));
            let painted = match cell.meaning {
                Some(meaning) if !text.is_empty() => paint.paint(meaning, &text),
                _ => text,
            };
            let align = self.headings.get(index).map_or(Align::Left, |(_, align)| *align);
            if align == Align::Right {
                line.push_str(&pad);
            }
            line.push_str(&painted);
            if align == Align::Left && !last {
                line.push_str(&pad);
            }
            if !last {
                line.push_str(GAP);
            }
            used += column + GAP.len();
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// `text` in at most `room` columns, with `…` where something was left out.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > room {
            break;
        }
        out.push(c);
    }
    if room > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table =
            Table::new(&[("type", Align::Left), ("v", Align::Right), ("state", Align::Left)]);
        table.row(vec![Cell::plain("order"), Cell::plain("7"), Cell::plain("{\"a\":1}")]);
        table.row(vec![Cell::plain("世界"), Cell::plain("120"), Cell::plain("a long state")]);
        table
    }

    #[test]
    fn columns_line_up_by_display_width() {
        let lines = sample().drain(Painter::PLAIN, None);
        assert_eq!(
            lines,
            ["type     v  state", "order    7  {\"a\":1}", "世界   120  a long state"]
        );
    }

    #[test]
    fn a_long_table_passes_through_in_pieces() {
        let mut table = sample();
        table.drain(Painter::PLAIN, None);
        table.row(vec![Cell::plain("x"), Cell::plain("1"), Cell::plain("y")]);
        assert_eq!(table.drain(Painter::PLAIN, None), ["x        1  y"]);
        assert_eq!(table.drain(Painter::PLAIN, None), [""; 0]);
    }

    #[test]
    fn only_the_last_column_gives_way_to_the_terminal() {
        let lines = sample().drain(Painter::PLAIN, Some(18));
        assert_eq!(lines, ["type     v  state", "order    7  {\"a\":…", "世界   120  a lon…"]);
        assert_eq!(cut("世界世界", 5), "世界…");
        assert_eq!(cut("世界世界", 4), "世…");
        assert_eq!(cut("abc", 0), "");
    }
}
