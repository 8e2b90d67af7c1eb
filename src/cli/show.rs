use super::aggregate::get;
use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::{Align, Table, commit_line, event_entry, event_line, visible};
use super::target::{self, Target};
use crate::wire::{CommitRecord, EventRecord, GetQuery};
use clap::Args;

/// Show one thing: an aggregate, a version of it, an event or a commit
#[derive(Debug, Args)]
#[command(after_help = "What X can be:
  order/o-1             the aggregate as it is
  order/o-1@46          its version 46
  order/o-1@-2h         as it was two hours ago
  order/o-1@2026-11-20T14:00Z  as it was then
  #4211                 the event at position 4211 (quote it: '#4211')
  c42                   commit 42")]
pub(crate) struct ShowArgs {
    /// What to show
    #[arg(value_name = "X", allow_hyphen_values = true)]
    what: String,
}

pub(super) fn run(context: &mut Context, args: &ShowArgs) -> Outcome {
    let target = target::parse(&args.what, context.now())?;
    let (service, reader) = (context.open()?, context.reader());
    match target {
        Target::Aggregate { aggregate_type, aggregate_id, at } => {
            let query = GetQuery { aggregate_type, aggregate_id, at, include_events: false };
            let record = service.get(&reader, &query)?;
            service.close()?;
            get::show(context, &record)
        }
        Target::Position(position) => {
            let event = service.event_at(&reader, position)?;
            service.close()?;
            event_shown(context, &event)
        }
        Target::Commit(number) => {
            let commit = service.commit_record(&reader, number)?;
            service.close()?;
            commit_shown(context, &commit)
        }
    }
}

/// Shows a whole event.
pub(super) fn event_shown(context: &mut Context, event: &EventRecord) -> Outcome {
    if context.ui.json() {
        context.ui.document(event)?;
        return Ok(Exit::Ok);
    }
    let lines = event_entry(event, context.now(), context.ui.verbose(), context.ui.paint());
    context.ui.lines(lines)?;
    Ok(Exit::Ok)
}

fn commit_shown(context: &mut Context, commit: &CommitRecord) -> Outcome {
    if context.ui.json() {
        context.ui.document(commit)?;
        return Ok(Exit::Ok);
    }
    context.ui.page();
    let line = commit_line(commit, context.now(), context.ui.paint());
    context.ui.line(line)?;
    if let Some(message) = &commit.message {
        context.ui.line("")?;
        context.ui.lines(message.lines().map(|line| format!("    {}", visible(line))))?;
    }
    let mut table = Table::new(&[("", Align::Left); 5]);
    for event in commit.events.iter().flatten() {
        table.row(event_line(event));
    }
    context.ui.line("")?;
    context.ui.table(table)?;
    Ok(Exit::Ok)
}
