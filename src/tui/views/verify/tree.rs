//! The way from the root to a leaf as a tree: only the nodes on it and their siblings.

use super::path::{Level, Node, State, path};
use super::{event, frame, head, position, which};
use crate::tui::canvas::{Canvas, Hit, Piece, piece, pieces_width};
use crate::tui::model::{Model, Part};
use crate::tui::text::wrap;
use crate::tui::theme::Meaning;
use crate::tui::views::waiting::waiting;
use crate::tui::words::{ends, quantity, thousands};
use crate::tui::worker::Slot;
use ratatui::layout::{Position, Rect};

/// Rows below which there are no branches: a line for each level.
const LOW: u16 = 8;

/// Cells from which on there is room for more than the hash.
const WIDE: u16 = 60;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let glyphs = canvas.glyphs();
    let focus = model.verify.focus == Part::Tree;
    let title = match (which(model), event(model)) {
        (Some(which), _) => format!("path of {which}"),
        (None, Some(event)) => format!("path of {event}"),
        (None, None) => "path".to_owned(),
    };
    let foot = if model.verify.fault.is_some() {
        format!("{} fault below  {} good", glyphs.fault, glyphs.node)
    } else {
        format!("{} path  {} sibling", glyphs.on_path, glyphs.node)
    };
    let inside = frame(canvas, area, boxed, (&title, &foot), focus);
    if focus {
        canvas.cursor = Some(Position { x: inside.x, y: inside.y });
    }
    let Some(path) = path(model) else { return nothing(model, canvas, inside) };
    if inside.height < LOW || canvas.look.plain {
        lines(model, canvas, inside, &path);
    } else {
        Drawing { model, inside, path: &path, y: inside.y }.draw(canvas);
    }
}

/// Why there is no way to show.
fn nothing(model: &Model, canvas: &mut Canvas<'_>, inside: Rect) {
    let view = &model.verify;
    let text = match (view.fault, &view.unproven, &view.subject) {
        (Some(_), ..) => "this fault is about no single event of the log",
        (None, Some(_), _) => "there is no proof",
        (None, None, None) => "no aggregate is selected: 1 shows them",
        (None, None, Some(_)) => {
            let place = (inside.x, inside.y, inside.width);
            return waiting(model, canvas, &[Slot::Way], place, "proving");
        }
    };
    for (y, line) in (inside.y..inside.bottom()).zip(wrap(text, usize::from(inside.width))) {
        canvas.put(inside.x, y, inside.width, &line, Meaning::Dim);
    }
}

/// A node on the way.
fn on_path(model: &Model, level: &Level, root: bool, wide: bool) -> Vec<Piece> {
    let (node, glyphs) = (&level.node, model.look.glyphs);
    let (sign, meaning) = match node.state {
        State::Faulty(_) => (glyphs.fault, Meaning::Danger),
        State::Unknown | State::Good => (glyphs.on_path, Meaning::Title),
    };
    let mut label = vec![piece(format!("{sign} "), meaning)];
    let recorded = model.status.as_ref().map(|status| status.root.as_str());
    match (&node.hash, recorded) {
        (Some(hash), Some(recorded)) if root && hash != recorded => {
            let arrow = glyphs.arrow;
            let text = format!("root {} {arrow} {}", head(recorded, model), head(hash, model));
            label.push(piece(text, Meaning::Danger));
        }
        (Some(hash), _) if root => {
            label.push(piece(format!("root {}", ends(hash, glyphs.cut)), Meaning::Hash));
        }
        _ if root => label.push(piece("root", Meaning::Title)),
        (Some(hash), _) if node.count() > 1 => label.push(piece(head(hash, model), Meaning::Hash)),
        _ if node.count() > 1 => {
            label.push(piece(quantity(node.count(), "event", "events"), Meaning::Text));
        }
        _ => label.push(piece(format!("leaf {}", thousands(node.to)), Meaning::Title)),
    }
    if (root || node.hash.is_some()) && node.count() > 1 && wide {
        label.push(piece(format!("  {}", thousands(node.count())), Meaning::Number));
    }
    label
}

/// What stands beside the way.
fn beside(model: &Model, node: &Node) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let (sign, meaning) = match node.state {
        State::Faulty(_) => (glyphs.fault, Meaning::Danger),
        State::Unknown | State::Good => (glyphs.node, Meaning::Dim),
    };
    let mut label = vec![piece(format!("{sign} "), meaning)];
    if let Some(hash) = &node.hash {
        label.push(piece(format!("{} ", head(hash, model)), Meaning::Hash));
    }
    label.push(piece(thousands(node.count()), Meaning::Number));
    match node.state {
        State::Unknown => {}
        State::Good => label.push(piece(format!(" {}", glyphs.ok), Meaning::Ok)),
        State::Faulty(faults) => {
            let text = format!(" {}{}", glyphs.fault, thousands(faults));
            label.push(piece(text, Meaning::Danger));
        }
    }
    label
}

/// What happened in the event of the leaf.
fn name(model: &Model) -> String {
    let view = &model.verify;
    if let Some(fault) = view.selected() {
        let version = fault.version.map(|version| format!(" v{version}")).unwrap_or_default();
        return match &fault.aggregate {
            Some(aggregate) => format!("{aggregate}{version}"),
            None => position(fault).map(|at| format!("#{}", thousands(at))).unwrap_or_default(),
        };
    }
    let kind = view.proven.as_ref().and_then(|proven| proven.verdict.event.as_ref());
    let kind = kind.map(|event| format!(" {}", event.event_type)).unwrap_or_default();
    event(model).map(|event| event + &kind).unwrap_or_default()
}

/// A line for each level, the root first.
fn lines(model: &Model, canvas: &mut Canvas<'_>, inside: Rect, path: &[Level]) {
    let cursor = model.verify.cursor.min(path.len().saturating_sub(1));
    let top = (cursor + 1).saturating_sub(usize::from(inside.height).max(1));
    for (y, (at, level)) in (inside.y..inside.bottom()).zip(path.iter().enumerate().skip(top)) {
        let row = Rect { y, height: 1, ..inside };
        let half = inside.width / 2;
        let label = on_path(model, level, at == 0, inside.width >= WIDE);
        canvas.line(inside.x + 2, y, inside.width.saturating_sub(2), &label);
        if let Some((sibling, left)) = &level.sibling {
            let side = if *left { "left " } else { "right " };
            let mut label = vec![piece(side, Meaning::Dim)];
            label.extend(beside(model, sibling));
            canvas.line(inside.x + half, y, inside.width - half, &label);
        } else if path.len() == 1 {
            canvas.put(inside.x + half, y, inside.width - half, &name(model), Meaning::Id);
        }
        canvas.hit(row, Hit::Row(Part::Tree.number(), at));
        if at == cursor {
            canvas.select(row, model.verify.focus == Part::Tree);
        }
    }
}

/// A tree that is being drawn.
struct Drawing<'a> {
    model: &'a Model,
    inside: Rect,
    path: &'a [Level],
    /// The next row.
    y: u16,
}

impl Drawing<'_> {
    fn draw(mut self, canvas: &mut Canvas<'_>) {
        let edges = self.path.len().saturating_sub(1);
        let height = usize::from(self.inside.height);
        let cursor = self.model.verify.cursor.min(edges);
        // With every level there are two rows for each and one for the name of the leaf.
        let whole = 2 * edges + 2 <= height;
        let shown = if whole { edges } else { height.saturating_sub(4) / 2 };
        let last = edges.saturating_sub(shown + 1);
        let start = if whole { 0 } else { cursor.saturating_sub(shown).min(last) };
        let folded = if whole { 0 } else { last.saturating_sub(start) };
        let mut column = self.inside.width * 2 / 5;
        let Some(apex) = self.path.get(start) else { return };
        self.node(canvas, column, start, apex);
        self.y += 1;
        let deepest = if whole { edges } else { start + shown };
        for at in start + 1..=deepest {
            column = self.pair(canvas, column, at, true);
        }
        if !whole {
            if folded > 0 {
                let more = quantity(u64::try_from(folded).unwrap_or(0), "level", "levels");
                let text = format!("{} {more}", canvas.glyphs().more);
                self.put(canvas, column, &[piece(text, Meaning::Dim)]);
                self.y += 1;
            }
            column = self.pair(canvas, column, edges, folded == 0);
        }
        let name = [piece(name(self.model), Meaning::Id)];
        let wide = u16::try_from(pieces_width(&name)).unwrap_or(u16::MAX);
        let most = self.inside.width.saturating_sub(wide);
        self.put(canvas, (column + 2).min(most), &name);
    }

    fn put(&self, canvas: &mut Canvas<'_>, column: u16, pieces: &[Piece]) -> u16 {
        if self.y >= self.inside.bottom() {
            return 0;
        }
        let room = self.inside.width.saturating_sub(column);
        canvas.line(self.inside.x + column, self.y, room, pieces)
    }

    /// A node on the way: what the cursor goes along.
    fn node(&self, canvas: &mut Canvas<'_>, column: u16, at: usize, level: &Level) {
        let label = on_path(self.model, level, at == 0, self.inside.width >= WIDE);
        let wide = self.put(canvas, column, &label);
        let area = Rect { x: self.inside.x + column, y: self.y, width: wide, height: 1 };
        canvas.hit(area, Hit::Row(Part::Tree.number(), at));
        if at == self.model.verify.cursor.min(self.path.len().saturating_sub(1)) && wide > 0 {
            if self.model.verify.focus == Part::Tree {
                canvas.shade(area, Meaning::Selected);
                canvas.cursor = Some(Position { x: area.x, y: area.y });
            } else {
                canvas.shade(area, Meaning::Title);
            }
        }
    }

    /// A node on the way and its sibling, below `column`; gives the column of the node.
    fn pair(&mut self, canvas: &mut Canvas<'_>, column: u16, at: usize, branch: bool) -> u16 {
        let Some(level) = self.path.get(at) else { return column };
        let Some((sibling, sibling_left)) = &level.sibling else { return column };
        let beside = beside(self.model, sibling);
        let label = on_path(self.model, level, false, self.inside.width >= WIDE);
        let cells = |label: &[Piece]| u16::try_from(pieces_width(label)).unwrap_or(u16::MAX);
        let (first, second) = if *sibling_left {
            (cells(&beside), cells(&label))
        } else {
            (cells(&label), cells(&beside))
        };
        let (left, right) = self.columns(column, at, first, second);
        if branch {
            self.branch(canvas, column, left, right);
            self.y += 1;
        }
        let (here, there) = if *sibling_left { (right, left) } else { (left, right) };
        self.put(canvas, there, &beside);
        self.node(canvas, here, at, level);
        self.y += 1;
        here
    }

    /// Where the two children of what stands at `column` are, which take `first` and `second` cells.
    fn columns(&self, column: u16, at: usize, first: u16, second: u16) -> (u16, u16) {
        let room = self.inside.width;
        // The tree gets narrower on its way down, as far as its labels let it.
        let narrower = u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(2);
        let gap = (room / 3).saturating_sub(narrower).max(first.saturating_add(1));
        let left = column.saturating_sub(gap / 2);
        let right = left.saturating_add(gap);
        let most = room.saturating_sub(second);
        if right <= most { (left, right) } else { (most.saturating_sub(gap), most) }
    }

    fn branch(&self, canvas: &mut Canvas<'_>, from: u16, left: u16, right: u16) {
        let glyphs = canvas.glyphs();
        let [top_left, top_right, ..] = glyphs.light.corners;
        let [tee_left, _, tee_right, _] = glyphs.track;
        let line: String = (left..=right)
            .map(|column| match column {
                _ if column == left && from <= left => tee_left,
                _ if column == right && from >= right => tee_right,
                _ if column == left => top_left,
                _ if column == right => top_right,
                _ if column == from => glyphs.fork,
                _ => glyphs.light.horizontal,
            })
            .collect();
        self.put(canvas, left, &[piece(line, Meaning::Dim)]);
    }
}
