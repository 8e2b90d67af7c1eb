use super::made;
use crate::cli::args::number;
use crate::cli::context::Context;
use crate::cli::failure::Outcome;
use crate::error::Error;
use crate::wire::TokenRequest;
use crate::workspace::Ttl;
use clap::Args;

/// Make a token
///
/// The token is printed once and kept nowhere: what is stored is what it allows and what is done with it.
#[derive(Debug, Args)]
#[command(after_help = "Actions:
  aggregate.read         states, events, proofs; with `aggregate:*:*` also the log as a whole
  aggregate.read_hidden  what the schema hides, with `--hidden`; on whole types
  aggregate.append       events of aggregates that exist (a patch needs aggregate.read too)
  aggregate.create       first events
  aggregate.archive      archive and restore
  aggregate.erase        destroy contents
  schema.read schema.write outbox.read token.manage
  aggregate.* schema.* outbox.* token.*  and  *.*

Resources:
  aggregate:TYPE:ID      with * for any characters: aggregate:order:*, aggregate:invoice:2026-*
  schema
  *                      everything

Examples:
  dbx token generate --group audit --user eve -a aggregate.read -r aggregate:order:o-1 --ttl 7d
  dbx token generate --group shop --user web -a aggregate.create -a aggregate.append -r 'aggregate:order:*' \\
      --limit 1000 --keep-alive 1h
  DBX_TOKEN=@eve.token dbx show order/o-1")]
pub(crate) struct GenerateArgs {
    /// The group that the holder's events are written under
    #[arg(long, value_name = "GROUP")]
    group: String,
    /// The user that the holder's events are written under
    #[arg(long, value_name = "USER")]
    user: String,
    /// What it allows, such as `aggregate.read` or `aggregate.*`; may be repeated
    #[arg(short, long = "action", value_name = "ACTION", required = true)]
    actions: Vec<String>,
    /// To what, such as `aggregate:order:*`; may be repeated
    #[arg(short, long = "resource", value_name = "RESOURCE", default_value = "*")]
    resources: Vec<String>,
    /// How long it holds: seconds, or 10m, 24h, 10d, 2w; 0 for ever
    #[arg(long, value_name = "TTL", default_value = "24h")]
    ttl: String,
    /// How many events may be written with it
    #[arg(long, value_name = "N", value_parser = number)]
    limit: Option<u64>,
    /// End it early when it was not used for this long
    #[arg(long, value_name = "TIME")]
    keep_alive: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &GenerateArgs) -> Outcome {
    let ttl: Ttl = args.ttl.parse().map_err(Error::from)?;
    let keep_alive = args.keep_alive.as_deref().map(str::parse::<Ttl>).transpose();
    let request = TokenRequest {
        group: args.group.clone(),
        user: args.user.clone(),
        actions: args.actions.clone(),
        resources: args.resources.clone(),
        ttl: ttl.seconds(),
        limit: args.limit,
        // What never ends needs no being kept alive: 0 is refused as what it is.
        keep_alive: keep_alive.map_err(Error::from)?.map(|ttl| ttl.seconds().unwrap_or(0)),
    };
    let service = context.open_to_write()?;
    let issued = service.token_generate(&context.reader(), &request)?;
    service.close()?;
    made::show(context, &issued)
}
