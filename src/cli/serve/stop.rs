use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::service::Service;
use clap::Args;

/// Stop the daemon
///
/// What is under way is finished first.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {}

pub(super) fn run(context: &mut Context, _args: &StopArgs) -> Outcome {
    match Service::owner(&context.paths()?)? {
        Some(owner) => owner.stop()?,
        None => context.ui.say("no daemon runs"),
    }
    Ok(Exit::Ok)
}
