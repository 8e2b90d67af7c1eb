//! Where operations are tried out before they are staged or committed.

use crate::domain::AggregateKey;
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::service::caller::{Caller, Restrict};
use crate::service::errors::rejected;
use crate::service::prepare::{Events, Rules, prepare};
use crate::service::record::Eyes;
use crate::store::{
    AppliedSchema, COMMIT_BYTES_MAX, OPERATIONS_MAX, Rejection, Standing, Trial, Tried, View,
};
use crate::wire::{CommitRequest, Operation};
use std::sync::Arc;

/// Tries operations one after the other on what a view sees, each behind those that passed before it.
pub(in crate::service) struct Bench<'a> {
    caller: &'a Caller,
    schema: Arc<AppliedSchema>,
    trial: Trial,
    payload_bytes_max: usize,
}

impl<'a> Bench<'a> {
    pub(in crate::service) fn new(
        service: &Local,
        caller: &'a Caller,
        view: &View,
        schema: &Arc<AppliedSchema>,
    ) -> Result<Self> {
        let checked = caller.restrict != Restrict::Off;
        let trial = Trial::new(view.clone(), schema.clone(), checked, caller.ticket())?;
        let payload_bytes_max = service.payload_bytes_max();
        Ok(Self { caller, schema: schema.clone(), trial, payload_bytes_max })
    }

    /// Tries one operation, with `more` to come. Gives its event, then those that would follow from it.
    ///
    /// # Errors
    /// Why it may not happen, as a commit of it alone would say.
    pub(in crate::service) fn step(
        &mut self,
        operation: &Operation,
        events: Events,
        more: usize,
    ) -> Result<Vec<Tried>> {
        let rules = Rules {
            caller: self.caller,
            schema: &self.schema,
            present: &self.trial,
            payload_bytes_max: self.payload_bytes_max,
            events,
        };
        let operations = vec![operation.clone()];
        let request = CommitRequest { operations, ..CommitRequest::default() };
        let mut tried = Vec::new();
        for proposed in prepare(&request, &rules)? {
            tried = self.trial.step(proposed, more).map_err(|refusal| {
                let eyes = Eyes::new(&self.schema.schema, self.caller);
                rejected(eyes.rejection(Rejection { operation: Some(0), refusal }), 1)
            })?;
        }
        Ok(tried)
    }

    /// Where an aggregate stands behind what passed so far.
    pub(in crate::service) fn standing(&self, name: &AggregateKey) -> Result<Option<Standing>> {
        Ok(self.trial.standing(name)?)
    }

    /// The bytes of what passed so far.
    pub(super) fn bytes(&self) -> usize {
        self.trial.weight()
    }

    /// Refuses a stage that no commit could hold.
    pub(super) fn limit(&self, operations: usize) -> Result<()> {
        let (bytes, large) = (self.bytes(), self.bytes() > COMMIT_BYTES_MAX);
        let message = if operations > OPERATIONS_MAX {
            format!(
                "the stage would have {operations} operations, and a commit at most {OPERATIONS_MAX}"
            )
        } else if large {
            format!("the stage would have {bytes} bytes, and a commit at most {COMMIT_BYTES_MAX}")
        } else {
            return Ok(());
        };
        let code = if large { "dbx::limit::commit" } else { "dbx::limit::operations" };
        Err(Error::new(Kind::TooLarge, code, message)
            .kept("nothing was staged; what was staged before stays")
            .help("commit what is staged first, then stage the rest"))
    }
}
