use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::{Align, Cell, Meaning, Table, issuer, seconds};
use super::target;
use clap::Args;

/// Show which event set each field of an aggregate
#[derive(Debug, Args)]
pub(crate) struct BlameArgs {
    /// The aggregate; `TYPE/ID@VERSION` or `@TIME` for an earlier state
    #[arg(value_name = "TYPE/ID")]
    what: String,
    /// Only this field
    field: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &BlameArgs) -> Outcome {
    let (aggregate_type, id, at) = target::aggregate(&args.what, context.now())?;
    let (service, reader) = (context.open()?, context.reader());
    // What `blame` prints are pointers; whoever pastes one back means the field.
    let field = args.field.as_deref().map(|field| field.strip_prefix('/').unwrap_or(field));
    let blame = service.blame(&reader, &aggregate_type, &id, field, at)?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&blame)?;
        return Ok(Exit::Ok);
    }
    context.ui.page();
    let mut table = Table::new(&[
        ("version", Align::Right),
        ("when", Align::Left),
        ("who", Align::Left),
        ("event", Align::Left),
        ("field", Align::Left),
        ("value", Align::Left),
    ]);
    for line in &blame.lines {
        let meta = &line.event.metadata;
        table.row(vec![
            Cell::new(Meaning::Accent, format!("@{}", line.event.version)),
            Cell::dim(seconds(&meta.created_at)),
            Cell::plain(issuer(&meta.issued_by)),
            Cell::plain(&line.event.event_type),
            Cell::new(Meaning::Strong, &line.path),
            Cell::plain(line.value.to_string()),
        ]);
    }
    context.ui.table(table)?;
    Ok(Exit::Ok)
}
