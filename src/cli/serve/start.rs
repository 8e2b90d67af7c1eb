use super::flags::ServeFlags;
use super::{detach, foreground, without_token};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::init;
use crate::cli::output::{Meaning, visible};
use crate::error::{Error, Kind};
use crate::wire::Daemon;
use crate::workspace::{self, DiscoverError, InitOptions, Paths, Template, Ttl};
use clap::Args;

/// Either makes a workspace where there is none, for containers.
const AUTO_INIT: [&str; 2] = ["DBX_AUTO_INIT", "EVENTDBX_AUTO_INIT"];

/// Start the daemon
///
/// It goes to the background, writes its log to `.dbx/log/`, and the command returns when it is ready. A daemon that runs
/// already is left alone, which is no error unless it was started with other flags. A dashboard that is open hands the store
/// over and works through the daemon.
///
/// It ends in order on SIGTERM and SIGINT: nothing new begins, what is under way is finished within 10 s, streams are
/// ended; a second signal ends it at once. SIGHUP opens its log anew, for programs that move logs. With `DBX_AUTO_INIT=1`
/// a workspace is made in the folder where there is none.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve start
  dbx serve start --restrict strict --auto-apply
  dbx serve start --port 0 --json
  DBX_AUTO_INIT=1 dbx -C /data serve start --foreground --bind-addr 127.0.0.1
  DBX_LOG=info,dbx::request=warn dbx serve start")]
pub(crate) struct StartArgs {
    /// Stay in the foreground, and log to standard error too: lines for people, or JSON with `--json`
    #[arg(long)]
    foreground: bool,
    /// Be the process that stays in the background, and tell the one that started it what went wrong
    #[arg(long, hide = true, conflicts_with = "foreground")]
    detached: bool,
    #[command(flatten)]
    flags: ServeFlags,
}

pub(super) fn run(context: &mut Context, args: &StartArgs) -> Outcome {
    let paths = place(context)?;
    without_token(context)?;
    let flags = args.flags.absolute(context)?;
    if args.foreground || args.detached {
        let ended = foreground::run(context, paths, &flags, args.detached);
        if args.detached
            && let Err(Failure::Error(error) | Failure::Source(error, _)) = &ended
        {
            detach::tell(error);
        }
        return ended;
    }
    // A dashboard that has the store lets go of it for the daemon.
    if let Some(owner) = super::daemon(&paths)? {
        return already(context, owner.daemon(), &flags);
    }
    match detach::start(context, &paths, &flags)? {
        detach::Started::Now(daemon) => {
            show(context, &daemon)?;
            Ok(Exit::Ok)
        }
        detach::Started::Before(daemon) => already(context, &daemon, &flags),
    }
}

/// The workspace; one is made where there is none and that is asked for.
fn place(context: &Context) -> Result<Paths, Failure> {
    let directory = context.directory()?;
    match workspace::discover(&directory, &context.env) {
        Ok(paths) => Ok(paths),
        Err(DiscoverError::NotFound { .. }) if auto_init(context)? => {
            let options = InitOptions { template: Template::None, nested: false };
            init::make(context, &directory, options, (Ttl::DAY, false))?;
            Ok(Paths::at(directory.canonicalize()?))
        }
        Err(error) => Err(Error::from(error).into()),
    }
}

fn auto_init(context: &Context) -> Result<bool, Error> {
    for name in AUTO_INIT {
        match context.env.get(name).map(|value| value.to_ascii_lowercase()).as_deref() {
            None | Some("0" | "false" | "no") => {}
            Some("1" | "true" | "yes") => return Ok(true),
            Some(_) => {
                return Err(Error::new(
                    Kind::Invalid,
                    "dbx::serve::auto_init",
                    format!("{name} is neither 1 nor 0"),
                )
                .help(format!("set {name}=1 to make a workspace where there is none")));
            }
        }
    }
    Ok(false)
}

/// A daemon that runs already is what was asked for, unless it is another one.
fn already(context: &mut Context, daemon: &Daemon, flags: &ServeFlags) -> Outcome {
    let wanted = flags.or(&daemon.flags)?.words();
    if wanted != daemon.flags {
        return Err(running(daemon)
            .help(format!("`dbx serve restart {}` starts it anew", flags.words().join(" ")))
            .into());
    }
    if context.ui.json() {
        context.ui.document(daemon)?;
    } else {
        let sign = context.ui.paint().paint(Meaning::Ok, "✓");
        let place = place_of(daemon);
        context.ui.line(format!("{sign} it runs already: process {}, {place}", daemon.pid))?;
    }
    Ok(Exit::Ok)
}

/// The error that a running daemon is to one that should run in its place.
pub(super) fn running(daemon: &Daemon) -> Error {
    let message = format!("a daemon runs already: process {}", daemon.pid);
    Error::new(Kind::Conflict, "dbx::serve::running", message)
        .kept("it goes on as it is")
        .help("`dbx serve status` says more, `dbx serve stop` ends it")
}

/// Says that a daemon runs now.
pub(super) fn show(context: &mut Context, daemon: &Daemon) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(daemon);
    }
    let paint = context.ui.paint();
    let sign = paint.paint(Meaning::Ok, "✓");
    let place = paint.accent(place_of(daemon));
    context.ui.line(format!("{sign} serving on {place}, process {}", daemon.pid))?;
    if let Some(reason) = &daemon.read_only {
        context.ui.warn(format!("the store is open for reading only: {}", visible(reason)));
    }
    context.ui.hint("`dbx serve status` says how it does, `dbx serve logs -f` follows its log, `dbx serve stop` ends it");
    Ok(())
}

/// Where a daemon listens, as one would open it.
pub(super) fn place_of(daemon: &Daemon) -> String {
    match &daemon.address {
        Some(address) if daemon.tls => format!("https://{address}"),
        Some(address) => format!("http://{address}"),
        None => visible(&daemon.socket),
    }
}
