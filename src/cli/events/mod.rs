//! `dbx events …`: the log, event by event.

mod list;
mod show;

use super::context::Context;
use super::failure::Outcome;
use clap::{Args, Subcommand};

/// Show the events of the log, oldest first
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    list: list::ListArgs,
    #[command(subcommand)]
    command: Option<EventsCommand>,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    Show(show::ShowArgs),
}

pub(super) fn run(context: &mut Context, args: &EventsArgs) -> Outcome {
    match &args.command {
        Some(EventsCommand::Show(args)) => show::run(context, args),
        None => list::run(context, &args.list),
    }
}
