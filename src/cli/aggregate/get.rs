use crate::cli::args::{AggregateArg, number};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{
    Align, Meaning, Painter, Table, ago, erased_by, event_line, pretty, quantity, short, visible,
};
use crate::cli::target;
use crate::service::{Caller, Service};
use crate::wire::{
    AggregateRecord, At, EventRecord, GetQuery, HistoryQuery, RebuiltFrom, Resolution, Resolved,
};
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
    /// Also the aggregates that its references lead to, over 2 levels, or over N (at most 5)
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "2", value_parser = clap::value_parser!(u8).range(1..=5))]
    resolve: Option<u8>,
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
        include_events: false,
    };
    let service = context.open()?;
    let reader = context.reader();
    let mut record = match args.resolve {
        Some(depth) => service.get_resolved(&reader, &query, depth)?,
        None => service.get(&reader, &query)?,
    };
    if args.include_events {
        record.events = Some(events(&service, &reader, &record)?);
    }
    service.close()?;
    show(context, &record)
}

/// All events up to the version shown, however many pages they are.
fn events(
    service: &Service,
    reader: &Caller,
    record: &AggregateRecord,
) -> Result<Vec<EventRecord>, Failure> {
    let mut query = HistoryQuery {
        aggregate_type: record.aggregate_type.clone(),
        aggregate_id: record.aggregate_id.clone(),
        to: Some(record.version),
        ..HistoryQuery::default()
    };
    let mut events = Vec::new();
    loop {
        let page = service.history(reader, &query)?;
        events.extend(page.events);
        if !page.more {
            return Ok(events);
        }
        query.after = page.next.parse().ok();
    }
}

/// Shows an aggregate.
pub(in crate::cli) fn show(context: &mut Context, record: &AggregateRecord) -> Outcome {
    if context.ui.json() {
        context.ui.document(record)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let name = format!("{}/{}", record.aggregate_type, record.aggregate_id);
    let standing = standing(record, paint);
    let version = paint.accent(format!("@{}", record.version));
    context.ui.line(format!("{}{version}{standing}", paint.strong(name)))?;
    fact(context, "root", &paint.accent(short(&record.merkle_root, context.ui.verbose())))?;
    for (name, time) in [("created", &record.created_at), ("updated", &record.updated_at)] {
        let when = paint.dim(format!("({})", ago(context.now(), time)));
        fact(context, name, &format!("{time}  {when}"))?;
    }
    if let Some(erased) = &record.erased {
        fact(context, "erased", &erased_by(erased))?;
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
    if let Some(resolved) = &record.resolved {
        context.ui.line("")?;
        context.ui.line(paint.dim(if resolved.is_empty() {
            "no references"
        } else {
            "references"
        }))?;
        follow(context, resolved, 1)?;
    }
    Ok(Exit::Ok)
}

/// Shows what references lead to, each level further to the right.
fn follow(context: &mut Context, resolved: &[Resolved], level: usize) -> Result<(), Failure> {
    let (paint, indent) = (context.ui.paint(), "  ".repeat(level));
    for one in resolved {
        let path = format!("{indent}{} → ", paint.accent(visible(&one.path)));
        let Some(record) = &one.aggregate else {
            let why = paint.paint(Meaning::Warn, why(one.outcome));
            context.ui.line(format!("{path}{}  {why}", visible(&one.target)))?;
            continue;
        };
        let name = paint.strong(format!("{}/{}", record.aggregate_type, record.aggregate_id));
        let version = paint.accent(format!("@{}", record.version));
        let standing = standing(record, paint);
        context.ui.line(format!("{path}{name}{version}{standing}"))?;
        let state = pretty(&record.state, paint);
        context.ui.lines(state.into_iter().map(|line| format!("{indent}  {line}")))?;
        follow(context, record.resolved.as_deref().unwrap_or_default(), level + 1)?;
    }
    Ok(())
}

/// What to say beside its version about an aggregate that takes no events.
fn standing(record: &AggregateRecord, paint: Painter) -> String {
    match (&record.erased, record.archived) {
        (Some(_), _) => paint.paint(Meaning::Danger, "  erased"),
        (None, true) => paint.paint(Meaning::Warn, "  archived"),
        (None, false) => String::new(),
    }
}

fn why(outcome: Resolution) -> &'static str {
    match outcome {
        Resolution::Missing => "there is no such aggregate",
        Resolution::Cycle => "a cycle: shown above",
        Resolution::Hidden => "hidden",
        Resolution::TooMany => "not followed: there are too many",
        _ => "not shown",
    }
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
