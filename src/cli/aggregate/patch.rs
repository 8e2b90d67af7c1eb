use super::write::{self, OneWriteArgs};
use crate::cli::args::number;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::input::{self, AboutArgs};
use crate::wire::Operation;
use clap::Args;

/// Append an event that patches the state (RFC 6902)
#[derive(Debug, Args)]
#[command(after_help = "Example:
  dbx aggregate patch order o-1 order_corrected --patch '[{\"op\":\"remove\",\"path\":\"/coupon\"}]'")]
pub(crate) struct PatchArgs {
    /// The type
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    /// The id
    id: String,
    /// What happened
    event: String,
    /// The patch, a JSON array; `@FILE` reads a file, `-` reads standard input
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    patch: String,
    #[command(flatten)]
    about: AboutArgs,
    /// Refuse unless the aggregate is at this version
    #[arg(long, value_name = "N", value_parser = number)]
    expect_version: Option<u64>,
    #[command(flatten)]
    one: OneWriteArgs,
}

pub(super) fn run(context: &mut Context, args: &PatchArgs) -> Outcome {
    let operation = Operation {
        aggregate_type: args.aggregate_type.clone(),
        aggregate_id: args.id.clone(),
        event_type: args.event.clone(),
        patch: Some(input::json(context, "--patch", &args.patch)?),
        metadata: args.about.metadata(context)?,
        note: args.about.note.clone(),
        expected_version: args.expect_version,
        exists: Some(true),
        ..Operation::default()
    };
    write::commit(context, &args.one, operation)
}
