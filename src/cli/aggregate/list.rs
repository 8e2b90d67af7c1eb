use crate::cli::args::{Take, rows_or_all};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, seconds};
use crate::wire::{AggregateRecord, ListQuery, Sort};
use clap::{Args, ValueEnum};

/// List aggregates
///
/// A terminal gets `list_page_size` rows (see `dbx config`), a pipe gets all.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only aggregates of this type
    #[arg(value_name = "TYPE")]
    aggregate_type: Option<String>,
    /// Only those that match, such as `status:paid total:>100`
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// In which order
    #[arg(long, value_name = "KEY", default_value = "id")]
    sort: SortArg,
    /// At most N; `all` for all
    #[arg(short = 'n', long, value_name = "N", value_parser = rows_or_all)]
    take: Option<Take>,
    /// Go on behind the cursor of an earlier list
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Also archived ones
    #[arg(long)]
    archived: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SortArg {
    Id,
    Updated,
    Created,
    Version,
}

impl From<SortArg> for Sort {
    fn from(arg: SortArg) -> Self {
        match arg {
            SortArg::Id => Self::Id,
            SortArg::Updated => Self::Updated,
            SortArg::Created => Self::Created,
            SortArg::Version => Self::Version,
        }
    }
}

/// How many aggregates are read at a time.
const PAGE: usize = 256;

pub(super) fn run(context: &mut Context, args: &ListArgs) -> Outcome {
    let (service, reader) = (context.open()?, context.reader());
    let page_size = service.config().list_page_size;
    let mut left = limit(context, args, page_size).unwrap_or(usize::MAX);
    let mut query = ListQuery {
        aggregate_type: args.aggregate_type.clone(),
        filter: args.filter.clone(),
        sort: args.sort.into(),
        take: None,
        after: args.after.clone(),
        skip: 0,
        archived: args.archived,
    };
    let mut table = table();
    if left == usize::MAX {
        context.ui.page();
    }
    while left > 0 {
        query.take = Some(left.min(PAGE));
        let page = service.list(&reader, &query)?;
        left = left.saturating_sub(page.items.len());
        query.after = page.next;
        for record in &page.items {
            if context.ui.json() {
                context.ui.record(record)?;
            } else {
                table.row(row(record));
            }
        }
        if !context.ui.json() {
            context.ui.rows(&mut table)?;
        }
        if query.after.is_none() {
            break;
        }
    }
    service.close()?;
    if let Some(next) = query.after {
        context.ui.hint(format!("there are more: `--take all`, or `--after {next}`"));
    }
    Ok(Exit::Ok)
}

fn limit(context: &Context, args: &ListArgs, page_size: usize) -> Option<usize> {
    match args.take {
        Some(take) => take.limit(),
        None => (context.ui.interactive() && !context.ui.json()).then_some(page_size),
    }
}

fn table() -> Table {
    Table::new(&[
        ("aggregate", Align::Left),
        ("version", Align::Right),
        ("updated", Align::Left),
        ("state", Align::Left),
    ])
}

fn row(record: &AggregateRecord) -> Vec<Cell> {
    let name = format!("{}/{}", record.aggregate_type, record.aggregate_id);
    let name = match (&record.erased, record.archived) {
        (Some(_), _) => format!("{name} (erased)"),
        (None, true) => format!("{name} (archived)"),
        (None, false) => name,
    };
    vec![
        Cell::new(Meaning::Strong, name),
        Cell::new(Meaning::Accent, format!("@{}", record.version)),
        Cell::dim(seconds(&record.updated_at)),
        Cell::plain(record.state.to_string()),
    ]
}
