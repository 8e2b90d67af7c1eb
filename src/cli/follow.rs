//! The log as it grows. Through a process that has the store one request waits until there is more; without one the store
//! is opened, read and closed twice a second, so that others can write in between.

use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::interrupt;
use crate::service::{Caller, GONE, LOST, Service};
use std::time::{Duration, Instant};

/// What opening says while another process has the store. Anything else does not pass by waiting.
const LOCKED: &str = "dbx::store::locked";

/// How long the store is left alone between two looks at it.
const PAUSE: Duration = Duration::from_millis(500);

/// How long one request waits for more; an interrupt is heeded after that.
const WAIT: Duration = Duration::from_secs(1);

/// A walk through the log that goes on.
pub(super) trait Walk {
    /// Prints what there is from where the walk got to.
    fn drain(
        &mut self,
        context: &mut Context,
        service: &Service,
        reader: &Caller,
    ) -> Result<(), Failure>;

    /// Whether as much was printed as was asked for.
    fn done(&self) -> bool;

    /// The position that the walk got to.
    fn position(&self) -> u64;
}

/// Follows until the walk is done or the user interrupts it.
pub(super) fn run(context: &mut Context, walk: &mut dyn Walk) -> Outcome {
    let paths = context.paths()?;
    let reader = context.reader();
    interrupt::listen();
    let mut waiting = false;
    while !interrupt::stopped() {
        match context.open_at_once(&paths) {
            Ok(service) => {
                waiting = false;
                match session(context, walk, &service, &reader) {
                    Err(Failure::Error(error)) if [GONE, LOST].contains(&error.code()) => {}
                    other => other?,
                }
                service.close()?;
            }
            // Somebody writes: the next look will find what they wrote.
            Err(Failure::Error(error)) if error.code() == LOCKED => {
                if !waiting {
                    context.ui.say(format!("waiting: {}", error.message()));
                }
                waiting = true;
            }
            Err(failure) => return Err(failure),
        }
        if walk.done() {
            return Ok(Exit::Ok);
        }
        if !interrupt::stopped() {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(Exit::Interrupted)
}

/// Prints what there is; where another process has the store, also what comes until it goes away.
fn session(
    context: &mut Context,
    walk: &mut dyn Walk,
    service: &Service,
    reader: &Caller,
) -> Result<(), Failure> {
    loop {
        walk.drain(context, service, reader)?;
        if service.daemon().is_none() || walk.done() || interrupt::stopped() {
            return Ok(());
        }
        let start = Instant::now();
        let end = service.wait_beyond(walk.position(), WAIT)?;
        // An owner that answers early without more is about to stop.
        if end <= walk.position() && start.elapsed() < WAIT / 2 {
            return Ok(());
        }
    }
}
