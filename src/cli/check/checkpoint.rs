use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::input;
use crate::cli::output::{Meaning, Unit, quantity, short, visible};
use crate::wire::CheckpointVerdict;
use std::path::Path;

/// Holds the workspace's log against a checkpoint from earlier.
pub(in crate::cli) fn checkpoint(context: &mut Context, file: &Path, key: Option<&str>) -> Outcome {
    let note = input::read(context, file)?;
    let service = context.open()?;
    let bar = std::sync::Mutex::new(context.ui.progress("verifying", Unit::Events));
    let verdict = service.verify_checkpoint(&context.reader(), &note, key, &|done, of| {
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, Some(of));
        }
    })?;
    drop(bar);
    service.close()?;
    report(context, &verdict)
}

fn report(context: &mut Context, verdict: &CheckpointVerdict) -> Outcome {
    let exit = Exit::good_or(verdict.ok, Exit::Fault);
    if context.ui.json() {
        context.ui.document(verdict)?;
        return Ok(exit);
    }
    let (paint, whole) = (context.ui.paint(), context.ui.verbose());
    for fault in &verdict.faults {
        context.ui.line(format!("{} {}", paint.paint(Meaning::Danger, "✗"), visible(fault)))?;
    }
    if verdict.ok {
        let sign = paint.paint(Meaning::Ok, "✓");
        let events = quantity(verdict.size, "event", "events");
        let since = verdict.log_size.saturating_sub(verdict.size);
        let more = match since {
            0 => "nothing was added since".to_owned(),
            _ => format!("{} came after them", quantity(since, "event", "events")),
        };
        context
            .ui
            .line(format!("{sign} the log still has the {events} of the checkpoint; {more}"))?;
    }
    let mut fact = |name: &str, value: String| {
        context.ui.line(format!("  {}  {value}", paint.dim(format!("{name:<10}"))))
    };
    let root = |root: &str| paint.accent(short(root, whole));
    let at = |size: u64| format!("at {}", quantity(size, "event", "events"));
    fact("checkpoint", format!("{} {}", root(&verdict.root), at(verdict.size)))?;
    if let Some(recomputed) = &verdict.recomputed {
        fact("recomputed", format!("{} {}", root(recomputed), at(verdict.size)))?;
    }
    fact("log", format!("{} {}", root(&verdict.log_root), at(verdict.log_size)))?;
    fact("origin", visible(&verdict.origin))?;
    let by = verdict.signed_by.as_deref();
    let name = by.and_then(|key| key.split('+').next());
    fact("signed by", name.map_or_else(|| "nobody known".to_owned(), visible))?;
    if by.is_none() && verdict.ok {
        context.ui.warn(
            "nobody known signed this checkpoint: name a key with `--key`, as `dbx checkpoint --public-key` prints it",
        );
    }
    Ok(exit)
}
