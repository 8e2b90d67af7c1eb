use super::view::staged;
use crate::cli::args::{WriteArgs, number};
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::input::{self, AboutArgs, ContentArgs};
use crate::cli::usage;
use crate::error::{Error, Kind};
use crate::wire::{Operation, StageRequest};
use clap::Args;
use std::path::{Path, PathBuf};

/// Stage an event
///
/// The flags are those of `dbx aggregate apply`. An aggregate that does not exist yet takes `--create`, as a slip in an
/// id must not make a new one. An operation may build on those that are staged before it. `dbx aggregate create`,
/// `apply`, `patch`, `archive` and `restore` stage too, with `--stage`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx stage add order o-1 order_paid -f status=paid
  dbx stage add customer c-9 customer_registered --create -f name=Grace
  dbx stage add order o-1 order_corrected --patch '[{\"op\":\"remove\",\"path\":\"/coupon\"}]'
  dbx stage add --file operations.ndjson      all of them or none

A line of the file has `aggregate_type`, `aggregate_id`, `event_type`, `payload` or `patch`, and \
perhaps `metadata`, `note`, `expected_version`, and `exists`: true where the aggregate must exist, \
false where it must not.")]
pub(crate) struct AddArgs {
    /// The type
    #[arg(value_name = "TYPE", required_unless_present = "file")]
    aggregate_type: Option<String>,
    /// The id
    #[arg(required_unless_present = "file")]
    id: Option<String>,
    /// What happened
    #[arg(required_unless_present = "file")]
    event: Option<String>,
    /// It is the first event of a new aggregate
    #[arg(long, conflicts_with_all = ["patch", "expect_version"])]
    create: bool,
    #[command(flatten)]
    content: ContentArgs,
    /// A patch of the state (RFC 6902) in place of a payload; `@FILE` reads a file, `-` reads standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true, conflicts_with_all = ["fields", "payload"])]
    patch: Option<String>,
    #[command(flatten)]
    about: AboutArgs,
    /// Refuse unless the aggregate is at this version, behind what is staged on it
    #[arg(long, value_name = "N", value_parser = number)]
    expect_version: Option<u64>,
    /// Stage the operations in a file, one JSON object a line; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["aggregate_type", "id", "event", "create", "fields", "payload", "patch", "note", "metadata", "expect_version"])]
    file: Option<PathBuf>,
    /// Check everything and stage nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &AddArgs) -> Outcome {
    let operations = match (&args.file, &args.aggregate_type, &args.id, &args.event) {
        (Some(file), ..) => lines(context, file)?,
        (None, Some(aggregate_type), Some(id), Some(event)) => {
            vec![operation(context, args, [aggregate_type, id, event])?]
        }
        _ => return Err(usage::error("name the type, the id and the event").into()),
    };
    let request = StageRequest { operations, dry_run: args.dry_run };
    let service = context.open_to_write()?;
    let changed = service.stage_add(&context.caller(&args.write), &request)?;
    service.close()?;
    staged(context, &changed, args.dry_run)
}

fn operation(
    context: &Context,
    args: &AddArgs,
    [aggregate_type, id, event]: [&String; 3],
) -> Result<Operation, Error> {
    let patch = args.patch.as_deref();
    let patch = patch.map(|text| input::json(context, "--patch", text)).transpose()?;
    let payload = match patch {
        Some(_) => None,
        None => Some(args.content.payload(context)?),
    };
    Ok(Operation {
        aggregate_type: aggregate_type.clone(),
        aggregate_id: id.clone(),
        event_type: event.clone(),
        payload,
        patch,
        metadata: args.about.metadata(context)?,
        note: args.about.note.clone(),
        expected_version: args.expect_version,
        exists: Some(!args.create),
    })
}

/// The operations of a file, one a line.
fn lines(context: &Context, file: &Path) -> Result<Vec<Operation>, Error> {
    let text = input::read(context, file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                let (number, column) = (index + 1, error.column());
                let text = error.to_string();
                let said = text.split(" at line ").next().unwrap_or_default();
                let message = format!("line {number}, column {column}: {said}");
                Error::new(Kind::Invalid, "dbx::stage::line", message)
                    .kept("nothing was staged")
                    .help("a line is one operation as a JSON object: see `dbx stage add --help`")
            })
        })
        .collect()
}
