use crate::cli::args::{AggregateArg, number};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{change_lines, issuer, seconds, visible};
use crate::error::{Error, Kind};
use crate::wire::{GetQuery, ReplayQuery, ReplayStep};
use clap::Args;

/// Show an aggregate event by event, with what each changed
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
    /// The first version
    #[arg(long, value_name = "V", value_parser = number)]
    from: Option<u64>,
    /// The last version
    #[arg(long, value_name = "V", value_parser = number)]
    to: Option<u64>,
}

/// How many versions are asked for at a time: the first of a page costs a fold up to it.
const PAGE: u64 = 1_000;

pub(super) fn run(context: &mut Context, args: &ReplayArgs) -> Outcome {
    let (aggregate_type, id) = args.aggregate.key()?;
    let (service, reader) = (context.open()?, context.reader());
    let head = service.get(&reader, &get(aggregate_type, id))?.version;
    let mut from = args.from.unwrap_or(1).max(1);
    let last = args.to.unwrap_or(head).min(head);
    if from > last {
        let message = match args.to {
            Some(to) => format!("there is no version from {from} to {to}"),
            None => format!("there is no version from {from} on"),
        };
        return Err(Error::new(Kind::NotFound, "dbx::aggregate::version", message)
            .help(format!("`{aggregate_type}/{id}` has the versions 1 to {head}"))
            .into());
    }
    context.ui.page();
    while from <= last {
        let to = from.saturating_add(PAGE - 1).min(last);
        let query = ReplayQuery {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            from: Some(from),
            to: Some(to),
        };
        let steps = service.replay(&reader, &query)?;
        let Some(shown) = steps.last() else { break };
        from = shown.event.version + 1;
        for step in &steps {
            show(context, step)?;
        }
    }
    service.close()?;
    Ok(Exit::Ok)
}

fn get(aggregate_type: &str, id: &str) -> GetQuery {
    GetQuery {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        at: None,
        include_events: false,
    }
}

fn show(context: &mut Context, step: &ReplayStep) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.record(step);
    }
    let (paint, event) = (context.ui.paint(), &step.event);
    context.ui.line(format!(
        "{} {}  {}  {}  {}",
        paint.accent(format!("@{}", event.version)),
        paint.strong(&event.event_type),
        seconds(&event.metadata.created_at),
        issuer(&event.metadata.issued_by),
        paint.dim(format!("#{} {}", event.position, event.metadata.commit)),
    ))?;
    if let Some(note) = &event.metadata.note {
        context.ui.line(paint.dim(format!("    {}", visible(note))))?;
    }
    let lines = change_lines(&step.changes, paint);
    context.ui.lines(lines.into_iter().map(|line| format!("    {line}")))
}
