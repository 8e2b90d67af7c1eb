//! What the three verbs that write one event have in common.

use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Meaning, short};
use crate::error::{Error, Kind};
use crate::wire::{CommitReceipt, CommitRequest, EventRecord, Operation};
use clap::Args;

/// Flags of a command that writes one event.
#[derive(Debug, Clone, Args)]
pub(crate) struct OneWriteArgs {
    /// Make a retry safe: the same key with the same event gives the stored answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

/// Commits one event and shows it.
pub(super) fn commit(context: &mut Context, args: &OneWriteArgs, operation: Operation) -> Outcome {
    let request = CommitRequest {
        operations: vec![operation],
        message: None,
        idempotency_key: args.idempotency_key.clone(),
        dry_run: args.dry_run,
    };
    let service = context.open_to_write()?;
    let receipt = service.commit(&context.caller(&args.write), &request)?;
    service.close()?;
    let event = receipt.events.first().ok_or_else(|| {
        Error::new(Kind::Internal, "dbx::cli::receipt", "the receipt of a commit has no event")
    })?;
    if context.ui.json() {
        context.ui.document(event)?;
        return Ok(Exit::Ok);
    }
    show(context, &receipt, event)
}

fn show(context: &mut Context, receipt: &CommitReceipt, event: &EventRecord) -> Outcome {
    let paint = context.ui.paint();
    let place = format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version);
    let mut line = format!(
        "{} {place} {}  {} {}  {}",
        paint.paint(Meaning::Ok, "✓"),
        paint.strong(&event.event_type),
        paint.accent(format!("#{}", event.position)),
        paint.accent(&receipt.commit),
        paint.dim(format!("root {}", short(&event.merkle_root, context.ui.verbose()))),
    );
    if receipt.dry_run {
        line.push_str("  (nothing was written)");
    } else if receipt.replayed {
        line.push_str("  (written before with this key)");
    }
    context.ui.line(line)?;
    Ok(Exit::Ok)
}
