use crate::cli::args::AggregateArg;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Meaning, fault_line, quantity, short};
use crate::cli::verify;
use crate::wire::AggregateVerdict;
use clap::Args;

/// Recompute an aggregate and compare it with what is stored
///
/// Reads its events, recomputes every hash and root and its state, and names each place that does not fit. Exits with
/// 5 when there is one.
#[derive(Debug, Args)]
#[command(override_usage = "dbx aggregate verify [OPTIONS] <TYPE> [ID]
       dbx aggregate verify [OPTIONS] --all")]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    aggregate: Option<AggregateArg>,
    /// The log, then every aggregate by itself with its state and snapshots
    #[arg(long, conflicts_with = "AggregateArg", required_unless_present = "AggregateArg")]
    all: bool,
}

pub(super) fn run(context: &mut Context, args: &VerifyArgs) -> Outcome {
    let Some(aggregate) = &args.aggregate else {
        let verdict = verify::verdict(context, true)?;
        return verify::report(context, &verdict);
    };
    let (aggregate_type, id) = aggregate.key()?;
    let service = context.open()?;
    let verdict = service.verify_aggregate(&context.reader(), aggregate_type, id)?;
    service.close()?;
    report(context, &verdict)
}

fn report(context: &mut Context, verdict: &AggregateVerdict) -> Outcome {
    let exit = Exit::good_or(verdict.ok, Exit::Fault);
    if context.ui.json() {
        context.ui.document(verdict)?;
        return Ok(exit);
    }
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    for fault in &verdict.faults {
        context.ui.lines(fault_line(fault, whole, paint))?;
    }
    let name = format!("{}/{}", verdict.aggregate_type, verdict.aggregate_id);
    let events = quantity(verdict.count, "event", "events");
    if verdict.ok {
        let word = paint.paint(Meaning::Ok, "✓");
        context.ui.line(format!("{word} {name}: {events}, no fault"))?;
        context.ui.line(format!("  root {}", paint.accent(short(&verdict.merkle_root, whole))))?;
        verify::left_out(context, verdict.states_left_out.as_deref());
    } else {
        let count = u64::try_from(verdict.faults.len()).unwrap_or(u64::MAX);
        let faults = paint.paint(Meaning::Danger, quantity(count, "fault", "faults"));
        context.ui.line(format!("{faults} in {name}, {events}"))?;
    }
    Ok(exit)
}
