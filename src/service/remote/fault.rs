//! What is said of calls that did not come to their end.

use crate::error::{Error, Kind};
use crate::wire::Daemon;
use hyper::Method;
use std::fmt;

pub(super) fn unsendable(error: impl fmt::Display) -> Error {
    Error::new(Kind::Invalid, "dbx::daemon::request", format!("this cannot be sent: {error}"))
        .kept("nothing was sent")
}

pub(super) fn unintelligible(what: &str) -> Error {
    let message = format!("what has the store answers what this version cannot read: {what}");
    Error::new(Kind::Unavailable, "dbx::daemon::answer", message)
        .help("`dbx serve restart` starts the installed version")
}

/// What a call that was cut off can have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Read,
    Write,
}

impl Does {
    pub(super) fn of(method: &Method) -> Self {
        if *method == Method::GET { Self::Read } else { Self::Write }
    }

    fn kept(self) -> &'static str {
        match self {
            Self::Read => "nothing was changed",
            Self::Write => {
                "whether the call was done is not known; what was acknowledged is on disk"
            }
        }
    }
}

/// The code of a call whose answer was lost. Nobody knows whether it was heard, so only a question may be repeated.
pub(crate) const LOST: &str = "dbx::daemon::lost";

/// The code of a call that did not reach the process that had the store: whoever has it now is asked instead.
pub(crate) const GONE: &str = "dbx::daemon::gone";

pub(super) fn cut_off(does: Does, error: &dyn fmt::Display) -> Error {
    let message = format!("the connection to what has the store was lost: {error}");
    let help = match does {
        Does::Read => "repeat the command",
        Does::Write => {
            "look with `dbx log`; with `--idempotency-key` a call can be repeated safely"
        }
    };
    Error::new(Kind::Unavailable, LOST, message).kept(does.kept()).help(help)
}

pub(super) fn stuck(daemon: &Daemon, does: Does) -> Error {
    let pid = daemon.pid;
    let message = format!("process {pid}, which has the store, no longer answers");
    Error::new(Kind::Unavailable, "dbx::daemon::wedged", message).kept(does.kept()).help(format!(
        "`kill -CONT {pid}` wakes it where it was stopped; `kill -9 {pid}` ends it, and nothing that was acknowledged \
         is lost by that"
    ))
}

pub(super) fn lost(
    daemon: &Daemon,
    does: Does,
    error: &hyper_util::client::legacy::Error,
) -> Error {
    if error.is_connect() { gone(daemon) } else { cut_off(does, error) }
}

pub(super) fn gone(daemon: &Daemon) -> Error {
    let message = format!("process {} no longer answers on its socket", daemon.pid);
    Error::new(Kind::Unavailable, GONE, message).kept("nothing was done").help("repeat the command")
}
