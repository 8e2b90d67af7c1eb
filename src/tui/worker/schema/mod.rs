//! What the view of the schema asks.

mod affected;
mod compare;
mod legible;
mod watch;
mod words;

pub(super) use watch::run as watch;

use super::queue::Job;
use crate::error::{Error, Kind, Result};
use crate::schema::{self, breaking, compile};
use crate::service::{Caller, Service};
use crate::tui::difference::difference;
use crate::tui::model::{Affected, Compared, Declared, Difference, Name, Written};
use crate::wire::{Impact, ImpactRequest, SchemaApplied};
use crate::workspace::files::io_kind;
use crate::workspace::schema_file;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// What is in force, and how a text stands to it. It is this version, as far as is known; `tries` tells questions apart
    /// that are asked again.
    Compare { version: u64, tries: u64, text: Arc<str> },
    /// What breaks between two schemas concern.
    Impact { epoch: u64, old: Option<Arc<str>>, new: Arc<str> },
    /// What a change concerns, the number of which it is; some states are known to be concerned.
    Affected {
        change: usize,
        epoch: u64,
        aggregate: String,
        declared: Declared,
        states: Vec<Name>,
        text: Arc<str>,
    },
    /// What differs between an applied schema and a text.
    Difference { version: u64, text: Arc<str> },
    /// Puts a text into force in the place of version `over`, and where `breaks` also one that breaks something.
    Apply { over: u64, breaks: bool, text: Arc<str> },
    /// Writes the file, where it still is what it was.
    Write { path: PathBuf, undo: Option<bool>, written: Written },
    /// Formats the file.
    Format { path: PathBuf, text: Arc<str> },
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Compared(Box<Compared>),
    Impact(Vec<Impact>),
    Affected(usize, Affected),
    Difference(Difference),
    Applied(SchemaApplied),
    /// What was written. Whether something was taken back by it, or that was undone; `None` where it is new.
    Written(Option<bool>, Written),
    /// There was nothing to write.
    Unchanged,
}

/// Answers what needs no store.
pub(super) fn aside(ask: &Ask) -> Option<Result<Answer>> {
    match ask {
        Ask::Write { path, undo, written } => {
            Some(write(path, written).map(|()| Answer::Written(*undo, written.clone())))
        }
        Ask::Format { path, text } => Some(format(path, text)),
        _ => None,
    }
}

pub(super) fn answer(
    service: &Service,
    caller: &Caller,
    ask: &Ask,
    job: &Job<'_>,
) -> Result<Answer> {
    match ask {
        Ask::Compare { text, .. } => compared(service, caller, text),
        Ask::Impact { old, new, .. } => {
            let old = old.as_deref().map(str::to_owned);
            let request = ImpactRequest { old, new: new.to_string() };
            let wanted = || !job.cancelled();
            Ok(Answer::Impact(service.schema_impact_while(caller, &request, &wanted)?))
        }
        Ask::Affected { change, aggregate, declared, states, .. } => {
            let found = affected::affected(service, caller, (aggregate, declared), states, job)?;
            Ok(Answer::Affected(*change, found))
        }
        Ask::Difference { version, text } => {
            let old = service.schema_version(caller, *version)?.source.unwrap_or_default();
            let (version, text, lines) = (*version, text.clone(), difference(&old, text));
            Ok(Answer::Difference(Difference { version, text, lines }))
        }
        Ask::Apply { over, breaks, text } => {
            apply(service, caller, *over, *breaks, text).map(Answer::Applied)
        }
        Ask::Write { .. } | Ask::Format { .. } => aside(ask).unwrap_or(Ok(Answer::Unchanged)),
    }
}

fn compared(service: &Service, caller: &Caller, text: &Arc<str>) -> Result<Answer> {
    let history = service.schema_history(caller)?.versions;
    let old: Option<Arc<str>> =
        service.schema_in_force(caller)?.and_then(|version| version.source).map(Into::into);
    let found = compare::compare(old.as_deref(), text);
    Ok(Answer::Compared(Box::new(Compared {
        text: text.clone(),
        history,
        old,
        legible: found.legible.map(Into::into),
        rows: found.rows,
        unchanged: found.unchanged,
    })))
}

fn apply(
    service: &Service,
    caller: &Caller,
    over: u64,
    breaks: bool,
    text: &str,
) -> Result<SchemaApplied> {
    let in_force = service.schema_in_force(caller)?;
    let version = in_force.as_ref().map_or(0, |schema| schema.version);
    let conflict = |message: String| {
        Error::new(Kind::Conflict, "dbx::schema::moved", message)
            .kept("the schema in force stays as it is")
            .help("look at what changes now, and apply again")
    };
    if version != over {
        return Err(conflict(format!("schema {version} came into force meanwhile")));
    }
    // What was shown is what is agreed to: nothing else is applied because of it.
    let schema = |text: &str| compile(text).schema.unwrap_or_default();
    let old = in_force.and_then(|schema| schema.source).map(|old| schema(&old)).unwrap_or_default();
    if !breaks && !breaking(&old, &schema(text)).is_empty() {
        return Err(conflict("the schema breaks something".to_owned()));
    }
    service.schema_apply(caller, text)
}

fn write(path: &Path, written: &Written) -> Result<()> {
    let changed = || {
        let message = "schema.dbx is not what it was when it was looked at";
        Error::new(Kind::Conflict, "dbx::schema::file_changed", message)
            .kept("nothing was written")
            .help("look at it, and do it again")
    };
    match schema_file::replace(path, &written.before, &written.after) {
        Ok(true) => Ok(()),
        Ok(false) => Err(changed()),
        Err(error) => {
            let message = format!("`{}` cannot be written: {error}", path.display());
            Err(Error::new(io_kind(&error), "dbx::schema::file", message)
                .kept("the file is as it was"))
        }
    }
}

fn format(path: &Path, text: &Arc<str>) -> Result<Answer> {
    let formatted = schema::format(text).map_err(|_| {
        Error::new(
            Kind::Violation,
            "dbx::schema::syntax",
            "what cannot be read cannot be formatted",
        )
        .kept("nothing was written")
    })?;
    if *formatted == **text {
        return Ok(Answer::Unchanged);
    }
    let written =
        Written { before: text.clone(), after: formatted.into(), what: "formatted".to_owned() };
    write(path, &written)?;
    Ok(Answer::Written(None, written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: Option<Result<Answer>>) -> (Option<bool>, String) {
        match answer {
            Some(Ok(Answer::Written(undo, written))) => (undo, written.after.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_file_is_written_where_nobody_else_did() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.dbx");
        std::fs::write(&path, "aggregate a {event e {}}").unwrap();
        let format = |text: &str| aside(&Ask::Format { path: path.clone(), text: text.into() });
        let formatted = "aggregate a {\n  event e {}\n}\n";
        assert_eq!(text(format("aggregate a {event e {}}")), (None, formatted.to_owned()));
        assert!(matches!(format(formatted), Some(Ok(Answer::Unchanged))));
        let stale = format("aggregate b {event e {}}").unwrap().unwrap_err();
        assert_eq!(stale.code(), "dbx::schema::file_changed");
        let broken = format("aggregate {").unwrap().unwrap_err();
        assert_eq!(broken.code(), "dbx::schema::syntax");
        let written =
            Written { before: formatted.into(), after: "# x\n".into(), what: "x".to_owned() };
        let ask = Ask::Write { path: path.clone(), undo: Some(true), written };
        assert_eq!(text(aside(&ask)), (Some(true), "# x\n".to_owned()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# x\n");
    }
}
