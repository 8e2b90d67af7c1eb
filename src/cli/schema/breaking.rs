use super::report::object;
use super::source::{FileArg, Origin, compiled, schema_or_empty};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, quantity, visible};
use crate::domain::Json;
use crate::schema::{self, Break};
use clap::Args;
use std::collections::BTreeMap;

/// Find what the working schema would break
///
/// READ: old events no longer decode. FOLD: replaying stored events no longer gives a valid state. WRITE: a writer
/// that was right yesterday is refused today. Exits with 1 when something breaks.
#[derive(Debug, Args)]
pub(crate) struct BreakingArgs {
    /// The schema that others rely on: `applied`, `@3`, `git:REF` or a file
    #[arg(long, value_name = "SCHEMA", default_value = "applied")]
    against: Origin,
    #[command(flatten)]
    file: FileArg,
}

type Counts = BTreeMap<String, u64>;

pub(super) fn run(context: &mut Context, args: &BreakingArgs) -> Outcome {
    let new = compiled(&args.file.read(context)?)?;
    let old = args.against.read(context, &args.file)?;
    let breaks = schema::breaking(&schema_or_empty(old.as_ref())?, &new);
    let counts = if breaks.is_empty() { None } else { counts(context) };
    let name = old.map_or("nothing".to_owned(), |source| source.name);
    if context.ui.json() {
        let list = breaks.iter().map(|found| json(found, counts.as_ref())).collect();
        context.ui.document(&object([
            ("against", name.into()),
            ("ok", breaks.is_empty().into()),
            ("breaking", Json::Array(list)),
        ]))?;
    } else if breaks.is_empty() {
        let word = context.ui.paint().paint(Meaning::Ok, "✓");
        context.ui.line(format!("{word} nothing breaks against {name}"))?;
    } else {
        show(context, &breaks, counts.as_ref())?;
    }
    Ok(Exit::good_or(breaks.is_empty(), Exit::No))
}

/// How many aggregates of each type there are; unknown without a workspace or while somebody else holds the store.
fn counts(context: &Context) -> Option<Counts> {
    let counted = || -> Result<_, Failure> {
        let service = context.open_at_once(&context.paths()?)?;
        let report = service.status(&context.reader())?;
        service.close()?;
        Ok(report.types.into_iter().map(|count| (count.aggregate_type, count.aggregates)).collect())
    };
    counted().ok()
}

fn show(context: &mut Context, breaks: &[Break], counts: Option<&Counts>) -> Result<(), Failure> {
    let paint = context.ui.paint();
    for found in breaks {
        let concerned = match aggregates(found, counts) {
            Some(count) => paint
                .dim(format!("  ({} of this type)", quantity(count, "aggregate", "aggregates"))),
            None => String::new(),
        };
        context.ui.line(format!(
            "{} {} {}: {}{concerned}",
            paint.paint(Meaning::Danger, format!("{:<5}", found.class)),
            paint.dim(found.code),
            paint.strong(visible(&found.path)),
            visible(&found.message),
        ))?;
        if let Some(help) = &found.help {
            context.ui.line(paint.dim(format!("      {}", visible(help))))?;
        }
    }
    let count = u64::try_from(breaks.len()).unwrap_or(u64::MAX);
    context.ui.line(paint.paint(Meaning::Danger, quantity(count, "break", "breaks")))
}

/// How many aggregates a break concerns, where that is known.
fn aggregates(found: &Break, counts: Option<&Counts>) -> Option<u64> {
    counts.map(|counts| counts.get(&found.aggregate).copied().unwrap_or(0))
}

fn json(found: &Break, counts: Option<&Counts>) -> Json {
    let text = |text: &Option<String>| text.as_deref().map_or(Json::Null, Json::from);
    object([
        ("class", found.class.as_str().into()),
        ("code", found.code.into()),
        ("aggregate", found.aggregate.as_str().into()),
        ("field", text(&found.field)),
        ("event", text(&found.event)),
        ("path", found.path.as_str().into()),
        ("message", found.message.as_str().into()),
        ("help", text(&found.help)),
        ("aggregates", aggregates(found, counts).map_or(Json::Null, Json::from)),
    ])
}
