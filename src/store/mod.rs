//! The only user of fjall: the log and everything that is derived from it, on disk.
//!
//! [`Store`] is one open store. Writes are [`Proposal`]s that the writer judges, orders and makes durable; reads
//! go through a [`View`], a snapshot of everything at one moment. What every byte means is drawn in [`format`]; what
//! protects the files around the database lives in [`disk`].

mod backup;
mod counts;
mod cursor;
mod destroy;
pub mod disk;
mod doctor;
mod error;
mod format;
mod guard;
mod keys;
mod keyspaces;
mod nodes;
mod open;
mod ring;
mod rotate;
mod spare;
mod stage;
mod swap;
#[cfg(test)]
mod tests;
mod token;
mod verify;
mod view;
mod writer;

pub use backup::BackupError;
pub(crate) use backup::{
    BackupSummary, Checked as CheckedBackup, Input as BackupInput, RestoreProgress, check_chain,
};
pub use cursor::{CursorMove, CursorRefusal, CursorTarget};
pub(crate) use destroy::Doomed;
pub(crate) use disk::Holder;
pub(crate) use doctor::{Salvage, examine, repair};
pub use error::{Refusal, Rejection, StoreError, Unseen};
#[doc(hidden)]
pub use format::Record;
pub(crate) use format::{
    BodyText, SALT_BYTES, SchemaEntry, decode_body, decode_header, sealed_body,
};
pub use format::{CursorEntry, FormatError, Head, TokenEntry, TokenUse};
pub(crate) use keys::AggregateBytes;
pub(crate) use nodes::LogNodes;
pub(crate) use stage::{Draft, Signature, Signed, Stage, StageChange, Staged};
pub use token::{Manager, StoredToken, TokenRefusal};
pub use verify::Progress;
#[cfg(test)]
pub(crate) use verify::verify_aggregate;
#[cfg(test)]
use verify::verify_log;
pub(crate) use verify::{TO_THE_END, Wanted, verify_aggregate_while};
pub(crate) use view::ArchivedBy;
pub use view::{RawEvent, View};
pub use writer::{
    Accepted, Admission, AppliedSchema, Expected, Idempotency, ImportPoint, Proposal, Proposed,
    Ticket, Unstage, Written,
};
pub(crate) use writer::{COMMIT_BYTES_MAX, OPERATIONS_MAX, Standing, Trial, Tried};

use crate::clock::Clock;
use crate::domain::{Actor, AggregateType, Position, Timestamp};
use crate::schema::Schema;
use crate::wire::LogVerdict;
use crate::workspace::DataKeys;
use keyspaces::Keyspaces;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use writer::{Changes, Queue, Shared, Start, Writer, answer};

/// How long a close tries to bring the journals into tables. It gives up before others give up on the lock.
const CLOSE_WAIT: Duration = Duration::from_secs(3);

/// A close empties the journals beyond this many bytes: an opening replays them at up to 24 ms per megabyte.
const JOURNAL_LEFT_MAX: u64 = 1 << 20;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder `.dbx/`.
    pub dot: PathBuf,
    /// The folder of the database; `.dbx/store` unless the configuration says otherwise.
    pub store: PathBuf,
    /// How long to wait for another process that has the store.
    pub lock_wait: Duration,
    /// What the lock says about this process to others: the command.
    pub command: String,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The worker number in event ids, at most 1023.
    pub worker: u16,
    /// How many heads the writer keeps in memory.
    pub cache_heads: usize,
    /// Where the master key of an encrypted store is.
    pub keys: DataKeys,
}

/// One open store. No other process can open it until this is dropped or closed.
pub struct Store {
    // The order of the fields is the order of dropping: the writer first, then the database, then its copy.
    writer: Mutex<WriterState>,
    shared: Arc<Shared>,
    /// Taken by the close only.
    keyspaces: RwLock<Option<Keyspaces>>,
    format: disk::Format,
    read_only: Option<ReadOnly>,
    /// Why what an earlier process began could not be finished at the opening.
    unfinished: Option<String>,
    /// What ANCHOR said at the opening; `None` where it could not be read.
    anchor: Option<disk::anchor::State>,
    /// Stands in for the dictionary of types where that cannot be read.
    stand_in: Option<Arc<[(AggregateType, u32)]>>,
    journal_bytes: u64,
    counts: counts::Counts,
    options: Options,
    /// Removed from the disk when the store is gone.
    _spare: Option<spare::Spare>,
}

/// Why a store takes no writes.
#[derive(Debug, Clone)]
struct ReadOnly {
    reason: String,
    /// Whether files are at fault, and not records in them.
    of_files: bool,
}

/// The writer starts with the first write: most commands only read.
enum WriterState {
    Idle(Box<Start>),
    Running(Writer),
    Closed,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.options.dot).finish_non_exhaustive()
    }
}

impl Store {
    /// Builds the store of a new workspace; false where there is one already, which stays as it is.
    ///
    /// # Errors
    /// A `.dbx/` that another program made or that another process uses, or whatever the file system says.
    pub fn build(options: &Options) -> Result<bool, StoreError> {
        open::build(options, false)
    }

    /// As [`Store::build`], where everything that comes into the new store will be sealed. The master key is made where
    /// there is none.
    ///
    /// # Errors
    /// As [`Store::build`], or a key that cannot be used or made.
    pub fn build_encrypted(options: &Options) -> Result<bool, StoreError> {
        open::build(options, true)
    }

    /// Opens the store, waiting for another process that has it.
    ///
    /// # Errors
    /// Locked beyond the wait, a newer format, missing or foreign files. Damage that leaves something to read is no
    /// error: the store opens for reading only then, see [`Store::read_only`].
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let mut opened = open::open(&options)?;
        let view = View::new(&opened.keyspaces);
        let mut damaged = |error: StoreError| {
            if !error.is_damage() {
                return Err(error);
            }
            let reason = error.to_string();
            opened.read_only.get_or_insert(ReadOnly { reason, of_files: true });
            Ok(())
        };
        let schema = match in_force(&view) {
            Ok(schema) => schema,
            Err(error) => damaged(error).map(|()| AppliedSchema::default())?,
        };
        let (known, stand_in) = match view.types() {
            Ok(types) => (types, None),
            Err(error) => {
                damaged(error)?;
                let types = view.types_by_events().unwrap_or_default();
                (types.clone(), Some(types.into()))
            }
        };
        let types = known.into_iter().map(|(name, number)| (name.as_str().to_owned(), number));
        let types = types.collect::<HashMap<_, _>>();
        // What was begun may be finished below, for which nothing may have the database open.
        drop(view);
        let shared = Arc::new(Shared::new(schema, opened.end.position));
        let start = Start {
            keyspaces: opened.keyspaces.clone(),
            end: opened.end,
            tree: opened.tree,
            types,
            worker: options.worker,
            cache_heads: options.cache_heads,
            clock: options.clock.clone(),
            guard: opened.guard,
        };
        let mut store = Self {
            writer: Mutex::new(WriterState::Idle(Box::new(start))),
            shared,
            keyspaces: RwLock::new(Some(opened.keyspaces)),
            format: opened.format,
            read_only: opened.read_only,
            unfinished: None,
            anchor: opened.anchor,
            stand_in,
            journal_bytes: opened.journal_bytes,
            counts: counts::Counts::default(),
            options,
            _spare: opened.spare,
        };
        store.go_on_if_possible()?;
        Ok(store)
    }

    /// The store at this moment.
    ///
    /// # Errors
    /// [`StoreError::Closed`].
    pub fn view(&self) -> Result<View, StoreError> {
        let keyspaces = self.keyspaces.read().unwrap_or_else(PoisonError::into_inner);
        let view = View::new(keyspaces.as_ref().ok_or(StoreError::Closed)?);
        Ok(view.with_types(self.stand_in.clone()).with_damage(self.read_only.is_some()))
    }

    fn keyspaces(&self) -> Result<Keyspaces, StoreError> {
        let keyspaces = self.keyspaces.read().unwrap_or_else(PoisonError::into_inner);
        keyspaces.clone().ok_or(StoreError::Closed)
    }

    /// Whether what is in the store is sealed.
    pub fn is_encrypted(&self) -> bool {
        self.format.features.contains(disk::format_file::ENCRYPTION)
    }

    /// Why the store takes no writes; `None` where it does.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_ref().map(|read_only| read_only.reason.as_str())
    }

    /// Recomputes what is stored, on `cores` threads: the log and its trees, and where `beside` says so everything that
    /// stands beside the log. `progress` is told how many events of how many are done, `refolded` how many aggregates.
    ///
    /// # Errors
    /// The log cannot be read at all. Damage is no error but in the verdict.
    pub(crate) fn verify(
        &self,
        cores: usize,
        beside: bool,
        progress: Progress<'_>,
        refolded: Progress<'_>,
    ) -> Result<LogVerdict, StoreError> {
        self.verify_while(cores, beside, (progress, refolded), verify::TO_THE_END)
    }

    /// As [`Store::verify`], for as long as the answer is wanted.
    ///
    /// # Errors
    /// As there; [`StoreError::Stopped`] where it is not wanted any more.
    pub(crate) fn verify_while(
        &self,
        cores: usize,
        beside: bool,
        (progress, refolded): (Progress<'_>, Progress<'_>),
        wanted: verify::Wanted<'_>,
    ) -> Result<LogVerdict, StoreError> {
        let schema = self.schema();
        let check = verify::Check {
            cores,
            anchor: self.anchor.as_ref(),
            beside: beside.then_some(&schema.schema),
            wanted,
        };
        let mut verdict = verify::verify_log(&self.view()?, &check, progress, refolded)?;
        // What the opening found in records is found again; what it found in files shows nowhere else.
        if let Some(read_only) = &self.read_only
            && (read_only.of_files || verdict.ok)
        {
            verify::add_to(&mut verdict, &read_only.reason);
        }
        Ok(verdict)
    }

    /// The identity of the store.
    pub fn uuid(&self) -> uuid::Uuid {
        self.format.store
    }

    /// The schema in force, compiled.
    pub fn schema(&self) -> Arc<AppliedSchema> {
        self.shared.schema()
    }

    /// The last durable position as soon as it is beyond `position`, or whatever it is when the time is over.
    pub fn wait_beyond(&self, position: Position, timeout: Duration) -> Position {
        self.shared.wait_beyond(position, timeout)
    }

    /// The last durable position, and word of every later one.
    pub(crate) fn end(&self) -> tokio::sync::watch::Receiver<Position> {
        self.shared.end()
    }

    /// Tells `told` of every batch of events from now on, from the writer's thread: it must not block. The first who asks is
    /// the only one.
    pub fn observe(&self, told: impl Fn(&Written) + Send + Sync + 'static) {
        self.shared.observer.set(told);
    }

    /// Whether the store failed while it was written to, and takes nothing more until it is opened again.
    ///
    /// # Errors
    /// [`StoreError::Poisoned`].
    pub fn check(&self) -> Result<(), StoreError> {
        self.shared.check()
    }

    /// Bytes of the store on disk, journals included.
    ///
    /// # Errors
    /// Files that cannot be looked at.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.keyspaces()?.db.disk_space()?)
    }

    /// Judges a proposal and makes it durable; returns when it is on disk.
    ///
    /// # Errors
    /// Why nothing was written; or, on [`StoreError::OutcomeUnknown`], that the write may or may not show up later.
    pub fn propose(&self, proposal: Proposal) -> Result<Accepted, Rejection> {
        let (teller, answer) = answer::pair();
        self.propose_then(proposal, move |result| teller.tell(result))?;
        answer.wait().ok_or_else(StoreError::unanswered)?
    }

    /// As [`Store::propose`], without waiting: `then` is called from the writer's thread and must not block. A panic in
    /// it ends there: the proposal and everyone else's are unaffected. It is dropped without being called only when the
    /// writer itself panics, after which the outcome is unknown.
    ///
    /// # Errors
    /// A store that takes no writes.
    pub fn propose_then(
        &self,
        proposal: Proposal,
        then: impl FnOnce(Result<Accepted, Rejection>) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.queue()?.propose(proposal, Box::new(then))
    }

    /// Puts a schema into force, in its turn among the writes.
    ///
    /// # Errors
    /// A store that takes no writes, or fails to.
    pub fn apply_schema(
        &self,
        source: String,
        schema: Schema,
        actor: Actor,
    ) -> Result<Arc<AppliedSchema>, StoreError> {
        let applied = AppliedSchema { version: 0, source, schema };
        self.queue()?.apply_schema(applied, actor)
    }

    /// Changes records beside the log. `decide` runs on the writer's thread: it reads what is stored then, says what
    /// changes, and must not wait for anything. Returns when the change is on disk.
    ///
    /// # Errors
    /// What `decide` says, and then nothing is written; or a store that takes no writes or fails to.
    fn change<T, E>(
        &self,
        decide: impl FnOnce(&View, Timestamp, &mut Changes) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.queue()?.change(decide)
    }

    /// The way to the writer, which is started by the first who asks.
    fn queue(&self) -> Result<Queue, StoreError> {
        if let Some(reason) = self.read_only() {
            return Err(StoreError::ReadOnly { reason: reason.to_owned() });
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let WriterState::Idle(_) = &*writer
            && let WriterState::Idle(start) = std::mem::replace(&mut *writer, WriterState::Closed)
        {
            *writer = WriterState::Running(Writer::start(*start, self.shared.clone())?);
        }
        match &*writer {
            WriterState::Running(writer) => writer.queue(),
            WriterState::Idle(_) | WriterState::Closed => Err(StoreError::Closed),
        }
    }

    /// Finishes what is queued, leaves files from which the next opening is fast, and lets the next process in.
    /// Dropping the store does the same, without saying what failed.
    ///
    /// # Errors
    /// What the database or the file system says; everything acknowledged is on disk all the same.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.shut()
    }

    fn take_keyspaces(&mut self) -> Option<Keyspaces> {
        self.keyspaces.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn shut(&mut self) -> Result<(), StoreError> {
        let writer = {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *writer, WriterState::Closed)
        };
        let guard = match writer {
            WriterState::Idle(start) => Some(start.guard),
            WriterState::Running(mut writer) => writer.stop(),
            WriterState::Closed => return Ok(()),
        };
        let guard = guard.ok_or(StoreError::Closed)?;
        if let Err(gone) = guard.check() {
            drop(self.take_keyspaces());
            return Err(gone.into());
        }
        let left = self.journal_bytes + guard.bytes_written();
        let flush =
            self.read_only.is_none() && self.shared.check().is_ok() && left > JOURNAL_LEFT_MAX;
        if flush {
            let keyspaces = self.take_keyspaces();
            let all = keyspaces.iter().flat_map(Keyspaces::all).map(|(_, keyspace)| keyspace);
            let flushed = disk::close::flush(all, CLOSE_WAIT);
            drop(keyspaces);
            if flushed.is_err() {
                // Everything is in the journals, durably, which the next opening replays: a disk without room for a
                // table must not turn a read, or a commit that stands, into a failure.
                return Ok(guard.close(None)?);
            }
            return match disk::close::flush_and_truncate(&self.options.store) {
                Ok(journals) => Ok(guard.close(Some(journals))?),
                // A view is still held somewhere: the next opening replays the journal instead.
                Err(disk::DiskError::StillOpen { .. }) => Ok(guard.close(None)?),
                Err(error) => Err(error.into()),
            };
        }
        // The database syncs its journal when its last handle goes; the lock is given up after that.
        drop(self.take_keyspaces());
        Ok(guard.close(None)?)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A caller that wants to know calls `close`; nothing acknowledged depends on it.
        drop(self.shut());
    }
}

/// Compiles the newest applied schema. It was compiled before it was stored, so a failure is damage.
fn in_force(view: &View) -> Result<AppliedSchema, StoreError> {
    let Some((version, entry)) = view.schema_in_force()? else {
        return Ok(AppliedSchema::default());
    };
    let compiled = crate::schema::compile(&entry.source);
    let schema = compiled.schema.ok_or_else(|| {
        StoreError::Inconsistent(format!("schema version {version} does not compile any more"))
    })?;
    Ok(AppliedSchema { version, source: entry.source, schema })
}
