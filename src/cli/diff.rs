use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::{change_lines, visible};
use super::target;
use crate::wire::Difference;
use clap::Args;

/// Compare two versions of an aggregate
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx diff order/o-1@3..7          version 3 against version 7
  dbx diff order/o-1@3             version 3 against now
  dbx diff order/o-1@-2d..-1d      two days ago against yesterday")]
pub(crate) struct DiffArgs {
    /// The aggregate and the two versions
    #[arg(value_name = "TYPE/ID@A..B")]
    what: String,
    /// Exit with 1 when there are differences
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(context: &mut Context, args: &DiffArgs) -> Outcome {
    let interval = target::interval(&args.what, context.now())?;
    let (service, reader) = (context.open()?, context.reader());
    let (aggregate_type, id) = (&interval.aggregate_type, &interval.aggregate_id);
    let difference = service.diff(&reader, aggregate_type, id, interval.from, interval.to)?;
    service.close()?;
    let same = difference.changes.is_empty();
    show(context, &difference)?;
    Ok(Exit::good_or(same || !args.exit_code, Exit::No))
}

fn show(context: &mut Context, difference: &Difference) -> Result<(), super::failure::Failure> {
    if context.ui.json() {
        return context.ui.document(difference);
    }
    context.ui.page();
    let paint = context.ui.paint();
    let place = format!("{}/{}", difference.aggregate_type, difference.aggregate_id);
    let interval = paint.accent(format!("@{}..{}", difference.from, difference.to));
    context.ui.line(format!("{}{interval}", paint.strong(place)))?;
    context.ui.lines(change_lines(&difference.changes, paint))?;
    if difference.changes.is_empty() {
        context.ui.line(paint.dim("no difference"))?;
    }
    if !difference.touched_between.is_empty() {
        let paths = difference.touched_between.join(" ");
        let line = format!("changed and changed back in between: {}", visible(&paths));
        context.ui.line(paint.dim(line))?;
    }
    Ok(())
}
