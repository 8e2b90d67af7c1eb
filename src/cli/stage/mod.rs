//! `dbx stage …`: what waits for its commit.

mod add;
mod clear;
mod drop;
mod edit;
mod list;

mod rebase;
mod redo;
mod reorder;
mod show;
mod undo;
mod view;

pub(super) use view::{between, staged};

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Collect events, look at them, and commit them together
///
/// What is staged is durable and in order. Every operation is checked when it is staged, behind those before it, and
/// again at `dbx commit`, which writes all of them or none. Each is bound to the version of its aggregate that it was
/// written against: where an aggregate went on meanwhile, the commit refuses and says what happened, and
/// `dbx stage rebase` tries again on what is there now. Up to 1,000 operations and 8 MiB can be staged.
#[derive(Debug, Subcommand)]
pub(crate) enum StageCommand {
    Add(add::AddArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Drop(drop::DropArgs),
    Edit(edit::EditArgs),
    Move(reorder::MoveArgs),
    Undo(undo::UndoArgs),
    Redo(redo::RedoArgs),
    Clear(clear::ClearArgs),
    Rebase(rebase::RebaseArgs),
}

pub(super) fn run(context: &mut Context, command: &StageCommand) -> Outcome {
    match command {
        StageCommand::Add(args) => add::run(context, args),
        StageCommand::List(args) => list::run(context, args),
        StageCommand::Show(args) => show::run(context, args),
        StageCommand::Drop(args) => drop::run(context, args),
        StageCommand::Edit(args) => edit::run(context, args),
        StageCommand::Move(args) => reorder::run(context, args),
        StageCommand::Undo(args) => undo::run(context, args),
        StageCommand::Redo(args) => redo::run(context, args),
        StageCommand::Clear(args) => clear::run(context, args),
        StageCommand::Rebase(args) => rebase::run(context, args),
    }
}
