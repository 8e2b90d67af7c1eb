use super::view::table;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::quantity;
use clap::Args;

/// List what is staged, in the order in which it would be committed
///
/// `✓` may be committed as it is, `!` was written against a version that is no longer the last, `✗` would be refused by
/// a rule: `dbx stage show` says why.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {}

pub(super) fn run(context: &mut Context, _: &ListArgs) -> Outcome {
    let service = context.open()?;
    let stage = service.stage(&context.reader())?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&stage)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    if stage.operations.is_empty() {
        context.ui.line(paint.dim("nothing is staged"))?;
        if stage.undo > 0 {
            context.ui.hint("`dbx stage undo` takes the last change of the stage back");
        }
        return Ok(Exit::Ok);
    }
    context.ui.page();
    table(context, &stage)?;
    let mut facts = vec![quantity(stage.operations.len() as u64, "operation", "operations")];
    let counted =
        [(stage.conflicts, "conflict", "conflicts"), (stage.refused, "refused", "refused")];
    for (count, one, many) in counted.into_iter().filter(|(count, ..)| *count > 0) {
        facts.push(quantity(count, one, many));
    }
    facts.push(format!("next position #{}", stage.next_position));
    context.ui.line(paint.dim(facts.join(" · ")))?;
    if stage.conflicts > 0 {
        context.ui.hint("`dbx stage show` says what happened in between, `dbx stage rebase` binds what still fits to it");
    } else if stage.refused > 0 {
        context.ui.hint("`dbx stage show` says why");
    }
    Ok(Exit::Ok)
}
