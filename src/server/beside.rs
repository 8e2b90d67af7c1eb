//! A server beside something else: what a dashboard runs while it has the store.

use super::reply::fault;
use super::{Access, Limits, ServeOptions, Stopper, serve};
use crate::error::{Error, Kind, Result};
use crate::service::{Ended, Local, Restrict, Serve, Serving};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long what is under way for others may take once the dashboard is closed: a commit is done long before, and a person
/// who waits for a prompt waits no longer for what can be asked again.
const GRACE: Duration = Duration::from_secs(2);

/// Serves a store over the socket of its workspace, from a thread of its own.
#[derive(Debug)]
pub struct Beside {
    options: ServeOptions,
}

impl Beside {
    /// For the local user `user`; writes that do not say how they are held against the schema are held as `restrict` says.
    pub fn new(user: impl Into<String>, restrict: Restrict) -> Self {
        let limits = Limits { grace: GRACE, ..Limits::default() };
        let access = Access { limits, ..Access::default() };
        let options = ServeOptions {
            restrict,
            user: user.into(),
            access,
            dashboard: true,
            ..ServeOptions::default()
        };
        Self { options }
    }
}

impl Serve for Beside {
    fn start(&self, local: Local) -> Result<Box<dyn Serving>> {
        let (stop, outcome) = (Stopper::new(), Arc::new(OnceLock::new()));
        let (tell, told) = sync_channel(1);
        let (options, stopped, ended) = (self.options.clone(), stop.clone(), outcome.clone());
        let run = move || {
            let served = serve(local, options, &stopped, |_| {
                // Whoever asked waits for it.
                let _ = tell.send(());
            });
            let _ = ended.set(served);
        };
        let thread = Builder::new().name("dbx-serve".into()).spawn(run).map_err(|error| {
            let message = format!("cannot serve: {error}");
            Error::new(Kind::Unavailable, "dbx::serve::io", message)
        })?;
        let running = Box::new(Running { stop, thread, outcome });
        if told.recv().is_err() {
            // It ended before it was ready, and says why.
            running.stop()?;
            return Err(fault());
        }
        Ok(running)
    }
}

/// A server that runs.
#[derive(Debug)]
struct Running {
    stop: Stopper,
    thread: JoinHandle<()>,
    outcome: Arc<OnceLock<Result<()>>>,
}

impl Serving for Running {
    fn ended(&self) -> Option<Ended> {
        if self.stop.is_handed_over() {
            return Some(Ended::HandedOver);
        }
        if !self.thread.is_finished() {
            return None;
        }
        match self.outcome.get() {
            Some(Err(error)) => Some(Ended::Failed(error.clone())),
            // Nobody else tells it to stop.
            Some(Ok(())) | None => Some(Ended::Failed(fault())),
        }
    }

    fn stop(self: Box<Self>) -> Result<()> {
        self.stop.stop();
        if self.thread.join().is_err() {
            return Err(fault());
        }
        self.outcome.get().cloned().unwrap_or(Ok(()))
    }
}
