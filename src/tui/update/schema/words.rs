//! What of the schema is copied, and the commands of a shell that do and show the same.

use super::super::select::quoted;
use crate::schema::Source;
use crate::tui::difference::plain;
use crate::tui::model::{Model, SchemaPart};
use crate::tui::msg::Effect;
use crate::wire::SchemaFinding;

/// The command that shows what has the focus.
pub(crate) fn shown_command(model: &Model) -> Option<String> {
    let view = &model.schema;
    Some(match view.focus {
        SchemaPart::Source if view.against.is_some() => difference_command(model)?,
        SchemaPart::Source | SchemaPart::Diagnostics => "dbx schema validate".to_owned(),
        SchemaPart::Changes => difference_command(model)?,
        SchemaPart::Affected if view.history => "dbx schema history".to_owned(),
        SchemaPart::Affected => "dbx schema breaking".to_owned(),
    })
}

/// The command that compares.
pub(crate) fn difference_command(model: &Model) -> Option<String> {
    let in_force = model.schema.compared.as_ref()?.version();
    match model.schema.against.filter(|version| *version != in_force) {
        Some(version) => Some(format!("dbx schema diff {}", quoted(&format!("@{version}")))),
        None => Some("dbx schema diff".to_owned()),
    }
}

pub(crate) fn explain_command(model: &Model) -> Option<String> {
    let view = &model.schema;
    let found = view.checked()?.diagnostics.get(view.meant()?)?;
    Some(format!("dbx schema explain {}", found.code))
}

pub(crate) fn apply_command(model: &Model) -> Option<String> {
    let compared = model.schema.current()?;
    let agreed = if compared.breaks() { " --allow-breaking" } else { "" };
    Some(format!("dbx schema apply{agreed}"))
}

pub(crate) fn copy_command(model: &mut Model) -> Vec<Effect> {
    shown_command(model).map(Effect::Copy).into_iter().collect()
}

/// Copies the text of what has the focus, without what is drawn around it.
pub(crate) fn copy_shown(model: &mut Model) -> Vec<Effect> {
    let view = &model.schema;
    let text = match view.focus {
        SchemaPart::Source => match (view.shown_difference(), view.checked()) {
            (Some(difference), _) => Some(plain(&difference.lines)),
            (None, checked) => checked.map(|checked| checked.text.to_string()),
        },
        SchemaPart::Diagnostics => diagnostics(model),
        SchemaPart::Changes => changes(model),
        SchemaPart::Affected => concerned(model),
    };
    text.map(Effect::Copy).into_iter().collect()
}

/// The diagnostics as compilers write them.
fn diagnostics(model: &Model) -> Option<String> {
    let checked = model.schema.checked()?;
    let line = |(found, place): (&crate::schema::Diagnostic, &crate::schema::Place)| {
        let (code, severity) = (found.code, found.severity.as_str());
        let (line, column) = (place.line, place.column);
        format!("schema.dbx:{line}:{column}: {severity}[{code}]: {}\n", found.message)
    };
    Some(checked.diagnostics.iter().zip(&checked.places).map(line).collect())
}

fn changes(model: &Model) -> Option<String> {
    let compared = model.schema.current()?;
    let line = |row: &crate::tui::model::ChangeRow| {
        let text = format!("{} {} {}: {}", row.sign(), row.aggregate, row.part(), row.what);
        format!("{} ({})\n", text.trim_end_matches([':', ' ']), row.verdict.as_str())
    };
    Some(compared.rows.iter().map(line).collect())
}

fn concerned(model: &Model) -> Option<String> {
    let view = &model.schema;
    if view.history {
        let history = &view.compared.as_ref()?.history;
        let line = |version: &crate::wire::SchemaVersion| {
            let (number, at) = (version.version, &version.applied_at);
            format!("@{number}  {at}  {}\n", version.applied_by.user)
        };
        return Some(history.iter().rev().map(line).collect());
    }
    let (_, found) = view.affected.as_ref()?;
    let states = found.states.iter().map(|(name, version)| format!("{name}@{version}\n"));
    let events = found.events.iter().map(|event| {
        format!("{}/{}@{}\n", event.aggregate_type, event.aggregate_id, event.version)
    });
    Some(states.chain(events).collect())
}

/// Copies where the diagnostic that is meant is: `schema.dbx:5:13`.
pub(crate) fn copy_place(model: &mut Model) -> Vec<Effect> {
    let view = &model.schema;
    let place = view.checked().and_then(|checked| checked.place(view.meant()?));
    let place = place.unwrap_or_else(|| (view.line + 1).to_string());
    vec![Effect::Copy(format!("schema.dbx:{place}"))]
}

/// Copies the diagnostics as JSON.
pub(crate) fn copy_json(model: &mut Model) -> Vec<Effect> {
    let Some(checked) = model.schema.checked() else { return Vec::new() };
    let places = Source::new(&checked.text);
    let found: Vec<SchemaFinding> =
        checked.diagnostics.iter().map(|one| SchemaFinding::new(one, &places)).collect();
    // The shapes of the wire are plain data: writing them cannot fail.
    serde_json::to_string_pretty(&found).map(Effect::Copy).into_iter().collect()
}
