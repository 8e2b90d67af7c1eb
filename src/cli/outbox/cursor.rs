use crate::cli::args::number;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, ago, issuer, thousands};
use crate::wire::{CursorRecord, CursorUpdate, Decimal64};
use clap::Args;
use serde::Serialize;

/// Show how far consumers are, and move their cursors
///
/// dbx keeps these for consumers that have nowhere to store their place. A cursor goes forward only, unless it is told to
/// go back with `--rewind`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx outbox cursor                                  all of them, and how far each lags
  dbx outbox cursor billing
  dbx outbox cursor billing --set 4211 --expect 4200
  dbx outbox cursor billing --set 0 --rewind         everything comes again
  dbx outbox cursor billing --delete")]
pub(crate) struct CursorArgs {
    /// Its name; all cursors if absent
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Move it to this position, and make it where there is none
    #[arg(long, value_name = "POSITION", value_parser = position, requires = "name")]
    set: Option<u64>,
    /// Move it only if it is at this position; 0 also where there is none
    #[arg(long, value_name = "POSITION", value_parser = position, requires = "set")]
    expect: Option<u64>,
    /// Let it go back
    #[arg(long, requires = "set")]
    rewind: bool,
    /// Forget it
    #[arg(long, requires = "name", conflicts_with = "set")]
    delete: bool,
}

fn position(text: &str) -> Result<u64, String> {
    number(text.strip_prefix('#').unwrap_or(text))
}

/// What is left of a cursor.
#[derive(Debug, Serialize)]
struct Deleted<'a> {
    name: &'a str,
    deleted: bool,
}

pub(super) fn run(context: &mut Context, args: &CursorArgs) -> Outcome {
    let Some(name) = args.name.as_deref() else { return list(context) };
    let reader = context.reader();
    if args.delete {
        let service = context.open_to_write()?;
        service.outbox_cursor_delete(&reader, name)?;
        service.close()?;
        if context.ui.json() {
            context.ui.document(&Deleted { name, deleted: true })?;
        } else {
            context.ui.say(format!("`{name}` is forgotten"));
        }
        return Ok(Exit::Ok);
    }
    let cursor = match args.set {
        None => {
            let service = context.open()?;
            let cursor = service.outbox_cursor(&reader, name)?;
            service.close()?;
            cursor
        }
        Some(to) => {
            let update = CursorUpdate {
                position: Some(Decimal64(to)),
                event_id: None,
                expected: args.expect.map(Decimal64),
                rewind: args.rewind,
            };
            let service = context.open_to_write()?;
            let cursor = service.outbox_cursor_set(&reader, name, &update)?;
            service.close()?;
            cursor
        }
    };
    if context.ui.json() {
        context.ui.document(&cursor)?;
    } else {
        table(context, &[cursor])?;
    }
    Ok(Exit::Ok)
}

fn list(context: &mut Context) -> Outcome {
    let service = context.open()?;
    let list = service.outbox_cursors(&context.reader())?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&list)?;
        return Ok(Exit::Ok);
    }
    if list.cursors.is_empty() {
        context.ui.say("no cursor is kept here");
        context.ui.hint("`dbx outbox cursor NAME --set 0` makes one");
    } else {
        table(context, &list.cursors)?;
    }
    Ok(Exit::Ok)
}

/// One line for each cursor.
fn table(context: &mut Context, cursors: &[CursorRecord]) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("cursor", Align::Left),
        ("at", Align::Right),
        ("lag", Align::Right),
        ("moved", Align::Left),
        ("by", Align::Left),
    ]);
    let now = context.now();
    for cursor in cursors {
        let behind = if cursor.lag == 0 { Meaning::Ok } else { Meaning::Warn };
        table.row(vec![
            Cell::new(Meaning::Strong, &cursor.name),
            Cell::new(Meaning::Accent, format!("#{}", cursor.position)),
            Cell::new(behind, thousands(cursor.lag)),
            Cell::dim(ago(now, &cursor.moved_at)),
            Cell::plain(issuer(&cursor.moved_by)),
        ]);
    }
    context.ui.page();
    context.ui.table(table)
}
