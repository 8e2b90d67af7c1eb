//! The log as it grows, without a daemon: open, read and close twice a second, so that others can write in between.

use super::list::Reading;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::interrupt;
use std::time::Duration;

/// What opening says while another process has the store. Anything else does not pass by waiting.
const LOCKED: &str = "dbx::store::locked";

/// How long the store is left alone between two looks at it.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn run(context: &mut Context, mut reading: Reading) -> Outcome {
    let paths = context.paths()?;
    let reader = context.reader();
    interrupt::listen();
    let mut waiting = false;
    while !interrupt::stopped() {
        match context.open_at_once(&paths) {
            Ok(service) => {
                waiting = false;
                reading.drain(context, &service, &reader)?;
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
        if reading.done() {
            return Ok(Exit::Ok);
        }
        std::thread::sleep(PAUSE);
    }
    Ok(Exit::Interrupted)
}
