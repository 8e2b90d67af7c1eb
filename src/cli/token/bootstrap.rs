use super::made;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::Meaning;
use crate::error::Error;
use crate::workspace::Ttl;
use clap::Args;
use serde::Serialize;

/// Make a token that may do everything
///
/// Writes it to `.dbx/cli.token`, for its owner alone, instead of what is there; or prints it.
#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// How long it holds: seconds, or 10m, 24h, 10d, 2w; 0 for ever
    #[arg(long, value_name = "TTL", default_value = "24h")]
    ttl: String,
    /// Print the token and leave the file as it is
    #[arg(long)]
    stdout: bool,
}

/// What was written where, without the secret: that is in the file.
#[derive(Debug, Serialize)]
struct Written {
    file: String,
    id: String,
    group: String,
    user: String,
    actions: Vec<String>,
    resources: Vec<String>,
    expires_at: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &BootstrapArgs) -> Outcome {
    let ttl: Ttl = args.ttl.parse().map_err(Error::from)?;
    let (service, caller) = (context.open_to_write()?, context.reader());
    if args.stdout {
        let issued = service.token_bootstrap(&caller, ttl)?;
        service.close()?;
        return made::show(context, &issued);
    }
    let issued = service.token_bootstrap_file(&caller, ttl)?;
    let file = service.paths().relative(&service.paths().cli_token).display().to_string();
    service.close()?;
    if context.ui.json() {
        context.ui.document(&Written {
            file,
            id: issued.id,
            group: issued.group,
            user: issued.user,
            actions: issued.actions,
            resources: issued.resources,
            expires_at: issued.expires_at,
        })?;
        return Ok(Exit::Ok);
    }
    made::about(context, &issued);
    let word = context.ui.paint().paint(Meaning::Ok, "✓");
    context.ui.line(format!("{word} {file}"))?;
    Ok(Exit::Ok)
}
