//! Where the parts of the view are.

use super::source::{self, Page};
use crate::tui::chrome::{self, Shape};
use crate::tui::model::{Model, SchemaPart, Working, Zoom};
use crate::tui::views::area::{inside, split_left, split_top};
use ratatui::layout::Rect;

/// Where each part is; `None` for those that are not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) source: Option<Rect>,
    pub(crate) diagnostics: Option<Rect>,
    pub(crate) changes: Option<Rect>,
    pub(crate) affected: Option<Rect>,
    /// Whether parts are in boxes.
    pub(crate) boxed: bool,
}

impl Layout {
    /// Where a part is.
    pub(crate) fn part(&self, part: SchemaPart) -> Option<Rect> {
        match part {
            SchemaPart::Source => self.source,
            SchemaPart::Diagnostics => self.diagnostics,
            SchemaPart::Changes => self.changes,
            SchemaPart::Affected => self.affected,
        }
    }

    fn alone(part: SchemaPart, area: Rect, boxed: bool) -> Self {
        let mut layout = Self { boxed, ..Self::default() };
        match part {
            SchemaPart::Source => layout.source = Some(area),
            SchemaPart::Diagnostics => layout.diagnostics = Some(area),
            SchemaPart::Changes => layout.changes = Some(area),
            SchemaPart::Affected => layout.affected = Some(area),
        }
        layout
    }
}

/// Where the parts are on the screen of the model.
pub(crate) fn layout(model: &Model) -> Layout {
    let body = chrome::body(model.size);
    let (shape, focus) = (chrome::shape(model.size), model.schema.focus);
    let boxed = shape > Shape::List;
    if shape == Shape::TooSmall {
        return Layout::default();
    }
    if model.zoom == Zoom::Full || shape <= Shape::One {
        return Layout::alone(focus, body, boxed);
    }
    let in_source = focus == SchemaPart::Source;
    let wide = match model.zoom {
        Zoom::Half if in_source => body.width * 2 / 3,
        Zoom::Half => body.width / 3,
        _ if shape == Shape::Three => body.width - (body.width * 15 / 32).clamp(54, 90),
        _ => body.width * 11 / 20,
    };
    let (source, right) = split_left(body, wide);
    let source = Some(source);
    let count = model.schema.checked().map_or(0, |checked| checked.diagnostics.len());
    // The rows of the diagnostics, one that is empty, how many they are, and the box.
    let rows = u16::try_from(count.saturating_add(4)).unwrap_or(u16::MAX);
    if shape < Shape::Three {
        let (diagnostics, below) = split_top(right, rows.clamp(5, right.height * 9 / 20));
        // What is concerned takes the place of the changes that concern it.
        let (changes, affected) = match focus {
            SchemaPart::Affected => (None, Some(below)),
            _ => (Some(below), None),
        };
        return Layout { source, diagnostics: Some(diagnostics), changes, affected, boxed };
    }
    let (diagnostics, below) = split_top(right, rows.clamp(6, right.height / 4));
    let (changes, affected) = split_top(below, below.height * 9 / 16);
    let (diagnostics, changes, affected) = (Some(diagnostics), Some(changes), Some(affected));
    Layout { source, diagnostics, changes, affected, boxed }
}

/// Scrolls so that the cursor and what stands below its line are on the screen.
pub(crate) fn bring_into_view(model: &mut Model) {
    let lines = model.schema.lines();
    let line = model.schema.line.min(lines.saturating_sub(1));
    let Some(page) = page(model) else {
        (model.schema.line, model.schema.top) = (line, model.schema.top.min(line));
        return;
    };
    let lowest = highest_top(model, &page, line);
    let end = highest_top(model, &page, lines.saturating_sub(1));
    let view = &mut model.schema;
    view.line = line;
    // At the end of the text no half of the screen stays empty.
    view.top = view.top.min(end.max(lowest)).clamp(lowest, line.max(lowest));
}

/// Moves long lines so far to the side that the selected diagnostic can be seen.
pub(crate) fn bring_into_reach(model: &mut Model, checked: &Working) {
    let Some(page) = page(model) else { return };
    let diagnostic = model.schema.diagnostic;
    let own =
        |note: &&crate::tui::model::Note| note.diagnostic == diagnostic && note.beside.is_none();
    let Some(note) = checked.notes.iter().find(own) else { return };
    let cells = usize::from(page.cells);
    let column = source::column(checked.line(note.line), note.span.start);
    let skip = &mut model.schema.skip;
    if column < *skip || column + 4 > *skip + cells {
        *skip = if column + 4 <= cells { 0 } else { column.saturating_sub(cells / 2) };
    }
}

fn page(model: &Model) -> Option<Page> {
    let layout = layout(model);
    Some(source::page(model, inside(layout.source?, layout.boxed)))
}

/// The first line on the screen where `line` is the last one.
fn highest_top(model: &Model, page: &Page, line: usize) -> usize {
    let rows = usize::from(page.rows);
    let (mut top, mut taken) = (line, source::rows(model, page, line));
    while let Some(before) = top.checked_sub(1) {
        taken += source::rows(model, page, before);
        if taken > rows {
            break;
        }
        top = before;
    }
    top
}
