//! The event that is looked at: its contents, what it changed, where it came from.

use super::{frame, short};
use crate::domain::Json;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Looked, Model, Name, TailPane};
use crate::tui::theme::Meaning;
use crate::tui::views::json;
use crate::tui::views::lines::{flow, scrolled};
use crate::tui::words::{ends, instant, thousands};
use crate::wire::EventRecord;
use ratatui::layout::Rect;

/// What is looked at: what is selected; where that is whichever is the newest, the last one that was read.
fn looked(model: &Model) -> Option<&Looked> {
    let view = &model.tail;
    let (looked, selected) = (view.looked.as_ref()?, view.selected()?);
    let same = looked.event.position == selected.position.to_string();
    Some(looked).filter(|_| same || (view.at.is_none() && view.paused.is_none()))
}

/// `order-42 v49 order_shipped`
pub(super) fn title(model: &Model) -> String {
    let Some(Looked { event, .. }) = looked(model) else { return "event".to_owned() };
    format!("{} v{} {}", short(&Name::of_event(event)), event.version, event.event_type)
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.tail;
    let focus = view.focus == TailPane::Event;
    let foot = match (looked(model), area.width) {
        (None, _) => String::new(),
        (Some(_), ..50) => format!("{} timeline", canvas.glyphs().keys.enter),
        (Some(_), _) => format!("{} timeline  y copy", canvas.glyphs().keys.enter),
    };
    let inside = frame(canvas, area, boxed, (&title(model), &foot), focus);
    scrolled(canvas, inside, &lines(model, inside.width), view.scroll, focus);
}

/// All lines of it: how far it can be scrolled.
pub(crate) fn lines(model: &Model, wide: u16) -> Vec<Vec<Piece>> {
    let Some(Looked { event, changes }) = looked(model) else {
        // One that is selected is there in a moment.
        let none = vec![piece("no event is selected", Meaning::Dim)];
        return if model.tail.selected().is_none() { vec![none] } else { Vec::new() };
    };
    let glyphs = model.look.glyphs;
    let mut lines = match (&event.payload, &event.patch) {
        (Some(Json::Object(payload)), _) => json::tree(payload, glyphs),
        (_, Some(patch)) => vec![vec![piece(patch.to_string(), Meaning::String)]],
        _ if event.erased.is_some() => {
            vec![vec![piece("its contents were destroyed", Meaning::Danger)]]
        }
        _ => Vec::new(),
    };
    let gap = |lines: &mut Vec<Vec<Piece>>| {
        if !lines.is_empty() {
            lines.push(Vec::new());
        }
    };
    // An event that made the aggregate changed what it holds, and nothing else.
    if event.version > 1 && !changes.is_empty() {
        gap(&mut lines);
        lines.extend(json::changes(changes, &[], glyphs));
    }
    gap(&mut lines);
    lines.extend(flow(facts(event, model), usize::from(wide)));
    lines
}

/// Where the event came from and where it is, each with its name.
fn facts(event: &EventRecord, model: &Model) -> Vec<[Piece; 2]> {
    let cut = model.look.glyphs.cut;
    let fact = |name: &'static str, value: Piece| [piece(format!("{name} "), Meaning::Dim), value];
    let meta = &event.metadata;
    let mut facts = vec![
        fact("actor", plain(meta.issued_by.user.clone())),
        fact("when", plain(instant(&meta.created_at))),
        fact("commit", plain(meta.commit.clone())),
    ];
    for (name, key) in [("corr", "@correlation"), ("cause", "@causation")] {
        if let Some(text) = meta.extensions.get(key).and_then(|value| value.as_str()) {
            facts.push(fact(name, piece(ends(text, cut), Meaning::Hash)));
        }
    }
    if let Some(note) = &meta.note {
        facts.push(fact("note", plain(note.clone())));
    }
    let position = thousands(event.position.parse().unwrap_or(0));
    facts.push(fact("position", piece(format!("#{position}"), Meaning::Number)));
    facts.push(fact("leaf", piece(ends(&event.hash, cut), Meaning::Hash)));
    facts.push(fact("root", piece(ends(&event.merkle_root, cut), Meaning::Hash)));
    facts
}
