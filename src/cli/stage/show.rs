use super::view::whole;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::error::{Error, Kind};
use clap::Args;

/// Show staged operations in full: what they say, what they change, what is in their way
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx stage show            everything that is staged
  dbx stage show s3 s4      two of them")]
pub(crate) struct ShowArgs {
    /// Which, as `s3`; all of them if none is named
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(context: &mut Context, args: &ShowArgs) -> Outcome {
    let service = context.open()?;
    let stage = service.stage(&context.reader())?;
    service.close()?;
    let mut shown = Vec::new();
    for id in &args.ids {
        let found = stage.operations.iter().find(|one| one.id == *id);
        shown.push(found.ok_or_else(|| {
            Error::new(Kind::NotFound, "dbx::stage::unknown", format!("nothing is staged as {id}"))
                .help("`dbx stage list` prints what is staged")
        })?);
    }
    if args.ids.is_empty() {
        shown.extend(&stage.operations);
    }
    if context.ui.json() {
        for one in shown {
            context.ui.record(one)?;
        }
        return Ok(Exit::Ok);
    }
    let (now, paint) = (context.now(), context.ui.paint());
    if shown.is_empty() {
        context.ui.line(paint.dim("nothing is staged"))?;
        return Ok(Exit::Ok);
    }
    context.ui.page();
    for (index, one) in shown.into_iter().enumerate() {
        if index > 0 {
            context.ui.line("")?;
        }
        context.ui.lines(whole(one, now, paint))?;
    }
    Ok(Exit::Ok)
}
