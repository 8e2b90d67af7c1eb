//! The way to a new event: which aggregate, and what happens to it.

use super::compose;
use crate::domain::{AggregateId, AggregateType, EventType};
use crate::tui::action::Key;
use crate::tui::draft::Target;
use crate::tui::model::{Choice, Model, Name, Overlay, Picker, Step, name_of};
use crate::tui::msg::Effect;
use crate::tui::update::overlay;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::crossterm::event::KeyCode;
use tui_input::Input;

/// Ids that are offered: a screen of them, the rest is found by typing.
const IDS: usize = 200;

/// Asks what happens to the selected aggregate.
pub(crate) fn for_selected(model: &mut Model) -> Vec<Effect> {
    let name = model.aggregates.selected().map(Name::of);
    begin(model, name, None)
}

/// Asks what happens to the aggregate whose history is looked at: values are those of the version that is.
pub(crate) fn for_version(model: &mut Model) -> Vec<Effect> {
    let view = &model.timeline;
    let (name, version) = (view.name.clone(), view.version);
    begin(model, name, Some(version))
}

/// Asks for an aggregate too.
pub(crate) fn for_any(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Pick(Picker::default()));
    Vec::new()
}

fn begin(model: &mut Model, name: Option<Name>, version: Option<u64>) -> Vec<Effect> {
    if let Some(name) = name {
        model.overlay = Some(Overlay::Pick(Picker {
            step: Step::Event,
            first: Step::Event,
            aggregate_type: name.aggregate_type,
            id: name.id,
            version,
            ..Picker::default()
        }));
    }
    Vec::new()
}

/// What can be picked, by what was typed; what was typed itself where it can be something new.
pub(crate) fn choices(model: &Model, picker: &Picker) -> Vec<Choice> {
    let wanted = picker.input.value().trim();
    let (all, new) = match picker.step {
        Step::Type => (types(model), "a type without a schema"),
        Step::Id => (ids(model, picker), "a new one"),
        Step::Event => (events(model, picker), "an event without a schema"),
    };
    let mut found = matching(&all, wanted);
    let known = all.iter().any(|choice| choice.text == wanted);
    // The schema says which events there are, and refuses others.
    let declared = picker.step == Step::Event && declared(model, &picker.aggregate_type);
    // A name that cannot be one is not offered.
    let valid = match picker.step {
        Step::Type => AggregateType::new(wanted).is_ok(),
        Step::Id => AggregateId::new(wanted).is_ok(),
        Step::Event => EventType::new(wanted).is_ok(),
    };
    if valid && !known && !declared {
        found.push(Choice { text: wanted.to_owned(), about: new.to_owned() });
    }
    found
}

/// Whether the schema in force declares a type.
fn declared(model: &Model, kind: &str) -> bool {
    let schema = model.stage.schema.as_ref().and_then(|(_, schema)| schema.as_ref());
    schema.is_some_and(|schema| schema.aggregates.contains_key(kind))
}

fn matching(all: &[Choice], wanted: &str) -> Vec<Choice> {
    if wanted.is_empty() {
        return all.to_vec();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(wanted, CaseMatching::Smart, Normalization::Smart);
    let mut scored: Vec<(u32, &Choice)> = all
        .iter()
        .filter_map(|choice| {
            let mut letters = Vec::new();
            let text = Utf32Str::new(&choice.text, &mut letters);
            Some((pattern.score(text, &mut matcher)?, choice))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, choice)| choice.clone()).collect()
}

fn types(model: &Model) -> Vec<Choice> {
    let schema = model.stage.schema.as_ref().and_then(|(_, schema)| schema.as_ref());
    let mut types: Vec<Choice> = Vec::new();
    for kind in schema.iter().flat_map(|schema| schema.aggregates.values()) {
        let about = if kind.locked {
            "locked: it takes no events".to_owned()
        } else {
            crate::tui::words::quantity(
                u64::try_from(kind.events.len()).unwrap_or(0),
                "kind of event",
                "kinds of events",
            )
        };
        types.push(Choice { text: kind.name.clone(), about });
    }
    for count in model.status.iter().flat_map(|status| &status.types) {
        if !types.iter().any(|known| known.text == count.aggregate_type) {
            let about = "without a schema".to_owned();
            types.push(Choice { text: count.aggregate_type.clone(), about });
        }
    }
    types
}

/// The ids of the type that are in memory: those of the list, and those that are staged.
fn ids(model: &Model, picker: &Picker) -> Vec<Choice> {
    let mut ids: Vec<Choice> = Vec::new();
    let mut add = |name: &Name, about: String| {
        let new = !ids.iter().any(|known| known.text == name.id);
        if name.aggregate_type == picker.aggregate_type && new && ids.len() < IDS {
            ids.push(Choice { text: name.id.clone(), about });
        }
    };
    for (_, record) in model.aggregates.list.rows() {
        add(&Name::of(record), format!("v{}", record.version));
    }
    for operation in model.stage.operations() {
        add(&name_of(operation), "staged".to_owned());
    }
    ids
}

fn events(model: &Model, picker: &Picker) -> Vec<Choice> {
    let schema = model.stage.schema.as_ref().and_then(|(_, schema)| schema.as_ref());
    let kind = schema.and_then(|schema| schema.aggregates.get(&picker.aggregate_type));
    let Some(kind) = kind else { return Vec::new() };
    let event = |(name, rule): (&String, &crate::schema::EventRule)| {
        let fields = rule.fields.join(", ");
        let about = if fields.is_empty() { "any fields".to_owned() } else { fields };
        Choice { text: name.clone(), about }
    };
    kind.events.iter().map(event).collect()
}

/// A key while one picks.
pub(in crate::tui::update) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Pick(picker)) = &model.overlay else { return Vec::new() };
    match key.code() {
        KeyCode::Esc => {
            let back = if picker.step == picker.first { None } else { Some(before(picker)) };
            model.overlay = back.map(Overlay::Pick);
        }
        KeyCode::Enter => {
            let chosen = choices(model, picker).into_iter().nth(picker.cursor);
            if let Some(choice) = chosen {
                return picked(model, choice.text);
            }
        }
        KeyCode::Tab => {
            let chosen = choices(model, picker).into_iter().nth(picker.cursor);
            if let (Some(choice), Some(Overlay::Pick(picker))) = (chosen, model.overlay.as_mut()) {
                (picker.input, picker.cursor) = (Input::new(choice.text), 0);
            }
        }
        _ => overlay::edit(model, key),
    }
    Vec::new()
}

/// The step before, with what was picked there.
fn before(picker: &Picker) -> Picker {
    let (step, text) = match picker.step {
        Step::Type | Step::Id => (Step::Type, picker.aggregate_type.clone()),
        Step::Event => (Step::Id, picker.id.clone()),
    };
    Picker { step, input: Input::new(text), cursor: 0, ..picker.clone() }
}

fn picked(model: &mut Model, text: String) -> Vec<Effect> {
    let Some(Overlay::Pick(picker)) = model.overlay.take() else { return Vec::new() };
    let next = match picker.step {
        Step::Type => Picker { step: Step::Id, aggregate_type: text, ..picker },
        Step::Id => Picker { step: Step::Event, id: text, ..picker },
        Step::Event => {
            let name = Name { aggregate_type: picker.aggregate_type, id: picker.id };
            let target = Target::New { name, event: text, version: picker.version };
            return compose::begin(model, target);
        }
    };
    model.overlay = Some(Overlay::Pick(Picker { input: Input::default(), cursor: 0, ..next }));
    Vec::new()
}

/// The command that stages an event of the selected aggregate.
pub(crate) fn command(name: &Name) -> String {
    let quoted = crate::tui::update::select::quoted;
    format!("dbx stage add {} {} EVENT", quoted(&name.aggregate_type), quoted(&name.id))
}
