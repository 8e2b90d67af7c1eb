use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, issuer, seconds};
use clap::Args;

/// List what was erased
///
/// When an older copy of a workspace comes back, these are to be erased in it again.
#[derive(Debug, Args)]
pub(crate) struct ErasuresArgs {}

pub(super) fn run(context: &mut Context, _: &ErasuresArgs) -> Outcome {
    let service = context.open()?;
    let erasures = service.erasures(&context.reader())?;
    service.close()?;
    if context.ui.json() {
        for one in &erasures {
            context.ui.record(one)?;
        }
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("", Align::Left); 4]);
    for one in &erasures {
        table.row(vec![
            Cell::new(Meaning::Strong, format!("{}/{}", one.aggregate_type, one.aggregate_id)),
            Cell::dim(seconds(&one.erased.at)),
            Cell::plain(issuer(&one.erased.by)),
            Cell::new(Meaning::Accent, format!("#{}", one.erased.position)),
        ]);
    }
    context.ui.table(table)?;
    if erasures.is_empty() {
        context.ui.say("nothing was erased");
    }
    Ok(Exit::Ok)
}
