//! Serving a store that is open here to other processes.
//!
//! Whoever has a store for long lets others use it meanwhile: the daemon, and a dashboard in its place. How that is done is
//! the business of the layer above; whoever has the store is handed it as a [`Serve`].

use super::{Local, Remote, Service};
use crate::error::{Error, Result};
use std::fmt;

/// A way to serve a store to other processes.
pub trait Serve: fmt::Debug + Send + Sync {
    /// Serves a store over the socket of its workspace. Returns when others can connect.
    ///
    /// # Errors
    /// Nothing can listen there.
    fn start(&self, local: Local) -> Result<Box<dyn Serving>>;
}

/// A store that is being served.
pub trait Serving: fmt::Debug + Send {
    /// Why it is served no more, or will not be in a moment; `None` while it is.
    fn ended(&self) -> Option<Ended>;

    /// Stops: nothing new begins, what is under way is finished, and no handle of the store is left here.
    ///
    /// # Errors
    /// The store failed while it was served, or cannot be closed well.
    fn stop(self: Box<Self>) -> Result<()>;
}

/// Why a store is served no more.
#[derive(Debug, Clone)]
pub enum Ended {
    /// A daemon that starts asked for the store.
    HandedOver,
    /// The store failed.
    Failed(Error),
}

impl Service {
    /// Serves the store to other processes, if it is open in this one.
    ///
    /// # Errors
    /// As [`Serve::start`].
    pub fn serve(&self, how: &dyn Serve) -> Result<Option<Box<dyn Serving>>> {
        self.local().map(|local| how.start(local.clone())).transpose()
    }
}

impl Remote {
    /// Asks a dashboard for the store, which it lets go of then and works through whoever has it next.
    ///
    /// # Errors
    /// The connection is lost, or the process is none that lets go.
    pub fn hand_over(&self) -> Result<()> {
        self.post(&["daemon", "hand-over"])
    }
}
