use super::context::Context;
use super::failure::{Exit, Outcome};
use clap::Args;
use std::collections::BTreeMap;

/// Sign the log as it is now, for others to keep
///
/// Prints a signed note: the name of the log, how many events it has and the root over them. Kept elsewhere, it finds
/// what nothing inside the workspace can: that the whole store was replaced by an older or another one. `dbx verify
/// --checkpoint` holds the log against it. The form is <https://c2sp.org/tlog-checkpoint>, the signature Ed25519, the key
/// `.dbx/keys/checkpoint_ed25519.pem`, made when it is first used.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// The name under which to sign; `dbx/` and the uuid of the store unless given
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Print what others need to check the signature, instead of a checkpoint
    #[arg(long)]
    public_key: bool,
}

pub(super) fn run(context: &mut Context, args: &CheckpointArgs) -> Outcome {
    let (service, reader) = (context.open()?, context.reader());
    let origin = args.origin.as_deref();
    if args.public_key {
        let key = service.checkpoint_key(&reader, origin)?;
        service.close()?;
        if context.ui.json() {
            context.ui.document(&BTreeMap::from([("verifier_key", key)]))?;
        } else {
            context.ui.line(key)?;
        }
        return Ok(Exit::Ok);
    }
    let checkpoint = service.checkpoint(&reader, origin)?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&checkpoint)?;
    } else {
        context.ui.raw(checkpoint.note.as_bytes())?;
    }
    Ok(Exit::Ok)
}
