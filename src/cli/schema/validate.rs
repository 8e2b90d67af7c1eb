use super::report::{Checked, FileReport};
use super::source::{self, FileArg, findings};
use super::{sarif, watch};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, quantity};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Check schema files
///
/// Reports everything that is wrong in one run. Exits with 1 when there is an error; warnings do not count.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// The files; `-` for standard input; the workspace's `schema.dbx` if none is named
    #[arg(value_name = "FILE", conflicts_with = "file")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    file: FileArg,
    /// In which form
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// Check again at every change, until interrupted
    #[arg(short, long)]
    watch: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// For people
    Full,
    /// One line for each finding
    Concise,
    /// One document
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0
    Sarif,
}

/// The document of `--format json`.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    files: Vec<FileReport>,
}

pub(super) fn run(context: &mut Context, args: &ValidateArgs) -> Outcome {
    let format =
        args.format.unwrap_or(if context.ui.json() { FormatArg::Json } else { FormatArg::Full });
    let files =
        if args.files.is_empty() { vec![args.file.path(context)?] } else { args.files.clone() };
    if args.watch {
        return watch::run(context, &files, format);
    }
    check(context, &files, format)
}

/// Checks the files and shows what was found.
pub(super) fn check(context: &mut Context, files: &[PathBuf], format: FormatArg) -> Outcome {
    let checked: Vec<Checked> = files
        .iter()
        .map(|file| source::read(context, file).map(Checked::new))
        .collect::<Result<_, Failure>>()?;
    let errors: usize = checked.iter().map(Checked::errors).sum();
    match format {
        FormatArg::Full => checked.iter().try_for_each(|file| full(context, file))?,
        FormatArg::Concise => {
            checked.iter().try_for_each(|file| context.ui.lines(file.concise()))?;
        }
        FormatArg::Github => checked.iter().try_for_each(|file| context.ui.lines(file.github()))?,
        FormatArg::Json => {
            let files = checked.iter().map(Checked::json).collect();
            context.ui.record(&Report { ok: errors == 0, files })?;
        }
        FormatArg::Sarif => context.ui.record(&sarif::log(&checked))?,
    }
    Ok(Exit::good_or(errors == 0, Exit::No))
}

fn full(context: &mut Context, file: &Checked) -> Result<(), Failure> {
    let found = findings(&file.source, file.diagnostics.iter());
    context.ui.findings(&found)?;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (errors, warnings) = (count(file.errors()), count(file.warnings()));
    let paint = context.ui.paint();
    let mut parts = Vec::new();
    if errors == 0 {
        parts.push(quantity(count(file.aggregates), "aggregate", "aggregates"));
    } else {
        parts.push(quantity(errors, "error", "errors"));
    }
    if warnings > 0 {
        parts.push(quantity(warnings, "warning", "warnings"));
    } else if errors == 0 {
        parts.push("no findings".to_owned());
    }
    let sign = match (errors, warnings) {
        (0, 0) => paint.paint(Meaning::Ok, "✓"),
        (0, _) => paint.paint(Meaning::Warn, "!"),
        _ => paint.paint(Meaning::Danger, "✗"),
    };
    context.ui.line(format!("{sign} {}: {}", file.source.name, parts.join(", ")))
}
