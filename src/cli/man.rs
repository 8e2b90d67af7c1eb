use super::context::Context;
use super::failure::{Exit, Outcome, file_error};
use clap::Args;
use std::path::PathBuf;

/// Print the manual page, or write one for each command
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write `dbx.1`, `dbx-log.1` and the others into DIR
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(context: &mut Context, args: &ManArgs) -> Outcome {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(super::tree()).render(&mut page)?;
        context.ui.raw(&page)?;
        return Ok(Exit::Ok);
    };
    let dir = context.file(dir)?;
    std::fs::create_dir_all(&dir)
        .and_then(|()| clap_mangen::generate_to(super::tree(), &dir))
        .map_err(|error| file_error(&dir, &error))?;
    context.ui.say(format!("wrote the manual pages to {}", dir.display()));
    Ok(Exit::Ok)
}
