//! Bringing history in: one event per line, in batches, each of them a commit.
//!
//! With every batch the writer stores, atomically, how far the source is: bytes, lines and their SHA-256. The same
//! source continues there when it is imported again, whatever ended the run before.

mod line;
mod source;

use super::Local;
use super::caller::Caller;
use crate::domain::access::Action;
use crate::domain::{AggregateKey, Position, Version};
use crate::error::{Detail, Error, Kind, Result};
use crate::store::{COMMIT_BYTES_MAX, OPERATIONS_MAX};
use crate::wire::{CommitRequest, ImportReport, Operation};
use line::{Line, column, column_of};
use serde::{Deserialize, Serialize};
use source::Source;
use std::collections::HashMap;
use std::io::BufRead;

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The name of the source, for messages.
    pub name: String,
    /// Events per commit, 1 to 1,000.
    pub batch: usize,
    /// Check everything and write nothing. Each batch is checked against the store as it is, so a line that needs
    /// what an earlier batch would have made is refused.
    pub dry_run: bool,
    /// Leave out lines of aggregates that were there before this import began.
    pub skip_existing: bool,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportProgress {
    /// Lines read.
    pub lines: u64,
    /// Events committed.
    pub events: u64,
    /// Bytes read.
    pub bytes: u64,
}

impl Local {
    /// Imports NDJSON. `progress` is told after every batch and may stop the import by answering false; what was
    /// committed stays.
    ///
    /// # Errors
    /// The first line that cannot be read or is refused, named with its column. Its batch is not committed;
    /// everything before its batch is, and the same source continues there.
    pub fn import(
        &self,
        caller: &Caller,
        input: &mut dyn BufRead,
        options: &ImportOptions,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<ImportReport> {
        let gate = self.gate(caller)?;
        // What an earlier run brought in, and with `skip_existing` what is there, shows in what is left out: that is
        // for those who could have written all of it. Each line needs the rights to what it does besides.
        gate.whole_log(Action::AggregateCreate)?;
        gate.whole_log(Action::AggregateAppend)?;
        if options.skip_existing {
            gate.whole_log(Action::AggregateRead)?;
        }
        // Looked at and let go: while a snapshot lives, the store keeps every version of every record since.
        let view = self.view()?;
        let mut run = Run {
            service: self,
            caller,
            options,
            began_after: view.last_position()?,
            before: HashMap::new(),
            report: ImportReport { dry_run: options.dry_run, ..ImportReport::default() },
            source: Source::new(input, &options.name),
        };
        run.report.resumed_after = run.source.resume(&view)?;
        run.report.lines = run.report.resumed_after;
        drop(view);
        while run.batch()? {
            let so_far = ImportProgress {
                lines: run.report.lines,
                events: run.report.events,
                bytes: run.source.bytes(),
            };
            if !progress(so_far) {
                let message = format!("the import was stopped after line {}", run.report.lines);
                return Err(Error::new(Kind::Interrupted, "dbx::import::stopped", message)
                    .kept(run.kept())
                    .help("import the same file again to go on from there"));
            }
        }
        let mut report = run.report;
        report.position = self.view()?.last_position()?.to_string();
        Ok(report)
    }
}

struct Run<'a> {
    service: &'a Local,
    caller: &'a Caller,
    options: &'a ImportOptions,
    /// The last position when the import began.
    began_after: Position,
    /// Which aggregates were there by then, as far as it was asked.
    before: HashMap<AggregateKey, bool>,
    report: ImportReport,
    source: Source<'a>,
}

impl Run<'_> {
    /// The store failed, not a line.
    fn interrupted(&self, error: Error) -> Error {
        if error.kind() != Kind::Unavailable {
            return error.kept(self.kept());
        }
        let wrote = self.report.events + self.report.resumed_after > 0;
        // Of the very first batch it may not be known whether it is there.
        let error = if wrote { error.kept(self.kept()) } else { error };
        error.help("mend the cause, such as a full disk, and import the same file again: it goes on from there")
    }

    fn kept(&self) -> String {
        match (self.report.events, self.report.resumed_after) {
            _ if self.options.dry_run => "nothing was written: this was a dry run".to_owned(),
            (0, 0) => "nothing was written".to_owned(),
            (0, _) => "what an earlier run committed stays; this run wrote nothing".to_owned(),
            (events, _) => format!("the {events} events committed before it stay"),
        }
    }

    /// Reads and commits one batch; false at the end of the source.
    fn batch(&mut self) -> Result<bool> {
        let wanted = self.options.batch.clamp(1, OPERATIONS_MAX);
        let (mut lines, mut operations, mut key) = (Vec::new(), Vec::new(), None);
        let mut bytes = 0;
        let mut read = 0_u64;
        while operations.len() < wanted && bytes < COMMIT_BYTES_MAX / 2 {
            self.source.fill().map_err(|error| error.kept(self.kept()))?;
            let Some(line) = self.source.front() else { break };
            if line.is_blank() {
                read += 1;
                self.source.take();
                continue;
            }
            let parsed = line.parse().map_err(|fault| {
                self.named(fault.error, line, Some(column_of(&line.text, fault.offset)))
            })?;
            // A line with a key of its own is a commit of its own: that is what the key is remembered with.
            if parsed.idempotency_key.is_some() && !operations.is_empty() {
                break;
            }
            let line = line.clone();
            read += 1;
            self.source.take();
            if self.options.skip_existing && self.was_there(&parsed.operation)? {
                self.report.skipped += 1;
                continue;
            }
            bytes += line.text.len();
            lines.push(line);
            operations.push(parsed.operation);
            if parsed.idempotency_key.is_some() {
                key = parsed.idempotency_key;
                break;
            }
        }
        self.report.lines += read;
        if !operations.is_empty() {
            self.commit(&lines, operations, key)?;
        }
        Ok(read > 0)
    }

    fn commit(
        &mut self,
        lines: &[Line],
        operations: Vec<Operation>,
        key: Option<String>,
    ) -> Result<()> {
        let count = operations.len() as u64;
        let (first, last) = (lines.first().map_or(0, |line| line.number), self.report.lines);
        let message = match count {
            1 => format!("import {}, line {first}", self.options.name),
            _ => format!("import {}, lines {first} to {last}", self.options.name),
        };
        let request = CommitRequest {
            operations,
            message: Some(message).filter(|_| key.is_none()),
            idempotency_key: key,
            dry_run: self.options.dry_run,
        };
        let reached = Some(self.source.reached()?);
        let receipt =
            self.service.commit_any(self.caller, &request, reached).map_err(|error| match error
                .operation_index()
                .and_then(|index| lines.get(index))
            {
                Some(line) => self.named(error, line, None),
                None => self.interrupted(error),
            })?;
        if receipt.replayed {
            self.report.skipped += count;
        } else {
            self.report.events += count;
            self.report.commits += u64::from(!self.options.dry_run);
        }
        Ok(())
    }

    /// Whether the aggregate's first event is older than the import.
    fn was_there(&mut self, operation: &Operation) -> Result<bool> {
        let name = AggregateKey::new(&operation.aggregate_type, &operation.aggregate_id)?;
        if let Some(known) = self.before.get(&name) {
            return Ok(*known);
        }
        let view = self.service.view()?;
        let first = match view.key(&name)? {
            Some(key) => view.locate(&key, Version(1))?,
            None => None,
        };
        let known = first.is_some_and(|first| first.position <= self.began_after);
        self.before.insert(name, known);
        Ok(known)
    }

    /// Puts the line and column into an error, and only what concerns that line.
    fn named(&self, error: Error, line: &Line, column_at: Option<usize>) -> Error {
        let prefix = error.operation_index().map(|index| format!("/operations/{index}"));
        let own = |detail: &Detail| match (&prefix, detail.pointer.strip_prefix("/operations/")) {
            (Some(prefix), Some(_)) => {
                let rest = detail.pointer.strip_prefix(prefix.as_str())?;
                rest.starts_with('/').then(|| Detail { pointer: rest.to_owned(), ..detail.clone() })
            }
            _ => Some(detail.clone()),
        };
        let details: Vec<Detail> = error.detail_list().iter().filter_map(own).collect();
        let pointer = details.first().map_or("", |detail| detail.pointer.as_str());
        let column = column_at.unwrap_or_else(|| column(&line.text, pointer));
        let place = format!("{}:{}:{column}", self.options.name, line.number);
        let help = error.help_text().unwrap_or_default();
        let again = "mend that line and import the same file again";
        let help = if help.is_empty() { again.to_owned() } else { format!("{again}; {help}") };
        error.context(place).details(details).kept(self.kept()).help(help)
    }
}
