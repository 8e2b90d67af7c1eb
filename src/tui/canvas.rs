//! What views draw on: cells by meaning, boxes, and the places that a mouse can hit.

use super::glyphs::{Glyphs, Lines};
use super::text::{fit, visible, width};
use super::theme::{Meaning, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::borrow::Cow;

/// How everything looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) theme: Theme,
    pub(crate) glyphs: &'static Glyphs,
    /// No boxes and no spinner: for readers that speak the screen.
    pub(crate) plain: bool,
}

/// What a click or the wheel does at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// Opens the view of this number.
    Tab(u8),
    /// Selects a row of a pane: the index in its list.
    Row(u8, usize),
    /// Gives the pane of this index the focus; the wheel scrolls it.
    Pane(u8),
    /// Runs the action of this name.
    Action(&'static str),
    /// Goes to a column of a track so wide.
    Track(u16, u16),
}

/// A piece of a line.
pub(crate) type Piece = (Cow<'static, str>, Meaning);

/// A piece that means something.
pub(crate) fn piece(text: impl Into<Cow<'static, str>>, meaning: Meaning) -> Piece {
    (text.into(), meaning)
}

/// A plain piece.
pub(crate) fn plain(text: impl Into<Cow<'static, str>>) -> Piece {
    (text.into(), Meaning::Text)
}

/// How many cells the pieces of a line take.
pub(crate) fn pieces_width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|(text, _)| width(text)).sum()
}

/// A frame that is being drawn.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    /// How everything looks.
    pub(crate) look: Look,
    /// What can be hit, the topmost last.
    pub(crate) hits: Vec<(Rect, Hit)>,
    /// Where the terminal's own cursor goes: on what has the focus, for those who hear the screen.
    pub(crate) cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, look: Look) -> Self {
        Self { buffer, look, hits: Vec::new(), cursor: None }
    }

    /// The whole of it.
    pub(crate) fn area(&self) -> Rect {
        self.buffer.area
    }

    pub(crate) fn glyphs(&self) -> &'static Glyphs {
        self.look.glyphs
    }

    /// Writes `text` at a place in at most `cells`, cut where it is longer, and gives how many cells it took.
    pub(crate) fn put(&mut self, x: u16, y: u16, cells: u16, text: &str, meaning: Meaning) -> u16 {
        let area = self.area();
        if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
            return 0;
        }
        let cells = usize::from(cells.min(area.right() - x));
        let text = fit(text, cells, self.look.glyphs.cut);
        let style = self.look.theme.style(meaning);
        let (end, _) = self.buffer.set_stringn(x, y, &text, cells, style);
        end - x
    }

    /// Writes pieces one behind the other, and gives how many cells they took.
    pub(crate) fn line(&mut self, x: u16, y: u16, cells: u16, pieces: &[Piece]) -> u16 {
        let mut taken = 0;
        for (text, meaning) in pieces {
            if taken >= cells {
                break;
            }
            taken += self.put(x + taken, y, cells - taken, text, *meaning);
        }
        taken
    }

    /// Writes pieces so that they end at the right edge of `cells`.
    pub(crate) fn line_right(&mut self, x: u16, y: u16, cells: u16, pieces: &[Piece]) -> u16 {
        let wide = u16::try_from(pieces_width(pieces)).unwrap_or(u16::MAX).min(cells);
        self.line(x + (cells - wide), y, wide, pieces)
    }

    /// Makes a stretch of a line look as `meaning` says, whatever is written there.
    pub(crate) fn shade(&mut self, area: Rect, meaning: Meaning) {
        let area = area.intersection(self.area());
        let style = self.look.theme.style(meaning);
        self.buffer.set_style(area, style);
    }

    /// Empties an area, for what is drawn over it.
    pub(crate) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.area());
        for position in area.positions() {
            if let Some(cell) = self.buffer.cell_mut(position) {
                cell.reset();
            }
        }
    }

    /// Remembers what a click at `area` does.
    pub(crate) fn hit(&mut self, area: Rect, hit: Hit) {
        self.hits.push((area, hit));
    }

    /// Draws a box with `title` in its top line and `foot` in its bottom line, and gives what is inside, one cell away
    /// from the sides.
    pub(crate) fn frame(&mut self, area: Rect, title: &str, foot: &str, focus: bool) -> Rect {
        let inside = Rect {
            x: area.x.saturating_add(2),
            y: area.y.saturating_add(1),
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        };
        if area.width < 4 || area.height < 2 {
            return Rect { width: 0, height: 0, ..inside };
        }
        let glyphs = self.look.glyphs;
        let lines = if focus { glyphs.heavy } else { glyphs.light };
        let edge = if focus { Meaning::Focus } else { Meaning::Dim };
        if !self.look.plain {
            self.edges(area, lines, edge);
        }
        let (room, named) = (area.width - 4, if focus { Meaning::Title } else { Meaning::Text });
        let space = if self.look.plain { "" } else { " " };
        if !title.is_empty() {
            let title = visible(title);
            let title = fit(&title, usize::from(room.saturating_sub(2)), glyphs.cut);
            self.put(area.x + 2, area.y, room, &format!("{space}{title}{space}"), named);
        }
        if !foot.is_empty() {
            let foot = [(format!("{space}{foot}{space}").into(), Meaning::Dim)];
            self.line_right(area.x + 2, area.bottom() - 1, room, &foot);
        }
        inside
    }

    fn edges(&mut self, area: Rect, lines: Lines, meaning: Meaning) {
        let [top_left, top_right, bottom_left, bottom_right] = lines.corners;
        let across = lines.horizontal.repeat(usize::from(area.width) - 2);
        let (x, y) = (area.x, area.y);
        self.put(x, y, area.width, &format!("{top_left}{across}{top_right}"), meaning);
        let bottom = format!("{bottom_left}{across}{bottom_right}");
        self.put(x, area.bottom() - 1, area.width, &bottom, meaning);
        for y in y + 1..area.bottom() - 1 {
            self.put(x, y, 1, lines.vertical, meaning);
            self.put(area.right() - 1, y, 1, lines.vertical, meaning);
        }
    }

    /// Marks a row as the selected one: reversed where its pane has the focus.
    pub(crate) fn select(&mut self, row: Rect, focus: bool) {
        self.put(row.x, row.y, 1, self.look.glyphs.selected, Meaning::Title);
        if focus {
            self.shade(row, Meaning::Selected);
            self.cursor = Some(Position { x: row.x, y: row.y });
        }
    }
}
