//! `dbx aggregate export`.

mod files;
mod sink;

use self::sink::{Out, Target};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, Unit, quantity, visible};
use crate::cli::pending::Pending;
use crate::cli::{interrupt, usage};
use crate::error::Error;
use crate::service::{ExportError, ExportFormat, ExportProgress, ExportQuery};
use crate::wire::ExportReport;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Write the current states, or the history, for other programs
///
/// `json` is one array of aggregate records, `ndjson` one record a line, `csv` a folder with one table for each type,
/// or one file where a TYPE is given and PATH ends in `.csv`. Nothing is seen under its name before all of it is
/// written.
///
/// A table begins with `aggregate_id`, `version`, `created_at`, `updated_at` and `archived`; the declared fields follow,
/// then the other keys by name, `state.KEY` where the name is taken. Objects and arrays are JSON text. A text that a
/// spreadsheet would run as a formula gets an apostrophe before it, unless `--raw` is given.
///
/// With `--events` it is the history, as lines that `dbx import` takes: imported into an empty workspace under the same
/// schema they give the same states, versions and archived aggregates. Times, ids and hashes are those of the import.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx aggregate export --format json --output states.json
  dbx aggregate export order --format csv --output orders.csv
  dbx aggregate export --format csv --output tables.zip --zip
  dbx aggregate export --format ndjson --events --output - | gzip > history.ndjson.gz")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct ExportArgs {
    /// Only aggregates of this type
    #[arg(value_name = "TYPE")]
    aggregate_type: Option<String>,
    /// In which form
    #[arg(long, value_name = "FORMAT")]
    format: FormatArg,
    /// Where to; `-` for standard output
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// Pack the files into one zip
    #[arg(long)]
    zip: bool,
    /// Also archived aggregates
    #[arg(long)]
    archived: bool,
    /// The history instead of the states; archived aggregates are part of it
    #[arg(long)]
    events: bool,
    /// In tables, leave texts that look like formulas as they are
    #[arg(long)]
    raw: bool,
    /// Replace what is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Json,
    Ndjson,
    Csv,
}

impl From<FormatArg> for ExportFormat {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Json => Self::Json,
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Csv => Self::Csv,
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Service(error) => error.into(),
            ExportError::Output(error) => error.into(),
        }
    }
}

impl ExportArgs {
    fn is_stdout(&self) -> bool {
        self.output.as_os_str() == "-"
    }

    /// Whether a table of one type is to be a file and no folder.
    fn is_one_table(&self) -> bool {
        let named = self.output.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        self.aggregate_type.is_some() && (self.is_stdout() || named)
    }

    fn check(&self, terminal: bool) -> Result<(), Error> {
        if self.events && self.format != FormatArg::Ndjson {
            return Err(usage::error("events are exported as `ndjson` only")
                .help("pass `--format ndjson`, or leave `--events` out"));
        }
        if self.raw && self.format != FormatArg::Csv {
            return Err(usage::error("`--raw` is about tables: it needs `--format csv`"));
        }
        if self.is_stdout() && self.zip && terminal {
            return Err(usage::error("a zip is nothing for a terminal")
                .help("name a file with `--output`, or pipe it somewhere"));
        }
        if self.is_stdout() && self.format == FormatArg::Csv && !self.zip && !self.is_one_table() {
            return Err(usage::error("several tables cannot go to standard output")
                .help("name a TYPE, or pack them with `--zip`"));
        }
        Ok(())
    }

    fn target(&self, path: &Path) -> Result<Target, Error> {
        if !self.zip && self.format == FormatArg::Csv && !self.is_one_table() {
            return Ok(Target::Folder(files::Folder::new(path, &self.output, self.force)?));
        }
        let out = if self.is_stdout() {
            Out::stdout()
        } else {
            Out::File(Pending::new(path, &self.output, self.force, files::TAKEN)?)
        };
        Ok(if self.zip { Target::zip(out) } else { Target::Plain(out) })
    }
}

pub(super) fn run(context: &mut Context, args: &ExportArgs) -> Outcome {
    args.check(context.ui.interactive())?;
    let path = context.file(&args.output)?;
    let service = context.open()?;
    let reader = context.reader();
    let query = ExportQuery {
        aggregate_type: args.aggregate_type.clone(),
        archived: args.archived,
        raw: args.raw,
    };
    let mut target = args.target(&path)?;
    let unit = if args.events { Unit::Events } else { Unit::Aggregates };
    let bar = context.ui.progress("exporting", unit);
    // Into a pipe the process just ends; files are taken away again first.
    if !args.is_stdout() {
        interrupt::listen();
    }
    let mut progress = |progress: ExportProgress| {
        bar.at(progress.done, Some(progress.of));
        !interrupt::stopped()
    };
    let written = if args.events {
        service.export_events(&reader, &query, &mut target, &mut progress)
    } else {
        service.export(&reader, &query, args.format.into(), &mut target, &mut progress)
    };
    drop(bar);
    let closed = service.close();
    let report = match written {
        Ok(report) => report,
        Err(error) => return Err(target.failed(error)),
    };
    closed?;
    target.finish()?;
    show(context, args, &report)?;
    Ok(Exit::Ok)
}

fn show(context: &mut Context, args: &ExportArgs, report: &ExportReport) -> Result<(), Failure> {
    if report.hidden_left_out {
        context.ui.warn("hidden aggregates and fields were left out: `--hidden` exports them too");
    }
    if report.erased_left_out {
        context.ui.warn("events of erased aggregates were left out: nothing is left of them");
    }
    let what = if args.events {
        quantity(report.records, "event", "events")
    } else {
        quantity(report.records, "aggregate", "aggregates")
    };
    if args.is_stdout() {
        context.ui.say(format!("exported {what}"));
        return Ok(());
    }
    if context.ui.json() {
        return context.ui.document(report);
    }
    let paint = context.ui.paint();
    let files = match report.files {
        1 => String::new(),
        count => format!(" in {}", quantity(count, "file", "files")),
    };
    let path = paint.accent(visible(&args.output.display().to_string()));
    context.ui.line(format!("{} exported {what}{files} to {path}", paint.paint(Meaning::Ok, "✓")))
}
