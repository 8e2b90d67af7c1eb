//! Current states as JSON.

use super::{ExportError, Run, line};
use crate::domain::AggregateType;
use crate::service::found::Found;
use crate::service::record::Eyes;
use crate::store::{AggregateBytes, StoreError, View};
use crate::wire::{AggregateRecord, ExportReport};
use std::ops::ControlFlow;

/// How many aggregates an export looks at.
pub(super) fn count(view: &View, wanted: Option<&AggregateType>) -> Result<u64, StoreError> {
    let types = view.types()?;
    let chosen = types.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == name));
    chosen.map(|(_, number)| view.count_type(*number)).sum()
}

/// Hands every aggregate that is exported to `visit`, by type and id. `step` hears of the others as well.
pub(super) fn each(
    view: &View,
    eyes: &Eyes<'_>,
    (wanted, archived): (Option<&AggregateType>, bool),
    mut step: impl FnMut() -> Result<(), ExportError>,
    mut visit: impl FnMut(AggregateRecord) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    view.heads(wanted, None, |name, head| {
        step()?;
        if (archived || !head.archived) && eyes.lists(&name) {
            // The key is needed for reading events only.
            let key = AggregateBytes::new(0, &name.id);
            visit(Found { name, key, head }.record(view, eyes)?)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

impl Run<'_> {
    pub(super) fn ndjson(
        &mut self,
        wanted: Option<&AggregateType>,
        archived: bool,
    ) -> Result<ExportReport, ExportError> {
        self.sink.begin("aggregates.ndjson")?;
        let mut records = 0;
        let (sink, pace) = (&mut *self.sink, &mut self.pace);
        let step = || Ok(pace.step()?);
        each(self.view, self.eyes, (wanted, archived), step, |record| {
            records += 1;
            writeln!(sink, "{}", line(&record)?)?;
            Ok(())
        })?;
        Ok(self.report(wanted, records, 1)?)
    }

    pub(super) fn json(
        &mut self,
        wanted: Option<&AggregateType>,
        archived: bool,
    ) -> Result<ExportReport, ExportError> {
        self.sink.begin("aggregates.json")?;
        let mut records = 0;
        let (sink, pace) = (&mut *self.sink, &mut self.pace);
        sink.write_all(b"[")?;
        let step = || Ok(pace.step()?);
        each(self.view, self.eyes, (wanted, archived), step, |record| {
            let before = if records == 0 { "\n" } else { ",\n" };
            records += 1;
            write!(sink, "{before}{}", line(&record)?)?;
            Ok(())
        })?;
        sink.write_all(b"\n]\n")?;
        Ok(self.report(wanted, records, 1)?)
    }
}
