use super::source::{FileArg, Origin, compiled};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::pretty;
use crate::error::{Error, Kind};
use clap::Args;

/// Print the compiled schema as canonical JSON
///
/// The same source always prints the same bytes.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Only this aggregate; `@N`, or AGGREGATE@N, for an applied version
    #[arg(value_name = "AGGREGATE|@N")]
    what: Option<String>,
    #[command(flatten)]
    file: FileArg,
}

pub(super) fn run(context: &mut Context, args: &ShowArgs) -> Outcome {
    let what = args.what.as_deref().unwrap_or_default();
    let (aggregate, version) = match what.find('@') {
        Some(at) => what.split_at(at),
        None => (what, "working"),
    };
    let origin: Origin = version.parse().map_err(crate::cli::usage::error)?;
    let source = origin.read(context, &args.file)?.ok_or_else(super::source::nothing_applied)?;
    let schema = compiled(&source)?;
    let json = if aggregate.is_empty() {
        schema.to_canonical_json()
    } else {
        let found = schema.aggregates.get(aggregate).ok_or_else(|| {
            let known: Vec<&str> = schema.aggregates.keys().map(String::as_str).collect();
            let message = format!("{} declares no aggregate `{aggregate}`", source.name);
            Error::new(Kind::NotFound, "dbx::schema::aggregate", message)
                .help(format!("it declares {}", known.join(", ")))
        })?;
        found.to_canonical_json()
    };
    if context.ui.json() {
        context.ui.record(&json)?;
    } else {
        context.ui.page();
        let lines = pretty(&json, context.ui.paint());
        context.ui.lines(lines)?;
    }
    Ok(Exit::Ok)
}
