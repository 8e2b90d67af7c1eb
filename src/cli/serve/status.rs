use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::service::Service;
use clap::Args;

/// Say whether a daemon runs, and where
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

pub(super) fn run(context: &mut Context, _args: &StatusArgs) -> Outcome {
    let Some(owner) = Service::owner(&context.paths()?)? else {
        context.ui.say("no daemon runs");
        return Ok(Exit::No);
    };
    let daemon = owner.daemon().clone();
    context.ui.document(&daemon)?;
    Ok(Exit::Ok)
}
