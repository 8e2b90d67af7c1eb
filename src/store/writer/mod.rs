//! The writer: one thread that judges, orders and stores everything.
//!
//! Callers prepare a [`Proposal`] on their own threads (parsing, normalising, encoding, hashing) and queue it. The
//! writer takes what has queued up, at most [`BATCH_EVENTS`] events or [`BATCH_BYTES`] bytes, judges one proposal
//! after the other against what the batch has made so far, writes all accepted ones in one batch with one fdatasync,
//! publishes the new position and answers everyone: those it refused as well, since a refusal may rest on an earlier
//! proposal of the batch. There is no timer: what queues up during an fsync is the next batch.
//!
//! Nothing above the store knows how writes are scheduled; the bytes allow the derived records to be written later
//! than the log (`ev`), should benchmarks ask for it.

pub(super) mod answer;
mod archived;
mod batch;
mod cascade;
mod change;
mod heads;
mod judge;
mod links;
mod observe;
mod proposal;
mod rebuild;
mod sealing;
mod tail;
mod ticket;
mod trial;

pub(crate) use cascade::{COMMIT_BYTES_MAX, OPERATIONS_MAX};
pub(super) use change::Changes;
pub(super) use links::links;
pub use observe::Written;
pub use proposal::{
    Accepted, Admission, AppliedSchema, Expected, Idempotency, ImportPoint, Proposal, Proposed,
    Ticket, Unstage,
};
pub(super) use rebuild::rebuild;
pub(super) use tail::Space;
pub(crate) use trial::{Standing, Trial, Tried};

use super::error::{Rejection, StoreError};
use super::format::{End, SchemaEntry};
use super::guard::Guard;
use super::keys;
use super::keyspaces::Keyspaces;
use super::view::View;
use crate::clock::Clock;
use crate::domain::{Actor, CommitNumber, Position, Timestamp};
use crate::proof::LogTree;
use batch::Batch;
use observe::Observer;
use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tail::{Records, Tail};
use tokio::sync::watch;

/// How many proposals may wait.
const QUEUE: usize = 1024;

/// A batch takes no further proposal beyond this many events.
const BATCH_EVENTS: usize = 512;

/// A batch takes no further proposal beyond this many bytes.
const BATCH_BYTES: usize = 1 << 20;

type Reply = Box<dyn FnOnce(Result<Accepted, Rejection>) + Send>;
type SchemaReply = SyncSender<Result<Arc<AppliedSchema>, StoreError>>;

enum Message {
    Propose(Box<Proposal>, Reply),
    Schema { applied: AppliedSchema, actor: Actor, reply: SchemaReply },
    Change(change::Decide),
}

/// What the writer shares with everyone else.
#[derive(Debug)]
pub(super) struct Shared {
    schema: RwLock<Arc<AppliedSchema>>,
    published: Mutex<Position>,
    moved: Condvar,
    /// The same for those who must not block.
    end: watch::Sender<Position>,
    /// What ended the writer.
    failed: OnceLock<Arc<StoreError>>,
    pub(super) observer: Observer,
}

impl Shared {
    pub(super) fn new(schema: AppliedSchema, position: Position) -> Self {
        Self {
            schema: RwLock::new(Arc::new(schema)),
            published: Mutex::new(position),
            moved: Condvar::new(),
            end: watch::Sender::new(position),
            failed: OnceLock::new(),
            observer: Observer::default(),
        }
    }

    pub(super) fn schema(&self) -> Arc<AppliedSchema> {
        self.schema.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last durable position, as soon as it is beyond `position` or the time is over.
    pub(super) fn wait_beyond(&self, position: Position, timeout: Duration) -> Position {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let (published, _) = self
            .moved
            .wait_timeout_while(published, timeout, |published| *published <= position)
            .unwrap_or_else(PoisonError::into_inner);
        *published
    }

    fn publish(&self, position: Position) {
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = position;
        self.moved.notify_all();
        self.end.send_if_modified(|end| std::mem::replace(end, position) != position);
    }

    /// The last durable position, and word of every later one.
    pub(super) fn end(&self) -> watch::Receiver<Position> {
        self.end.subscribe()
    }

    fn fail(&self, error: StoreError) {
        // What comes after the first failure says nothing new.
        self.failed.get_or_init(|| Arc::new(error));
        self.moved.notify_all();
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.failed.get() {
            Some(cause) => Err(StoreError::Poisoned(cause.clone())),
            None => Ok(()),
        }
    }
}

/// What the writer starts from.
pub(super) struct Start {
    pub(super) keyspaces: Keyspaces,
    pub(super) end: End,
    pub(super) tree: LogTree,
    pub(super) types: HashMap<String, u32>,
    pub(super) worker: u16,
    pub(super) cache_heads: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) guard: Guard,
}

/// The running writer.
pub(super) struct Writer {
    queue: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<Guard>>,
    shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn start(start: Start, shared: Arc<Shared>) -> Result<Self, StoreError> {
        let (queue, messages) = sync_channel(QUEUE);
        let of_thread = shared.clone();
        let thread = std::thread::Builder::new()
            .name("dbx-writer".into())
            .spawn(move || Loop::new(start, of_thread).run(&messages))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), shared })
    }

    /// The way to the writer.
    pub(super) fn queue(&self) -> Result<Queue, StoreError> {
        let messages = self.queue.clone().ok_or(StoreError::Closed)?;
        Ok(Queue { messages, shared: self.shared.clone() })
    }

    /// Ends the writer after everything that is queued and gives back what guards the files.
    pub(super) fn stop(&mut self) -> Option<Guard> {
        self.queue = None;
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

/// The way to a running writer. The writer goes on until the last of these is gone.
pub(super) struct Queue {
    messages: SyncSender<Message>,
    shared: Arc<Shared>,
}

impl Queue {
    /// Queues a proposal; `reply` is called from the writer's thread and must not block.
    pub(super) fn propose(&self, proposal: Proposal, reply: Reply) -> Result<(), StoreError> {
        self.shared.check()?;
        self.messages.send(Message::Propose(Box::new(proposal), reply)).map_err(|_| self.gone())
    }

    /// Puts a schema into force, in its turn among the writes.
    pub(super) fn apply_schema(
        &self,
        applied: AppliedSchema,
        actor: Actor,
    ) -> Result<Arc<AppliedSchema>, StoreError> {
        self.shared.check()?;
        let (reply, answer) = sync_channel(1);
        self.messages.send(Message::Schema { applied, actor, reply }).map_err(|_| self.gone())?;
        answer.recv().map_err(|_| StoreError::unanswered())?
    }

    /// Changes records beside the log, in its turn among the writes; returns when they are on disk.
    pub(super) fn change<T, E>(
        &self,
        decide: impl FnOnce(&View, Timestamp, &mut Changes) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.shared.check()?;
        let (decide, answer) = change::pair(decide);
        self.messages.send(Message::Change(decide)).map_err(|_| self.gone())?;
        answer()
    }

    fn gone(&self) -> StoreError {
        self.shared.check().err().unwrap_or(StoreError::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Loop {
    keyspaces: Keyspaces,
    tail: Tail,
    cache: heads::HeadCache,
    clock: Arc<dyn Clock>,
    guard: Guard,
    shared: Arc<Shared>,
}

impl Loop {
    fn new(start: Start, shared: Arc<Shared>) -> Self {
        let ring = start.keyspaces.ring.clone();
        Self {
            keyspaces: start.keyspaces,
            tail: Tail {
                end: start.end,
                tree: start.tree,
                types: start.types,
                worker: start.worker,
                ring,
                index_tried: false,
            },
            cache: heads::cache(start.cache_heads),
            clock: start.clock,
            guard: start.guard,
            shared,
        }
    }

    fn run(mut self, messages: &Receiver<Message>) -> Guard {
        let mut next = messages.recv().ok();
        while let Some(message) = next.take() {
            // A panic in there is a bug. Whoever comes later must hear of it, and the lock must stay until the end.
            let step = catch_unwind(AssertUnwindSafe(|| self.step(message, messages)));
            let (result, behind) = step.unwrap_or_else(|panic| {
                (Err(StoreError::Engine(format!("the writer panicked: {}", words(&*panic)))), None)
            });
            if let Err(error) = result {
                self.shared.fail(error);
                self.refuse(behind, messages);
                break;
            }
            next = behind.or_else(|| messages.recv().ok());
        }
        self.guard
    }

    /// One batch or one schema; gives back a message that was taken from the queue and belongs behind.
    fn step(
        &mut self,
        message: Message,
        messages: &Receiver<Message>,
    ) -> (Result<(), StoreError>, Option<Message>) {
        match message {
            Message::Propose(proposal, reply) => self.batch((proposal, reply), messages),
            Message::Schema { applied, actor, reply } => {
                (self.schema(applied, &actor, &reply), None)
            }
            Message::Change(decide) => (self.change(decide), None),
        }
    }

    /// Answers everyone after a failure, until nobody can ask any more.
    fn refuse(&self, mut next: Option<Message>, messages: &Receiver<Message>) {
        while let Some(message) = next.take().or_else(|| messages.recv().ok()) {
            let Err(error) = self.shared.check() else { return };
            match message {
                Message::Propose(_, reply) => answer(reply, Err(error.into())),
                Message::Schema { reply, .. } => drop(reply.send(Err(error))),
                // Dropping it drops the way back: whoever waits hears that it was not answered.
                Message::Change(decide) => drop(decide),
            }
        }
    }

    /// One batch, beginning with a proposal; gives back a message that was taken from the queue and belongs behind.
    fn batch(
        &mut self,
        first: (Box<Proposal>, Reply),
        messages: &Receiver<Message>,
    ) -> (Result<(), StoreError>, Option<Message>) {
        let schema = self.shared.schema();
        let before = (self.tail.end.position, self.tail.end.commit);
        let view = View::new(&self.keyspaces);
        let mut batch = Batch::new(&mut self.tail, &mut self.cache, &schema, view);
        let mut answers = Vec::new();
        let (mut events, mut bytes, mut behind, mut broken) = (0, 0, None, None);
        let mut taken = Some(first);
        while let Some((proposal, reply)) = taken.take() {
            events += proposal.operations.len();
            bytes += proposal.weight();
            let verdict = batch.propose(*proposal, self.clock.now());
            broken = batch.take_broken();
            answers.push((verdict, reply));
            if broken.is_some() || events >= BATCH_EVENTS || bytes >= BATCH_BYTES {
                break;
            }
            match messages.try_recv() {
                Ok(Message::Propose(proposal, reply)) => taken = Some((proposal, reply)),
                Ok(other) => behind = Some(other),
                Err(_) => {}
            }
        }
        let started = Instant::now();
        let written = match broken {
            Some(error) => Err(error),
            None if batch.is_empty() => Ok(0),
            None => self
                .guard
                .before_write()
                .map_err(StoreError::from)
                .and_then(|()| batch.commit(&self.keyspaces)),
        };
        if let Ok(bytes) = written {
            self.shared.publish(self.tail.end.position);
            if bytes > 0 {
                self.tell(before, bytes, started.elapsed());
            }
        }
        let failed = written.as_ref().err().cloned().map(Arc::new);
        for (verdict, reply) in answers {
            let verdict = match (failed.clone(), verdict) {
                (None, verdict) => verdict,
                // A replay may stand for a proposal of this very batch, so it is no more certain than that.
                (Some(cause), Ok(_)) => Err(StoreError::OutcomeUnknown(cause).into()),
                // A refusal may rest on a proposal of this batch, which may never have happened.
                (Some(cause), Err(_)) => Err(StoreError::Poisoned(cause).into()),
            };
            answer(reply, verdict);
        }
        (written.and_then(|bytes| self.follow(bytes)), behind)
    }

    /// Says what a batch wrote.
    fn tell(&self, before: (Position, CommitNumber), bytes: u64, took: Duration) {
        let end = &self.tail.end;
        self.shared.observer.tell(&Written {
            events: end.position.get() - before.0.get(),
            commits: end.commit.get() - before.1.get(),
            bytes,
            took,
        });
    }

    /// Lets ANCHOR follow what is durable now.
    fn follow(&mut self, bytes: u64) -> Result<(), StoreError> {
        if bytes == 0 {
            return Ok(());
        }
        Ok(self.guard.after_write(&self.tail.end, bytes, Instant::now())?)
    }

    fn schema(
        &mut self,
        mut applied: AppliedSchema,
        actor: &Actor,
        reply: &SchemaReply,
    ) -> Result<(), StoreError> {
        let before = self.shared.schema();
        applied.version = before.version + 1;
        let entry = SchemaEntry {
            source: applied.source.clone(),
            applied_at: self.clock.now(),
            actor: actor.clone(),
            after: Some(self.tail.end.position),
        };
        let mut records =
            Records::from([((Space::Mt, keys::schema(applied.version)), Some(entry.encode()))]);
        // On a copy: a failure in here must not leave numbers of types behind that no record names.
        let mut tail = self.tail.clone();
        let view = View::new(&self.keyspaces);
        let (old, new) = (&before.schema, &applied.schema);
        if let Err(error) = tail.link_all(&view, old, new, &mut records, |_| Ok(())) {
            drop(reply.send(Err(error)));
            return Ok(());
        }
        tail.seal(&mut records);
        self.count(&mut records);
        let written = self
            .guard
            .before_write()
            .map_err(StoreError::from)
            .and_then(|()| batch::write(&self.keyspaces, records));
        let verdict = match &written {
            Ok(_) => {
                self.tail = tail;
                let applied = Arc::new(applied);
                *self.shared.schema.write().unwrap_or_else(PoisonError::into_inner) =
                    applied.clone();
                Ok(applied)
            }
            Err(error) => Err(StoreError::OutcomeUnknown(Arc::new(error.clone()))),
        };
        // A caller that is gone does not need the answer.
        drop(reply.send(verdict));
        written.and_then(|bytes| self.follow_change(bytes))
    }
}

/// Calls back. A panic in there is the caller's own: the panic hook has reported it, and it must not keep the others of
/// the batch from their answers, nor end the writer.
fn answer(reply: Reply, verdict: Result<Accepted, Rejection>) {
    drop(catch_unwind(AssertUnwindSafe(move || reply(verdict))));
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
