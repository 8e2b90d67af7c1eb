//! `dbx outbox …`: the log as consumers pull it.

mod cursor;
mod read;

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Pull events as a consumer does, and keep how far it is
///
/// A consumer stores the id of the last event that it is done with, and goes on behind it: every committed event comes,
/// in order, at least once. Events of archived aggregates are left out; that one was archived is not.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    Read(read::ReadArgs),
    Cursor(cursor::CursorArgs),
}

pub(super) fn run(context: &mut Context, command: &OutboxCommand) -> Outcome {
    match command {
        OutboxCommand::Read(args) => read::run(context, args),
        OutboxCommand::Cursor(args) => cursor::run(context, args),
    }
}
