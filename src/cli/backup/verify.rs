use super::{events, sources};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::interrupt;
use crate::cli::output::{Meaning, Unit, short, visible};
use crate::service::check_backups;
use clap::Args;
use std::path::PathBuf;

/// Check backups without restoring them
///
/// Reads every byte, holds each body against its header, recomputes the root of the log, and checks that each file goes
/// on where the one before it ended. Needs no workspace. `dbx restore` checks this and the trees of all aggregates.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx backup verify monday.dbxb
  dbx backup verify monday.dbxb tuesday.dbxb
  ssh elsewhere 'cat shop.dbxb' | dbx backup verify -")]
pub(super) struct VerifyArgs {
    /// The files, in the order in which they were made; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(context: &mut Context, args: &VerifyArgs) -> Outcome {
    let (found, bytes) = sources(context, &args.files)?;
    let bar = context.ui.progress("reading", Unit::Bytes);
    interrupt::listen();
    let reports = check_backups(found, &mut |done| {
        bar.at(done, Some(bytes.unwrap_or(done)));
        !interrupt::stopped()
    });
    drop(bar);
    let reports = reports?;
    if context.ui.json() {
        for report in &reports {
            context.ui.record(report)?;
        }
        return Ok(Exit::Ok);
    }
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    for (report, file) in reports.iter().zip(&args.files) {
        if let Some(reason) = &report.damage {
            context.ui.warn(format!(
                "`{}` is of a store that could only be read: {}; it may lack events",
                visible(&file.display().to_string()),
                visible(reason)
            ));
        }
        let sign = paint.paint(Meaning::Ok, "✓");
        let path = paint.accent(visible(&file.display().to_string()));
        context.ui.line(format!("{sign} {path}: {}, no fault", events(report)))?;
        let (end, root) = (&report.position, paint.accent(short(&report.root, whole)));
        context.ui.line(format!("  the log ends at #{end}, root {root}"))?;
        let about = format!("  store {}, {}", report.store, report.taken_at);
        context.ui.line(paint.dim(about))?;
    }
    Ok(Exit::Ok)
}
