//! What becomes of `schema.dbx` while the server runs.
//!
//! The file is looked at when the server starts and at every change. One that is valid is announced, and applied where
//! that was asked for and it breaks nothing; one that is not is logged with its diagnostics, and changes nothing. What
//! is in force is never anything but what was applied.

use super::app::App;
use crate::error::{Error, Result};
use crate::schema::{Break, Diagnostic, Severity, Source, breaking, compile};
use crate::service::{Caller, SCHEMA_MOVED};
use crate::wire::WatchedSchema;
use crate::workspace::{FileWatch, schema_file};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Weak};

/// How often a file is looked at where others apply schemas at the same time.
const LOOKS_MAX: usize = 8;

/// The most findings that are logged for one file.
const FINDINGS_MAX: usize = 20;

/// Looks at the file now and at every change, until the server stops.
pub(super) fn start(app: &Arc<App>) {
    let path = app.local.paths().schema_file.clone();
    // Before the first look: a change between the two is seen twice rather than not at all.
    let watch = FileWatch::new([path.as_path()]);
    look(app, &path);
    let watch = match watch {
        Ok(watch) => watch,
        Err(error) => {
            tracing::warn!(target: "dbx::schema", reason = error.message(), "schema.dbx is not watched");
            return;
        }
    };
    let (app, stop) = (Arc::downgrade(app), app.stop.clone());
    let watching = move || {
        while watch.changed(|| stop.is_stopped()) {
            let Some(app) = Weak::upgrade(&app) else { return };
            look(&app, &path);
        }
    };
    let started = std::thread::Builder::new().name("dbx-schema".into()).spawn(watching);
    if let Err(error) = started {
        tracing::warn!(target: "dbx::schema", reason = %error, "schema.dbx is not watched");
    }
}

/// Looks at the file, says what is new about it, and applies it where that is asked for.
fn look(app: &App, path: &Path) {
    let before = app.schema();
    // Who applies a schema meanwhile has it looked at anew, against that one.
    let moved = |seen: &Result<WatchedSchema>| {
        seen.as_ref().is_err_and(|error| error.code() == SCHEMA_MOVED)
    };
    let mut looks = (0..LOOKS_MAX).map(|_| see(app, path)).skip_while(moved);
    let seen = looks.next().unwrap_or_else(|| see(app, path)).unwrap_or_else(|error| {
        app.note(&error);
        tracing::warn!(target: "dbx::schema", code = error.code(), reason = error.message(), "schema.dbx was not looked at");
        unseen(&before, app.local.now().to_string(), &error)
    });
    let new = (&seen.state, seen.version, &seen.findings)
        != (&before.state, before.version, &before.findings);
    if new {
        announce(&seen);
    }
    app.set_schema(seen);
}

/// How the file stands to what is in force; applies it first where that is asked for.
fn see(app: &App, path: &Path) -> Result<WatchedSchema> {
    // The user of the files, as whoever types `schema apply` beside them is.
    let caller = Caller::local(app.options.user.clone(), app.options.restrict);
    let in_force = app.local.schema_in_force(&caller)?;
    let version = in_force.as_ref().map_or(0, |schema| schema.version);
    let text = match schema_file::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(seen(app, version, "missing", Vec::new()));
        }
        Err(error) => return Ok(seen(app, version, "unreadable", vec![error.to_string()])),
    };
    let old = in_force.and_then(|schema| schema.source);
    if old.as_deref() == Some(text.as_str()) {
        return Ok(seen(app, version, "applied", Vec::new()));
    }
    let compiled = compile(&text);
    let Some(new) = compiled.schema else {
        return Ok(seen(app, version, "invalid", findings(&text, &compiled.diagnostics)));
    };
    let old = old.map(|old| compile(&old).schema.unwrap_or_default());
    let breaks = old.map(|old| breaking(&old, &new)).unwrap_or_default();
    if !breaks.is_empty() {
        let breaks = breaks.iter().take(FINDINGS_MAX).map(broken).collect();
        return Ok(seen(app, version, "breaking", breaks));
    }
    if app.options.auto_apply && app.local.read_only().is_none() {
        let applied = app.local.schema_apply_over(&caller, version, &text)?;
        return Ok(seen(app, applied.version, "applied", Vec::new()));
    }
    let state = if version == 0 { "unapplied" } else { "changed" };
    Ok(seen(app, version, state, Vec::new()))
}

fn seen(app: &App, version: u64, state: &str, findings: Vec<String>) -> WatchedSchema {
    WatchedSchema {
        state: state.to_owned(),
        version,
        auto_apply: app.options.auto_apply,
        checked_at: app.local.now().to_string(),
        findings,
    }
}

/// What is told where looking failed: the schema in force is still the one from before.
fn unseen(before: &WatchedSchema, checked_at: String, error: &Error) -> WatchedSchema {
    WatchedSchema {
        state: "unreadable".to_owned(),
        checked_at,
        findings: vec![error.message().to_owned()],
        ..before.clone()
    }
}

/// The errors as compilers write them.
fn findings(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let places = Source::new(text);
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors
        .take(FINDINGS_MAX)
        .map(|found| {
            let place = places.place(found.span.start);
            let (line, column) = (place.line, place.column);
            format!("schema.dbx:{line}:{column}: error[{}]: {}", found.code, found.message)
        })
        .collect()
}

fn broken(found: &Break) -> String {
    format!("{} {} {}: {}", found.class, found.code, found.path, found.message)
}

fn announce(seen: &WatchedSchema) {
    let WatchedSchema { state, version, findings, .. } = seen;
    match state.as_str() {
        "applied" => {
            tracing::info!(target: "dbx::schema", version, "schema.dbx is in force");
        }
        "unapplied" | "changed" => {
            tracing::info!(target: "dbx::schema", version, "schema.dbx is valid and not in force: `dbx schema apply` applies it");
        }
        "breaking" => {
            for finding in findings {
                tracing::warn!(target: "dbx::schema", finding, "schema.dbx breaks something");
            }
            tracing::warn!(target: "dbx::schema", version, "schema.dbx is not applied by itself: `dbx schema breaking` says how to avoid what it breaks");
        }
        "missing" => {
            tracing::info!(target: "dbx::schema", version, "there is no schema.dbx");
        }
        _ => {
            for finding in findings {
                tracing::warn!(target: "dbx::schema", finding, "schema.dbx has an error");
            }
            tracing::warn!(target: "dbx::schema", version, state, "schema.dbx cannot be used, the schema in force stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_look_that_failed_forgets_nothing_of_what_is_in_force() {
        let before = WatchedSchema {
            state: "applied".to_owned(),
            version: 7,
            auto_apply: true,
            checked_at: "then".to_owned(),
            findings: Vec::new(),
        };
        let error = Error::new(Kind::Unavailable, "dbx::store::closed", "the store is closed");
        let after = unseen(&before, "now".to_owned(), &error);
        assert_eq!((after.version, after.auto_apply), (7, true));
        assert_eq!((after.state.as_str(), after.checked_at.as_str()), ("unreadable", "now"));
        assert_eq!(after.findings, ["the store is closed"]);
    }
}
