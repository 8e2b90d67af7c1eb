//! The schema in force and those before it.

use super::Local;
use super::caller::Caller;
use super::record::issuer;
use crate::domain::access::Action;
use crate::error::{Detail, Error, Kind, Result};
use crate::proof::sha256;
use crate::schema::{Severity, compile};
use crate::store::SchemaEntry;
use crate::wire::{SchemaApplied, SchemaHistory, SchemaVersion};

fn version(number: u64, entry: SchemaEntry, with_source: bool) -> SchemaVersion {
    SchemaVersion {
        version: number,
        hash: sha256(entry.source.as_bytes()).to_string(),
        applied_at: entry.applied_at.to_string(),
        applied_by: issuer(entry.actor),
        source: with_source.then_some(entry.source),
    }
}

impl Local {
    /// Puts a schema into force for every write from now on. Nothing happens when it is in force already.
    ///
    /// # Errors
    /// A source with errors, or a store that takes no writes.
    pub fn schema_apply(&self, caller: &Caller, source: &str) -> Result<SchemaApplied> {
        self.gate(caller)?.schema(Action::SchemaWrite)?;
        let compiled = compile(source);
        let Some(schema) = compiled.schema else {
            let errors = compiled.diagnostics.iter().filter(|one| one.severity == Severity::Error);
            let detail = |one: &crate::schema::Diagnostic| Detail {
                pointer: String::new(),
                code: one.code.to_string(),
                message: one.message.clone(),
            };
            return Err(Error::new(
                Kind::Violation,
                "dbx::schema::invalid",
                "the schema has errors",
            )
            .kept("the schema in force stays as it is")
            .help("`dbx schema validate` shows where")
            .details(errors.map(detail).collect()));
        };
        let store = self.store();
        let hash = sha256(source.as_bytes()).to_string();
        let in_force = store.schema();
        if in_force.version > 0 && in_force.source == source {
            return Ok(SchemaApplied { version: in_force.version, hash, changed: false });
        }
        let applied = store.apply_schema(source.to_owned(), schema, caller.actor.clone())?;
        Ok(SchemaApplied { version: applied.version, hash, changed: true })
    }

    /// The schema in force, with its source; `None` where none was ever applied.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn schema_in_force(&self, caller: &Caller) -> Result<Option<SchemaVersion>> {
        self.gate(caller)?.schema(Action::SchemaRead)?;
        let found = self.view()?.schema_in_force()?;
        Ok(found.map(|(number, entry)| version(number, entry, true)))
    }

    /// One applied version, with its source.
    ///
    /// # Errors
    /// There is none.
    pub fn schema_version(&self, caller: &Caller, number: u64) -> Result<SchemaVersion> {
        self.gate(caller)?.schema(Action::SchemaRead)?;
        let all = self.view()?.schemas()?;
        let last = all.last().map_or(0, |(number, _)| *number);
        let found = all.into_iter().find(|(one, _)| *one == number);
        found.map(|(number, entry)| version(number, entry, true)).ok_or_else(|| {
            let message = match last {
                0 => "no schema was applied yet".to_owned(),
                last => format!("there is no schema version {number}: there are 1 to {last}"),
            };
            Error::new(Kind::NotFound, "dbx::schema::unknown_version", message)
        })
    }

    /// Every applied version, oldest first.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn schema_history(&self, caller: &Caller) -> Result<SchemaHistory> {
        self.gate(caller)?.schema(Action::SchemaRead)?;
        let all = self.view()?.schemas()?;
        let versions =
            all.into_iter().map(|(number, entry)| version(number, entry, false)).collect();
        Ok(SchemaHistory { versions })
    }
}
