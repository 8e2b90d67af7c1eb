use super::view::changed;
use crate::cli::args::number;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::wire::StageMove;
use clap::Args;

/// Put a staged operation elsewhere in the order
#[derive(Debug, Args)]
#[command(after_help = "Example:
  dbx stage move s3 1       s3 comes first")]
pub(crate) struct MoveArgs {
    /// Which, as `s3`
    id: String,
    /// Its new place, from 1
    #[arg(value_name = "PLACE", value_parser = number)]
    to: u64,
}

pub(super) fn run(context: &mut Context, args: &MoveArgs) -> Outcome {
    let request = StageMove { id: args.id.clone(), to: args.to };
    let service = context.open_to_write()?;
    let report = service.stage_move(&context.reader(), &request)?;
    service.close()?;
    let place = report.stage.operations.iter().position(|one| one.id == args.id);
    let place = place.map_or(args.to, |place| place as u64 + 1);
    changed(context, &report, &format!("{} is number {place} now", args.id))
}
