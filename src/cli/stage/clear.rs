use super::view::changed;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use clap::Args;

/// Take everything off the stage
///
/// `dbx stage undo` puts it back.
#[derive(Debug, Args)]
pub(crate) struct ClearArgs {}

pub(super) fn run(context: &mut Context, _: &ClearArgs) -> Outcome {
    let service = context.open_to_write()?;
    let report = service.stage_clear(&context.reader())?;
    service.close()?;
    changed(context, &report, "cleared")
}
