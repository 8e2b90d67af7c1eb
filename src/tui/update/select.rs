//! What is done to aggregates that are selected or marked.

use crate::tui::model::{Group, Line, Model, Name, Overlay};
use crate::tui::msg::{Effect, FilterEdit};
use crate::tui::theme::Meaning;
use crate::tui::worker::{AggregatesAsk, Ask, Slot};
use crate::wire::Sort;
use std::time::Duration;
use tui_input::Input;

/// The longest name of a filter: what the list of groups can show of it.
const NAME_CHARS_MAX: usize = 40;

pub(crate) fn mark(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.aggregates;
    if let Some(name) = view.selected().map(Name::of) {
        if !view.marks.remove(&name) {
            view.marks.insert(name);
        }
        view.list.step(1);
    }
    Vec::new()
}

/// Marks what is in memory, or nothing where that is marked already.
pub(crate) fn mark_all(model: &mut Model) -> Vec<Effect> {
    let view = &mut model.aggregates;
    let all: Vec<Name> = view.list.rows().map(|(_, record)| Name::of(record)).collect();
    if all.iter().all(|name| view.marks.contains(name)) {
        view.marks.clear();
    } else {
        view.marks.extend(all);
    }
    Vec::new()
}

pub(crate) fn next_order(model: &mut Model) -> Vec<Effect> {
    order(model, |sort| match sort {
        Sort::Id => Sort::Updated,
        Sort::Updated => Sort::Created,
        Sort::Created => Sort::Version,
        Sort::Version => Sort::Id,
    })
}

pub(crate) fn order_before(model: &mut Model) -> Vec<Effect> {
    order(model, |sort| match sort {
        Sort::Id => Sort::Version,
        Sort::Updated => Sort::Id,
        Sort::Created => Sort::Updated,
        Sort::Version => Sort::Created,
    })
}

fn order(model: &mut Model, next: fn(Sort) -> Sort) -> Vec<Effect> {
    model.aggregates.sort = next(model.aggregates.sort);
    model.aggregates.restart();
    Vec::new()
}

pub(crate) fn verify(model: &mut Model) -> Vec<Effect> {
    let names = model.aggregates.chosen();
    model.asks.forget(Slot::Verify);
    ask(model, Slot::Verify, AggregatesAsk::Verify(names))
}

fn ask(model: &mut Model, slot: Slot, ask: AggregatesAsk) -> Vec<Effect> {
    let elapsed = model.elapsed;
    let effect = model.asks.want(slot, Ask::Aggregates(ask), Duration::ZERO, elapsed);
    effect.into_iter().collect()
}

/// Asks for the name of the filter that is in force.
pub(crate) fn name_filter(model: &mut Model) -> Vec<Effect> {
    let name = match &model.aggregates.group {
        Group::Saved(filter) => filter.name.clone(),
        _ => String::new(),
    };
    model.overlay = Some(Overlay::Name(Line { input: Input::new(name), error: None }));
    Vec::new()
}

/// Keeps the filter that is in force by a name.
pub(super) fn save_filter(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    if name.is_empty() {
        return Err("a filter is kept by a name".to_owned());
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("a name has at most {NAME_CHARS_MAX} characters"));
    }
    let text = model.aggregates.to_save();
    Ok(vec![Effect::SaveFilter(FilterEdit { name: name.to_owned(), text })])
}

/// Why there is no filter to keep.
pub(crate) fn nothing_filtered(model: &Model) -> Option<String> {
    let kept = match (&model.aggregates.group, model.aggregates.is_filtered()) {
        (Group::Staged | Group::Faulty, _) => Some("this list is made anew each time"),
        (Group::Saved(_), false) => Some("this filter is saved"),
        (_, false) if model.aggregates.to_save().is_none() => {
            Some("there is no filter: `/` sets one")
        }
        _ => None,
    };
    kept.map(str::to_owned)
}

/// Removes the filter that is listed.
pub(crate) fn remove_filter(model: &mut Model) -> Vec<Effect> {
    let Group::Saved(filter) = &model.aggregates.group else { return Vec::new() };
    vec![Effect::SaveFilter(FilterEdit { name: filter.name.clone(), text: None })]
}

/// Why there is no saved filter to remove.
pub(crate) fn no_saved_filter(model: &Model) -> Option<String> {
    let saved = matches!(model.aggregates.group, Group::Saved(_));
    (!saved).then(|| "a saved filter is removed where it is shown".to_owned())
}

/// Why nothing can be done to what is selected.
pub(crate) fn nothing_selected(model: &Model) -> Option<String> {
    model.aggregates.chosen().is_empty().then(|| "nothing is selected".to_owned())
}

/// A text as an argument of a shell: in quotes where it would be more than one word, or none.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@#+,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The command that shows the selected aggregate.
pub(crate) fn show_command(model: &Model) -> Option<String> {
    let name = Name::of(model.aggregates.selected()?);
    Some(format!("dbx show {}", quoted(&name.to_string())))
}

/// The command that lists what is listed.
pub(crate) fn list_command(model: &Model) -> String {
    let query = model.aggregates.query();
    let mut words = vec!["dbx aggregate list".to_owned()];
    words.extend(query.aggregate_type.as_deref().map(quoted));
    words.extend(query.filter.as_deref().map(|filter| format!("--where {}", quoted(filter))));
    match query.sort {
        Sort::Id => {}
        Sort::Updated => words.push("--sort updated".to_owned()),
        Sort::Created => words.push("--sort created".to_owned()),
        Sort::Version => words.push("--sort version".to_owned()),
    }
    words.push("--archived".to_owned());
    words.join(" ")
}

/// The command that verifies the selected aggregate.
pub(crate) fn verify_command(model: &Model) -> Option<String> {
    let name = Name::of(model.aggregates.selected()?);
    let (kind, id) = (quoted(&name.aggregate_type), quoted(&name.id));
    Some(format!("dbx aggregate verify {kind} {id}"))
}

/// The command that proves the selected aggregate's last event.
pub(crate) fn prove_command(model: &Model) -> Option<String> {
    let record = model.aggregates.selected()?;
    let name = format!("{}@{}", Name::of(record), record.version);
    Some(format!("dbx prove {}", quoted(&name)))
}

pub(crate) fn copy_state(model: &mut Model) -> Vec<Effect> {
    let text = model.aggregates.selected().map(|record| record.state.to_pretty());
    text.map(Effect::Copy).into_iter().collect()
}

pub(crate) fn copy_names(model: &mut Model) -> Vec<Effect> {
    let names: Vec<String> = model.aggregates.chosen().iter().map(ToString::to_string).collect();
    vec![Effect::Copy(names.join("\n"))]
}

pub(crate) fn copy_json(model: &mut Model) -> Vec<Effect> {
    // The shapes of the wire are plain data: writing them cannot fail.
    let text = model.aggregates.selected().and_then(|record| serde_json::to_string(record).ok());
    text.map(Effect::Copy).into_iter().collect()
}

pub(crate) fn copy_proof(model: &mut Model) -> Vec<Effect> {
    let Some(name) = model.aggregates.selected().map(Name::of) else { return Vec::new() };
    model.asks.forget(Slot::Copy);
    ask(model, Slot::Copy, AggregatesAsk::Proof(name))
}

pub(crate) fn copy_command(model: &mut Model) -> Vec<Effect> {
    show_command(model).map(Effect::Copy).into_iter().collect()
}

pub(crate) fn edit_state(model: &mut Model) -> Vec<Effect> {
    let text = model.aggregates.selected().map(|record| record.state.to_pretty() + "\n");
    if text.is_some() {
        model.say(Meaning::Text, "what was changed there was not taken over: the log is");
    }
    text.map(|text| Effect::Edit(text, ".json")).into_iter().collect()
}
