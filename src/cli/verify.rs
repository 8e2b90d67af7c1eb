use super::check;
use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{Meaning, Progress, Unit, fault_line, quantity, short, thousands};
use crate::wire::LogVerdict;
use clap::Args;
use std::path::PathBuf;

/// Recompute the whole log, or check a proof or a checkpoint
///
/// Reads every event, recomputes every hash and root, compares them with what is stored, and names each place that
/// does not fit. Exits with 5 when there is one. States and snapshots are folded anew by `dbx aggregate verify --all`.
///
/// With `--checkpoint`, holds the log against a checkpoint from earlier. With `--proof`, checks a proof from anywhere
/// and shows each step; that needs no workspace.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Check the proof in FILE, `-` for standard input
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The root that the proof has to be about: of the log or of the aggregate
    #[arg(long, value_name = "HEX", requires = "proof")]
    root: Option<String>,
    /// Hold the log, or the proof, against the checkpoint in FILE
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Whose signature the checkpoint must have, as `dbx checkpoint --public-key` prints it
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    key: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &VerifyArgs) -> Outcome {
    let (checkpoint, key) = (args.checkpoint.as_deref(), args.key.as_deref());
    if let Some(proof) = &args.proof {
        return check::proof(context, proof, args.root.as_deref(), checkpoint, key);
    }
    if let Some(checkpoint) = checkpoint {
        return check::checkpoint(context, checkpoint, key);
    }
    let verdict = verdict(context, false)?;
    report(context, &verdict)
}

/// Verifies the log, and each aggregate too where `states` says so, with a bar where it takes long.
pub(super) fn verdict(context: &mut Context, states: bool) -> Result<LogVerdict, Failure> {
    let service = context.open()?;
    let bar = |verb: &str, unit| std::sync::Mutex::new(context.ui.progress(verb, unit));
    let (events, refolds) = (bar("verifying", Unit::Events), bar("refolding", Unit::Aggregates));
    let draw = |bar: &std::sync::Mutex<Progress>, done, of| {
        // Two threads that draw at once: one of them can wait for the next step.
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, Some(of));
        }
    };
    let reader = context.reader();
    let (on_event, on_refold) =
        (|done, of| draw(&events, done, of), |done, of| draw(&refolds, done, of));
    let verdict = if states {
        service.verify_all(&reader, &on_event, &on_refold)?
    } else {
        service.verify(&reader, &on_event)?
    };
    drop((events, refolds));
    service.close()?;
    Ok(verdict)
}

/// Shows a verdict on the log.
pub(super) fn report(context: &mut Context, verdict: &LogVerdict) -> Outcome {
    let exit = Exit::good_or(verdict.ok, Exit::Fault);
    if context.ui.json() {
        context.ui.document(verdict)?;
        return Ok(exit);
    }
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    let size = format!(
        "{} of {}",
        quantity(verdict.count, "event", "events"),
        quantity(verdict.aggregates, "aggregate", "aggregates")
    );
    let root = paint.accent(short(&verdict.root, whole));
    if verdict.ok {
        context.ui.line(format!("{} {size}, no fault", paint.paint(Meaning::Ok, "✓")))?;
        context.ui.line(format!("  root {root}"))?;
        return Ok(exit);
    }
    for fault in &verdict.faults {
        context.ui.lines(fault_line(fault, whole, paint))?;
    }
    let shown = u64::try_from(verdict.faults.len()).unwrap_or(u64::MAX);
    if shown < verdict.fault_count {
        let rest = thousands(verdict.fault_count - shown);
        context.ui.line(paint.dim(format!("  … and {rest} more")))?;
    }
    let faults = paint.paint(Meaning::Danger, quantity(verdict.fault_count, "fault", "faults"));
    context.ui.line(format!("{faults} in {size}; good up to #{}", verdict.good_up_to))?;
    Ok(exit)
}
