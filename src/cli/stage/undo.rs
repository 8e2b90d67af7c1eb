use super::view::changed;
use crate::cli::args::count;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Take the last changes of the stage back
///
/// Adding, editing, dropping, moving, clearing and rebasing can be undone, the last 100 changes of them. A commit cannot:
/// it is part of the log, and empties the stage with its history.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// How many changes
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1, value_parser = count)]
    steps: usize,
}

pub(super) fn run(context: &mut Context, args: &UndoArgs) -> Outcome {
    let service = context.open_to_write()?;
    let report = service.stage_undo(&context.reader(), args.steps)?;
    service.close()?;
    changed(context, &report, "undone")
}
