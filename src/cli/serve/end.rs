//! Ending a daemon, whatever state it is in.
//!
//! Asked over its socket it ends in order. One that has the store and does not listen gets a SIGTERM, which says the
//! same. One that answers neither is ended by SIGKILL where that was asked for: what was acknowledged is on disk, and
//! the next opening scans the journals.

use crate::cli::failure::Failure;
use crate::error::{Error, Kind};
use crate::service::{Holder, Service};
use crate::workspace::Paths;
use clap::Args;
use std::time::Duration;

/// How long a process may take to go once it was killed.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// How many seconds a daemon may take to end: it gives what is under way 10 of them.
const TIMEOUT: u32 = 15;

/// How a daemon is ended.
#[derive(Debug, Clone, Args)]
pub(super) struct EndArgs {
    /// How many seconds it may take
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = seconds)]
    timeout: u32,
    /// End it by SIGKILL where it does not answer, or is not done in that time; nothing that was acknowledged is lost
    #[arg(long)]
    force: bool,
}

impl EndArgs {
    /// Whether it may be killed.
    pub(super) fn forces(&self) -> bool {
        self.force
    }

    /// Ends it in order, with the usual patience.
    pub(super) fn patient() -> Self {
        Self { timeout: TIMEOUT, force: false }
    }
}

fn seconds(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|seconds| *seconds <= 86_400);
    number.ok_or_else(|| "a whole number of seconds is expected".to_owned())
}

/// A daemon that was ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) pid: u32,
    /// Whether it had to be killed.
    pub(super) killed: bool,
}

/// Ends the daemon of a workspace and waits until its process is gone; `None` where none runs.
pub(super) fn end(paths: &Paths, args: &EndArgs) -> Result<Option<Ended>, Failure> {
    let asked = match Service::any_owner(paths) {
        // A dashboard is somebody's screen, and no daemon.
        Ok(Some(owner)) if owner.daemon().dashboard => None,
        Ok(Some(owner)) => {
            let process = Service::process(paths, owner.daemon().pid);
            // One that ends while it is asked is what was wanted.
            let _ = owner.stop();
            process
        }
        Ok(None) => {
            let daemon = Service::holder(paths)?.filter(Holder::is_daemon);
            daemon.as_ref().map(Holder::terminate).transpose()?;
            daemon
        }
        Err(error) if error.code() == "dbx::daemon::wedged" && args.force => {
            let Some(holder) = Service::holder(paths)? else { return Ok(None) };
            return Ok(Some(kill(&holder)?));
        }
        Err(error) => return Err(error.into()),
    };
    let Some(process) = asked else { return Ok(None) };
    if process.wait(Duration::from_secs(args.timeout.into())) {
        return Ok(Some(Ended { pid: process.pid, killed: false }));
    }
    if args.force {
        return Ok(Some(kill(&process)?));
    }
    let message = format!("process {} is not done after {} s", process.pid, args.timeout);
    Err(Error::new(Kind::Unavailable, "dbx::serve::stopping", message)
        .kept("it was told to stop, and goes on ending")
        .help("wait, or end it with `dbx serve stop --force`: nothing that was acknowledged is lost by that")
        .into())
}

fn kill(process: &Holder) -> Result<Ended, Failure> {
    process.kill()?;
    if process.wait(KILLED_WITHIN) {
        return Ok(Ended { pid: process.pid, killed: true });
    }
    let message = format!("process {} was killed and does not go", process.pid);
    Err(Error::new(Kind::Unavailable, "dbx::serve::stopping", message)
        .help("it waits for the disk: look at what the system says with `dmesg`")
        .into())
}
