//! View 5: the schema's file with what is wrong in it, what it would change, and what that concerns.

mod affected;
mod changes;
mod diagnostics;
mod layout;
mod notes;
mod source;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use changes::line as change_line;
pub(crate) use layout::{bring_into_reach, bring_into_view, layout};

use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Model, SchemaPart};
use crate::tui::overlays;
use crate::tui::theme::Meaning;
use crate::tui::words::{age, quantity};
use crate::workspace::paths::SCHEMA_FILE;
use ratatui::layout::Rect;
use std::time::Duration;

/// How long nothing is said of what is on its way: most of it is there before.
const QUIET: Duration = Duration::from_millis(150);

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, _: Rect) {
    let layout = layout(model);
    for part in SchemaPart::ALL {
        let Some(area) = layout.part(part) else { continue };
        canvas.hit(area, Hit::Pane(part.number()));
        match part {
            SchemaPart::Source => source::draw(model, canvas, area, layout.boxed),
            SchemaPart::Diagnostics => diagnostics::draw(model, canvas, area, layout.boxed),
            SchemaPart::Changes => changes::draw(model, canvas, area, layout.boxed),
            SchemaPart::Affected => affected::draw(model, canvas, area, layout.boxed),
        }
    }
}

/// Says that something is on its way, where it takes long.
fn waiting(model: &Model, canvas: &mut Canvas<'_>, place: (u16, u16, u16), text: &str) {
    use crate::tui::worker::Slot;
    let slots = [Slot::InForce, Slot::Difference, Slot::Affected, Slot::Impact];
    let since = slots.into_iter().filter_map(|slot| model.asks.running(slot)).min();
    if since.is_none_or(|since| model.elapsed.saturating_sub(since) >= QUIET) {
        overlays::spinner(model, canvas, place, text);
    }
}

/// The name of the file.
fn file_name(model: &Model) -> String {
    let path = model.schema.seen.as_ref().and_then(|seen| seen.path.file_name());
    path.map_or(SCHEMA_FILE.to_owned(), |name| name.to_string_lossy().into_owned())
}

pub(super) fn crumbs(model: &Model) -> Vec<String> {
    let view = &model.schema;
    let mut crumbs = vec!["schema".to_owned(), file_name(model)];
    if let Some(version) = view.against {
        crumbs.push(format!("against {version}"));
    }
    if !view.search.is_empty() {
        crumbs.push(format!("/ {}", view.search));
    }
    crumbs
}

/// What is in force, and how the file stands to it.
pub(super) fn facts(model: &Model) -> Option<Vec<Piece>> {
    let view = &model.schema;
    let compared = view.compared.as_ref()?;
    let mut facts = match compared.in_force() {
        None => vec![piece("nothing applied yet", Meaning::Dim)],
        Some(version) => {
            let dot = model.look.glyphs.dot;
            let ago = match age(model.now, &version.applied_at).as_str() {
                "now" => "just now".to_owned(),
                age => format!("{age} ago"),
            };
            vec![plain(format!("applied {} {dot} {ago}", version.version))]
        }
    };
    let dot = piece(format!(" {} ", model.look.glyphs.dot), Meaning::Dim);
    let (text, meaning) = working(model)?;
    facts.extend([dot, piece(text, meaning)]);
    Some(facts)
}

/// How the file is, in words.
fn working(model: &Model) -> Option<(String, Meaning)> {
    let view = &model.schema;
    let Some(checked) = view.checked() else {
        let seen = view.seen.as_ref()?;
        let missing = matches!(seen.content, crate::tui::model::Content::Missing);
        let text = if missing { "no file" } else { "file cannot be read" };
        return Some((text.to_owned(), Meaning::Danger));
    };
    if checked.errors > 0 {
        let errors = u64::try_from(checked.errors).unwrap_or(u64::MAX);
        let errors = quantity(errors, "error", "errors");
        return Some((format!("working has {errors}"), Meaning::Danger));
    }
    let compared = view.current()?;
    Some(match (compared.is_applied(), compared.rows.len()) {
        (true, _) => ("working is applied".to_owned(), Meaning::Ok),
        (false, 0) => ("working means the same".to_owned(), Meaning::Ok),
        (false, 1) => ("1 change".to_owned(), Meaning::Changed),
        (false, changes) => (format!("{changes} changes"), Meaning::Changed),
    })
}

pub(super) fn subtitle(model: &Model) -> (Vec<Piece>, Vec<Piece>) {
    let view = &model.schema;
    let what = match view.focus {
        SchemaPart::Source => match view.against {
            Some(version) => format!("schema {version} {} working", model.look.glyphs.arrow),
            None => file_name(model),
        },
        SchemaPart::Diagnostics => "diagnostics".to_owned(),
        SchemaPart::Changes => "changes".to_owned(),
        SchemaPart::Affected if view.history => "applied schemas".to_owned(),
        SchemaPart::Affected => "affected".to_owned(),
    };
    let right = working(model).map(|(text, meaning)| {
        piece(text.trim_start_matches("working ").trim_start_matches("has ").to_owned(), meaning)
    });
    (vec![piece(what, Meaning::Title)], right.into_iter().collect())
}

/// What is wrong, on the tab, whatever view is open: errors, or else warnings.
pub(super) fn badge(model: &Model) -> String {
    let glyphs = model.look.glyphs;
    let Some(seen) = &model.schema.seen else { return String::new() };
    match &seen.content {
        crate::tui::model::Content::Text(checked) => match (checked.errors, checked.warnings) {
            (0, 0) => String::new(),
            (0, warnings) => format!("{}{warnings}", glyphs.warn),
            (errors, _) => format!("{}{errors}", glyphs.fault),
        },
        crate::tui::model::Content::Unreadable(_) => glyphs.fault.to_owned(),
        crate::tui::model::Content::Missing => String::new(),
    }
}
