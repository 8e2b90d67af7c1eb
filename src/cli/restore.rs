use super::backup::{sources, took};
use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{Meaning, Progress, Unit, quantity, short, visible};
use super::status::size;
use crate::error::{Error, Kind};
use crate::service::{LOCK_WAIT, Local, RestoreProgress};
use crate::wire::{ErasedAggregate, RestoreReport};
use crate::workspace::{self, DiscoverError, InitOptions, Paths, Template, Ttl};
use clap::Args;
use std::path::PathBuf;
use std::sync::Mutex;

/// Make the store anew from backups
///
/// Reads a whole backup and the increments that follow it, builds a store beside the one that is there, recomputes every
/// hash, tree and root, and only then puts it in its place: whatever happens before, the old store is untouched.
///
/// Where there is no workspace, one is made as `dbx init` does. The restored store is the one that was backed up, under
/// the same identity, so proofs and checkpoints of it hold; configuration and keys of the workspace stay. A store that
/// holds events or a schema is replaced only with `--force`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx restore --input monday.dbxb
  dbx restore --input monday.dbxb --input tuesday.dbxb
  dbx -C ../copy restore --input monday.dbxb
  dbx restore --input monday.dbxb --force")]
pub(crate) struct RestoreArgs {
    /// A backup; a whole one first, then increments in their order; `-` for standard input
    #[arg(short, long, value_name = "FILE", required = true)]
    input: Vec<PathBuf>,
    /// Replace a store that holds something
    #[arg(long)]
    force: bool,
    /// Erase these too: what `dbx aggregate erasures --json` printed
    #[arg(long, value_name = "FILE")]
    erasures: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(context: &mut Context, args: &RestoreArgs) -> Outcome {
    let (backups, bytes) = sources(context, &args.input)?;
    let erasures = erasures(context, args)?;
    let (paths, made) = place(context)?;
    if args.force && !made {
        let root = visible(&paths.root.display().to_string());
        context
            .ui
            .confirm(&format!("replace the store of `{root}`, whatever it holds?"), args.yes)?;
    }
    let caller = context.reader_in(&paths)?;
    let options = context.options(paths, LOCK_WAIT)?;
    let bar = |verb: &str, unit| Mutex::new(context.ui.progress(verb, unit));
    let (reading, rebuilding) = (bar("reading", Unit::Bytes), bar("rebuilding", Unit::Events));
    let draw = |bar: &Mutex<Progress>, done, of| {
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, Some(of));
        }
    };
    let report =
        Local::restore_backups(&caller, &options, backups, args.force, &erasures, &|progress| {
            match progress {
                RestoreProgress::Read(done) => draw(&reading, done, bytes.unwrap_or(done)),
                RestoreProgress::Rebuilt { done, of } => draw(&rebuilding, done, of),
            }
        });
    drop((reading, rebuilding));
    let report = report?;
    if let Some(reason) = &report.damage {
        context.ui.warn(format!(
            "the store that was backed up was not sound: {}; events may be missing, ask `dbx doctor`",
            visible(reason)
        ));
    }
    if report.old_unread {
        context.ui.warn(
            "the store that was replaced could not be read: what was erased or revoked in it since the backup may be back",
        );
    }
    if context.ui.json() {
        context.ui.document(&report)?;
    } else {
        show(context, &report, made.then_some(&options.paths))?;
    }
    Ok(Exit::Ok)
}

/// What was erased elsewhere.
fn erasures(context: &Context, args: &RestoreArgs) -> Result<Vec<ErasedAggregate>, Failure> {
    let Some(path) = &args.erasures else { return Ok(Vec::new()) };
    let shown = visible(&path.display().to_string());
    let bad = |error: String| {
        Error::new(
            Kind::Invalid,
            "dbx::restore::erasures",
            format!("`{shown}` holds no erasures: {error}"),
        )
        .kept("nothing was read or written")
        .help("`dbx aggregate erasures --json` prints what is expected")
    };
    let text = std::fs::read_to_string(context.file(path)?).map_err(|e| bad(e.to_string()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let read = lines.map(|line| serde_json::from_str(line).map_err(|e| bad(e.to_string()).into()));
    read.collect()
}

/// The workspace, and whether it was made now.
fn place(context: &Context) -> Result<(Paths, bool), Failure> {
    let directory = context.directory()?;
    match workspace::discover(&directory, &context.env) {
        Ok(paths) => Ok((paths, false)),
        Err(DiscoverError::NotFound { .. }) => {
            let options = InitOptions { template: Template::None, nested: false };
            super::init::make(context, &directory, options, (Ttl::DAY, false))?;
            Ok((Paths::at(directory.canonicalize()?), true))
        }
        Err(error) => Err(Error::from(error).into()),
    }
}

fn show(
    context: &mut Context,
    report: &RestoreReport,
    made: Option<&Paths>,
) -> Result<(), Failure> {
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    let sign = paint.paint(Meaning::Ok, "✓");
    let events = report
        .position
        .parse()
        .map_or(report.position.clone(), |count| quantity(count, "event", "events"));
    let aggregates = quantity(report.aggregates, "aggregate", "aggregates");
    context.ui.line(format!("{sign} restored {events} of {aggregates}, no fault"))?;
    let root = paint.accent(short(&report.root, whole));
    context.ui.line(format!("  the log ends at #{}, root {root}", report.position))?;
    let took = took(report.took_ms);
    context.ui.line(paint.dim(format!("  {} in {took}", size(report.bytes))))?;
    let mut note =
        |text: String| context.ui.line(format!("  {} {text}", paint.paint(Meaning::Added, "+")));
    if report.erased > 0 {
        note(format!("{} erased again", quantity(report.erased, "aggregate", "aggregates")))?;
    }
    if let Some(paths) = made {
        note(format!("workspace {}", visible(&paths.root.display().to_string())))?;
    }
    if report.schema_written {
        note(workspace::paths::SCHEMA_FILE.to_owned())?;
    }
    Ok(())
}
