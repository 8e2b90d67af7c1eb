use super::source::{FileArg, Origin, compiled, schema_or_empty};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, quantity, visible};
use crate::schema::{self, Break};
use crate::wire::{Impact, ImpactRequest, SchemaBreak};
use clap::Args;
use serde::Serialize;

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

/// The document of `--json`.
#[derive(Debug, Serialize)]
struct Report {
    against: String,
    ok: bool,
    breaking: Vec<SchemaBreak>,
}

pub(super) fn run(context: &mut Context, args: &BreakingArgs) -> Outcome {
    let working = args.file.read(context)?;
    let new = compiled(&working)?;
    let old = args.against.read(context, &args.file)?;
    let breaks = schema::breaking(&schema_or_empty(old.as_ref())?, &new);
    let request =
        ImpactRequest { old: old.as_ref().map(|old| old.text.clone()), new: working.text };
    let impacts = if breaks.is_empty() { Vec::new() } else { impacts(context, &request) };
    let name = old.map_or("nothing".to_owned(), |source| source.name);
    if context.ui.json() {
        let breaking = breaks.iter().map(|found| SchemaBreak::new(found, &impacts)).collect();
        context.ui.document(&Report { against: name, ok: breaks.is_empty(), breaking })?;
    } else if breaks.is_empty() {
        let word = context.ui.paint().paint(Meaning::Ok, "✓");
        context.ui.line(format!("{word} nothing breaks against {name}"))?;
    } else {
        show(context, &breaks, &impacts)?;
    }
    Ok(Exit::good_or(breaks.is_empty(), Exit::No))
}

/// What the breaks concern; nothing is known without a workspace, or while somebody else holds the store.
fn impacts(context: &Context, request: &ImpactRequest) -> Vec<Impact> {
    let counted = || -> Result<_, Failure> {
        let service = context.open_at_once(&context.paths()?)?;
        let impacts = service.schema_impact(&context.reader(), request)?;
        service.close()?;
        Ok(impacts)
    };
    counted().unwrap_or_default()
}

/// The impact of a break, where it is known.
pub(super) fn impact_of<'a>(found: &Break, impacts: &'a [Impact]) -> Option<&'a Impact> {
    impacts.iter().find(|impact| impact.code == found.code && impact.path == found.path)
}

/// What a break concerns, in words.
pub(super) fn concerns(impact: &Impact) -> String {
    if impact.is_nothing() {
        return "concerns nothing that is stored".to_owned();
    }
    let examples = match impact.examples.as_slice() {
        [] => String::new(),
        examples => format!(", such as {}", examples.join(", ")),
    };
    format!(
        "concerns {} and {}{examples}",
        quantity(impact.events, "event", "events"),
        quantity(impact.aggregates, "aggregate", "aggregates"),
    )
}

fn show(context: &mut Context, breaks: &[Break], impacts: &[Impact]) -> Result<(), Failure> {
    let paint = context.ui.paint();
    for found in breaks {
        context.ui.line(format!(
            "{} {} {}: {}",
            paint.paint(Meaning::Danger, format!("{:<5}", found.class)),
            paint.dim(found.code),
            paint.strong(visible(&found.path)),
            visible(&found.message),
        ))?;
        if let Some(impact) = impact_of(found, impacts) {
            context.ui.line(format!("      {}", visible(&concerns(impact))))?;
        }
        if let Some(help) = &found.help {
            context.ui.line(paint.dim(format!("      {}", visible(help))))?;
        }
    }
    let count = u64::try_from(breaks.len()).unwrap_or(u64::MAX);
    context.ui.line(paint.paint(Meaning::Danger, quantity(count, "break", "breaks")))
}
