//! What a version is: its state, what changed, its event, or all of it as it is stored.

use super::frame;
use crate::domain::Json;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, Shows, TimelinePane};
use crate::tui::theme::Meaning;
use crate::tui::views::lines::scrolled;
use crate::tui::views::waiting::{reading, waited};
use crate::tui::views::{event, json};
use crate::tui::worker::Slot;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.timeline;
    let focus = view.focus == TimelinePane::Detail;
    let title = title(model);
    let inside = frame(canvas, area, boxed, (&title, "d next view"), focus);
    let lines = lines(model);
    if lines.is_empty()
        && let Some(waited) = waited(model, &[Slot::Events, Slot::State, Slot::Changes])
    {
        return reading(model, canvas, (inside.x, inside.y, inside.width), waited);
    }
    scrolled(canvas, inside, &lines, view.scroll, focus);
}

/// `v43 → v46  [state|DIFF|event|raw]`
fn title(model: &Model) -> String {
    let view = &model.timeline;
    let what = match view.shows {
        Shows::Diff => {
            let (from, to) = view.compared();
            format!("v{from} {} v{to}", model.look.glyphs.arrow)
        }
        _ => format!("v{}", view.version),
    };
    let tabs = Shows::ALL.map(|shows| {
        let word = shows.as_str();
        if shows == view.shows { word.to_uppercase() } else { word.to_owned() }
    });
    format!("{what}  [{}]", tabs.join("|"))
}

/// All lines of what is shown: how far it can be scrolled.
pub(crate) fn lines(model: &Model) -> Vec<Vec<Piece>> {
    let view = &model.timeline;
    match view.shows {
        Shows::State => state(model),
        Shows::Diff => diff(model),
        Shows::Event => view.event().map(|found| event::about(found, model)).unwrap_or_default(),
        Shows::Raw => raw(model),
    }
}

fn state(model: &Model) -> Vec<Vec<Piece>> {
    let view = &model.timeline;
    let Some(folded) = view.state(view.version) else { return Vec::new() };
    if folded.record.erased.is_some() {
        return vec![vec![piece("its contents were destroyed", Meaning::Danger)]];
    }
    match folded.record.state.as_object() {
        Some(object) if object.is_empty() => vec![vec![piece("no fields", Meaning::Dim)]],
        Some(object) => json::tree(object, model.look.glyphs),
        None => Vec::new(),
    }
}

/// What differs, what was touched in between, what is the same, and how much of each.
fn diff(model: &Model) -> Vec<Vec<Piece>> {
    let (view, glyphs) = (&model.timeline, model.look.glyphs);
    let (from, to) = view.compared();
    let current = |changes: &&crate::tui::model::Changes| (changes.from, changes.to) == (from, to);
    let Some(found) = view.changes.as_ref().filter(current) else { return Vec::new() };
    let mut lines = json::changes(&found.made, &found.touched, glyphs);
    let same = view.state(to).and_then(|folded| folded.record.state.as_object());
    let mut unchanged = 0;
    if let Some(object) = same {
        let whole: crate::domain::json::Object = object
            .iter()
            .filter(|(key, _)| !json::touches(&found.made, &found.touched, key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        unchanged = whole.len();
        lines.extend(json::same(&whole, glyphs));
    }
    let dot = glyphs.dot;
    let count = format!(
        "{} changed {dot} {} touched {dot} {unchanged} same",
        found.made.len(),
        found.touched.len()
    );
    lines.push(Vec::new());
    lines.push(vec![piece(count, Meaning::Dim)]);
    lines
}

/// The record of the event, as the command line and HTTP give it.
fn raw(model: &Model) -> Vec<Vec<Piece>> {
    let Some(event) = model.timeline.event() else { return Vec::new() };
    // The shapes of the wire are plain data: writing them cannot fail.
    let text = serde_json::to_string(event).unwrap_or_default();
    let pretty = Json::parse(&text).map(|json| json.to_pretty()).unwrap_or(text);
    pretty.lines().map(|line| vec![plain(line.to_owned())]).collect()
}

/// The event of the version, where there is room for it beside the rest.
pub(super) fn event(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let view = &model.timeline;
    let title = format!("event v{}", view.version);
    let inside = canvas.frame(area, &title, "", false);
    let Some(found) = view.event() else { return };
    scrolled(canvas, inside, &event::about(found, model), 0, false);
}
