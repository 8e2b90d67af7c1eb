use super::write::{self, OneWriteArgs};
use crate::cli::args::AggregateArg;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Archive an aggregate, as an event in its history
///
/// An archived aggregate takes no events until it is restored, and is left out of lists. What the schema says about
/// references to it happens in the same commit: `restrict` refuses, naming the active aggregates that point at it;
/// `nullify` sets the references to null, by an event of each. References of archived aggregates are left alone.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
    /// Why, in at most 128 characters
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    one: OneWriteArgs,
}

pub(super) fn run(context: &mut Context, args: &ArchiveArgs) -> Outcome {
    let request = write::request(&args.aggregate, args.note.as_ref(), &args.one)?;
    if args.one.stage {
        return write::staged(context, &args.one, |service, caller| {
            service.stage_archive(caller, &request)
        });
    }
    write::receipt(context, &args.one, |service, caller| service.archive(caller, &request))
}
