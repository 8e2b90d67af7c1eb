//! The events, the newest first.

use super::frame;
use crate::tui::canvas::{Canvas, Hit, piece};
use crate::tui::model::{Model, TimelinePane};
use crate::tui::theme::Meaning;
use crate::tui::words::{clock_or_day, instant, thousands};
use crate::wire::EventRecord;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.timeline;
    let focus = view.focus == TimelinePane::Events;
    let foot = format!("{}/{}", thousands(view.version), thousands(view.last));
    let inside = frame(canvas, area, boxed, ("events", &foot), focus);
    let digits = u16::try_from(view.last.to_string().len()).unwrap_or(4);
    let rows = usize::from(inside.height).min(view.events.total().rows());
    let top = view.events.top + rows;
    for (y, row) in (inside.y..inside.bottom()).zip((view.events.top..top).rev()) {
        let line = Rect { y, height: 1, ..inside };
        if let Some(event) = view.events.get(row) {
            draw_row(model, canvas, line, event, digits);
        } else {
            let blank = canvas.glyphs().blank.repeat(12);
            canvas.put(line.x + 4, y, line.width.saturating_sub(4), &blank, Meaning::Dim);
        }
        canvas.hit(line, Hit::Row(TimelinePane::Events.number(), row));
        if row == view.events.cursor {
            canvas.select(line, focus);
        }
    }
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_>, line: Rect, event: &EventRecord, digits: u16) {
    let (view, glyphs, y) = (&model.timeline, canvas.glyphs(), line.y);
    let snapshots = view.track.as_ref().map(|track| track.snapshots.as_slice());
    let sign = if view.compare == Some(event.version) {
        Some((glyphs.compare, Meaning::Changed))
    } else if snapshots.is_some_and(|snapshots| snapshots.binary_search(&event.version).is_ok()) {
        Some((glyphs.snapshot, Meaning::Hash))
    } else {
        None
    };
    if let Some((sign, meaning)) = sign {
        canvas.put(line.x + 1, y, 1, sign, meaning);
    }
    let mut x = line.x + 3;
    canvas.put(x, y, digits + 1, &format!("v{}", event.version), Meaning::Number);
    x += digits + 2;
    let room = line.right().saturating_sub(x);
    let time = &event.metadata.created_at;
    let when = if room >= 42 { instant(time) } else { clock_or_day(model.now, time) };
    let right = [piece(when, Meaning::Dim)];
    // A narrow list says what happened rather than when.
    let taken = if room >= 22 { canvas.line_right(x, y, room, &right) + 1 } else { 0 };
    let meaning = if event.erased.is_some() { Meaning::Danger } else { Meaning::Text };
    canvas.put(x, y, room.saturating_sub(taken), &event.event_type, meaning);
}
