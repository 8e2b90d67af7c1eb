//! What is copied or saved of a verification, and the commands of a shell that give the same.

use crate::tui::model::{Model, Name};
use crate::tui::msg::Effect;
use crate::tui::update::select::quoted;

/// Why there is neither a proof nor a report.
pub(crate) fn nothing_to_save(model: &Model) -> Option<String> {
    let view = &model.verify;
    let none = view.proven.is_none() && view.log.is_none() && view.aggregate.is_none();
    none.then(|| "there is neither a proof nor a report yet".to_owned())
}

/// The report: on the log, where that was verified and has faults or nobody asked about an aggregate later.
fn report(model: &Model) -> Option<(String, String)> {
    let view = &model.verify;
    let aggregate = view.aggregate.as_ref().map(|checked| &checked.verdict);
    let log = view.log.as_ref().map(|checked| &checked.verdict);
    // The shapes of the wire are plain data: writing them cannot fail.
    match (aggregate, log) {
        (Some(one), log) if log.is_none_or(|log| log.ok) => {
            let text = serde_json::to_string_pretty(one).ok()?;
            Some((format!("{}.verify", one.aggregate_id), text + "\n"))
        }
        (_, log) => {
            Some(("log.verify".to_owned(), serde_json::to_string_pretty(log?).ok()? + "\n"))
        }
    }
}

/// The name of the file that a proof is written into, without its ending.
pub(crate) fn proof_name(name: &Name, version: u64) -> String {
    format!("{}.v{version}", name.id)
}

/// Writes what is shown: the report where a fault is, else the proof.
pub(crate) fn save(model: &mut Model) -> Vec<Effect> {
    let proven = model.verify.proven.as_ref().filter(|_| model.verify.fault.is_none());
    let save = match proven {
        Some(proven) => {
            let name = proof_name(&proven.name, proven.version);
            Some(Effect::Save(name, ".proof.json", proven.text.clone()))
        }
        None => report(model).map(|(name, text)| Effect::Save(name, ".json", text)),
    };
    save.into_iter().collect()
}

pub(crate) fn copy_proof(model: &mut Model) -> Vec<Effect> {
    let text = model.verify.proven.as_ref().map(|proven| proven.text.clone());
    text.map(Effect::Copy).into_iter().collect()
}

/// Why there is no proof to do something with.
pub(crate) fn no_proof(model: &Model) -> Option<String> {
    model.verify.proven.is_none().then(|| "there is no proof yet".to_owned())
}

/// Why there is no report to copy.
pub(crate) fn no_report(model: &Model) -> Option<String> {
    report(model).is_none().then(|| "nothing was verified yet".to_owned())
}

pub(crate) fn copy_report(model: &mut Model) -> Vec<Effect> {
    report(model).map(|(_, text)| Effect::Copy(text)).into_iter().collect()
}

/// The command that verifies the aggregate.
pub(crate) fn subject_command(model: &Model) -> Option<String> {
    let (name, _) = model.verify.subject.as_ref()?;
    Some(format!("dbx aggregate verify {} {}", quoted(&name.aggregate_type), quoted(&name.id)))
}

/// The command that proves the event.
pub(crate) fn prove_command(model: &Model) -> Option<String> {
    let proven = model.verify.proven.as_ref()?;
    let place = format!("{}@{}", proven.name, proven.version);
    Some(format!("dbx prove {}", quoted(&place)))
}

/// The command that gives what is shown as JSON.
pub(crate) fn shown_command(model: &Model) -> Option<String> {
    let view = &model.verify;
    let proof = prove_command(model).filter(|_| view.fault.is_none());
    let of_log = view.log.as_ref().is_some_and(|log| !log.verdict.ok);
    let report = || if of_log { Some("dbx verify".to_owned()) } else { subject_command(model) };
    proof.or_else(report).or_else(|| Some("dbx verify".to_owned()))
}

/// The command that proves that the log only grew.
pub(crate) fn consistency_command(model: &Model) -> Option<String> {
    let old = match (&model.verify.consistent, super::earlier(model)) {
        (_, Some((size, _))) => *size,
        (Some(consistent), None) => consistent.old_size,
        (None, None) => return None,
    };
    Some(format!("dbx prove --consistency {old}..{}", model.events()?))
}

pub(crate) fn copy_command(model: &mut Model) -> Vec<Effect> {
    shown_command(model).map(Effect::Copy).into_iter().collect()
}
