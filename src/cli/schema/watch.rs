//! Checking again at every change of a file.

use super::validate::{FormatArg, check};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::{interrupt, usage};
use crate::error::Error;
use crate::workspace::FileWatch;
use std::path::PathBuf;

pub(super) fn run(context: &mut Context, files: &[PathBuf], format: FormatArg) -> Outcome {
    if files.iter().any(|file| file.as_os_str() == "-") {
        return Err(usage::error("standard input cannot be watched").help("name a file").into());
    }
    let watched: Vec<PathBuf> =
        files.iter().map(|file| context.file(file)).collect::<Result<_, Error>>()?;
    let watch = FileWatch::new(watched.iter().map(PathBuf::as_path))?;
    interrupt::listen();
    loop {
        look(context, files, format)?;
        context.ui.say("watching for changes, Ctrl-C stops");
        if !watch.changed(interrupt::stopped) {
            return Ok(Exit::Interrupted);
        }
    }
}

/// Checks once; a file that is gone for a moment is said so and watched on.
fn look(context: &mut Context, files: &[PathBuf], format: FormatArg) -> Result<(), Failure> {
    match check(context, files, format) {
        Err(Failure::Closed) => return Err(Failure::Closed),
        Err(failure) => {
            context.ui.flush()?;
            context.ui.report(&failure);
        }
        Ok(_) => {}
    }
    context.ui.flush()
}
