//! Writing.

use super::Service;
use super::caller::{Caller, Restrict};
use super::errors::rejected;
use super::prepare::{Events, Rules, idempotency, prepare};
use super::record::Eyes;
use crate::domain::{Event, Kind as EventKind, Position};
use crate::error::{Error, Kind, Result};
use crate::store::{Accepted, Admission, ImportPoint, Proposal, Refusal, Rejection, StoreError};
use crate::wire::{CommitReceipt, CommitRequest};
use std::ops::ControlFlow;

/// How often a request is checked anew because the schema changed under it.
const SCHEMA_TRIES: usize = 3;

impl Service {
    /// Makes operations durable, together or not at all; returns when they are on disk.
    ///
    /// # Errors
    /// Why nothing was written. [`Kind::Unavailable`] with the code `dbx::store::outcome_unknown` alone means that it
    /// may have been: repeat it with the same idempotency key.
    pub fn commit(&self, caller: &Caller, request: &CommitRequest) -> Result<CommitReceipt> {
        self.commit_as(caller, request, None, Events::OfWriters)
    }

    /// As [`Service::commit`], where the request may also hold events that only dbx writes.
    pub(super) fn commit_any(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        import: Option<([u8; 16], ImportPoint)>,
    ) -> Result<CommitReceipt> {
        self.commit_as(caller, request, import, Events::All)
    }

    fn commit_as(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        import: Option<([u8; 16], ImportPoint)>,
        events: Events,
    ) -> Result<CommitReceipt> {
        let mut last = None;
        for _ in 0..SCHEMA_TRIES {
            match self.try_commit(caller, request, import, events)? {
                Ok(receipt) => return Ok(receipt),
                Err(Rejection { refusal: refusal @ Refusal::StaleSchema { .. }, .. }) => {
                    last = Some(refusal);
                }
                Err(rejection) => return Err(rejected(rejection, request.operations.len())),
            }
        }
        Err(last.map_or_else(|| StoreError::Closed.into(), Error::from))
    }

    fn try_commit(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        import: Option<([u8; 16], ImportPoint)>,
        admitted: Events,
    ) -> Result<Result<CommitReceipt, Rejection>> {
        let gate = self.gate(caller)?;
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        gate.writes(&request.operations, caller.restrict, &eyes)?;
        let view = self.view()?;
        let rules = Rules {
            caller,
            schema: &schema,
            view: &view,
            payload_bytes_max: self.payload_bytes_max(),
            events: admitted,
        };
        let operations = prepare(request, &rules)?;
        let idempotency = idempotency(request, &operations, caller)?;
        let admission = match caller.restrict {
            Restrict::Off => Admission::Unchecked,
            Restrict::Default | Restrict::Strict => Admission::Checked(schema.version),
        };
        let proposal = Proposal {
            operations,
            actor: caller.actor.clone(),
            message: request.message.clone(),
            idempotency,
            admission,
            import,
            ticket: caller.ticket(),
            dry_run: request.dry_run,
        };
        let accepted = match self.store().propose(proposal) {
            Ok(accepted) => accepted,
            Err(rejection) => return Ok(Err(eyes.rejection(rejection))),
        };
        let (events, replayed) = match accepted {
            Accepted::Committed { events, .. } => (events, false),
            Accepted::Replayed { first, count } => (self.written(first, count)?, true),
        };
        let commit = events.first().map(|event| event.header.commit).unwrap_or_default();
        // The caller named the aggregates of its operations; those that a cascade reached it may not know.
        let shown = events.into_iter().filter(|event| {
            event.header.kind != EventKind::Nullify || eyes.lists(&event.header.aggregate)
        });
        Ok(Ok(CommitReceipt {
            commit: format!("c{commit}"),
            events: shown.map(|event| eyes.event(event)).collect(),
            replayed,
            dry_run: request.dry_run,
        }))
    }

    /// The events that an earlier request wrote.
    fn written(&self, first: Position, count: u32) -> Result<Vec<Event>> {
        let last = Position(first.get() + u64::from(count) - 1);
        let mut events = Vec::new();
        self.view()?.scan(first, last, false, |event| {
            events.push(event.decode()?);
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        if events.len() as u64 == u64::from(count) {
            return Ok(events);
        }
        Err(Error::new(
            Kind::Corrupt,
            "dbx::store::damaged",
            format!("the events of an earlier request, from #{first} on, are not all there"),
        ))
    }
}
