use super::access::AccessArgs;
use crate::cli::args::RestrictArg;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::error::{Error, Kind};
use crate::server::{ServeOptions, Stopper, serve};
use crate::service::{LOCK_WAIT, Local, Service};
use clap::Args;
use std::net::SocketAddr;

/// Start the daemon
///
/// It has the store from then on, and serves it over a socket in `.dbx/` and over HTTP. Every other command works as
/// before, through it.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// Stay in the foreground, and log to standard error
    #[arg(long)]
    foreground: bool,
    /// How writes are held against the schema: `off` not at all, `default` where they have one, `strict` refuses others
    #[arg(long, value_name = "MODE", env = "DBX_RESTRICT", hide_env_values = true)]
    #[arg(default_value = "default", hide_possible_values = true)]
    restrict: RestrictArg,
    #[command(flatten)]
    access: AccessArgs,
}

pub(super) fn run(context: &mut Context, args: &StartArgs) -> Outcome {
    let paths = context.paths()?;
    if let Some(owner) = Service::owner(&paths)? {
        let daemon = owner.daemon();
        return Err(Error::new(
            Kind::Conflict,
            "dbx::serve::running",
            format!("a daemon runs already: process {}", daemon.pid),
        )
        .help("`dbx serve status` says more, `dbx serve restart` starts it anew")
        .into());
    }
    let options = context.options(paths, LOCK_WAIT)?;
    let address = SocketAddr::new(options.config.bind_addr, options.config.port);
    let local = Local::open(options)?;
    let options = ServeOptions {
        restrict: args.restrict.into(),
        user: context.user(),
        address: Some(address),
        access: args.access.read(context)?,
    };
    let stop = Stopper::new();
    let told = stop.clone();
    // A second signal ends the process as it always did.
    let _ = ctrlc::set_handler(move || told.stop());
    let ui = &mut context.ui;
    serve(local, options, &stop, |daemon| {
        ui.say(format!("serving on {}", daemon.address.as_deref().unwrap_or(&daemon.socket)));
    })?;
    Ok(Exit::Ok)
}
