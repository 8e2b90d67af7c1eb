use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, quantity, visible};
use crate::wire::{RebaseOutcome, RebaseReport, Rebased};
use clap::Args;

/// Bind what is staged to what is there now
///
/// Every operation is tried again behind what happened to its aggregate since it was staged. Where one of them may not
/// happen any more, nothing is changed. `dbx stage undo` takes a rebase back.
#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// Rebase those that may still happen, and leave the others as they are
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &RebaseArgs) -> Outcome {
    let service = context.open_to_write()?;
    let report = service.stage_rebase(&context.caller(&args.write), args.partial)?;
    service.close()?;
    let invalid = report.operations.iter().any(|one| one.outcome == RebaseOutcome::Invalid);
    let exit = if invalid { Exit::Conflict } else { Exit::Ok };
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(exit);
    }
    show(context, &report, (invalid, args.partial))?;
    Ok(exit)
}

fn row(one: &Rebased) -> Vec<Cell> {
    let over = one.head.saturating_sub(one.base);
    let (meaning, text) = match one.outcome {
        RebaseOutcome::Rebased => {
            let over = quantity(over, "event", "events");
            (Meaning::Ok, format!("✓ v{} → v{}, over {over}", one.base, one.head))
        }
        RebaseOutcome::Invalid => (Meaning::Danger, "✗ no longer valid".to_owned()),
        _ => (Meaning::Dim, "· unchanged".to_owned()),
    };
    let more = match (&one.problem, one.both.join(", ")) {
        (Some(problem), _) => visible(&problem.title),
        (None, both) if both.is_empty() => String::new(),
        (None, both) => format!("both change {both}"),
    };
    vec![
        Cell::new(Meaning::Accent, &one.id),
        Cell::plain(format!("{}/{}", one.aggregate_type, one.aggregate_id)),
        Cell::new(Meaning::Strong, &one.event_type),
        Cell::new(meaning, text),
        Cell::dim(more),
    ]
}

fn show(
    context: &mut Context,
    report: &RebaseReport,
    (invalid, partial): (bool, bool),
) -> Result<(), Failure> {
    let paint = context.ui.paint();
    if report.operations.is_empty() {
        return context.ui.line(paint.dim("nothing is staged"));
    }
    let mut table = Table::new(&[("", Align::Left); 5]);
    report.operations.iter().for_each(|one| table.row(row(one)));
    context.ui.table(table)?;
    for one in &report.operations {
        for error in one.problem.iter().flat_map(|problem| &problem.errors) {
            let line =
                format!("  {}  {}  {}", one.id, visible(&error.pointer), visible(&error.message));
            context.ui.line(line)?;
        }
    }
    match (report.rebased, invalid) {
        (true, false) => context.ui.line(format!("{} rebased", paint.paint(Meaning::Ok, "✓")))?,
        (true, true) => context.ui.line("rebased but for those that are no longer valid")?,
        (false, false) => context.ui.line(paint.dim("everything is bound to what is there now"))?,
        (false, true) => context.ui.line("nothing was changed")?,
    }
    let hint = "`dbx stage edit` or `dbx stage drop` what is no longer valid";
    match (invalid, partial) {
        (false, _) => {}
        (true, true) => context.ui.hint(hint),
        (true, false) => context.ui.hint(format!("{hint}; `--partial` rebases the others")),
    }
    Ok(())
}
