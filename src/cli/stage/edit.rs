use super::view::told;
use crate::cli::args::WriteArgs;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::cli::input::{self, AboutArgs, ContentArgs};
use crate::cli::usage;
use crate::domain::Json;
use crate::domain::json::Object;
use crate::error::{Error, Kind};
use crate::wire::{Operation, StageEdit};
use clap::Args;

/// Let a staged operation say something else
///
/// What is not named stays. The operation keeps its place, its aggregate and the version that it was written against.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx stage edit s3 -f status=refunded          set a field of the payload
  dbx stage edit s3 --unset coupon              leave a field out of it
  dbx stage edit s3 --event order_refunded -p '{\"status\":\"refunded\"}'")]
pub(crate) struct EditArgs {
    /// Which, as `s3`
    id: String,
    /// What happened
    #[arg(short, long, value_name = "EVENT")]
    event: Option<String>,
    #[command(flatten)]
    content: ContentArgs,
    /// Leave this field out of the payload
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
    /// Another patch (RFC 6902); `@FILE` reads a file, `-` reads standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true, conflicts_with_all = ["fields", "payload", "unset"])]
    patch: Option<String>,
    #[command(flatten)]
    about: AboutArgs,
    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(context: &mut Context, args: &EditArgs) -> Outcome {
    if args.is_idle() {
        let message = "nothing is to be edited";
        return Err(usage::error(message)
            .kept("nothing was changed")
            .help("say what: see `dbx stage edit --help`")
            .into());
    }
    let service = context.open_to_write()?;
    let mut caller = context.caller(&args.write);
    // Whoever may change an operation must have all of it: what is hidden from a list would be lost.
    caller.show_hidden = true;
    let stage = service.stage(&caller)?;
    let found = stage.operations.into_iter().find(|one| one.id == args.id).ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "dbx::stage::unknown",
            format!("nothing is staged as {}", args.id),
        )
        .kept("nothing was changed")
        .help("`dbx stage list` prints what is staged")
    })?;
    let operation = args.edited(context, found.operation)?;
    let edit = StageEdit { id: args.id.clone(), operation };
    let changed = service.stage_edit(&context.caller(&args.write), &edit)?;
    service.close()?;
    told(context, &changed, if changed.changed { "edited" } else { "nothing changed in" })
}

impl EditArgs {
    fn is_idle(&self) -> bool {
        self.event.is_none()
            && self.content.is_empty()
            && self.unset.is_empty()
            && self.patch.is_none()
            && self.about.is_empty()
    }

    fn edited(&self, context: &Context, mut operation: Operation) -> Result<Operation, Error> {
        if let Some(patch) = &self.patch {
            operation.patch = Some(input::json(context, "--patch", patch)?);
            operation.payload = None;
        } else if !self.content.is_empty() || !self.unset.is_empty() {
            let before = match operation.payload.take() {
                Some(Json::Object(object)) if !self.content.is_whole() => object,
                _ => Object::new(),
            };
            let mut payload = before;
            if let Json::Object(given) = self.content.payload(context)? {
                payload.extend(given);
            }
            payload.retain(|key, _| !self.unset.contains(key));
            operation.payload = Some(Json::Object(payload));
            operation.patch = None;
        }
        if let Some(event) = &self.event {
            operation.event_type.clone_from(event);
        }
        if let Some(note) = &self.about.note {
            operation.note = Some(note.clone());
        }
        if let Some(metadata) = self.about.metadata(context)? {
            operation.metadata = Some(metadata);
        }
        Ok(operation)
    }
}
