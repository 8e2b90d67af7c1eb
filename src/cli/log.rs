use super::args::rows;
use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::commit_entry;
use super::target;
use crate::wire::{CommitRecord, LogQuery};
use clap::Args;

/// Show the commits, newest first
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Only commits with events of TYPE, or of the aggregate TYPE/ID
    #[arg(value_name = "TYPE[/ID]")]
    of: Option<String>,
    /// Only commits with events of the aggregate with this id
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Only commits with an event that matches, such as `type:order total:>100`
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Only commits before this one
    #[arg(long, value_name = "COMMIT")]
    before: Option<String>,
    /// At most N commits
    #[arg(short = 'n', long, value_name = "N", value_parser = rows)]
    take: Option<usize>,
}

/// How many commits are read at a time.
const PAGE: usize = 256;

pub(super) fn run(context: &mut Context, args: &LogArgs) -> Outcome {
    let (aggregate_type, aggregate_id) = target::narrowed(args.of.as_deref(), args.id.as_deref())?;
    let before = args.before.as_deref().map(target::commit).transpose()?;
    let filter = args.filter.clone();
    let mut query = LogQuery { aggregate_type, aggregate_id, filter, before, take: None };
    let (service, reader, now) = (context.open()?, context.reader(), context.now());
    let mut left = args.take.unwrap_or(usize::MAX);
    let paint = context.ui.paint();
    context.ui.page();
    while left > 0 {
        query.take = Some(left.min(PAGE));
        let page = service.log(&reader, &query)?;
        left = left.saturating_sub(page.commits.len());
        for commit in &page.commits {
            if context.ui.json() {
                context.ui.record(commit)?;
                continue;
            }
            let first = match first_position(commit) {
                Some(position) if commit.message.is_none() && !commit.message_sealed => {
                    Some(service.event_summary(&reader, position)?)
                }
                _ => None,
            };
            context.ui.lines(commit_entry(commit, first.as_ref(), now, paint))?;
        }
        match page.next {
            Some(next) => query.before = Some(target::commit(&next)?),
            None => break,
        }
    }
    service.close()?;
    Ok(Exit::Ok)
}

fn first_position(commit: &CommitRecord) -> Option<u64> {
    commit.first_position.parse().ok()
}
