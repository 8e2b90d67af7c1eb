use super::list;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use clap::Args;

/// End tokens, from now on and for good
#[derive(Debug, Args)]
#[command(override_usage = "dbx token revoke [OPTIONS] <TOKEN_ID>...
       dbx token revoke [OPTIONS] --all-of <USER>")]
pub(crate) struct RevokeArgs {
    /// Their ids, or the beginnings of them
    #[arg(value_name = "TOKEN_ID", required_unless_present = "all_of")]
    ids: Vec<String>,
    /// Every token of this user, or of GROUP/USER
    #[arg(long, value_name = "USER", conflicts_with = "ids")]
    all_of: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &RevokeArgs) -> Outcome {
    let (service, caller) = (context.open_to_write()?, context.reader());
    let revoked = match &args.all_of {
        Some(who) => service.token_revoke_all(&caller, who)?,
        None => service.token_revoke(&caller, &args.ids)?,
    };
    service.close()?;
    if context.ui.json() {
        context.ui.document(&revoked)?;
        return Ok(Exit::Ok);
    }
    if revoked.tokens.is_empty() {
        context.ui.say("there was no token to revoke");
    }
    list::table(context, &revoked.tokens)?;
    Ok(Exit::Ok)
}
