use super::source::{self, FileArg, Source, refused};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome, file_error};
use crate::cli::output::{Meaning, Painter};
use crate::domain::Json;
use crate::schema;
use crate::workspace::files::{self, Access};
use clap::Args;
use std::path::{Path, PathBuf};

/// Format schema files
///
/// There is one style; comments stay. With `-` reads standard input and prints the result.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// The files; `-` for standard input; the workspace's `schema.dbx` if none is named
    #[arg(value_name = "FILE", conflicts_with = "file")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    file: FileArg,
    /// Change nothing; exit with 1 when something would change
    #[arg(long)]
    check: bool,
}

pub(super) fn run(context: &mut Context, args: &FmtArgs) -> Outcome {
    let files =
        if args.files.is_empty() { vec![args.file.path(context)?] } else { args.files.clone() };
    let mut changed = Vec::new();
    for file in &files {
        let source = source::read(context, file)?;
        let formatted = formatted(&source)?;
        let differs = formatted != source.text;
        if file.as_os_str() == "-" && !args.check {
            context.ui.raw(formatted.as_bytes())?;
            continue;
        }
        if differs {
            if !args.check {
                write(context, file, &formatted)?;
            }
            changed.push(source.name);
        }
    }
    show(context, args.check, &changed, files.len())?;
    Ok(Exit::good_or(!args.check || changed.is_empty(), Exit::No))
}

fn formatted(source: &Source) -> Result<String, Failure> {
    schema::format(&source.text).map_err(|diagnostics| refused(source, &diagnostics))
}

fn write(context: &Context, file: &Path, text: &str) -> Result<(), Failure> {
    let path = context.file(file)?;
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize().map_err(|error| file_error(file, &error))?;
    files::write_atomic(&path, text.as_bytes(), Access::Shared)
        .map_err(|error| file_error(file, &error).into())
}

fn show(
    context: &mut Context,
    check: bool,
    changed: &[String],
    files: usize,
) -> Result<(), Failure> {
    if context.ui.json() {
        let names = changed.iter().map(|name| name.as_str().into()).collect();
        return context.ui.document(&super::report::object([
            (if check { "would_change" } else { "changed" }, Json::Array(names)),
            ("files", super::report::count(files)),
        ]));
    }
    let paint: Painter = context.ui.paint();
    for name in changed {
        let line = if check {
            format!("{} {name} is not formatted", paint.paint(Meaning::Danger, "✗"))
        } else {
            format!("{} formatted {name}", paint.paint(Meaning::Ok, "✓"))
        };
        context.ui.line(line)?;
    }
    Ok(())
}
