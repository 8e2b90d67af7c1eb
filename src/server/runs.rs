//! Calls that take their time, and telling one of them to stop.

use super::app::App;
use super::frames::{self, Frames};
use super::reply::Refused;
use super::stop::Stopper;
use crate::error::{Error, Kind, Result};
use crate::service::RUN_HEADER;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The calls under way that can be told to stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    known: Arc<Mutex<HashMap<Uuid, Stopper>>>,
}

/// One of them; it is known until it is dropped.
#[derive(Debug)]
pub(super) struct Run {
    id: Option<Uuid>,
    own: Stopper,
    server: Stopper,
    runs: Runs,
}

impl Runs {
    fn begin(&self, id: Option<Uuid>, server: Stopper) -> Run {
        let own = Stopper::new();
        if let Some(id) = id {
            self.with(|known| known.insert(id, own.clone()));
        }
        Run { id, own, server, runs: self.clone() }
    }

    /// Tells a call to stop; false where there is none of that name, or it came to its end.
    pub(super) fn stop(&self, id: &Uuid) -> bool {
        self.with(|known| known.get(id).map(Stopper::stop)).is_some()
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Uuid, Stopper>) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Run {
    /// Whether the call is to stop: it was told to, or the server was.
    pub(super) fn is_stopped(&self) -> bool {
        self.own.is_stopped() || self.server.is_stopped()
    }

    /// Says how far the call is; false where it is to stop, or its client went away.
    pub(super) fn progress(&self, frames: Option<&Frames>, at: &impl serde::Serialize) -> bool {
        !self.is_stopped() && frames.is_none_or(|frames| frames.progress(at))
    }

    /// Whether somebody waits for what the call says.
    pub(super) fn is_wanted(&self, frames: Option<&Frames>) -> bool {
        !self.is_stopped() && frames.is_none_or(|frames| !frames.is_gone())
    }

    /// As [`Run::stop_on_drop`], where the answer comes when all is done. Where it comes in frames, those know.
    pub(super) fn stop_on_drop_of(&self, headers: &HeaderMap) -> Option<StopOnDrop> {
        (!frames::wanted(headers)).then(|| self.stop_on_drop())
    }

    /// Tells the call to stop when the guard is dropped, as happens where a client goes away before its answer.
    pub(super) fn stop_on_drop(&self) -> StopOnDrop {
        StopOnDrop(self.own.clone())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.runs.with(|known| known.remove(&id));
        }
    }
}

/// Tells a call to stop when it is dropped.
pub(super) struct StopOnDrop(Stopper);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl FromRequestParts<Arc<App>> for Run {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let id = match parts.headers.get(RUN_HEADER) {
            None => None,
            Some(value) => Some(named(value.to_str().unwrap_or_default())?),
        };
        Ok(app.runs.begin(id, app.stop.clone()))
    }
}

/// The name of a call.
///
/// # Errors
/// It is no UUID.
pub(super) fn named(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| {
        Error::new(Kind::Invalid, "dbx::request::run", "the name of a call is a UUID")
            .kept("nothing was done")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_wanted_until_it_is_told_to_stop_or_its_client_goes() {
        let (runs, server) = (Runs::default(), Stopper::new());
        let id = Uuid::new_v4();
        let run = runs.begin(Some(id), server.clone());
        assert!(run.is_wanted(None));
        let (frames, client) = Frames::pair();
        assert!(run.is_wanted(Some(&frames)) && run.progress(Some(&frames), &1));
        drop(client);
        assert!(!run.is_wanted(Some(&frames)) && !run.progress(Some(&frames), &1));
        assert!(runs.stop(&id) && !run.is_wanted(None));
        drop(run);
        assert!(!runs.stop(&id));
        let other = runs.begin(None, server.clone());
        drop(other.stop_on_drop());
        assert!(!other.is_wanted(None));
        let last = runs.begin(None, server.clone());
        server.stop();
        assert!(!last.is_wanted(None));
    }
}
