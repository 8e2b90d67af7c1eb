use super::view::changed;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Take operations off the stage
///
/// `dbx stage undo` puts them back.
#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    /// Which, as `s3`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

pub(super) fn run(context: &mut Context, args: &DropArgs) -> Outcome {
    let service = context.open_to_write()?;
    let report = service.stage_drop(&context.reader(), &args.ids)?;
    service.close()?;
    changed(context, &report, &format!("dropped {}", args.ids.join(", ")))
}
