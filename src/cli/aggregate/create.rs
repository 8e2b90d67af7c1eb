use super::write::{self, OneWriteArgs};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::input::{AboutArgs, ContentArgs};
use crate::wire::Operation;
use clap::Args;

/// Write the first event of a new aggregate
#[derive(Debug, Args)]
#[command(after_help = "Example:
  dbx aggregate create order o-1 --event order_placed -f customer=c-7 -f total=12.50")]
pub(crate) struct CreateArgs {
    /// The type
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    /// The id
    id: String,
    /// What happened
    #[arg(short, long, value_name = "EVENT")]
    event: String,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    one: OneWriteArgs,
}

pub(super) fn run(context: &mut Context, args: &CreateArgs) -> Outcome {
    let operation = Operation {
        aggregate_type: args.aggregate_type.clone(),
        aggregate_id: args.id.clone(),
        event_type: args.event.clone(),
        payload: Some(args.content.payload(context)?),
        metadata: args.about.metadata(context)?,
        note: args.about.note.clone(),
        exists: Some(false),
        ..Operation::default()
    };
    write::commit(context, &args.one, operation)
}
