use super::view::changed;
use crate::cli::args::count;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Make changes of the stage again that were undone
///
/// Any other change of the stage ends what can be redone.
#[derive(Debug, Args)]
pub(crate) struct RedoArgs {
    /// How many changes
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = count)]
    steps: usize,
}

pub(super) fn run(context: &mut Context, args: &RedoArgs) -> Outcome {
    let service = context.open_to_write()?;
    let report = service.stage_redo(&context.reader(), args.steps)?;
    service.close()?;
    changed(context, &report, "made again")
}
