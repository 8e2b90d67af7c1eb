//! `dbx serve`: the process that has the store and serves it to others.
//!
//! ```text
//! start       one command in two processes: the one that is typed starts the other and waits until it is ready
//! detach      the first of them
//! foreground  the second, which is also what `--foreground` is
//! flags       what both are told
//! signals     how the second is told to end
//! supervise   what it tells systemd
//! end         ending a daemon, whatever state it is in
//! ```

mod access;
mod destroy;
mod detach;
mod end;
mod flags;
mod foreground;
mod line;
mod logs;
mod restart;
mod signals;
mod start;
mod status;
mod stop;
mod supervise;
mod unit;

use super::context::Context;
use super::failure::{Failure, Outcome};
use crate::error::{Error, Kind};
use crate::service::{Remote, Service};
use crate::wire::Daemon;
use crate::workspace::Paths;
use clap::Subcommand;

/// Serve the store to applications and other commands
///
/// A daemon has the store from then on, and serves it over a socket in `.dbx/` and over HTTP. Every other command works
/// as before, through it.
#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    Start(start::StartArgs),
    Stop(stop::StopArgs),
    Restart(restart::RestartArgs),
    Status(status::StatusArgs),
    Logs(logs::LogsArgs),
    Unit(unit::UnitArgs),
    Destroy(destroy::DestroyArgs),
}

pub(super) fn run(context: &mut Context, command: &ServeCommand) -> Outcome {
    match command {
        ServeCommand::Start(args) => start::run(context, args),
        ServeCommand::Stop(args) => stop::run(context, args),
        ServeCommand::Restart(args) => restart::run(context, args),
        ServeCommand::Status(args) => status::run(context, args),
        ServeCommand::Logs(args) => logs::run(context, args),
        ServeCommand::Unit(args) => unit::run(context, args),
        ServeCommand::Destroy(args) => destroy::run(context, args),
    }
}

/// The daemon that runs, if one does. A dashboard is none, whatever its version is: it lets go of the store for one.
fn daemon(paths: &Paths) -> Result<Option<Remote>, Failure> {
    match Service::any_owner(paths)? {
        Some(owner) if owner.daemon().dashboard => Ok(None),
        Some(_) => Ok(Service::owner(paths)?),
        None => Ok(None),
    }
}

/// The dashboard that has the store and serves it, if one does.
fn dashboard(paths: &Paths) -> Option<Daemon> {
    let owner = Service::any_owner(paths).ok().flatten()?;
    Some(owner.daemon().clone()).filter(|daemon| daemon.dashboard)
}

/// Says who serves where no daemon does.
fn say_dashboard(context: &mut Context, dashboard: Option<&Daemon>) {
    if let Some(dashboard) = dashboard {
        let pid = dashboard.pid;
        context
            .ui
            .say(format!("a dashboard has the store and serves it over the socket: process {pid}"));
        context.ui.hint("`dbx serve start` starts a daemon in its place; the dashboard stays open and works through that");
    }
}

/// Refuses whoever comes with a token: the daemon is the business of those who may use the files.
fn without_token(context: &Context) -> Result<(), Failure> {
    if context.reader().rights().is_none() {
        return Ok(());
    }
    let message = "the daemon belongs to whoever may use its files, and not to a token";
    Err(Error::new(Kind::Forbidden, "dbx::token::forbidden", message)
        .kept("nothing was done")
        .help("leave `--token` out, and `DBX_TOKEN` and `EVENTDBX_TOKEN` unset")
        .into())
}
