//! `dbx serve`: the process that has the store and serves it to others.

mod access;
mod start;
mod status;
mod stop;

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Serve the store to applications and other commands
#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    Start(start::StartArgs),
    Stop(stop::StopArgs),
    Status(status::StatusArgs),
}

pub(super) fn run(context: &mut Context, command: &ServeCommand) -> Outcome {
    match command {
        ServeCommand::Start(args) => start::run(context, args),
        ServeCommand::Stop(args) => stop::run(context, args),
        ServeCommand::Status(args) => status::run(context, args),
    }
}
