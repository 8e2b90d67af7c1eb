use super::report::object;
use super::source::{FileArg, Origin, schema_or_empty};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, visible};
use crate::domain::Json;
use crate::schema::{self, Change, ChangeKind};
use clap::Args;

/// Compare two schemas by meaning, not by line
#[derive(Debug, Args)]
#[command(
    after_help = "A schema is `applied`, `working`, `@3` (an applied version), `git:REF` or a file.
Without any, what is applied is compared with the working file; with one, that one with the working file."
)]
pub(crate) struct DiffArgs {
    /// The old schema
    #[arg(value_name = "OLD", default_value = "applied", hide_default_value = true)]
    old: Origin,
    /// The new schema
    #[arg(value_name = "NEW", default_value = "working", hide_default_value = true)]
    new: Origin,
    #[command(flatten)]
    file: FileArg,
    /// Exit with 1 when there are differences
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(context: &mut Context, args: &DiffArgs) -> Outcome {
    let old = args.old.read(context, &args.file)?;
    let new = args.new.read(context, &args.file)?;
    let changes = schema::diff(&schema_or_empty(old.as_ref())?, &schema_or_empty(new.as_ref())?);
    let name = |source: &Option<super::source::Source>| {
        source.as_ref().map_or("nothing".to_owned(), |source| source.name.clone())
    };
    show(context, &name(&old), &name(&new), &changes)?;
    Ok(Exit::good_or(changes.is_empty() || !args.exit_code, Exit::No))
}

fn show(context: &mut Context, old: &str, new: &str, changes: &[Change]) -> Result<(), Failure> {
    if context.ui.json() {
        let list = changes.iter().map(json).collect();
        return context.ui.document(&object([
            ("old", old.into()),
            ("new", new.into()),
            ("changes", Json::Array(list)),
        ]));
    }
    let paint = context.ui.paint();
    if changes.is_empty() {
        context.ui.say(format!("{old} and {new} mean the same"));
        return Ok(());
    }
    context.ui.page();
    context.ui.line(paint.dim(format!("{old} → {new}")))?;
    context.ui.lines(changes.iter().map(|change| {
        let meaning = match change.kind {
            ChangeKind::Added => Meaning::Added,
            ChangeKind::Removed => Meaning::Removed,
            ChangeKind::Changed => Meaning::Changed,
        };
        paint.paint(meaning, visible(&change.to_string()))
    }))
}

fn json(change: &Change) -> Json {
    let kind = match change.kind {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
    };
    let path = change.path.iter().map(|segment| segment.as_str().into()).collect();
    object([
        ("kind", kind.into()),
        ("path", Json::Array(path)),
        ("before", change.before.clone().unwrap_or_default()),
        ("after", change.after.clone().unwrap_or_default()),
    ])
}
