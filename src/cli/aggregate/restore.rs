use super::write::{self, OneWriteArgs};
use crate::cli::args::AggregateArg;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Make an archived aggregate active again, as an event in its history
///
/// References that became null when it was archived stay null.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
    /// Why, in at most 128 characters
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    one: OneWriteArgs,
}

pub(super) fn run(context: &mut Context, args: &RestoreArgs) -> Outcome {
    let request = write::request(&args.aggregate, args.note.as_ref(), &args.one)?;
    if args.one.stage {
        return write::staged(context, &args.one, |service, caller| {
            service.stage_restore(caller, &request)
        });
    }
    write::receipt(context, &args.one, |service, caller| service.restore(caller, &request))
}
