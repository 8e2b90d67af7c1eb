//! The way to the store: through the process that has it, or by opening it for as long as it is needed.
//!
//! A store is open in one process at a time. Where nobody serves it, the dashboard opens it for its questions and lets go
//! of it in between, so that commands in other terminals get their turn.

use crate::error::{Error, Result};
use crate::service::{OpenOptions, Service};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the store stays open without a question. Opening it costs some ten milliseconds, so that moving through a
/// list should not do it for every row; a command elsewhere waits up to five seconds.
const IDLE: Duration = Duration::from_millis(250);

/// What a call says when the process that had the store went away: whoever has it now is asked instead.
const GONE: [&str; 2] = ["dbx::daemon::lost", "dbx::daemon::gone"];

#[derive(Debug)]
struct Held {
    service: Option<Service>,
    /// How many questions are being answered.
    users: usize,
    last_used: Instant,
}

/// The way to the store.
#[derive(Debug)]
pub(super) struct Door {
    options: OpenOptions,
    held: Mutex<Held>,
}

impl Door {
    pub(super) fn new(options: OpenOptions) -> Self {
        let held = Held { service: None, users: 0, last_used: Instant::now() };
        Self { options, held: Mutex::new(held) }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks whoever has the store, or opens it.
    ///
    /// # Errors
    /// There is no way to the store, or what the call says.
    pub(super) fn ask<T>(&self, call: impl Fn(&Service) -> Result<T>) -> Result<T> {
        let result = self.once(&call);
        match result {
            Err(error) if is_gone(&error) => self.once(&call),
            result => result,
        }
    }

    fn once<T>(&self, call: &impl Fn(&Service) -> Result<T>) -> Result<T> {
        let service = self.enter()?;
        let result = call(&service);
        drop(service);
        let mut held = self.lock();
        held.users = held.users.saturating_sub(1);
        held.last_used = Instant::now();
        if result.as_ref().err().is_some_and(is_gone) {
            held.service = None;
        }
        result
    }

    fn enter(&self) -> Result<Service> {
        let mut held = self.lock();
        let service = if let Some(service) = &held.service {
            service.clone()
        } else {
            let service = Service::connect(self.options.clone())?;
            held.service.insert(service).clone()
        };
        held.users += 1;
        Ok(service)
    }

    /// Closes a store that is open here and that nobody asked for a while.
    ///
    /// # Errors
    /// Whatever closing it says.
    pub(super) fn let_go(&self) -> Result<()> {
        let mut held = self.lock();
        let ours = held.service.as_ref().is_some_and(|service| service.daemon().is_none());
        if !ours || held.users > 0 || held.last_used.elapsed() < IDLE {
            return Ok(());
        }
        held.service.take().map_or(Ok(()), Service::close)
    }

    /// Closes the store.
    ///
    /// # Errors
    /// Whatever closing it says.
    pub(super) fn close(&self) -> Result<()> {
        self.lock().service.take().map_or(Ok(()), Service::close)
    }
}

fn is_gone(error: &Error) -> bool {
    GONE.contains(&error.code())
}
