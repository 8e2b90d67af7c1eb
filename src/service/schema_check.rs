//! Looking at a schema before it is applied.

use super::Local;
use super::caller::Caller;
use crate::domain::access::Action;
use crate::error::{Error, Kind, Result};
use crate::schema::{Severity, Source, breaking, compile};
use crate::wire::{ImpactRequest, SchemaBreak, SchemaCheck, SchemaFinding};

impl Local {
    /// What applying a schema would mean: what is wrong with it, what it breaks against the schema in force, and what
    /// of that is stored. Nothing changes. A source with errors is no error but in the answer.
    ///
    /// # Errors
    /// Stored bytes that cannot be read.
    pub fn schema_check(&self, caller: &Caller, source: &str) -> Result<SchemaCheck> {
        self.gate(caller)?.schema(Action::SchemaRead)?;
        let (compiled, places) = (compile(source), Source::new(source));
        let wrong = compiled.diagnostics.iter().any(|one| one.severity == Severity::Error);
        let diagnostics =
            compiled.diagnostics.iter().map(|one| SchemaFinding::new(one, &places)).collect();
        let in_force = self.view()?.schema_in_force()?;
        let against = in_force.as_ref().map_or(0, |(number, _)| *number);
        let old = in_force.map(|(_, entry)| entry.source);
        let changed = old.as_deref() != Some(source);
        let mut broken = Vec::new();
        if let (Some(old), Some(new), true) = (old, compiled.schema, changed) {
            let before = compile(&old).schema.ok_or_else(|| {
                let message = "the schema in force has errors for this version of dbx";
                Error::new(Kind::Internal, "dbx::schema::invalid", message)
            })?;
            let found = breaking(&before, &new);
            if !found.is_empty() {
                let request = ImpactRequest { old: Some(old), new: source.to_owned() };
                let impacts = self.schema_impact(caller, &request)?;
                broken = found.iter().map(|one| SchemaBreak::new(one, &impacts)).collect();
            }
        }
        let ok = !wrong && broken.is_empty();
        Ok(SchemaCheck { ok, against, changed, diagnostics, breaking: broken })
    }
}
