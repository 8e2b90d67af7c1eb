//! The way to the store: through the process that has it, or by having it.
//!
//! A store is open in one process at a time. Where nobody has it, the dashboard opens it and serves it to commands in other
//! terminals, until a daemon that starts asks for it. Where it cannot serve it, it opens it for its questions alone and lets
//! go of it in between, so that those commands get their turn.

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::service::{Ended, GONE, LOCK_WAIT, LOST, OpenOptions, Serve, Service, Serving};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a store that is not served stays open without a question. Opening it costs some ten milliseconds, so that
/// moving through a list should not do it for every row; a command elsewhere waits up to five seconds.
const IDLE: Duration = Duration::from_millis(250);

/// How long one attempt to open the store lasts: whoever wants to leave waits no longer for it.
const ATTEMPT: Duration = Duration::from_millis(200);

/// How long the daemon that asked for the store may take until it answers. It recovers what it finds in that time.
const HANDED_OVER: Duration = Duration::from_secs(10);

/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// How long what is being asked may take until the store is let go of for a while.
const ASIDE: Duration = Duration::from_secs(3);

#[derive(Debug)]
struct Held {
    service: Option<Service>,
    serving: Option<Box<dyn Serving>>,
    /// Why it is not served, until somebody was told, and what was said last.
    unserved: Option<Error>,
    said: Option<String>,
    /// How often a way was found: an error of an older one says nothing of the one that is there now.
    opened: u64,
    /// How many questions are being answered.
    users: usize,
    last_used: Instant,
    /// Since when a daemon may have the store that asked for it.
    handed_over: Option<Instant>,
}

/// The way to the store.
pub(super) struct Door {
    options: OpenOptions,
    serve: Arc<dyn Serve>,
    held: Mutex<Held>,
    changed: Condvar,
    /// Whether the store is being let go of: what takes long stops, and what is new waits.
    leaving: Arc<AtomicBool>,
    /// Whether the dashboard ends.
    closing: AtomicBool,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("paths", &self.options.paths).finish_non_exhaustive()
    }
}

impl Door {
    pub(super) fn new(
        options: OpenOptions,
        serve: Arc<dyn Serve>,
        leaving: Arc<AtomicBool>,
    ) -> Self {
        let held = Held {
            service: None,
            serving: None,
            unserved: None,
            said: None,
            opened: 0,
            users: 0,
            last_used: Instant::now(),
            handed_over: None,
        };
        Self {
            options: OpenOptions { lock_wait: ATTEMPT, ..options },
            serve,
            held: Mutex::new(held),
            changed: Condvar::new(),
            leaving,
            closing: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Asks whoever has the store, or opens it. A call that `writes` is not repeated where it may have been heard.
    ///
    /// # Errors
    /// There is no way to the store, or what the call says.
    pub(super) fn ask<T>(&self, writes: bool, call: impl Fn(&Service) -> Result<T>) -> Result<T> {
        match self.once(&call) {
            Err(error) if error.code() == GONE || (error.code() == LOST && !writes) => {
                self.once(&call)
            }
            result => result,
        }
    }

    fn once<T>(&self, call: &impl Fn(&Service) -> Result<T>) -> Result<T> {
        let (service, opened) = self.enter()?;
        // Also where the call panics, nobody waits for it for ever.
        let user = User(self);
        let result = call(&service);
        drop(service);
        if result.as_ref().err().is_some_and(|error| [GONE, LOST].contains(&error.code())) {
            let mut held = self.lock();
            // Somebody else may have found another way meanwhile.
            if held.opened == opened {
                held.service = None;
            }
        }
        drop(user);
        result
    }

    fn enter(&self) -> Result<(Service, u64)> {
        let mut held = self.lock();
        while self.is_leaving() {
            held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        let service = if let Some(service) = &held.service {
            service.clone()
        } else {
            let service = self.connect(held.handed_over.take())?;
            match service.serve(self.serve.as_ref()) {
                Ok(serving) => (held.serving, held.said) = (serving, None),
                Err(error) if held.said.as_deref() != Some(error.message()) => {
                    held.said = Some(error.message().to_owned());
                    held.unserved = Some(error);
                }
                Err(_) => {}
            }
            held.opened += 1;
            held.service.insert(service).clone()
        };
        held.users += 1;
        Ok((service, held.opened))
    }

    /// Finds whoever has the store, or opens it.
    fn connect(&self, handed_over: Option<Instant>) -> Result<Service> {
        let there = |since: Instant| {
            // What it says that is no answer is said to whoever asks for more.
            matches!(Service::owner(&self.options.paths), Ok(None)) && since.elapsed() < HANDED_OVER
        };
        while handed_over.is_some_and(there) && !self.is_closing() {
            std::thread::sleep(LOOK);
        }
        let start = Instant::now();
        loop {
            match Service::connect(self.options.clone()) {
                Err(error)
                    if error.code() == "dbx::store::locked"
                        && start.elapsed() < LOCK_WAIT
                        && !self.is_closing() => {}
                result => return result,
            }
        }
    }

    /// Sees after the store between two questions: hands it over to a daemon that asked for it, gives up one that failed,
    /// and closes one that is not served and that nobody asked for a while. Says why it is served no more.
    pub(super) fn tend(&self) -> Option<Ended> {
        let held = self.lock();
        if let Some(ended) = held.serving.as_ref().and_then(|serving| serving.ended()) {
            // What went wrong is what `ended` says, or what the next opening finds and says.
            let _ = self.leave(held, matches!(ended, Ended::HandedOver));
            return Some(ended);
        }
        let ours = held.service.as_ref().is_some_and(|service| service.daemon().is_none());
        let idle = held.users == 0 && held.last_used.elapsed() >= IDLE;
        if ours && idle && held.serving.is_none() {
            let _ = self.leave(held, false);
        }
        None
    }

    /// Whether the store is open here and served to others.
    pub(super) fn is_serving(&self) -> bool {
        self.lock().serving.is_some()
    }

    /// Why others cannot use the store while the dashboard does; said once.
    pub(super) fn unserved(&self) -> Option<Error> {
        self.lock().unserved.take()
    }

    /// Closes the store.
    ///
    /// # Errors
    /// Whatever closing it says.
    pub(super) fn close(&self) -> Result<()> {
        self.leave(self.lock(), false)
    }

    /// Lets go of the store while `work` runs, so that others can have it. `None` where what is being asked does not end
    /// in time.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let mut held = self.lock();
        self.leaving.store(true, Ordering::Release);
        let deadline = Instant::now() + ASIDE;
        while held.users > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.stay();
                return None;
            }
            held = self.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        // What closing says is what the next opening finds, and says.
        let _ = held.let_go();
        let done = work();
        self.stay();
        Some(done)
    }

    /// Nothing is waited for any more.
    pub(super) fn begin_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Lets go of the store once nobody asks it any more.
    fn leave(&self, mut held: MutexGuard<'_, Held>, handed_over: bool) -> Result<()> {
        self.leaving.store(true, Ordering::Release);
        while held.users > 0 {
            held = self.changed.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        let closed = held.let_go();
        held.handed_over = handed_over.then(Instant::now);
        self.stay();
        closed
    }

    /// Lets those in that waited while the store was let go of.
    fn stay(&self) {
        self.leaving.store(false, Ordering::Release);
        self.changed.notify_all();
    }
}

impl Held {
    fn let_go(&mut self) -> Result<()> {
        // The server has handles of the same store: the last one closes it.
        let served = self.serving.take().map_or(Ok(()), Serving::stop);
        served.and(self.service.take().map_or(Ok(()), Service::close))
    }
}

/// Somebody who asks.
struct User<'a>(&'a Door);

impl Drop for User<'_> {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        held.users = held.users.saturating_sub(1);
        held.last_used = Instant::now();
        self.0.changed.notify_all();
    }
}
