//! Taking everything out: the current states for other programs, or the history for another workspace.

mod csv;
mod events;
mod pack;
mod states;

pub(super) use events::line as import_line;
pub use pack::ZipSink;

use super::Local;
use super::caller::Caller;
use super::record::Eyes;
use crate::domain::AggregateType;
use crate::domain::access::Action;
use crate::error::{Error, Kind, Result};
use crate::store::{AppliedSchema, StoreError, View};
use crate::wire::ExportReport;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

/// In which form states are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One document: an array of aggregate records.
    Json,
    /// One aggregate record a line.
    Ndjson,
    /// One table for each type.
    Csv,
}

impl ExportFormat {
    /// The word for the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Json, Self::Ndjson, Self::Csv]
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no format: use json, ndjson or csv"))
    }
}

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportQuery {
    /// Only aggregates, or events, of this type.
    pub aggregate_type: Option<String>,
    /// Also archived aggregates.
    pub archived: bool,
    /// In a table, leave texts that a spreadsheet takes for formulas as they are.
    pub raw: bool,
}

/// How far an export is, in aggregates or events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportProgress {
    /// Looked at.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

/// Where an export goes.
pub trait ExportSink: Write {
    /// Begins the file of this name; what is written from here on belongs to it.
    ///
    /// # Errors
    /// The file cannot be made.
    fn begin(&mut self, name: &str) -> Result<(), ExportError>;
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What is exported could not be read, or the export was stopped.
    #[error(transparent)]
    Service(#[from] Error),
    /// The sink could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl Local {
    /// Writes the current states of all aggregates, or of those of one type, by type and id. `progress` may stop it by
    /// answering false.
    ///
    /// # Errors
    /// The type is known neither to the log nor to the schema, stored bytes cannot be read, or the sink fails.
    pub fn export(
        &self,
        caller: &Caller,
        query: &ExportQuery,
        format: ExportFormat,
        sink: &mut dyn ExportSink,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<ExportReport, ExportError> {
        let (schema, view, wanted) = self.exported(caller, query)?;
        let eyes = Eyes::new(&schema.schema, caller);
        let of = if eyes.reads_all() { states::count(&view, wanted.as_ref())? } else { 0 };
        let mut run = Run { view: &view, eyes: &eyes, sink, pace: Pace { progress, done: 0, of } };
        match format {
            ExportFormat::Json => run.json(wanted.as_ref(), query.archived),
            ExportFormat::Ndjson => run.ndjson(wanted.as_ref(), query.archived),
            ExportFormat::Csv => run.csv(&schema.schema, wanted.as_ref(), query),
        }
    }

    /// Writes the events of all aggregates, or of those of one type, in the order of the log, as lines that an import
    /// takes. Imported into an empty workspace, a whole history gives the same states, versions and archived
    /// aggregates; times, ids, commits and hashes are those of the import. Archived aggregates are always part of it.
    ///
    /// # Errors
    /// As [`Local::export`].
    pub fn export_events(
        &self,
        caller: &Caller,
        query: &ExportQuery,
        sink: &mut dyn ExportSink,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<ExportReport, ExportError> {
        let (schema, view, wanted) = self.exported(caller, query)?;
        let eyes = Eyes::new(&schema.schema, caller);
        let of = if eyes.reads_all() { view.last_position()?.get() } else { 0 };
        let mut run = Run { view: &view, eyes: &eyes, sink, pace: Pace { progress, done: 0, of } };
        run.events(wanted.as_ref())
    }

    fn exported(
        &self,
        caller: &Caller,
        query: &ExportQuery,
    ) -> Result<(Arc<AppliedSchema>, View, Option<AggregateType>)> {
        let gate = self.gate(caller)?;
        gate.some_aggregates(Action::AggregateRead, query.aggregate_type.as_deref())?;
        let schema = self.store().schema();
        let view = self.view()?;
        let wanted = query.aggregate_type.as_deref().map(AggregateType::new).transpose()?;
        if let Some(name) = &wanted
            && gate.reads_all()
            && !schema.schema.aggregates.contains_key(name.as_str())
            && view.type_number(name)?.is_none()
        {
            let message = format!("there is no aggregate of the type `{name}`");
            return Err(Error::new(Kind::NotFound, "dbx::aggregate::unknown_type", message)
                .help("`dbx status` prints the types that there are"));
        }
        Ok((schema, view, wanted))
    }
}

/// One export.
struct Run<'a> {
    view: &'a View,
    eyes: &'a Eyes<'a>,
    sink: &'a mut dyn ExportSink,
    pace: Pace<'a>,
}

impl Run<'_> {
    fn report(
        &self,
        wanted: Option<&AggregateType>,
        records: u64,
        files: u64,
    ) -> Result<ExportReport, StoreError> {
        let names = self.view.types()?.into_iter().map(|(name, _)| name);
        let hidden_left_out = names
            .filter(|name| wanted.is_none_or(|wanted| wanted == name))
            .filter(|name| self.eyes.reads_of(name.as_str()))
            .any(|name| self.eyes.hides_of(name.as_str()));
        Ok(ExportReport { records, files, hidden_left_out, erased_left_out: false })
    }
}

/// Tells how far the export is, now and then.
struct Pace<'a> {
    progress: &'a mut dyn FnMut(ExportProgress) -> bool,
    done: u64,
    of: u64,
}

/// How many records are written between two reports of progress.
const PACE: u64 = 64;

impl Pace<'_> {
    fn step(&mut self) -> Result<()> {
        self.done += 1;
        if !self.done.is_multiple_of(PACE) {
            return Ok(());
        }
        // How much there is to look at is for those to know who may see all of it.
        let done = if self.of == 0 { 0 } else { self.done };
        if (self.progress)(ExportProgress { done, of: self.of }) {
            return Ok(());
        }
        Err(stopped())
    }
}

/// What is said of an export whose caller said stop.
pub(super) fn stopped() -> Error {
    Error::new(Kind::Interrupted, "dbx::export::stopped", "the export was stopped")
}

/// One record as a line of JSON, without its line break.
fn line<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Kind::Internal, "dbx::export::json", error.to_string()))
}
