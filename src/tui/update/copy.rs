//! What of a history is copied, and the commands of a shell that show the same.

use super::select::quoted;
use crate::tui::model::{Model, Shows};
use crate::tui::msg::Effect;
use crate::tui::views::timeline::lines;

fn name(model: &Model) -> Option<String> {
    let view = &model.timeline;
    Some(format!("{}@{}", view.name.as_ref()?, view.version))
}

/// The command that shows the version.
pub(crate) fn version_command(model: &Model) -> Option<String> {
    Some(format!("dbx show {}", quoted(&name(model)?)))
}

/// The command that proves the version's event.
pub(crate) fn version_proof_command(model: &Model) -> Option<String> {
    Some(format!("dbx prove {}", quoted(&name(model)?)))
}

/// The command that shows the difference.
pub(crate) fn diff_command(model: &Model) -> Option<String> {
    let view = &model.timeline;
    let (from, to) = view.compared();
    // There is no state before the first event.
    let from = from.max(1);
    let between = format!("{}@{from}..{to}", view.name.as_ref()?);
    Some(format!("dbx diff {}", quoted(&between)))
}

/// Copies the command that shows what is shown.
pub(crate) fn command(model: &mut Model) -> Vec<Effect> {
    let command = match model.timeline.shows {
        Shows::Diff => diff_command(model),
        Shows::State | Shows::Event | Shows::Raw => version_command(model),
    };
    command.map(Effect::Copy).into_iter().collect()
}

/// Copies the text that is shown, without what is drawn around it; a state as JSON.
pub(crate) fn shown(model: &mut Model) -> Vec<Effect> {
    let view = &model.timeline;
    if let Some(folded) = view.state(view.version).filter(|_| view.shows == Shows::State) {
        return vec![Effect::Copy(folded.record.state.to_pretty())];
    }
    let text: Vec<String> = lines(model)
        .iter()
        .map(|line| line.iter().map(|(text, _)| text.as_ref()).collect::<String>())
        .map(|line| line.trim_end().to_owned())
        .collect();
    vec![Effect::Copy(text.join("\n"))]
}

pub(crate) fn version_name(model: &mut Model) -> Vec<Effect> {
    name(model).map(Effect::Copy).into_iter().collect()
}

pub(crate) fn event_json(model: &mut Model) -> Vec<Effect> {
    // The shapes of the wire are plain data: writing them cannot fail.
    let text = model.timeline.event().and_then(|event| serde_json::to_string(event).ok());
    text.map(Effect::Copy).into_iter().collect()
}
