//! One handle for both: the store is open in this process, or another one has it and is asked.

mod aggregates;
mod daemon;
mod log;
mod outbox;
mod proofs;
mod schema;
mod stage;
mod tokens;
mod transfer;

pub use daemon::OwnerReport;

use super::caller::Caller;
use super::local::read_filter;
use super::prepare::limit_texts;
use super::remote::{Answer, Call, Going, Piece, Remote, Source};
use super::{Local, OpenOptions};
use crate::error::{Error, Kind, Result};
use crate::wire::{Daemon, Operation};
use crate::workspace::{Config, Paths, Protection};
use std::time::{Duration, Instant};

/// A workspace, whoever has its store. Clones are handles of the same one.
#[derive(Debug, Clone)]
pub struct Service {
    at: At,
    options: OpenOptions,
}

#[derive(Debug, Clone)]
enum At {
    Here(Local),
    There(Remote),
}

/// Filters beyond this many bytes are looked at before they are sent.
const LONG_FILTER_BYTES: usize = 2048;

/// How long one attempt to open the store lasts, between two looks at the socket.
const ATTEMPT: Duration = Duration::from_millis(100);

/// The codes of errors by which it is not clear that who is at the socket has the store.
const SENSELESS: [&str; 2] = ["dbx::daemon::wedged", "dbx::daemon::answer"];

impl Service {
    /// Builds the store of a workspace that has none yet: see [`Local::create`].
    ///
    /// # Errors
    /// As there.
    pub fn create(options: &OpenOptions) -> Result<bool> {
        Local::create(options)
    }

    /// As [`Service::create`], sealed: see [`Local::create_encrypted`].
    ///
    /// # Errors
    /// As there.
    pub fn create_encrypted(options: &OpenOptions) -> Result<bool> {
        Local::create_encrypted(options)
    }

    /// Turns encryption on: see [`Local::encrypt`].
    ///
    /// # Errors
    /// As there.
    pub fn encrypt(options: &OpenOptions) -> Result<()> {
        Local::encrypt(options)
    }

    /// Opens the store in this process; never asks another one.
    ///
    /// # Errors
    /// As [`Local::open`].
    pub fn open(options: OpenOptions) -> Result<Self> {
        let local = Local::open(options.clone())?;
        Ok(Self { at: At::Here(local), options })
    }

    /// Works through the process that has the store where one answers, and opens the store in this process otherwise. A
    /// process that has it for a short time only is waited for, as long as the options say, looking for both.
    ///
    /// # Errors
    /// As [`Local::open`], or an owner that does not answer, or is of another version or user.
    pub fn connect(options: OpenOptions) -> Result<Self> {
        let start = Instant::now();
        loop {
            // What is at the socket and gives no answer, or none that makes sense, has the store or has not: the lock knows.
            let senseless = match Remote::connect(&options.paths) {
                Ok(Answer::There(remote)) => return Ok(Self { at: At::There(remote), options }),
                Ok(Answer::Nobody) => None,
                Err(error) if SENSELESS.contains(&error.code()) => Some(error),
                Err(error) => return Err(error),
            };
            let left = options.lock_wait.saturating_sub(start.elapsed());
            let wait = if senseless.is_some() { Duration::ZERO } else { left.min(ATTEMPT) };
            match Local::open(OpenOptions { lock_wait: wait, ..options.clone() }) {
                Ok(local) => return Ok(Self { at: At::Here(local), options }),
                Err(error) if error.code() != "dbx::store::locked" => return Err(error),
                Err(error) if senseless.is_none() && left.is_zero() => return Err(error),
                Err(_) => {}
            }
            if let Some(error) = senseless {
                return Err(error);
            }
        }
    }

    /// The process that has the store and serves it, if there is one.
    ///
    /// # Errors
    /// One that does not answer, or is of another version or user.
    pub fn owner(paths: &Paths) -> Result<Option<Remote>> {
        Ok(match Remote::connect(paths)? {
            Answer::There(remote) => Some(remote),
            Answer::Nobody => None,
        })
    }

    /// As [`Service::owner`], whatever its version is: to be told to stop, and to say who it is.
    ///
    /// # Errors
    /// One that does not answer, or is another user's.
    pub fn any_owner(paths: &Paths) -> Result<Option<Remote>> {
        Ok(match Remote::meet(paths)? {
            Answer::There(remote) => Some(remote),
            Answer::Nobody => None,
        })
    }

    /// Closes the workspace if this is its last handle; otherwise the last handle does when it is dropped.
    ///
    /// # Errors
    /// As [`Local::close`].
    pub fn close(self) -> Result<()> {
        match self.at {
            At::Here(local) => local.close(),
            At::There(_) => Ok(()),
        }
    }

    /// The store, where it is open in this process.
    pub(super) fn local(&self) -> Option<&Local> {
        match &self.at {
            At::Here(local) => Some(local),
            At::There(_) => None,
        }
    }

    /// The process that has the store, where it is another one.
    pub fn daemon(&self) -> Option<&Daemon> {
        match &self.at {
            At::Here(_) => None,
            At::There(remote) => Some(remote.daemon()),
        }
    }

    /// Asks whether who had the store when this handle was made has it still: whoever shows for long who that is looks now and
    /// then.
    ///
    /// # Errors
    /// Another process has it, or the connection is lost.
    pub fn is_same_owner(&self) -> Result<()> {
        match &self.at {
            At::Here(_) => Ok(()),
            At::There(remote) => remote.is_same(),
        }
    }

    /// Where the workspace's files are.
    pub fn paths(&self) -> &Paths {
        &self.options.paths
    }

    /// The configuration in effect here; a process that has the store keeps to its own.
    pub fn config(&self) -> &Config {
        &self.options.config
    }

    /// Why the store takes no writes and may lack events; `None` where all is well.
    pub fn read_only(&self) -> Option<&str> {
        match &self.at {
            At::Here(local) => local.read_only(),
            At::There(remote) => remote.daemon().read_only.as_deref(),
        }
    }

    /// Why an erasure that was begun could not be finished: see [`Local::unfinished`].
    pub fn unfinished(&self) -> Option<&str> {
        match &self.at {
            At::Here(local) => local.unfinished(),
            At::There(remote) => remote.daemon().unfinished.as_deref(),
        }
    }

    /// As [`Local::rotate_key`]. The key is the business of whoever has the store: nobody else can do it meanwhile.
    ///
    /// # Errors
    /// As there, or another process has the store.
    pub fn rotate_key(&self, caller: &Caller, protection: &Protection) -> Result<()> {
        match &self.at {
            At::Here(local) => local.rotate_key(caller, protection),
            At::There(remote) => Err(Error::new(
                Kind::Unavailable,
                "dbx::store::locked",
                format!("process {} has the store, and with it the key", remote.daemon().pid),
            )
            .kept("nothing was changed")
            .help(if remote.daemon().dashboard {
                "close the dashboard, then repeat the command"
            } else {
                "stop it with `dbx serve stop`, then repeat the command"
            })),
        }
    }

    /// Waits until the log is longer than `position`, at most for `timeout`, and gives its length.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn wait_beyond(&self, position: u64, timeout: Duration) -> Result<u64> {
        match &self.at {
            At::Here(local) => local.wait_beyond(position, timeout),
            At::There(remote) => remote.wait_beyond(position, timeout),
        }
    }

    /// Refuses operations that are too long to be sent as whoever has the store would: there they are only too long.
    fn sendable(&self, call: &Call, operations: &[Operation]) -> Result<()> {
        if !call.is_too_long() {
            return Ok(());
        }
        limit_texts(operations, self.options.config.payload_limit)
    }

    /// Refuses a long filter that cannot be read before it is sent: the target of a request holds no text of any length.
    fn readable(&self, filter: Option<&str>) -> Result<()> {
        let long = filter.filter(|text| text.len() > LONG_FILTER_BYTES);
        read_filter(long, self.options.clock.now()).map(drop)
    }
}
