use super::check;
use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{
    Meaning, Painter, Progress, Unit, fault_line, quantity, short, thousands, visible,
};
use crate::wire::LogVerdict;
use clap::Args;
use std::path::PathBuf;

/// Recompute everything that is stored, or check a proof or a checkpoint
///
/// Reads every event, recomputes every hash and root, folds every state anew, and compares all of it with what is stored
/// and with how far the log was when it was last closed. Names each place that does not fit, and up to which commit all
/// is good. Changes nothing; exits with 5 when anything is wrong, and `dbx doctor` says then what can be repaired.
///
/// With `--checkpoint`, holds the log against a checkpoint from earlier. With `--proof`, checks a proof from anywhere
/// and shows each step; that needs no workspace.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dbx verify
  dbx verify --events --json
  dbx verify --checkpoint elsewhere.txt
  dbx verify --proof proof.json")]
pub(crate) struct VerifyArgs {
    /// The log and its trees alone, without states and indexes: as fast as hashing
    #[arg(long, conflicts_with_all = ["proof", "checkpoint"])]
    events: bool,
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
    let verdict = verdict(context, !args.events)?;
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

/// Says that states were not looked at.
pub(super) fn left_out(context: &Context, reason: Option<&str>) {
    if let Some(reason) = reason {
        context.ui.warn(format!("states and snapshots were not looked at: {}", visible(reason)));
    }
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
    for fault in &verdict.faults {
        context.ui.lines(fault_line(fault, whole, paint))?;
    }
    let shown = u64::try_from(verdict.faults.len()).unwrap_or(u64::MAX);
    if shown < verdict.fault_count {
        let rest = thousands(verdict.fault_count - shown);
        context.ui.line(paint.dim(format!("  … and {rest} more")))?;
    }
    if verdict.ok {
        context.ui.line(format!("{} {size}, no fault", paint.paint(Meaning::Ok, "✓")))?;
    } else {
        let faults = paint.paint(Meaning::Danger, quantity(verdict.fault_count, "fault", "faults"));
        context.ui.line(String::new())?;
        context.ui.line(format!("{faults} in {size}"))?;
    }
    for (name, value) in facts(verdict, whole, paint) {
        context.ui.line(format!("  {}  {value}", paint.dim(format!("{name:<7}"))))?;
    }
    if !verdict.ok {
        context.ui.hint("`dbx doctor` says what can be repaired, and how");
    }
    Ok(exit)
}

fn facts(verdict: &LogVerdict, whole: bool, paint: Painter) -> Vec<(&'static str, String)> {
    let mut facts = vec![("root", paint.accent(short(&verdict.root, whole)))];
    if let Some(anchor) = &verdict.anchor {
        let at = format!("#{}", anchor.position);
        facts.push((
            "anchor",
            if anchor.ok {
                format!("{at} has the root that it had")
            } else {
                format!(
                    "{} {}",
                    paint.paint(Meaning::Danger, format!("{at} had the root")),
                    paint.accent(short(&anchor.root, whole))
                )
            },
        ));
    }
    if !verdict.refolded {
        facts.push(("beside", "states and indexes were not looked at".to_owned()));
    }
    if !verdict.ok {
        let good = match verdict.good_up_to.as_str() {
            "0" => "nothing for certain".to_owned(),
            position => format!("up to {} (#{position})", verdict.good_up_to_commit),
        };
        facts.push(("good", good));
        facts.push(("kept", verdict.kept.clone()));
    }
    facts
}
