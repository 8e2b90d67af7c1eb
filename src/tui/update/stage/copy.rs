//! What of the stage is copied, and the commands of a shell that do the same.

use crate::domain::Json;
use crate::tui::model::{Model, name_of};
use crate::tui::msg::Effect;
use crate::tui::update::select::quoted;
use crate::wire::Operation;

pub(crate) fn value(model: &mut Model) -> Vec<Effect> {
    let operation = model.stage.selected().map(|one| &one.operation);
    let content = operation.and_then(|one| one.payload.as_ref().or(one.patch.as_ref()));
    let text = content.map_or_else(|| "{}".to_owned(), Json::to_pretty);
    vec![Effect::Copy(text)]
}

pub(crate) fn name(model: &mut Model) -> Vec<Effect> {
    let name = model.stage.selected().map(|one| name_of(one).to_string());
    name.map(Effect::Copy).into_iter().collect()
}

pub(crate) fn json(model: &mut Model) -> Vec<Effect> {
    // The shapes of the wire are plain data: writing them cannot fail.
    let text = model.stage.selected().and_then(|one| serde_json::to_string(&one.operation).ok());
    text.map(Effect::Copy).into_iter().collect()
}

pub(crate) fn command(model: &mut Model) -> Vec<Effect> {
    add_command(model).map(Effect::Copy).into_iter().collect()
}

/// The command that stages the selected operation; what dbx writes itself has commands of its own.
pub(crate) fn add_command(model: &Model) -> Option<String> {
    let operation = &model.stage.selected()?.operation;
    let Operation { aggregate_type, aggregate_id, event_type, .. } = operation;
    let place = format!("{} {}", quoted(aggregate_type), quoted(aggregate_id));
    let mut words = match event_type.as_str() {
        "dbx_archived" => vec![format!("dbx aggregate archive {place} --stage")],
        "dbx_restored" => vec![format!("dbx aggregate restore {place} --stage")],
        event => vec![format!("dbx stage add {place} {}", quoted(event))],
    };
    let staged_alone = model.stage.selected()?.version == 1;
    if staged_alone && operation.exists != Some(true) && operation.patch.is_none() {
        words.push("--create".to_owned());
    }
    for (flag, content) in [
        ("--payload", &operation.payload),
        ("--patch", &operation.patch),
        ("--metadata", &operation.metadata),
    ] {
        if let Some(content) = content {
            words.push(format!("{flag} {}", quoted(&content.to_string())));
        }
    }
    words.extend(operation.note.iter().map(|note| format!("--note {}", quoted(note))));
    Some(words.join(" "))
}

/// The command that commits what is selected; none where nothing is.
pub(crate) fn commit_command(model: &Model) -> Option<String> {
    let message = &model.stage.message;
    let message = if message.is_empty() { "MESSAGE" } else { message.as_str() };
    let only = model.stage.only()?.join(",");
    let only = if only.is_empty() { only } else { format!(" --only {only}") };
    Some(format!("dbx commit -m {}{only}", quoted(message)))
}

/// Copies what became of the last commit.
pub(crate) fn receipt(model: &mut Model) -> Vec<Effect> {
    let receipt = model.stage.receipt.as_ref();
    let text = receipt.map(|it| {
        let root = it.root.as_ref().map(|root| format!(" root {root}")).unwrap_or_default();
        format!("{} #{}..#{}{root}", it.commit, it.before + 1, it.last)
    });
    text.map(Effect::Copy).into_iter().collect()
}

pub(crate) fn no_receipt(model: &Model) -> Option<String> {
    model.stage.receipt.is_none().then(|| "nothing was committed from here yet".to_owned())
}
