use super::args::WriteArgs;
use super::context::Context;
use super::failure::{Exit, Failure, Outcome, file_error};
use super::interrupt;
use super::output::{Meaning, Unit, quantity, thousands};
use crate::service::ImportOptions;
use crate::wire::ImportReport;
use clap::Args;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// Import events from a file, one JSON object a line
///
/// A line has `aggregate_type`, `aggregate_id`, `event_type`, `payload` or `patch`, and perhaps `metadata`, `note` and
/// `idempotency_key`. Lines are committed in batches, in order. A bad line stops the import before its batch; what
/// was committed before stays, and importing the same file again goes on behind it.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; `-` for standard input
    file: PathBuf,
    /// Events in one commit
    #[arg(long, value_name = "N", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch: u16,
    /// Check every line and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave out the lines of aggregates that existed before
    #[arg(long)]
    skip_existing: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &ImportArgs) -> Outcome {
    let (name, mut source, size) = open(context, args)?;
    let options = ImportOptions {
        name,
        batch: usize::from(args.batch),
        dry_run: args.dry_run,
        skip_existing: args.skip_existing,
    };
    let service = context.open_to_write()?;
    let caller = context.caller(&args.write);
    let unit = if size.is_some() { Unit::Bytes } else { Unit::Lines };
    let bar = context.ui.progress("importing", unit);
    // A pipe may say nothing for ever, and nobody would look whether the user said stop: there an interrupt ends the
    // process, which the store is made for.
    if size.is_some() {
        interrupt::listen();
    }
    let report = service.import(&caller, source.as_mut(), &options, &mut |progress| {
        bar.at(if size.is_some() { progress.bytes } else { progress.lines }, size);
        !interrupt::stopped()
    });
    drop(bar);
    let closed = service.close();
    // How far it came is known to the import alone, whatever else ends badly after it.
    let report = report?;
    closed?;
    show(context, &report)?;
    Ok(Exit::Ok)
}

type Source = (String, Box<dyn BufRead>, Option<u64>);

fn open(context: &Context, args: &ImportArgs) -> Result<Source, Failure> {
    if args.file.as_os_str() == "-" {
        return Ok(("standard input".into(), Box::new(BufReader::new(std::io::stdin())), None));
    }
    let path = context.file(&args.file)?;
    let wrong = |error| Failure::from(file_error(&args.file, &error));
    let file = std::fs::File::open(&path).map_err(wrong)?;
    let about = file.metadata().map_err(wrong)?;
    if about.is_dir() {
        return Err(super::usage::error(format!("`{}` is a folder", args.file.display())).into());
    }
    let size = about.is_file().then_some(about.len());
    let name = args.file.display().to_string();
    Ok((name, Box::new(BufReader::with_capacity(256 * 1024, file)), size))
}

fn show(context: &mut Context, report: &ImportReport) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(report);
    }
    let paint = context.ui.paint();
    let events = quantity(report.events, "event", "events");
    if report.dry_run {
        let word = paint.paint(Meaning::Ok, "✓");
        context.ui.line(format!("{word} {events} would be imported, nothing was written"))?;
    } else {
        let commits = quantity(report.commits, "commit", "commits");
        let word = paint.paint(Meaning::Ok, "✓");
        let end = paint.accent(format!("#{}", report.position));
        context.ui.line(format!("{word} imported {events} in {commits}, the log ends at {end}"))?;
    }
    if report.resumed_after > 0 {
        let lines = thousands(report.resumed_after);
        context.ui.line(
            paint.dim(format!("  went on after line {lines}, which an earlier run had committed")),
        )?;
    }
    if report.skipped > 0 {
        let lines = quantity(report.skipped, "line", "lines");
        context.ui.line(paint.dim(format!("  left out {lines} that were there already")))?;
    }
    Ok(())
}
