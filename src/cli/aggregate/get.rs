use crate::cli::args::{AggregateArg, number};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Align, Meaning, Table, ago, event_line, pretty, quantity, short};
use crate::cli::target;
use crate::wire::{AggregateRecord, At, GetQuery, RebuiltFrom};
use clap::Args;

/// Show the state of an aggregate, now or then
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
    /// The state after this version
    #[arg(long, value_name = "N", conflicts_with = "at", value_parser = number)]
    version: Option<u64>,
    /// The state at this time: 2026-11-20T14:00Z, or -2h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Also its events
    #[arg(long)]
    include_events: bool,
}

pub(super) fn run(context: &mut Context, args: &GetArgs) -> Outcome {
    let (aggregate_type, id) = args.aggregate.key()?;
    let at = match (&args.at, args.version) {
        (Some(time), _) => Some(At::Time(target::time(time, context.now())?)),
        (None, version) => version.map(At::Version),
    };
    let query = GetQuery {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        at,
        include_events: args.include_events,
    };
    let service = context.open()?;
    let record = service.get(&context.reader(), &query)?;
    service.close()?;
    show(context, &record)
}

/// Shows an aggregate.
pub(in crate::cli) fn show(context: &mut Context, record: &AggregateRecord) -> Outcome {
    if context.ui.json() {
        context.ui.document(record)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let name = format!("{}/{}", record.aggregate_type, record.aggregate_id);
    let archived =
        if record.archived { paint.paint(Meaning::Warn, "  archived") } else { String::new() };
    let version = paint.accent(format!("@{}", record.version));
    context.ui.line(format!("{}{version}{archived}", paint.strong(name)))?;
    fact(context, "root", &paint.accent(short(&record.merkle_root, context.ui.verbose())))?;
    for (name, time) in [("created", &record.created_at), ("updated", &record.updated_at)] {
        let when = paint.dim(format!("({})", ago(context.now(), time)));
        fact(context, name, &format!("{time}  {when}"))?;
    }
    if let Some(rebuilt) = &record.rebuilt_from {
        fact(context, "rebuilt", &from(rebuilt))?;
    }
    context.ui.line("")?;
    context.ui.lines(pretty(&record.state, paint))?;
    if let Some(events) = &record.events {
        let mut table = Table::new(&[("", Align::Left); 5]);
        for event in events {
            table.row(event_line(event));
        }
        context.ui.line("")?;
        context.ui.table(table)?;
    }
    Ok(Exit::Ok)
}

fn fact(context: &mut Context, name: &str, value: &str) -> Result<(), Failure> {
    let name = context.ui.paint().dim(format!("{name:<8}"));
    context.ui.line(format!("  {name} {value}"))
}

fn from(rebuilt: &RebuiltFrom) -> String {
    let events = quantity(rebuilt.events, "event", "events");
    match rebuilt.snapshot {
        0 => format!("from {events}"),
        version => format!("from snapshot @{version} + {events}"),
    }
}
