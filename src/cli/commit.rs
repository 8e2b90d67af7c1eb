use super::args::WriteArgs;
use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::{Align, Meaning, Table, event_line, quantity, short};
use super::usage;
use crate::wire::{CommitReceipt, StageCommitRequest};
use clap::Args;
use std::collections::BTreeSet;

/// Commit everything that is staged, together or not at all
///
/// Every operation is checked again, by the schema in force now, and must find its aggregate at the version that it was
/// written against. What is refused changes nothing, and stays staged.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx commit -m 'ship order 42 and thank the customer'
  dbx commit -m 'the first two' --only s1,s2
  dbx commit --dry-run      what would be written")]
pub(crate) struct CommitArgs {
    /// Why: the first line is what `dbx log` shows
    #[arg(short, long, value_name = "TEXT", required_unless_present = "dry_run")]
    message: Option<String>,
    /// Commit these operations only, as `s1,s3`; the others stay staged, bound to what the commit leaves behind
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Make a retry safe: the same key with the same message gives the stored answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Check everything, show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &CommitArgs) -> Outcome {
    let (message, dry_run) = (args.message.clone(), args.dry_run);
    if message.as_ref().is_some_and(|message| message.trim().is_empty()) {
        return Err(usage::error("the message is empty")
            .kept("nothing was written")
            .help("say why: it is what `dbx log` shows")
            .into());
    }
    let idempotency_key = args.idempotency_key.clone();
    let only = args.only.clone();
    let request = StageCommitRequest { message, idempotency_key, only, revision: None, dry_run };
    let service = context.open_to_write()?;
    let receipt = service.stage_commit(&context.caller(&args.write), &request)?;
    service.close()?;
    show(context, &receipt)
}

fn show(context: &mut Context, receipt: &CommitReceipt) -> Outcome {
    if context.ui.json() {
        context.ui.document(receipt)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let events = &receipt.events;
    let names = events.iter().map(|event| (&event.aggregate_type, &event.aggregate_id));
    let aggregates = names.collect::<BTreeSet<_>>().len() as u64;
    let span = match (events.first(), events.last()) {
        (Some(first), Some(last)) if events.len() > 1 => {
            format!("#{}..#{}", first.position, last.position)
        }
        (Some(only), _) => format!("#{}", only.position),
        _ => String::new(),
    };
    let mut line = format!(
        "{} {}  {} on {}  {}",
        paint.paint(Meaning::Ok, "✓"),
        paint.accent(&receipt.commit),
        quantity(events.len() as u64, "event", "events"),
        quantity(aggregates, "aggregate", "aggregates"),
        paint.accent(span),
    );
    if receipt.dry_run {
        line.push_str("  (nothing was written)");
    } else if receipt.replayed {
        line.push_str("  (written before with this key)");
    }
    context.ui.line(line)?;
    let mut table = Table::new(&[("", Align::Left); 5]);
    for event in events {
        table.row(event_line(event));
    }
    context.ui.table(table)?;
    if context.ui.verbose() {
        for event in events {
            let root = short(&event.merkle_root, true);
            let place =
                format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version);
            context.ui.line(paint.dim(format!("root of {place} {root}")))?;
        }
    }
    Ok(Exit::Ok)
}
