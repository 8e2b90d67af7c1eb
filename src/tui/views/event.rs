//! Everything about an event, a fact in a line.

use super::json;
use crate::domain::Json;
use crate::tui::canvas::{Piece, piece, plain};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::words::{ends, instant};
use crate::wire::EventRecord;

/// Everything about an event, a fact in a line.
pub(crate) fn about(event: &EventRecord, model: &Model) -> Vec<Vec<Piece>> {
    let cut = model.look.glyphs.cut;
    let fact =
        |name: &'static str, value: Piece| vec![piece(format!("{name:<9}"), Meaning::Dim), value];
    let mut lines = vec![vec![piece(event.event_type.clone(), Meaning::Title)]];
    let meta = &event.metadata;
    lines.push(fact("actor", plain(meta.issued_by.user.clone())));
    lines.push(fact("when", plain(instant(&meta.created_at))));
    lines.push(fact("commit", plain(meta.commit.clone())));
    for (name, key) in [("corr", "@correlation"), ("cause", "@causation")] {
        if let Some(text) = meta.extensions.get(key).and_then(|value| value.as_str()) {
            lines.push(fact(name, piece(text.to_owned(), Meaning::Hash)));
        }
    }
    if let Some(note) = &meta.note {
        lines.push(fact("note", plain(note.clone())));
    }
    lines.push(fact("position", piece(format!("#{}", event.position), Meaning::Number)));
    lines.push(fact("leaf", piece(ends(&event.hash, cut), Meaning::Hash)));
    lines.push(Vec::new());
    match (&event.payload, &event.patch) {
        (Some(Json::Object(payload)), _) => lines.extend(json::tree(payload, model.look.glyphs)),
        (_, Some(patch)) => lines.push(fact("patch", piece(patch.to_string(), Meaning::String))),
        _ if event.erased.is_some() => {
            lines.push(vec![piece("its contents were destroyed", Meaning::Danger)]);
        }
        _ => {}
    }
    lines
}
