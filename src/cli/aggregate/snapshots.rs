use crate::cli::args::AggregateArg;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, quantity};
use crate::cli::status::size;
use clap::Args;

/// Show which snapshots of an aggregate exist
#[derive(Debug, Args)]
pub(crate) struct SnapshotsArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
}

pub(super) fn run(context: &mut Context, args: &SnapshotsArgs) -> Outcome {
    let (aggregate_type, id) = args.aggregate.key()?;
    let service = context.open()?;
    let snapshots = service.snapshots(&context.reader(), aggregate_type, id)?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&snapshots)?;
        return Ok(Exit::Ok);
    }
    let rule = match snapshots.threshold {
        Some(events) => format!("one every {}", quantity(events, "event", "events")),
        None => "never made".to_owned(),
    };
    let line = format!("{aggregate_type}/{id}: {}, {rule}", {
        let count = u64::try_from(snapshots.snapshots.len()).unwrap_or(u64::MAX);
        quantity(count, "snapshot", "snapshots")
    });
    context.ui.line(line)?;
    let mut table = Table::new(&[("", Align::Right), ("", Align::Right)]);
    for snapshot in &snapshots.snapshots {
        table.row(vec![
            Cell::new(Meaning::Accent, format!("@{}", snapshot.version)),
            Cell::plain(size(snapshot.bytes)),
        ]);
    }
    context.ui.table(table)?;
    Ok(Exit::Ok)
}
