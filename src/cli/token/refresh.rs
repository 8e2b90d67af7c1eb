use super::made;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::error::Error;
use crate::workspace::Ttl;
use clap::Args;

/// Make a token with the rights of another, which ends with that
///
/// Both happen in one change. What was written with the old token counts on for the limit of the new one.
#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    /// The id of the old token, or the beginning of it
    #[arg(value_name = "TOKEN_ID")]
    id: String,
    /// How long the new one holds, as for `generate`; as long as the old one did unless given
    #[arg(long, value_name = "TTL")]
    ttl: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &RefreshArgs) -> Outcome {
    let ttl = args.ttl.as_deref().map(str::parse::<Ttl>).transpose().map_err(Error::from)?;
    let service = context.open_to_write()?;
    let issued = service.token_refresh(&context.reader(), &args.id, ttl)?;
    service.close()?;
    made::show(context, &issued)
}
