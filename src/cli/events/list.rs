use crate::cli::args::rows;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::follow::Walk as _;
use crate::cli::output::{Align, Table, event_line};
use crate::cli::{follow, target, usage};
use crate::service::{Caller, Service};
use crate::wire::{EventRecord, EventsQuery};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only events of TYPE, or of the aggregate TYPE/ID
    #[arg(value_name = "TYPE[/ID]")]
    of: Option<String>,
    /// Only events of the aggregate with this id
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Only those that match, such as `event:order_paid total:>100`
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Only events beyond this position; before it with `--reverse`
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
    /// At most N events
    #[arg(short = 'n', long, value_name = "N", value_parser = rows)]
    take: Option<usize>,
    /// Newest first
    #[arg(short, long)]
    reverse: bool,
    /// Wait for more, until interrupted
    #[arg(short = 'F', long, conflicts_with = "reverse")]
    follow: bool,
}

/// How many events are read at a time.
const PAGE: usize = 512;

pub(super) fn run(context: &mut Context, args: &ListArgs) -> Outcome {
    let mut reading = Reading {
        query: query(args)?,
        left: args.take.unwrap_or(usize::MAX),
        table: Table::new(&[("", Align::Left); 5]),
    };
    if args.follow {
        return follow::run(context, &mut reading);
    }
    let (service, reader) = (context.open()?, context.reader());
    context.ui.page();
    reading.drain(context, &service, &reader)?;
    service.close()?;
    Ok(Exit::Ok)
}

fn query(args: &ListArgs) -> Result<EventsQuery, Failure> {
    let (aggregate_type, aggregate_id) = target::narrowed(args.of.as_deref(), args.id.as_deref())?;
    let after = args.after.as_deref().map(position).transpose()?;
    let filter = args.filter.clone();
    Ok(EventsQuery {
        aggregate_type,
        aggregate_id,
        filter,
        after,
        take: None,
        reverse: args.reverse,
    })
}

fn position(text: &str) -> Result<u64, Failure> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let wrong = || usage::error(format!("--after: `{text}` is not a position")).into();
    digits.parse().map_err(|_| wrong())
}

/// A walk through the log, as far as it got.
#[derive(Debug)]
struct Reading {
    query: EventsQuery,
    left: usize,
    table: Table,
}

impl follow::Walk for Reading {
    fn done(&self) -> bool {
        self.left == 0
    }

    fn position(&self) -> u64 {
        self.query.after.unwrap_or(0)
    }

    fn drain(
        &mut self,
        context: &mut Context,
        service: &Service,
        reader: &Caller,
    ) -> Result<(), Failure> {
        while self.left > 0 {
            self.query.take = Some(self.left.min(PAGE));
            let page = service.events(reader, &self.query)?;
            self.left = self.left.saturating_sub(page.events.len());
            self.query.after = page.next.parse().ok().or(self.query.after);
            self.print(context, &page.events)?;
            if !page.more {
                break;
            }
        }
        context.ui.flush()
    }
}

impl Reading {
    fn print(&mut self, context: &mut Context, events: &[EventRecord]) -> Result<(), Failure> {
        if context.ui.json() {
            return events.iter().try_for_each(|event| context.ui.record(event));
        }
        for event in events {
            self.table.row(event_line(event));
        }
        context.ui.rows(&mut self.table)
    }
}
