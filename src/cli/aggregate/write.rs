//! What the verbs that write one event have in common.

use crate::cli::args::{AggregateArg, WriteArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, short};
use crate::cli::stage;
use crate::domain::Json;
use crate::error::{Error, Kind};
use crate::service::{Caller, Service};
use crate::wire::{
    ArchiveRequest, CommitReceipt, CommitRequest, EventRecord, Operation, StageChanged,
    StageRequest,
};
use clap::Args;

/// Flags of a command that writes one event.
#[derive(Debug, Clone, Args)]
pub(crate) struct OneWriteArgs {
    /// Make a retry safe: the same key with the same event gives the stored answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Stage it for a later `dbx commit` instead of committing it
    #[arg(long, conflicts_with = "idempotency_key")]
    pub(super) stage: bool,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

/// Commits one event and shows it.
pub(super) fn commit(context: &mut Context, args: &OneWriteArgs, operation: Operation) -> Outcome {
    if args.stage {
        let request = StageRequest { operations: vec![operation], dry_run: args.dry_run };
        return staged(context, args, |service, caller| service.stage_add(caller, &request));
    }
    let request = CommitRequest {
        operations: vec![operation],
        message: None,
        idempotency_key: args.idempotency_key.clone(),
        dry_run: args.dry_run,
    };
    let service = context.open_to_write()?;
    let receipt = service.commit(&context.caller(&args.write), &request)?;
    service.close()?;
    let (event, _) = first(&receipt)?;
    if context.ui.json() {
        context.ui.document(event)?;
        return Ok(Exit::Ok);
    }
    show(context, &receipt, event)
}

/// What is asked of the service to archive or to restore an aggregate.
pub(super) fn request(
    aggregate: &AggregateArg,
    note: Option<&String>,
    args: &OneWriteArgs,
) -> Result<ArchiveRequest, Error> {
    let (aggregate_type, id) = aggregate.key()?;
    Ok(ArchiveRequest {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        note: note.cloned(),
        expected_version: None,
        idempotency_key: args.idempotency_key.clone(),
        dry_run: args.dry_run,
    })
}

/// Stages what would otherwise be committed, and shows it.
pub(super) fn staged(
    context: &mut Context,
    args: &OneWriteArgs,
    stage: impl FnOnce(&Service, &Caller) -> Result<StageChanged, Error>,
) -> Outcome {
    let service = context.open_to_write()?;
    let changed = stage(&service, &context.caller(&args.write))?;
    service.close()?;
    stage::staged(context, &changed, args.dry_run)
}

/// Commits what may be more than one event and shows all of them.
pub(super) fn receipt(
    context: &mut Context,
    args: &OneWriteArgs,
    commit: impl FnOnce(&Service, &Caller) -> Result<CommitReceipt, Error>,
) -> Outcome {
    let service = context.open_to_write()?;
    let receipt = commit(&service, &context.caller(&args.write))?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&receipt)?;
        return Ok(Exit::Ok);
    }
    let (first, rest) = first(&receipt)?;
    show(context, &receipt, first)?;
    let mut table = Table::new(&[("", Align::Left); 4]);
    for event in rest {
        let payload = event.payload.as_ref().map(Json::to_string).unwrap_or_default();
        table.row(vec![
            Cell::plain(format!(
                "  {}/{}@{}",
                event.aggregate_type, event.aggregate_id, event.version
            )),
            Cell::new(Meaning::Strong, &event.event_type),
            Cell::new(Meaning::Accent, format!("#{}", event.position)),
            Cell::dim(payload),
        ]);
    }
    context.ui.table(table)?;
    Ok(Exit::Ok)
}

pub(super) fn first(receipt: &CommitReceipt) -> Result<(&EventRecord, &[EventRecord]), Error> {
    receipt.events.split_first().ok_or_else(|| {
        Error::new(Kind::Internal, "dbx::cli::receipt", "the receipt of a commit has no event")
    })
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
