use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::{show, usage};
use clap::Args;

/// Show one event
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its event id, or its position as `#4211` (quote it: '#4211')
    #[arg(value_name = "EVENT_ID|#POSITION")]
    event: String,
}

pub(super) fn run(context: &mut Context, args: &ShowArgs) -> Outcome {
    let (digits, position) = match args.event.strip_prefix('#') {
        Some(digits) => (digits, true),
        None => (args.event.as_str(), false),
    };
    let number: u64 = digits.parse().map_err(|_| {
        usage::error(format!("`{}` is neither an event id nor a position", args.event))
            .help("an event id is a number, a position one with `#` before it")
    })?;
    let (service, reader) = (context.open()?, context.reader());
    let event = if position {
        service.event_at(&reader, number)?
    } else {
        service.event_by_id(&reader, number)?
    };
    service.close()?;
    show::event_shown(context, &event)
}
