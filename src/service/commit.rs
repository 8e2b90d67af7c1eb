//! Writing.

use super::Local;
use super::caller::{Caller, Restrict};
use super::errors::{as_stored, rejected};
use super::gate::Gate;
use super::prepare::{Events, Key, Rules, idempotency, prepare};
use super::record::Eyes;
use crate::domain::{Event, Kind as EventKind, Position};
use crate::error::{Error, Kind, Result};
use crate::store::{
    Accepted, Admission, AppliedSchema, ImportPoint, Proposal, Refusal, Rejection, StoreError,
    Unstage,
};
use crate::wire::{CommitReceipt, CommitRequest};
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::oneshot;

/// How often a request is checked anew because the schema changed under it.
const SCHEMA_TRIES: usize = 3;

/// What is told of the events of a commit.
fn receipt(events: Vec<Event>, eyes: &Eyes<'_>) -> CommitReceipt {
    let commit = events.first().map(|event| event.header.commit).unwrap_or_default();
    // The caller named the aggregates of its operations; those that a cascade reached it may not know.
    let shown = events.into_iter().filter(|event| {
        event.header.kind != EventKind::Nullify || eyes.lists(&event.header.aggregate)
    });
    CommitReceipt {
        commit: format!("c{commit}"),
        events: shown.map(|event| eyes.event(event)).collect(),
        replayed: false,
        dry_run: false,
    }
}

/// What a commit does beside its operations, and which events it may hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside {
    /// How far an import is with it.
    pub(super) import: Option<([u8; 16], ImportPoint)>,
    /// What it does to the stage.
    pub(super) unstage: Option<Unstage>,
    pub(super) events: Events,
    /// What a retry is known by, where the operations do not say it.
    pub(super) key: Option<Key>,
}

/// A commit before the writer has seen it.
struct Begun {
    /// What it was checked under.
    schema: Arc<AppliedSchema>,
    step: Step,
}

enum Step {
    /// Nothing is left to do: the same request came before.
    Answered(CommitReceipt),
    /// The writer is to judge this.
    Proposed(Box<Proposal>),
}

/// How often a request was checked under a schema that was no longer in force when the writer came to it.
#[derive(Default)]
struct Tries(usize);

impl Local {
    /// Makes operations durable, together or not at all; returns when they are on disk.
    ///
    /// # Errors
    /// Why nothing was written. [`Kind::Unavailable`] with the code `dbx::store::outcome_unknown` alone means that it
    /// may have been: repeat it with the same idempotency key.
    pub fn commit(&self, caller: &Caller, request: &CommitRequest) -> Result<CommitReceipt> {
        self.commit_as(caller, request, &Aside::default())
    }

    /// As [`Local::commit`], where the request may also hold events that only dbx writes.
    pub(super) fn commit_any(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        import: Option<([u8; 16], ImportPoint)>,
    ) -> Result<CommitReceipt> {
        self.commit_as(caller, request, &Aside { import, events: Events::All, ..Aside::default() })
    }

    /// As [`Local::commit`], with what else happens in the same batch.
    pub(super) fn commit_as(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        aside: &Aside,
    ) -> Result<CommitReceipt> {
        let mut tries = Tries::default();
        loop {
            let gate = self.gate(caller)?;
            let Begun { schema, step } = self.begin(&gate, caller, request, aside)?;
            let proposal = match step {
                Step::Answered(receipt) => return Ok(receipt),
                Step::Proposed(proposal) => proposal,
            };
            let verdict = self.store().propose(*proposal);
            if let Some(receipt) = self.finish(caller, request, &schema, verdict, &mut tries)? {
                return Ok(receipt);
            }
        }
    }

    /// As [`Local::commit`], for an asynchronous host: no thread waits for the disk. What is done before that blocks for
    /// as long as the checks of the request take, so this is for small ones. `turn` is held until the writer is done, also
    /// where nobody waits for that any more.
    ///
    /// # Errors
    /// As [`Local::commit`].
    pub(crate) async fn commit_soon(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        turn: impl Send + Sync + 'static,
    ) -> Result<CommitReceipt> {
        let turn = Arc::new(turn);
        let aside = Aside::default();
        let mut tries = Tries::default();
        loop {
            let gate = self.gate_soon(caller).await?;
            let Begun { schema, step } = self.begin(&gate, caller, request, &aside)?;
            let proposal = match step {
                Step::Answered(receipt) => return Ok(receipt),
                Step::Proposed(proposal) => proposal,
            };
            let (teller, answer) = oneshot::channel();
            let held = turn.clone();
            self.store().propose_then(*proposal, move |verdict| {
                drop(held);
                // Whoever no longer waits misses the answer, and nothing else.
                drop(teller.send(verdict));
            })?;
            let verdict = answer.await.unwrap_or_else(|_| Err(StoreError::unanswered().into()));
            if let Some(receipt) = self.finish(caller, request, &schema, verdict, &mut tries)? {
                return Ok(receipt);
            }
        }
    }

    /// Brings a commit as far as it can be without the writer.
    fn begin(
        &self,
        gate: &Gate<'_>,
        caller: &Caller,
        request: &CommitRequest,
        aside: &Aside,
    ) -> Result<Begun> {
        let schema = self.store().schema();
        let eyes = Eyes::new(&schema.schema, caller);
        gate.writes(&request.operations, caller.restrict, &eyes)?;
        let key = match aside.key {
            Some(key) => Some(key),
            None => Key::of(request, caller)?,
        };
        // Whatever the schema says by now: what was answered once is answered the same again.
        if let Some(receipt) = key.map(|key| self.answered(caller, key)).transpose()?.flatten() {
            let receipt = CommitReceipt { dry_run: request.dry_run, ..receipt };
            return Ok(Begun { schema, step: Step::Answered(receipt) });
        }
        let view = self.view()?;
        let rules = Rules {
            caller,
            schema: &schema,
            present: &view,
            payload_bytes_max: self.payload_bytes_max(),
            events: aside.events,
        };
        let operations = prepare(request, &rules)?;
        let idempotency = key.map(|key| idempotency(request, &operations, key));
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
            import: aside.import,
            unstage: aside.unstage.clone(),
            ticket: caller.ticket(),
            dry_run: request.dry_run,
        };
        Ok(Begun { schema, step: Step::Proposed(Box::new(proposal)) })
    }

    /// The answer to what the writer said; `None` where the request has to be checked anew.
    fn finish(
        &self,
        caller: &Caller,
        request: &CommitRequest,
        schema: &AppliedSchema,
        verdict: Result<Accepted, Rejection>,
        tries: &mut Tries,
    ) -> Result<Option<CommitReceipt>> {
        let eyes = Eyes::new(&schema.schema, caller);
        let (events, replayed) = match verdict.map_err(|rejection| eyes.rejection(rejection)) {
            Ok(Accepted::Committed { events, .. }) => (events, false),
            Ok(Accepted::Replayed { first, count }) => (self.written(first, count)?, true),
            Err(Rejection { refusal: refusal @ Refusal::StaleSchema { .. }, .. }) => {
                tries.0 += 1;
                return if tries.0 < SCHEMA_TRIES { Ok(None) } else { Err(refusal.into()) };
            }
            Err(rejection) => {
                let error = rejected(rejection, request.operations.len());
                return Err(as_stored(error, &request.operations));
            }
        };
        let receipt = receipt(events, &eyes);
        Ok(Some(CommitReceipt { replayed, dry_run: request.dry_run, ..receipt }))
    }

    /// The answer that this very request got before; `None` where its key is new, or was used for something else.
    pub(super) fn answered(&self, caller: &Caller, key: Key) -> Result<Option<CommitReceipt>> {
        let view = self.view()?;
        let Some(entry) = view.idempotency(&view.coded(key.name)?)? else { return Ok(None) };
        if entry.request != Some(view.coded(key.request)?) {
            return Ok(None);
        }
        let schema = self.store().schema();
        let events = self.written(entry.first, entry.count)?;
        let receipt = receipt(events, &Eyes::new(&schema.schema, caller));
        Ok(Some(CommitReceipt { replayed: true, ..receipt }))
    }

    /// The first position of what was written with a key.
    pub(super) fn used_before(&self, key: Key) -> Result<Option<Position>> {
        let view = self.view()?;
        Ok(view.idempotency(&view.coded(key.name)?)?.map(|entry| entry.first))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing;
    use std::pin::pin;
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    /// Says when it is given back.
    struct Turn(Sender<()>);

    impl Drop for Turn {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }

    #[test]
    fn a_turn_is_over_when_the_writer_is_done_though_nobody_waits() {
        let (_dir, local, ada) = testing::local();
        let operations = vec![testing::operation("order/1", "placed")];
        let request = CommitRequest { operations, ..CommitRequest::default() };
        // The writer tells of what it wrote before it answers, and stays with that until it may go on.
        let (go_on, held) = channel::<()>();
        let held = Mutex::new(held);
        local.observe(move |_| {
            let _ = held.lock().unwrap().recv();
        });
        let (told, over) = channel();
        {
            let commit = pin!(local.commit_soon(&ada, &request, Turn(told)));
            let polled = commit.poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Pending));
            // Here its client goes.
        }
        assert!(over.try_recv().is_err(), "the writer is not done");
        drop(go_on);
        over.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(local.status(&ada).unwrap().position, "1", "and not before it was written");
    }
}
