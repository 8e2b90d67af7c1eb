//! The lines of the preview and of the detail, kept from one frame to the next.

use super::{detail, layout, preview};
use crate::tui::canvas::Piece;
use crate::tui::model::{DetailOf, Model, PreviewOf, StagePane, View};
use crate::tui::words::age;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Makes the lines anew that are on the screen and are not what they were made of any more.
pub(crate) fn keep(model: &mut Model) {
    if model.view != View::Stage {
        return;
    }
    let layout = layout(model);
    if layout.preview.is_some() {
        let of = preview_of(model);
        if model.stage.kept.preview.as_ref().is_none_or(|(kept, _)| *kept != of) {
            model.stage.kept.preview = Some((of, preview::lines(model)));
        }
    }
    if let Some(inside) = layout.inside(StagePane::Detail) {
        let of = detail_of(model, inside);
        if model.stage.kept.detail.as_ref().is_none_or(|(kept, _)| *kept != of) {
            model.stage.kept.detail = Some((of, detail::lines(model, inside)));
        }
    }
}

/// All lines of the preview: how far it can be scrolled.
pub(crate) fn preview_lines(model: &Model) -> Cow<'_, [Vec<Piece>]> {
    match &model.stage.kept.preview {
        Some((of, lines)) if *of == preview_of(model) => Cow::Borrowed(lines),
        _ => Cow::Owned(preview::lines(model)),
    }
}

/// All lines of the detail: how far it can be scrolled.
pub(crate) fn detail_lines(model: &Model, inside: Rect) -> Cow<'_, [Vec<Piece>]> {
    match &model.stage.kept.detail {
        Some((of, lines)) if *of == detail_of(model, inside) => Cow::Borrowed(lines),
        _ => Cow::Owned(detail::lines(model, inside)),
    }
}

fn preview_of(model: &Model) -> PreviewOf {
    let view = &model.stage;
    PreviewOf {
        read: view.read,
        left_out: view.left_out.clone(),
        split: view.split,
        glyphs: model.look.glyphs,
    }
}

fn detail_of(model: &Model, inside: Rect) -> DetailOf {
    let view = &model.stage;
    let mut ages = Vec::new();
    if let Some(one) = view.selected() {
        let events = one.conflict.iter().flat_map(|conflict| &conflict.events);
        let times = events.map(|event| &event.created_at).chain([&one.staged_at]);
        ages.extend(times.map(|time| age(model.now, time)));
    }
    DetailOf {
        read: view.read,
        cursor: view.cursor,
        split: view.split,
        glyphs: model.look.glyphs,
        size: (inside.width, inside.height),
        schema: view.schema.as_ref().map(|(version, schema)| (*version, schema.is_some())),
        ages,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::shop;

    #[test]
    fn lines_are_made_once_and_anew_where_something_changed() {
        let mut stage = shop::open(80, 24);
        stage.press("4");
        let inside = |stage: &crate::tui::testing::Stage| {
            layout(&stage.model).inside(StagePane::Detail).unwrap()
        };
        let is_kept = |stage: &crate::tui::testing::Stage| {
            let detail = detail_lines(&stage.model, inside(stage));
            let preview = preview_lines(&stage.model);
            assert_eq!(*preview, preview::lines(&stage.model));
            assert_eq!(*detail, detail::lines(&stage.model, inside(stage)));
            matches!(detail, Cow::Borrowed(_)) && matches!(preview, Cow::Borrowed(_))
        };
        for keys in ["j", "space", "d", "J", "tab", "+", "D", "u"] {
            stage.press(keys);
            assert!(is_kept(&stage), "behind {keys}");
        }
        let made = stage.model.stage.kept.preview.as_ref().map(|(_, lines)| lines.as_ptr());
        stage.press("k").wait(std::time::Duration::from_secs(1));
        let now = stage.model.stage.kept.preview.as_ref().map(|(_, lines)| lines.as_ptr());
        assert_eq!(made, now, "another cursor changes nothing about the preview");
    }
}
