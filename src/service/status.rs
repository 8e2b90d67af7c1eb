//! Where am I.

use super::Local;
use super::caller::Caller;
use super::record::Eyes;
use super::stage::summary;
use crate::domain::access::Action;
use crate::error::Result;
use crate::schema::compile;
use crate::wire::{LogRoot, StatusReport, TypeCount};
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;

impl Local {
    /// The workspace at a glance.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn status(&self, caller: &Caller) -> Result<StatusReport> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let store = self.store();
        let schema = store.schema();
        let eyes = Eyes::new(&schema.schema, caller);
        let (view, counts) = store.counted()?;
        let end = view.end()?;
        // A type that was only ever pointed at has a number, but no aggregate.
        let shown =
            counts.into_iter().filter(|(name, count)| *count > 0 && !eyes.is_hidden(name.as_str()));
        let types = shown
            .map(|(name, aggregates)| TypeCount { aggregate_type: name.to_string(), aggregates })
            .collect();
        Ok(StatusReport {
            workspace: self.paths().root.display().to_string(),
            store: store.uuid().to_string(),
            position: end.position.to_string(),
            root: end.root.to_string(),
            commits: end.commit.get(),
            types,
            last_event_at: (end.position.get() > 0).then(|| end.created_at.to_string()),
            schema_version: schema.version,
            schema_state: self.schema_state(&schema.source, schema.version).to_owned(),
            stage: summary(&view)?,
            read_only: self.read_only().map(str::to_owned),
            encryption: match view.opens() {
                Ok(()) => store.is_encrypted().then(|| "on".to_owned()),
                Err(error) => Some(error.to_string()),
            },
            address: SocketAddr::new(self.config().bind_addr, self.config().port).to_string(),
            disk_bytes: store.disk_bytes()?,
        })
    }

    /// The end of the log, with its root.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn log_root(&self, caller: &Caller) -> Result<LogRoot> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let end = self.view()?.end()?;
        Ok(LogRoot {
            position: end.position.to_string(),
            root: end.root.to_string(),
            last_event_at: (end.position.get() > 0).then(|| end.created_at.to_string()),
        })
    }

    /// How the file stands to the schema in force.
    fn schema_state(&self, applied: &str, version: u64) -> &'static str {
        match fs::read_to_string(&self.paths().schema_file) {
            Err(error) if error.kind() == ErrorKind::NotFound => "missing",
            Err(_) => "invalid",
            Ok(source) if version > 0 && source == applied => "applied",
            Ok(source) if compile(&source).schema.is_none() => "invalid",
            Ok(_) if version == 0 => "unapplied",
            Ok(_) => "changed",
        }
    }
}
