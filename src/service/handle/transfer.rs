//! What takes everything out, or brings much in.

use super::{At, Call, Caller, Going, Piece, Service, Source};
use crate::error::Result;
use crate::service::{
    BackupSource, ExportError, ExportFormat, ExportProgress, ExportQuery, ExportSink,
    ImportOptions, ImportProgress,
};
use crate::service::{backup, export};
use crate::wire::{
    BackupParams, BackupReport, ExportParams, ExportReport, ImportParams, ImportReport,
};
use std::io::{BufRead, Write};

impl Service {
    /// As [`Local::export`](crate::service::Local::export).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn export(
        &self,
        caller: &Caller,
        query: &ExportQuery,
        format: ExportFormat,
        sink: &mut dyn ExportSink,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<ExportReport, ExportError> {
        match &self.at {
            At::Here(local) => local.export(caller, query, format, sink, progress),
            At::There(remote) => {
                let params = ExportParams { format: format.as_str().to_owned(), ..params(query) };
                let call = Call::get(&["export"]).query(&params);
                remote.stream(caller, call, None, into_sink(sink, progress))
            }
        }
    }

    /// As [`Local::export_events`](crate::service::Local::export_events).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn export_events(
        &self,
        caller: &Caller,
        query: &ExportQuery,
        sink: &mut dyn ExportSink,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<ExportReport, ExportError> {
        match &self.at {
            At::Here(local) => local.export_events(caller, query, sink, progress),
            At::There(remote) => {
                let call = Call::get(&["export", "events"]).query(&params(query));
                remote.stream(caller, call, None, into_sink(sink, progress))
            }
        }
    }

    /// As [`Local::backup`](crate::service::Local::backup).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn backup(
        &self,
        caller: &Caller,
        since: Option<BackupSource<'_>>,
        sink: &mut dyn Write,
        progress: &mut dyn FnMut(ExportProgress) -> bool,
    ) -> Result<BackupReport, ExportError> {
        match &self.at {
            At::Here(local) => local.backup(caller, since, sink, progress),
            At::There(remote) => {
                let name = since.as_ref().map(|since| since.name.clone());
                let call = Call::post(&["backup"]).query(&BackupParams { since: name });
                let mut since = since;
                let source = since
                    .as_mut()
                    .map(|since| Source { media: BACKUP, read: since.bytes.as_mut() });
                remote.stream(caller, call, source, |piece: Piece<ExportProgress>| match piece {
                    Piece::Progress(at) if !progress(at) => Err(backup::stopped().into()),
                    Piece::Data(bytes) => Ok(sink.write_all(&bytes).map(|()| Going::On)?),
                    _ => Ok(Going::On),
                })
            }
        }
    }

    /// As [`Local::import`](crate::service::Local::import).
    ///
    /// # Errors
    /// As there; over a socket also that the connection is lost.
    pub fn import(
        &self,
        caller: &Caller,
        input: &mut dyn BufRead,
        options: &ImportOptions,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<ImportReport> {
        match &self.at {
            At::Here(local) => local.import(caller, input, options, progress),
            At::There(remote) => {
                let call = Call::post(&["import"]).query(&import_params(options));
                let mut input = input;
                let source = Some(Source { media: NDJSON, read: &mut input });
                // How far it came, and with that what stays, is for the other end to say.
                remote.stream(caller, call, source, |piece: Piece<ImportProgress>| match piece {
                    Piece::Progress(at) if !progress(at) => Ok(Going::Stop),
                    _ => Ok(Going::On),
                })
            }
        }
    }
}

/// The media type of a backup.
const BACKUP: &str = "application/vnd.dbx.backup";

/// The media type of lines of JSON.
const NDJSON: &str = "application/x-ndjson";

fn params(query: &ExportQuery) -> ExportParams {
    ExportParams {
        aggregate_type: query.aggregate_type.clone(),
        archived: query.archived,
        raw: query.raw,
        format: String::new(),
    }
}

/// Writes what comes into a sink.
fn into_sink(
    sink: &mut dyn ExportSink,
    progress: &mut dyn FnMut(ExportProgress) -> bool,
) -> impl FnMut(Piece<ExportProgress>) -> Result<Going, ExportError> {
    move |piece| {
        match piece {
            Piece::Progress(at) if !progress(at) => return Err(export::stopped().into()),
            Piece::Progress(_) => {}
            Piece::File(name) => sink.begin(&name)?,
            Piece::Data(bytes) => sink.write_all(&bytes)?,
        }
        Ok(Going::On)
    }
}

fn import_params(options: &ImportOptions) -> ImportParams {
    ImportParams {
        name: options.name.clone(),
        batch: Some(options.batch),
        dry_run: options.dry_run,
        skip_existing: options.skip_existing,
    }
}
