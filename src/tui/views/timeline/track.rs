//! The scrubber: when how much happened, and where one is.

use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Model, Name, Track};
use crate::tui::theme::Meaning;
use crate::tui::words::{instant, quantity};
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, name: &Name) {
    let view = &model.timeline;
    let glyphs = canvas.glyphs();
    let size = quantity(view.last, "event", "events");
    let day = |micros: &(u64, i64)| {
        let time = crate::domain::Timestamp::from_micros(micros.1).to_string();
        time.get(..10).unwrap_or(&time).to_owned()
    };
    let ends = view.track.as_ref().and_then(|track| track.times.first().zip(track.times.last()));
    let since = ends.map(|(first, last)| {
        let (first, last) = (day(first), day(last));
        let until = if first == last { String::new() } else { format!(" {} {last}", glyphs.arrow) };
        format!(" {} {first}{until}", glyphs.dot)
    });
    let title = format!("{name} {} {size}{}", glyphs.dot, since.unwrap_or_default());
    let foot = if view.live { "live" } else { "[ ] snapshot  { } day  T live" };
    let inside = canvas.frame(area, &title, foot, false);
    if let Some(track) = &view.track {
        line(model, canvas, inside, track);
    }
    let at = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
    canvas.line(at.x, at.y, at.width, &place(model));
}

fn line(model: &Model, canvas: &mut Canvas<'_>, inside: Rect, track: &Track) {
    let (view, glyphs) = (&model.timeline, canvas.glyphs());
    let wide = inside.width;
    if wide < 3 || inside.height < 4 {
        return;
    }
    let density = track.density(wide);
    let most = density.iter().copied().max().unwrap_or(0).max(1);
    for (x, count) in (inside.x..).zip(&density) {
        // Something is never as low as nothing, and a few are no peak.
        let level = 1 + (count * 7).div_ceil(most.max(4));
        let level = usize::try_from(level).unwrap_or(8).min(8);
        let bar = glyphs.bars.get(level).copied().unwrap_or_default();
        let meaning = if *count == 0 { Meaning::Dim } else { Meaning::Focus };
        canvas.put(x, inside.y, 1, bar, meaning);
    }
    let [start, across, end, here] = glyphs.track;
    let middle = across.repeat(usize::from(wide - 2));
    let y = inside.y + 1;
    canvas.put(inside.x, y, wide, &format!("{start}{middle}{end}"), Meaning::Dim);
    // A long history has thousands of them, and most share their column with others.
    let mut columns: Vec<u16> =
        track.snapshots.iter().map(|snapshot| track.column(*snapshot, wide)).collect();
    columns.dedup();
    for column in columns {
        canvas.put(inside.x + column, y, 1, glyphs.snapshot, Meaning::Hash);
    }
    let now = track.column(view.version, wide);
    canvas.put(inside.x + now, y, 1, here, Meaning::Title);
    if let Some(compare) = view.compare {
        let x = inside.x + track.column(compare, wide);
        canvas.put(x, y + 1, 1, glyphs.compare, Meaning::Changed);
    }
    canvas.put(inside.x + now, y + 1, 1, glyphs.here, Meaning::Title);
    for column in 0..wide {
        let place = Rect { x: inside.x + column, y: inside.y, width: 1, height: 3 };
        canvas.hit(place, Hit::Track(column, wide));
    }
}

/// `v46 of 48   2026-11-20 13:58:02   compare ◇ v43`
fn place(model: &Model) -> Vec<Piece> {
    let (view, glyphs) = (&model.timeline, model.look.glyphs);
    let mut line = vec![
        piece(format!("v{}", view.version), Meaning::Title),
        piece(format!(" of {}", view.last), Meaning::Dim),
    ];
    if let Some(event) = view.event() {
        line.push(plain(format!("   {}", instant(&event.metadata.created_at))));
    }
    if let Some(compare) = view.compare {
        line.push(piece(format!("   compare {} v{compare}", glyphs.compare), Meaning::Changed));
    }
    line
}
