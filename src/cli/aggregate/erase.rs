use super::write;
use crate::cli::args::{AggregateArg, WriteArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Meaning, short};
use crate::wire::ArchiveRequest;
use clap::Args;

/// Destroy what an aggregate holds, for good
///
/// Destroys the aggregate's data key, so that nobody can ever read its payloads, states and snapshots again. Its events
/// stay in the log, sealed, with who wrote them and when: every hash and every proof still holds. The erasing is an event
/// itself. The aggregate takes no events any more, and its id is not free again. The master key is replaced by a new one.
///
/// Only what is sealed can be erased: the workspace must be encrypted. Type, id, event types, actors and times stay, and
/// so do messages of commits, what other aggregates say about this one, and copies elsewhere, such as backups.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx aggregate erase customer ada --note 'asked for it on 20 November'
  dbx aggregate erase customer/ada --yes")]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
    /// Why, in at most 128 characters; this stays readable
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &EraseArgs) -> Outcome {
    let (aggregate_type, id) = args.aggregate.key()?;
    let request = ArchiveRequest {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        note: args.note.clone(),
        expected_version: None,
        idempotency_key: None,
        dry_run: args.dry_run,
    };
    let (service, caller) = (context.open_to_write()?, context.caller(&args.write));
    // What is refused anyway is not asked about.
    service.erase(&caller, &ArchiveRequest { dry_run: true, ..request.clone() })?;
    if !args.dry_run {
        let question = format!(
            "destroy the contents of {aggregate_type}/{id} for good? nothing brings them back"
        );
        context.ui.confirm(&question, args.yes)?;
    }
    let receipt = service.erase(&caller, &request)?;
    let salvage = service.paths().dot.join("salvage");
    service.close()?;
    if context.ui.json() {
        context.ui.document(&receipt)?;
        return Ok(Exit::Ok);
    }
    let (event, _) = write::first(&receipt)?;
    let paint = context.ui.paint();
    let done = if receipt.dry_run { "would be erased  (nothing was written)" } else { "is erased" };
    context.ui.line(format!(
        "{} {} {done}  {}  {}  {}",
        paint.paint(Meaning::Ok, "✓"),
        paint.strong(format!("{aggregate_type}/{id}")),
        paint.accent(format!("#{}", event.position)),
        paint.accent(&receipt.commit),
        paint.dim(format!("root {}", short(&event.merkle_root, context.ui.verbose()))),
    ))?;
    if !receipt.dry_run {
        context.ui.hint(
            "the master key was replaced: copy it anew; backups from before still hold the contents",
        );
        if salvage.exists() {
            let salvage = salvage.display();
            context.ui.warn(format!(
                "`{salvage}` has copies of older files: delete what you no longer need"
            ));
        }
    }
    Ok(Exit::Ok)
}
