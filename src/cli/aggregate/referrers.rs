use crate::cli::args::AggregateArg;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table};
use clap::Args;

/// Show which aggregates point at this one
#[derive(Debug, Args)]
pub(crate) struct ReferrersArgs {
    #[command(flatten)]
    aggregate: AggregateArg,
}

pub(super) fn run(context: &mut Context, args: &ReferrersArgs) -> Outcome {
    let (aggregate_type, id) = args.aggregate.key()?;
    let service = context.open()?;
    let referrers = service.referrers(&context.reader(), aggregate_type, id)?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&referrers)?;
        return Ok(Exit::Ok);
    }
    if referrers.referrers.is_empty() {
        context.ui.say(format!("nothing points at {aggregate_type}/{id}"));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("aggregate", Align::Left), ("field", Align::Left)]);
    for referrer in &referrers.referrers {
        let name = format!("{}/{}", referrer.aggregate_type, referrer.aggregate_id);
        table.row(vec![Cell::new(Meaning::Strong, name), Cell::plain(&referrer.field)]);
    }
    context.ui.page();
    context.ui.table(table)?;
    Ok(Exit::Ok)
}
