//! What every request needs, and the way from the asynchronous server to the blocking service.

use super::Stopper;
use super::access::Access;
use super::body::BodySize;
use super::desk::Desk;
use super::reply::Refused;
use super::runs::Runs;
use super::telemetry::Metrics;
use crate::error::{Error, Kind, Result};
use crate::service::token::Known;
use crate::service::{Caller, Local, Restrict};
use crate::wire::{CommitReceipt, CommitRequest, Daemon, WatchedSchema};
use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How to serve.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// How writes are held against the schema where they do not say it. With `strict` none may be laxer.
    pub restrict: Restrict,
    /// The name of the local user, for those at the socket who do not say theirs.
    pub user: String,
    /// Where to listen beside the socket; nowhere if absent.
    pub address: Option<SocketAddr>,
    /// Who can reach the server, and how.
    pub access: Access,
    /// Whether a change of `schema.dbx` that breaks nothing is applied by itself.
    pub auto_apply: bool,
    /// Whether it is a dashboard that serves, and lets go of the store for a daemon.
    pub dashboard: bool,
    /// Whether the process was started in the background, which it says of itself.
    pub detached: bool,
    /// The flags that the process was started with, which it says of itself.
    pub flags: Vec<String>,
}

/// The server, as its routes see it.
#[derive(Debug)]
pub(super) struct App {
    pub(super) local: Local,
    pub(super) options: ServeOptions,
    pub(super) daemon: Daemon,
    pub(super) stop: Stopper,
    pub(super) runs: Runs,
    pub(super) desk: Desk,
    /// The tokens that came before.
    pub(super) tokens: Known,
    pub(super) metrics: Metrics,
    pub(super) started: Instant,
    schema: Mutex<WatchedSchema>,
    /// Why the server has to end: the store failed.
    failed: OnceLock<Error>,
    /// Which folder the workspace was when it began.
    home: Option<String>,
}

impl App {
    pub(super) fn new(local: Local, options: ServeOptions, daemon: Daemon, stop: Stopper) -> Self {
        let desk = Desk::new(&options.access.limits);
        let home = local.paths().home();
        let schema = WatchedSchema {
            state: "unread".to_owned(),
            version: 0,
            auto_apply: options.auto_apply,
            checked_at: daemon.started_at.clone(),
            findings: Vec::new(),
        };
        Self {
            local,
            options,
            daemon,
            stop,
            metrics: Metrics::new(),
            started: Instant::now(),
            schema: Mutex::new(schema),
            failed: OnceLock::new(),
            home,
            runs: Runs::default(),
            desk,
            tokens: Known::new(),
        }
    }

    /// The end of the log, as soon as it is beyond `position`, the time is over or the server stops. No thread waits.
    pub(super) async fn wait_beyond(&self, position: u64, wait: Duration) -> u64 {
        let mut end = self.local.end();
        let beyond = async { end.wait_for(|end| end.get() > position).await.is_ok() };
        tokio::select! {
            biased;
            true = beyond => {}
            () = tokio::time::sleep(wait) => {}
            () = self.stop.stopped() => {}
        }
        self.local.end().borrow().get()
    }

    /// What became of `schema.dbx`.
    pub(super) fn schema(&self) -> WatchedSchema {
        self.schema.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what became of `schema.dbx`.
    pub(super) fn set_schema(&self, schema: WatchedSchema) {
        *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = schema;
    }

    /// Why the server has to end, where it does.
    pub(super) fn failed(&self) -> Option<&Error> {
        self.failed.get()
    }

    /// Ends the server for a reason; the first one is the one that is told.
    pub(super) fn fail(&self, error: Error) {
        let (code, reason) = (error.code().to_owned(), error.message().to_owned());
        if self.failed.set(error).is_ok() {
            tracing::error!(target: "dbx::serve", code, reason, "the store failed");
            self.stop.stop();
        }
    }

    /// Whether the workspace is no more where it was: another one may have taken its place.
    pub(super) fn is_moved(&self) -> bool {
        self.local.paths().home() != self.home
    }

    /// Counts what went wrong. A store that failed while it was written to can only be opened anew, so the server ends.
    pub(super) fn note(&self, error: &Error) {
        match error.kind() {
            Kind::Corrupt => self.metrics.fault(),
            Kind::Unavailable => {
                if let Err(failed) = self.local.check() {
                    self.fail(failed);
                }
            }
            _ => {}
        }
    }

    /// Calls the service on a thread where it may block, once there is room for one more call.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        let (turn, local) = (self.desk.turn().await?, self.local.clone());
        let working = tokio::task::spawn_blocking(move || {
            // Also where the client no longer waits, the turn is over when the work is.
            let _turn = turn;
            work(&local)
        });
        let result = working.await.unwrap_or_else(|error| Err(crashed(&error)));
        Ok(result.inspect_err(|error| self.note(error))?)
    }

    /// Commits. A small request is checked right here, and then none of the threads waits for the disk with it; the
    /// checks of a large one are for a thread where they may take long. `told` says the error of a request to its client.
    pub(super) async fn commit(
        &self,
        caller: Caller,
        request: CommitRequest,
        size: BodySize,
        told: impl FnOnce(Error, CommitRequest) -> Error + Send + 'static,
    ) -> Result<CommitReceipt, Refused> {
        if !size.is_small() {
            let work = move |local: &Local| {
                local.commit(&caller, &request).map_err(|error| told(error, request))
            };
            return self.call(work).await;
        }
        let turn = self.desk.turn().await?;
        let committed = self.local.commit_soon(&caller, &request, turn).await;
        Ok(committed.map_err(|error| told(error, request)).inspect_err(|error| self.note(error))?)
    }

    /// As [`App::call`] for what takes its time: it takes none of the turns that short calls wait for.
    pub(super) async fn long_call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        let (turn, local) = (self.desk.long_turn()?, self.local.clone());
        let working = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&local)
        });
        let result = working.await.unwrap_or_else(|error| Err(crashed(&error)));
        Ok(result.inspect_err(|error| self.note(error))?)
    }
}

/// What is said of a call that did not come to its end: a fault of dbx, or the end of the server.
pub(super) fn crashed(error: &tokio::task::JoinError) -> Error {
    if error.is_panic() {
        return super::reply::fault();
    }
    Error::new(Kind::Unavailable, "dbx::serve::stopping", "the server stops")
        .help("try again in a moment")
}
