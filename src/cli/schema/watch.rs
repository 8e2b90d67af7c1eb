//! Checking again at every change of a file.

use super::validate::{FormatArg, check};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::{interrupt, usage};
use crate::error::{Error, Kind};
use notify::{RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Editors write a file in several steps: quiet for this long means that they are done.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// How often an interrupt is looked for.
const TICK: Duration = Duration::from_millis(200);

pub(super) fn run(context: &mut Context, files: &[PathBuf], format: FormatArg) -> Outcome {
    if files.iter().any(|file| file.as_os_str() == "-") {
        return Err(usage::error("standard input cannot be watched").help("name a file").into());
    }
    let names: BTreeSet<OsString> =
        files.iter().filter_map(|file| file.file_name()).map(OsString::from).collect();
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let ours = |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(ours)) {
            // The receiver is gone when the command ends.
            let _ = sender.send(());
        }
    })
    .map_err(|error| failed(&error))?;
    // The folder, not the file: many editors replace the file, and a watch on the old one would see nothing more.
    for folder in folders(context, files)? {
        watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| failed(&error))?;
    }
    interrupt::listen();
    loop {
        look(context, files, format)?;
        context.ui.say("watching for changes, Ctrl-C stops");
        if !changed(&changes) {
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

/// Waits for a change and for the quiet behind it; false when interrupted.
fn changed(changes: &mpsc::Receiver<()>) -> bool {
    loop {
        match changes.recv_timeout(TICK) {
            Ok(()) => break,
            Err(RecvTimeoutError::Timeout) if !interrupt::stopped() => {}
            Err(_) => return false,
        }
    }
    while changes.recv_timeout(DEBOUNCE).is_ok() {}
    true
}

fn folders(context: &Context, files: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Error> {
    let folder = |file: &PathBuf| {
        let file = context.file(file)?;
        Ok(file.parent().unwrap_or(Path::new("/")).to_owned())
    };
    files.iter().map(folder).collect()
}

fn failed(error: &notify::Error) -> Error {
    Error::new(Kind::Unavailable, "dbx::cli::watch", format!("cannot watch for changes: {error}"))
}
