//! The selected aggregate: its state, what happened to it last, and the last event of all.

use super::frame;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, Name, Pane, Recent};
use crate::tui::theme::Meaning;
use crate::tui::views::lines::scrolled;
use crate::tui::views::{event, json};
use crate::tui::words::{clock_or_day, ends};
use crate::wire::{AggregateRecord, Change, EventRecord};
use ratatui::layout::Rect;

pub(super) fn state(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.aggregates;
    let focus = view.focus == Pane::Preview;
    let Some(record) = view.selected() else {
        let inside = frame(canvas, area, boxed, ("state", ""), focus);
        return unselected(model, canvas, inside);
    };
    let title = format!("{} @ v{}", record.aggregate_id, record.version);
    let foot = format!("root {}", ends(&record.merkle_root, canvas.glyphs().cut));
    let inside = frame(canvas, area, boxed, (&title, &foot), focus);
    scrolled(canvas, inside, &lines(model, record, inside), view.scroll, focus);
}

/// Why there is nothing to show; nothing where the list is on its way.
fn unselected(model: &Model, canvas: &mut Canvas<'_>, inside: Rect) {
    if !model.aggregates.list.is_loaded() && model.error.is_none() {
        return;
    }
    canvas.put(inside.x, inside.y, inside.width, "no aggregate is selected", Meaning::Dim);
}

/// How many lines the state takes in a pane of this size: how far it can be scrolled.
pub(crate) fn lines(model: &Model, record: &AggregateRecord, inside: Rect) -> Vec<Vec<Piece>> {
    let glyphs = model.look.glyphs;
    let mut lines = match record.state.as_object() {
        _ if record.erased.is_some() => {
            vec![vec![piece("its contents were destroyed", Meaning::Danger)]]
        }
        Some(object) if object.is_empty() => vec![vec![piece("no fields", Meaning::Dim)]],
        Some(object) => {
            let tree = json::tree(object, glyphs);
            let low = tree.len() + 2 > usize::from(inside.height);
            if low && inside.width >= 44 {
                json::pairs(object, usize::from(inside.width), glyphs)
            } else {
                tree
            }
        }
        None => Vec::new(),
    };
    // Where the events have no pane of their own, the last one is told of here.
    let own_pane = super::layout(model).event.is_some();
    if let Some(event) = model.aggregates.last_event(record).filter(|_| !own_pane) {
        let room = usize::from(inside.height).saturating_sub(lines.len() + 1);
        lines.extend(std::iter::repeat_n(Vec::new(), room.min(1)));
        lines.push(summary(event, model));
    }
    lines
}

/// `event 48  order_paid  by alice  corr 7f3a…`
fn summary(event: &EventRecord, model: &Model) -> Vec<Piece> {
    let mut line = vec![
        piece(format!("event {}  ", event.version), Meaning::Dim),
        plain(format!("{}  ", event.event_type)),
        piece("by ", Meaning::Dim),
        plain(event.metadata.issued_by.user.clone()),
    ];
    let correlation = event.metadata.extensions.get("@correlation");
    if let Some(text) = correlation.and_then(|value| value.as_str()) {
        line.push(piece("  corr ", Meaning::Dim));
        line.push(piece(ends(text, model.look.glyphs.cut), Meaning::Hash));
    }
    line
}

/// What is known of the selected aggregate's past, if it is about what is selected now.
fn recent<'a>(model: &'a Model, record: &AggregateRecord) -> Option<&'a Recent> {
    let recent = model.aggregates.recent.as_ref()?;
    (recent.name == Name::of(record)).then_some(recent)
}

pub(super) fn events(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let inside = canvas.frame(area, "last events", "", false);
    let Some(record) = model.aggregates.selected() else {
        return unselected(model, canvas, inside);
    };
    let Some(recent) = recent(model, record) else { return };
    let glyphs = canvas.glyphs();
    let mut y = inside.y;
    let mut put = |canvas: &mut Canvas<'_>, line: &[Piece]| {
        if y < inside.bottom() {
            canvas.line(inside.x, y, inside.width, line);
        }
        y += 1;
    };
    let types = recent.steps.iter().map(|step| step.event.event_type.len()).max().unwrap_or(0);
    let wide = types.min(20);
    let digits = (recent.version.to_string().len() + 1).max(4);
    for step in &recent.steps {
        let event = &step.event;
        if recent.snapshots.contains(&event.version) {
            let text = format!("{} snapshot v{}", glyphs.snapshot, event.version);
            put(canvas, &[piece(text, Meaning::Hash)]);
        }
        let when = clock_or_day(model.now, &event.metadata.created_at);
        let when =
            if when.contains(':') { when.get(..5).unwrap_or(&when).to_owned() } else { when };
        let line = [
            piece(format!("v{:<digits$}", event.version), Meaning::Number),
            plain(crate::tui::text::pad(&event.event_type, wide)),
            piece(format!("  {when:<9} "), Meaning::Dim),
            piece(format!("{:<6} ", event.metadata.issued_by.user), Meaning::Dim),
        ];
        let line: Vec<Piece> = line.into_iter().chain(changed(&step.changes)).collect();
        put(canvas, &line);
    }
}

/// What an event changed, in a few words: `status total +carrier -coupon`.
fn changed(changes: &[Change]) -> impl Iterator<Item = Piece> {
    changes.iter().map(|change| {
        let path = change.path.trim_start_matches('/').replace('/', ".");
        match (&change.before, &change.after) {
            (None, _) => piece(format!("+{path} "), Meaning::Added),
            (_, None) => piece(format!("-{path} "), Meaning::Removed),
            _ => piece(format!("{path} "), Meaning::Changed),
        }
    })
}

pub(super) fn event(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let found = model.aggregates.selected().and_then(|record| {
        let step = recent(model, record)?.steps.first()?;
        Some(&step.event)
    });
    let title = found.map_or("event".to_owned(), |event| format!("event v{}", event.version));
    let inside = canvas.frame(area, &title, "", false);
    let Some(found) = found else {
        if model.aggregates.selected().is_none() {
            unselected(model, canvas, inside);
        }
        return;
    };
    scrolled(canvas, inside, &event::about(found, model), 0, false);
}
