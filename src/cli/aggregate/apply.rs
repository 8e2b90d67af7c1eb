use super::write::{self, OneWriteArgs};
use crate::cli::args::number;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::input::{AboutArgs, ContentArgs};
use crate::wire::Operation;
use clap::Args;

/// Append an event to an aggregate
#[derive(Debug, Args)]
#[command(after_help = "Example:
  dbx aggregate apply order o-1 order_paid -f status=paid -f amount:=12.50 --expect-version 3")]
pub(crate) struct ApplyArgs {
    /// The type
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    /// The id
    id: String,
    /// What happened
    event: String,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    about: AboutArgs,
    /// Refuse unless the aggregate is at this version
    #[arg(long, value_name = "N", value_parser = number)]
    expect_version: Option<u64>,
    #[command(flatten)]
    one: OneWriteArgs,
}

pub(super) fn run(context: &mut Context, args: &ApplyArgs) -> Outcome {
    let operation = Operation {
        aggregate_type: args.aggregate_type.clone(),
        aggregate_id: args.id.clone(),
        event_type: args.event.clone(),
        payload: Some(args.content.payload(context)?),
        metadata: args.about.metadata(context)?,
        note: args.about.note.clone(),
        expected_version: args.expect_version,
        exists: Some(true),
        ..Operation::default()
    };
    write::commit(context, &args.one, operation)
}
