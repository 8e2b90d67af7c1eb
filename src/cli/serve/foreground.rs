//! The process that serves.

use super::flags::ServeFlags;
use super::start::running;
use super::{signals, supervise};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::error::Error;
use crate::server::{Echo, LogOptions, Logging, Stopper, serve};
use crate::service::{LOCK_WAIT, Local, OpenOptions, Service};
use crate::workspace::Paths;
use std::panic;
use std::time::{Duration, Instant};

/// How long one attempt to open the store lasts, between two looks at the socket.
const ATTEMPT: Duration = Duration::from_millis(100);

pub(super) fn run(
    context: &mut Context,
    paths: Paths,
    flags: &ServeFlags,
    detached: bool,
) -> Outcome {
    // Two logs in one file would turn it over under each other.
    if let Some(owner) = super::daemon(&paths)? {
        return Err(running(owner.daemon()).into());
    }
    let echo = match (detached, context.ui.json()) {
        (true, _) => Echo::None,
        (false, true) => Echo::Json,
        (false, false) => Echo::Text { color: context.ui.paints_aside() },
    };
    let filter = flags.filter();
    let clock = context.clock()?;
    let logging = Logging::start(&LogOptions { paths: &paths, clock, filter, echo })?;
    log_panics(detached);
    let stop = Stopper::new();
    signals::listen(stop.clone(), logging, context.env.clone())?;
    let served = serve_it(context, paths, flags, detached, &stop);
    if let Err(Failure::Error(error) | Failure::Source(error, _)) = &served {
        let (code, reason) = (error.code(), error.message());
        tracing::error!(target: "dbx::serve::end", code, reason, "ended");
    }
    served.map(|()| Exit::Ok)
}

fn serve_it(
    context: &Context,
    paths: Paths,
    flags: &ServeFlags,
    detached: bool,
    stop: &Stopper,
) -> Result<(), Failure> {
    let options = context.options(paths, LOCK_WAIT)?;
    let serving = flags.options(context, &options.config, detached)?;
    // Told to stop before it began.
    let Some(local) = take(&options, stop)? else { return Ok(()) };
    Ok(serve(local, serving, stop, |_| supervise::tell(&context.env, "READY=1"))?)
}

/// Opens the store. A command that has it is waited for, a dashboard is asked for it; a daemon that came first has it for
/// good.
fn take(options: &OpenOptions, stop: &Stopper) -> Result<Option<Local>, Error> {
    let start = Instant::now();
    loop {
        let left = options.lock_wait.saturating_sub(start.elapsed());
        let attempt = OpenOptions { lock_wait: left.min(ATTEMPT), ..options.clone() };
        match Local::open(attempt) {
            Err(error) if error.code() == "dbx::store::locked" => {
                match Service::any_owner(&options.paths)? {
                    // One that ends while it is asked is what was wanted; another dashboard may come before this process,
                    // and is asked too.
                    Some(owner) if owner.daemon().dashboard => drop(owner.hand_over()),
                    Some(owner) => return Err(running(owner.daemon())),
                    None => {}
                }
                if stop.is_stopped() {
                    return Ok(None);
                }
                if left.is_zero() {
                    return Err(error);
                }
            }
            opened => return opened.map(Some),
        }
    }
}

/// Writes down where a fault of dbx was met. What it was said with may name what is stored, and stays out of the log.
fn log_panics(detached: bool) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(target: "dbx::serve", place, thread = thread.name(), "a fault of dbx");
        // In the background, standard error is a file beside the log.
        if !detached {
            before(info);
        }
    }));
}
