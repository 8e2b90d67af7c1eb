//! How a workspace is opened.

use crate::clock::Clock;
use crate::store::Options;
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

impl OpenOptions {
    /// Opens with the system's clock, waiting [`LOCK_WAIT`].
    pub fn new(paths: Paths, config: Config, command: impl Into<String>) -> Self {
        let clock = Arc::new(crate::clock::System);
        Self { paths, config, clock, lock_wait: LOCK_WAIT, command: command.into() }
    }

    pub(super) fn store(&self) -> Options {
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
