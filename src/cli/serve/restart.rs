use super::end::{EndArgs, end};
use super::flags::ServeFlags;
use super::start::show;
use super::{detach, without_token};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::error::{Error, Kind};
use crate::service::Service;
use crate::wire::Daemon;
use crate::workspace::Paths;
use clap::Args;

/// Stop the daemon and start it again
///
/// It keeps the flags that it was started with; those given here take their place. One that was killed is started as it
/// was, and where none ran one is started.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve restart
  dbx serve restart --restrict strict
  dbx serve restart --force --timeout 5")]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    flags: ServeFlags,
}

pub(super) fn run(context: &mut Context, args: &RestartArgs) -> Outcome {
    let paths = context.paths()?;
    without_token(context)?;
    let before = before(&paths, args)?;
    let flags = match &before {
        Some(daemon) => args.flags.absolute(context)?.or(&daemon.flags)?,
        None => args.flags.absolute(context)?,
    };
    end(&paths, &args.end)?;
    match detach::start(context, &paths, &flags)? {
        detach::Started::Now(daemon) => show(context, &daemon)?,
        detach::Started::Before(daemon) => return Err(super::start::running(&daemon).into()),
    }
    Ok(Exit::Ok)
}

/// The daemon that runs, or that ran last without saying that it ended.
fn before(paths: &Paths, args: &RestartArgs) -> Result<Option<Daemon>, Failure> {
    let wedged = |error: &Error| error.code() == "dbx::daemon::wedged";
    let running = match Service::any_owner(paths) {
        Ok(owner) => owner.map(|owner| owner.daemon().clone()).filter(|daemon| !daemon.dashboard),
        Err(error) if args.end.forces() && wedged(&error) => None,
        Err(error) => return Err(error.into()),
    };
    let last = || Service::last_daemon(paths).filter(|daemon| !daemon.dashboard);
    let daemon = running.or_else(last);
    match &daemon {
        Some(daemon) if !daemon.detached && Service::process(paths, daemon.pid).is_some() => {
            let message = format!("process {} runs in the foreground of another one", daemon.pid);
            Err(Error::new(Kind::Conflict, "dbx::serve::foreground", message)
                .kept("it goes on as it is")
                .help("restart it where it was started, as with `systemctl --user restart`; or stop it with `dbx serve stop`")
                .into())
        }
        _ => Ok(daemon),
    }
}
