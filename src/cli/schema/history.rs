use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, issuer, seconds, short};
use clap::Args;

/// Show every applied version of the schema
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {}

pub(super) fn run(context: &mut Context, _: &HistoryArgs) -> Outcome {
    let service = context.open()?;
    let history = service.schema_history(&context.reader())?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&history)?;
        return Ok(Exit::Ok);
    }
    if history.versions.is_empty() {
        context.ui.say("no schema was applied");
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[
        ("version", Align::Right),
        ("when", Align::Left),
        ("who", Align::Left),
        ("hash", Align::Left),
    ]);
    for version in history.versions.iter().rev() {
        table.row(vec![
            Cell::new(Meaning::Accent, format!("@{}", version.version)),
            Cell::plain(seconds(&version.applied_at)),
            Cell::plain(issuer(&version.applied_by)),
            Cell::dim(short(&version.hash, context.ui.verbose())),
        ]);
    }
    context.ui.page();
    context.ui.table(table)?;
    Ok(Exit::Ok)
}
