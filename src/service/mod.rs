//! The use cases, and the only door to the store.
//!
//! A surface asks a [`Service`] in the types of [`wire`](crate::wire) and gets an answer or an
//! [`Error`] in them; whether the store is open in this process is nothing that it sees.

mod aggregates;
mod archive;
mod backup;
mod caller;
mod check;
mod checkpoint;
mod commit;
mod doctor;
mod embed;
mod erase;
mod errors;
mod events;
mod export;
mod found;
mod gate;
mod impact;
mod import;
mod log;
mod prepare;
mod prove;
mod record;
mod resolve;
mod schema;
mod stage;
mod status;
mod timeline;
pub mod token;
mod verify;

pub use backup::{BackupSource, RestoreProgress, check_backups};
pub use caller::{Caller, Restrict};
pub use check::{Trusted, check_proof};
pub use export::{ExportError, ExportFormat, ExportProgress, ExportQuery, ExportSink};
pub use import::{ImportOptions, ImportProgress};
pub use resolve::{RESOLVE_DEPTH, RESOLVE_DEPTH_MAX};

use crate::clock::Clock;
use crate::domain::filter::Filter;
use crate::error::{Error, Kind, Result};
use crate::store::{Options, Store, View};
use crate::workspace::{Config, DataKeys, Paths};
use std::sync::Arc;
use std::time::Duration;

/// How to open a workspace.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where its files are.
    pub paths: Paths,
    /// The configuration in effect.
    pub config: Config,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for another process that has the store.
    pub lock_wait: Duration,
    /// What others are told about this process while it has the store: the command.
    pub command: String,
}

/// How long a command waits for another one that has the store.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How much of a filter an error repeats.
const FILTER_CHARS_SHOWN: usize = 60;

impl OpenOptions {
    /// Opens with the system's clock, waiting [`LOCK_WAIT`].
    pub fn new(paths: Paths, config: Config, command: impl Into<String>) -> Self {
        let clock = Arc::new(crate::clock::System);
        Self { paths, config, clock, lock_wait: LOCK_WAIT, command: command.into() }
    }

    fn store(&self) -> Options {
        Options {
            dot: self.paths.dot.clone(),
            store: self.paths.store.clone(),
            lock_wait: self.lock_wait,
            command: self.command.clone(),
            clock: self.clock.clone(),
            worker: self.config.snowflake_worker_id,
            cache_heads: self.config.cache_threshold,
            keys: DataKeys::of(&self.paths, self.config.data_encryption_key.clone()),
        }
    }
}

/// An open workspace. Clones are handles of the same one.
#[derive(Debug, Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    options: OpenOptions,
}

impl Service {
    /// Builds the store of a workspace that has none yet; false where there is one, which stays as it is.
    ///
    /// # Errors
    /// A `.dbx/` that another program made, or whatever the file system says.
    pub fn create(options: &OpenOptions) -> Result<bool> {
        Ok(Store::build(&options.store())?)
    }

    /// As [`Service::create`], where everything that comes into the store is sealed. The master key is made where there
    /// is none. A store that is there and has nothing in it is encrypted from then on; then this is false too.
    ///
    /// # Errors
    /// As [`Service::create`], a key that cannot be used or made, or a store with contents in the clear.
    pub fn create_encrypted(options: &OpenOptions) -> Result<bool> {
        if Store::build_encrypted(&options.store())? {
            return Ok(true);
        }
        Self::encrypt(options)?;
        Ok(false)
    }

    /// Opens a workspace.
    ///
    /// # Errors
    /// Another process has it for longer than the wait, a newer format, missing or foreign files.
    pub fn open(options: OpenOptions) -> Result<Self> {
        let store = Store::open(options.store())?;
        Ok(Self { inner: Arc::new(Inner { store, options }) })
    }

    /// Closes the workspace if this is its last handle; otherwise the last handle does when it is dropped.
    ///
    /// # Errors
    /// What kept the store from being left as the next opening wants it; everything acknowledged is on disk.
    pub fn close(self) -> Result<()> {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => Ok(inner.store.close()?),
            Err(_) => Ok(()),
        }
    }

    /// Where the workspace's files are.
    pub fn paths(&self) -> &Paths {
        &self.inner.options.paths
    }

    /// The configuration in effect.
    pub fn config(&self) -> &Config {
        &self.inner.options.config
    }

    /// Why the store takes no writes and may lack events; `None` where all is well.
    pub fn read_only(&self) -> Option<&str> {
        self.store().read_only()
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn view(&self) -> Result<View> {
        Ok(self.inner.store.view()?)
    }

    fn payload_bytes_max(&self) -> usize {
        self.config().payload_limit
    }

    /// How many items a page has: what was asked for, at most `page_limit`.
    fn page(&self, take: Option<usize>) -> usize {
        let limit = self.config().page_limit;
        take.unwrap_or(limit).min(limit)
    }

    /// Reads a filter, with times counted from now.
    fn filter(&self, text: Option<&str>) -> Result<Option<Filter>> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        Filter::parse_at(text, self.inner.options.clock.now()).map(Some).map_err(|error| {
            let place = text.get(error.span.clone()).unwrap_or_default();
            let mut shown: String = place.chars().take(FILTER_CHARS_SHOWN).collect();
            if shown.len() < place.len() {
                shown.push('…');
            }
            let message = format!("the filter cannot be read at `{shown}`: {error}");
            Error::new(Kind::Invalid, "dbx::query::filter", message).help(error.help.clone())
        })
    }
}
