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
use std::sync::PoisonError;

/// What is said where another version is in force than the one that a schema was compared with.
pub(crate) const MOVED: &str = "dbx::schema::moved";

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
        self.apply(caller, source, None)
    }

    /// As [`Local::schema_apply`], unless another version than `expected` is in force by now: then nothing that was held
    /// against that version is known of this one. Version 0 is none.
    ///
    /// # Errors
    /// As there, and that it is another one.
    pub(crate) fn schema_apply_over(
        &self,
        caller: &Caller,
        expected: u64,
        source: &str,
    ) -> Result<SchemaApplied> {
        self.apply(caller, source, Some(expected))
    }

    fn apply(&self, caller: &Caller, source: &str, expected: Option<u64>) -> Result<SchemaApplied> {
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
        // All that applies schemas in this process, which is the only one that can, comes through here.
        let _alone = self.inner.applying.lock().unwrap_or_else(PoisonError::into_inner);
        let in_force = store.schema();
        if in_force.version > 0 && in_force.source == source {
            return Ok(SchemaApplied { version: in_force.version, hash, changed: false });
        }
        if expected.is_some_and(|expected| expected != in_force.version) {
            let message = format!("schema version {} came into force meanwhile", in_force.version);
            return Err(Error::new(Kind::Conflict, MOVED, message)
                .kept("the schema in force stays as it is")
                .help("compare with that version, and try again"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;

    #[test]
    fn a_schema_that_was_compared_with_another_one_is_not_applied() {
        let (_dir, local, ada) = testing::local();
        let schema = |name: &str| format!("aggregate {name} {{\n  event made {{}}\n}}\n");
        assert_eq!(local.schema_apply_over(&ada, 0, &schema("a")).unwrap().version, 1);
        // Somebody applies one after it was looked at which is in force.
        local.schema_apply(&ada, &schema("b")).unwrap();
        let moved = local.schema_apply_over(&ada, 1, &schema("c")).unwrap_err();
        assert_eq!((moved.code(), moved.kind()), (MOVED, Kind::Conflict));
        assert_eq!(local.schema_in_force(&ada).unwrap().unwrap().version, 2);
        assert_eq!(local.schema_apply_over(&ada, 2, &schema("c")).unwrap().version, 3);
        // What is in force already breaks nothing, whoever applied it.
        assert!(!local.schema_apply_over(&ada, 1, &schema("c")).unwrap().changed);
    }
}
