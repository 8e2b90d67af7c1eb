//! `dbx token …`: who else may do what.

mod bootstrap;
mod generate;
mod list;
mod made;
mod refresh;
mod revoke;
mod show;

use super::context::Context;
use super::failure::Outcome;
use clap::Subcommand;

/// Let others do some things, and only those
///
/// A token names its holder and what that one may do. Whoever gives one with `--token`, `DBX_TOKEN` or `EVENTDBX_TOKEN`
/// is held to it, and the events that are written carry its group and user. Without one, the access to the files decides.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    Generate(generate::GenerateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Revoke(revoke::RevokeArgs),
    Refresh(refresh::RefreshArgs),
    Bootstrap(bootstrap::BootstrapArgs),
}

pub(super) fn run(context: &mut Context, command: &TokenCommand) -> Outcome {
    match command {
        TokenCommand::Generate(args) => generate::run(context, args),
        TokenCommand::List(args) => list::run(context, args),
        TokenCommand::Show(args) => show::run(context, args),
        TokenCommand::Revoke(args) => revoke::run(context, args),
        TokenCommand::Refresh(args) => refresh::run(context, args),
        TokenCommand::Bootstrap(args) => bootstrap::run(context, args),
    }
}
