use super::args::WriteArgs;
use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{Meaning, quantity, visible};
use super::stage::between;
use super::target;
use crate::domain::Json;
use crate::wire::{Irreversible, RevertReport};
use clap::Args;

/// Stage what takes a commit back
///
/// Nothing is taken out of the log: fields that the commit changed get their old values by new events, of a type that
/// the schema lets carry them. What it created is archived, what it archived is restored. Fields that later commits
/// changed are conflicts and are named.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx revert c42 --stage               then `dbx stage list` and `dbx commit -m MESSAGE`
  dbx revert c42 --stage --partial     what can be taken back, where not all of it can")]
pub(crate) struct RevertArgs {
    /// The commit
    #[arg(value_name = "COMMIT")]
    commit: String,
    /// Stage it: a revert is looked at before it is committed
    #[arg(long, required = true)]
    stage: bool,
    /// Stage what can be taken back, and leave the rest as it is
    #[arg(long)]
    partial: bool,
    /// Show what would be staged, and stage nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &RevertArgs) -> Outcome {
    let number = target::commit(&args.commit)?;
    let service = context.open_to_write()?;
    let how = (args.partial, args.dry_run);
    let report = service.revert(&context.caller(&args.write), number, how)?;
    service.close()?;
    let left = !report.conflicts.is_empty() || !report.impossible.is_empty();
    let exit = match (report.conflicts.is_empty(), left && !args.partial) {
        (_, false) => Exit::Ok,
        (false, true) => Exit::Conflict,
        (true, true) => Exit::No,
    };
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(exit);
    }
    show(context, &report, args)?;
    Ok(exit)
}

fn show(context: &mut Context, report: &RevertReport, args: &RevertArgs) -> Result<(), Failure> {
    let (now, paint) = (context.now(), context.ui.paint());
    for conflict in &report.conflicts {
        let field = conflict.field.as_ref().map(|field| format!(" {}", visible(field)));
        let place = format!("{}/{}", conflict.aggregate_type, conflict.aggregate_id);
        context.ui.line(format!(
            "{} {place}{} was changed since: {}",
            paint.paint(Meaning::Warn, "!"),
            field.unwrap_or_default(),
            between(&conflict.event, now, paint)
        ))?;
    }
    for Irreversible { aggregate_type, aggregate_id, fields, reason } in &report.impossible {
        let fields = visible(&fields.join(", "));
        let place = format!("{aggregate_type}/{aggregate_id} {fields}");
        let mark = paint.paint(Meaning::Danger, "✗");
        context.ui.line(format!("{mark} {}: {}", place.trim_end(), visible(reason)))?;
    }
    let count = quantity(report.operations.len() as u64, "operation", "operations");
    let partly = !report.conflicts.is_empty() || !report.impossible.is_empty();
    let commit = &report.commit;
    if report.operations.is_empty() {
        return context.ui.line(if partly {
            format!("nothing of {commit} can be taken back")
        } else {
            format!("{commit} has nothing left to take back")
        });
    }
    let word = if report.staged {
        format!("{} staged {count} to take {commit} back", paint.paint(Meaning::Ok, "✓"))
    } else {
        format!("{count} would take {commit} back, nothing was staged")
    };
    context.ui.line(word)?;
    for (index, operation) in report.operations.iter().enumerate() {
        let says = operation.payload.as_ref().or(operation.patch.as_ref());
        let id = report.ids.get(index).map(|id| format!("{}  ", paint.accent(id)));
        context.ui.line(format!(
            "  {}{}/{} {}  {}",
            id.unwrap_or_default(),
            operation.aggregate_type,
            operation.aggregate_id,
            paint.strong(&operation.event_type),
            paint.dim(visible(&says.map(Json::to_string).unwrap_or_default()))
        ))?;
    }
    if partly && !args.partial {
        context.ui.hint("`--partial` stages what can be taken back");
    }
    Ok(())
}
