//! `dbx schema …`: the file, what is in force, and what lies between.

mod apply;
mod breaking;
mod diff;
mod explain;
mod fmt;
mod history;
mod report;
mod sarif;
mod show;
mod source;
mod validate;
mod watch;

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Check, format, compare and apply `schema.dbx`
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    Validate(validate::ValidateArgs),
    Fmt(fmt::FmtArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Breaking(breaking::BreakingArgs),
    Apply(apply::ApplyArgs),
    History(history::HistoryArgs),
    Explain(explain::ExplainArgs),
}

pub(super) fn run(context: &mut Context, command: &SchemaCommand) -> Outcome {
    match command {
        SchemaCommand::Validate(args) => validate::run(context, args),
        SchemaCommand::Fmt(args) => fmt::run(context, args),
        SchemaCommand::Show(args) => show::run(context, args),
        SchemaCommand::Diff(args) => diff::run(context, args),
        SchemaCommand::Breaking(args) => breaking::run(context, args),
        SchemaCommand::Apply(args) => apply::run(context, args),
        SchemaCommand::History(args) => history::run(context, args),
        SchemaCommand::Explain(args) => explain::run(context, args),
    }
}
