//! `dbx backup`, and `dbx backup verify`.

mod verify;

use super::context::Context;
use super::failure::{Exit, Failure, Outcome, file_error};
use super::output::{Meaning, Unit, exact_stdout, quantity, short, visible};
use super::pending::Pending;
use super::status::size;
use super::{interrupt, usage};
use crate::error::{Error, Kind};
use crate::service::{BackupSource, ExportError, ExportProgress, Service, check_backups};
use crate::wire::BackupReport;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// Write everything into one file, while writes go on
///
/// The file holds the log, the records beside it and, of an encrypted workspace, the wrapped data keys, as they are at
/// one moment; never a master key, a signing key or the configuration. It is written beside its place, read back, every
/// hash and the root of the log recomputed, and only then given its name.
///
/// With `--since`, it holds what came after an earlier backup, and is made only if the log still begins as that backup
/// says. `dbx restore` takes the whole backup first, then what followed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  dbx backup --output monday.dbxb
  dbx backup --output tuesday.dbxb --since monday.dbxb
  dbx backup --output - | ssh elsewhere 'cat > shop.dbxb'
  dbx backup verify monday.dbxb tuesday.dbxb")]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    /// Where to; `-` for standard output
    #[arg(short, long, value_name = "FILE", required = true)]
    output: Option<PathBuf>,
    /// Only what came after this earlier backup
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Replace what is there
    #[arg(long)]
    force: bool,
    /// Do not read the file back
    #[arg(long)]
    no_verify: bool,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    Verify(verify::VerifyArgs),
}

/// Where a backup goes.
enum Target {
    File(Box<Pending>),
    Stdout(Box<dyn Write>),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
        }
    }
}

pub(super) fn run(context: &mut Context, args: &BackupArgs) -> Outcome {
    match (&args.command, &args.output) {
        (Some(BackupCommand::Verify(args)), _) => verify::run(context, args),
        (None, Some(output)) => write(context, args, output),
        (None, None) => Err(usage::error("`--output` is missing").into()),
    }
}

fn write(context: &mut Context, args: &BackupArgs, output: &Path) -> Outcome {
    let stdout = output.as_os_str() == "-";
    if stdout && context.ui.interactive() {
        return Err(usage::error("a backup is nothing for a terminal")
            .help("name a file with `--output`, or pipe it somewhere")
            .into());
    }
    let since = args.since.as_ref().map(|file| source(context, file)).transpose()?;
    let started = context.now();
    let service = context.open()?;
    let mut target = if stdout {
        Target::Stdout(Box::new(exact_stdout()))
    } else {
        let path = context.file(output)?;
        let pending = Pending::new(&path, output, args.force, "dbx::backup::exists")?;
        Target::File(Box::new(pending))
    };
    let mut report = written(context, service, since, &mut target, output)?;
    let mut verified = false;
    match target {
        Target::Stdout(mut stdout) => stdout.flush()?,
        Target::File(mut pending) => {
            if !args.no_verify {
                read_back(context, pending.read_back()?, output, &report)?;
                verified = true;
            }
            pending.keep()?;
        }
    }
    // Reading it back is part of making it.
    report.took_ms = Some(context.now().as_millis().saturating_sub(started.as_millis()));
    if let Some(reason) = &report.damage {
        context.ui.warn(format!(
            "this is a backup of a store that could only be read: {}; it may lack events",
            visible(reason)
        ));
    }
    if stdout {
        context.ui.say(format!("backed up {}", events(&report)));
        return Ok(Exit::Ok);
    }
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(Exit::Ok);
    }
    show(context, output, &report, verified.then_some(", read back and verified"))?;
    Ok(Exit::Ok)
}

/// Writes the backup, and lets the store go.
fn written(
    context: &Context,
    service: Service,
    since: Option<BackupSource<'_>>,
    target: &mut Target,
    output: &Path,
) -> Result<BackupReport, Failure> {
    let bar = context.ui.progress("backing up", Unit::Events);
    // Into a pipe the process just ends; a file is taken away again first.
    let file = matches!(target, Target::File(_));
    if file {
        interrupt::listen();
    }
    let made =
        service.backup(&context.reader(), since, target, &mut |ExportProgress { done, of }| {
            bar.at(done, Some(of));
            !interrupt::stopped()
        });
    drop(bar);
    service.close()?;
    made.map_err(|error| match error {
        ExportError::Service(error) => error.into(),
        ExportError::Output(error) if file => unwritten(output, &error).into(),
        ExportError::Output(error) => error.into(),
    })
}

fn unwritten(output: &Path, error: &io::Error) -> Error {
    let message = format!("`{}` could not be written: {error}", output.display());
    Error::new(Kind::Unavailable, "dbx::backup::write", message)
        .kept(
            "nothing is there under that name but what was there before; the store was not touched",
        )
        .help("free some space or choose another disk, then run the command again")
}

/// Reads a backup that was just written, as somebody would who has to restore it.
fn read_back(
    context: &Context,
    file: File,
    output: &Path,
    written: &BackupReport,
) -> Result<(), Failure> {
    let bar = context.ui.progress("reading back", Unit::Bytes);
    let name = output.display().to_string();
    let bytes = Box::new(BufReader::with_capacity(256 * 1024, file));
    let found = check_backups(vec![BackupSource { name, bytes }], &mut |done| {
        bar.at(done, Some(written.bytes));
        !interrupt::stopped()
    })?;
    if found.first() == Some(&BackupReport { took_ms: None, ..written.clone() }) {
        return Ok(());
    }
    let message = format!("`{}` does not read back as what was written", output.display());
    Err(Error::new(Kind::Corrupt, "dbx::backup::read_back", message)
        .kept("it was removed; the store was not touched")
        .help("check the disk that it lies on, or choose another one")
        .into())
}

/// A backup that the user names.
fn source(context: &Context, file: &Path) -> Result<BackupSource<'static>, Error> {
    let name = file.display().to_string();
    if file.as_os_str() == "-" {
        return Ok(BackupSource { name: "standard input".into(), bytes: Box::new(io::stdin()) });
    }
    let opened = File::open(context.file(file)?).map_err(|error| file_error(file, &error))?;
    let about = opened.metadata().map_err(|error| file_error(file, &error))?;
    if about.is_dir() {
        return Err(usage::error(format!("`{name}` is a folder")).help("name a file"));
    }
    Ok(BackupSource { name, bytes: Box::new(BufReader::with_capacity(256 * 1024, opened)) })
}

/// Several of them, and how many bytes they have together where all are files.
pub(super) fn sources(
    context: &Context,
    files: &[PathBuf],
) -> Result<(Vec<BackupSource<'static>>, Option<u64>), Error> {
    if files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(usage::error("standard input can be read once only"));
    }
    let found = files.iter().map(|file| source(context, file)).collect::<Result<_, _>>()?;
    let mut bytes = Some(0);
    for file in files {
        let length = context.file(file)?.metadata().ok().filter(std::fs::Metadata::is_file);
        bytes = bytes.zip(length).map(|(bytes, length)| bytes + length.len());
    }
    Ok((found, bytes))
}

fn events(report: &BackupReport) -> String {
    let events = quantity(report.events, "event", "events");
    match report.after.as_str() {
        "0" => events,
        after => format!("{events} after #{after}"),
    }
}

/// Says what a backup holds.
fn show(
    context: &mut Context,
    file: &Path,
    report: &BackupReport,
    verified: Option<&str>,
) -> Result<(), Failure> {
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    let sign = paint.paint(Meaning::Ok, "✓");
    let path = paint.accent(visible(&file.display().to_string()));
    context.ui.line(format!("{sign} backed up {} to {path}", events(report)))?;
    let (end, root) = (&report.position, short(&report.root, whole));
    context.ui.line(format!("  the log ends at #{end}, root {}", paint.accent(root)))?;
    let took = took(report.took_ms.unwrap_or_default());
    let verified = verified.unwrap_or_default();
    context.ui.line(paint.dim(format!("  {} in {took}{verified}", size(report.bytes))))
}

/// How long something took, for people.
pub(super) fn took(ms: u64) -> String {
    let tenths = ms / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}
