//! What can be done in every view.

use super::motion;
use crate::tui::model::{FilterBar, Help, Model, Name, Overlay, View, Zoom};
use crate::tui::msg::Effect;
use crate::tui::theme::{Meaning, Theme};

pub(crate) fn help(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Help(Help::default()));
    Vec::new()
}

pub(crate) use super::palette::open as palette;

pub(crate) fn filter(model: &mut Model) -> Vec<Effect> {
    let input = tui_input::Input::new(model.aggregates.filter.clone());
    model.overlay = Some(Overlay::Filter(FilterBar { input, recalled: None }));
    Vec::new()
}

/// Stops what takes long, or leaves what was gone into.
pub(crate) fn escape(model: &mut Model) -> Vec<Effect> {
    use crate::tui::worker::Slot;
    let stoppable = [Slot::Verify, Slot::Check, Slot::Copy, Slot::Seek, Slot::Prove];
    let running: Vec<Slot> =
        stoppable.into_iter().filter(|slot| model.asks.running(*slot).is_some()).collect();
    if running.is_empty() {
        motion::leave(model);
        return Vec::new();
    }
    for slot in &running {
        model.asks.forget(*slot);
    }
    model.say(Meaning::Warn, "stopped");
    running.into_iter().map(Effect::Cancel).collect()
}

/// One up; at the top that is out.
pub(crate) fn quit(model: &mut Model) -> Vec<Effect> {
    if motion::leave(model) {
        return Vec::new();
    }
    let texts = model.stage.kept_texts();
    if texts > 0 && !std::mem::replace(&mut model.stage.warned, true) {
        let texts = crate::tui::words::quantity(texts, "text", "texts");
        let text = format!("{texts} not staged: q again leaves, and writes them into files");
        model.say(Meaning::Warn, text);
        return Vec::new();
    }
    model.quit = true;
    Vec::new()
}

pub(crate) fn back(model: &mut Model) -> Vec<Effect> {
    if let Some(view) = model.back.pop() {
        model.forward.push(model.view);
        model.view = view;
    }
    Vec::new()
}

pub(crate) fn forward(model: &mut Model) -> Vec<Effect> {
    if let Some(view) = model.forward.pop() {
        model.back.push(model.view);
        model.view = view;
    }
    Vec::new()
}

pub(crate) fn reload(model: &mut Model) -> Vec<Effect> {
    super::reload(model);
    Vec::new()
}

pub(crate) fn redraw(_: &mut Model) -> Vec<Effect> {
    vec![Effect::Redraw]
}

pub(crate) fn suspend(_: &mut Model) -> Vec<Effect> {
    vec![Effect::Suspend]
}

pub(crate) fn larger(model: &mut Model) -> Vec<Effect> {
    model.zoom = match model.zoom {
        Zoom::Normal => Zoom::Half,
        Zoom::Half => Zoom::Full,
        Zoom::Full => Zoom::Normal,
    };
    Vec::new()
}

pub(crate) fn smaller(model: &mut Model) -> Vec<Effect> {
    model.zoom = match model.zoom {
        Zoom::Normal => Zoom::Full,
        Zoom::Half => Zoom::Normal,
        Zoom::Full => Zoom::Half,
    };
    Vec::new()
}

pub(crate) fn theme(model: &mut Model) -> Vec<Effect> {
    let now = Theme::ALL.into_iter().position(|theme| theme == model.look.theme).unwrap_or(0);
    let next = Theme::ALL.into_iter().cycle().nth(now + 1).unwrap_or_default();
    model.look.theme = next;
    model.say(Meaning::Text, format!("theme {}", next.as_str()));
    vec![Effect::Redraw]
}

/// The history of the selected aggregate; of the one that was looked at, where there is one and the list is not what is
/// looked at.
pub(crate) fn timeline(model: &mut Model) -> Vec<Effect> {
    let selected = model.aggregates.selected().map(|record| (Name::of(record), record.version));
    match selected {
        Some((name, version))
            if model.view == View::Aggregates || model.timeline.name.is_none() =>
        {
            super::timeline::open(model, name, version);
        }
        _ => super::open(model, View::Timeline),
    }
    Vec::new()
}

/// The next view, or the one before, round the tabs.
pub(crate) fn view(model: &mut Model, by: isize) -> Vec<Effect> {
    let next = motion::next(&View::ALL, model.view, by);
    open_view(model, next)
}

/// Opens a view as its key does.
pub(super) fn open_view(model: &mut Model, view: View) -> Vec<Effect> {
    let opener = format!("view-{}", view.title().to_lowercase());
    crate::tui::action::named(&opener).map(|action| super::run(model, action)).unwrap_or_default()
}
