//! The history as lines that an import takes.

use super::{ExportError, Run};
use crate::domain::json::{Json, Object};
use crate::domain::{AggregateType, Kind};
use crate::wire::{EventRecord, ExportReport};
use std::ops::ControlFlow;

impl Run<'_> {
    pub(super) fn events(
        &mut self,
        wanted: Option<&AggregateType>,
    ) -> Result<ExportReport, ExportError> {
        self.sink.begin("events.ndjson")?;
        let last = self.view.last_position()?;
        let (mut records, mut erased) = (0, false);
        self.view.scan(crate::domain::Position(1), last, false, |event| {
            self.pace.step()?;
            let header = event.header()?;
            let name = &header.aggregate.aggregate_type;
            if wanted.is_none_or(|wanted| wanted == name) && self.eyes.lists(&header.aggregate) {
                let event = event.decode()?;
                if event.body.erased.is_some() || event.header.kind == Kind::Erase {
                    // Nothing is left of it that another store could hold.
                    erased = true;
                    return Ok(ControlFlow::Continue(()));
                }
                records += 1;
                let line = line(self.eyes.event(event));
                writeln!(self.sink, "{line}")?;
            }
            Ok::<_, ExportError>(ControlFlow::Continue(()))
        })?;
        let report = self.report(wanted, records, 1)?;
        Ok(ExportReport { erased_left_out: erased, ..report })
    }
}

/// What an import needs to write the event again.
pub(in crate::service) fn line(event: EventRecord) -> Json {
    let mut object = Object::new();
    object.insert("aggregate_type".into(), event.aggregate_type.into());
    object.insert("aggregate_id".into(), event.aggregate_id.into());
    object.insert("event_type".into(), event.event_type.into());
    for (key, content) in [("payload", event.payload), ("patch", event.patch)] {
        if let Some(content) = content {
            object.insert(key.into(), content);
        }
    }
    if !event.metadata.extensions.is_empty() {
        object.insert("metadata".into(), event.metadata.extensions.into());
    }
    if let Some(note) = event.metadata.note {
        object.insert("note".into(), note.into());
    }
    object.into()
}
