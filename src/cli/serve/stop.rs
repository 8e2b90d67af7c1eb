use super::end::{EndArgs, end};
use super::without_token;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::Meaning;
use clap::Args;
use serde::Serialize;

/// Stop the daemon
///
/// Returns when its process is gone and the store is free. What is under way is finished first, streams are ended. Where
/// none runs there is nothing to do, and that is no error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve stop
  dbx serve stop --timeout 60
  dbx serve stop --force")]
pub(crate) struct StopArgs {
    #[command(flatten)]
    end: EndArgs,
}

#[derive(Debug, Serialize)]
struct StopDocument {
    stopped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    killed: bool,
}

pub(super) fn run(context: &mut Context, args: &StopArgs) -> Outcome {
    let paths = context.paths()?;
    without_token(context)?;
    let ended = end(&paths, &args.end)?;
    if context.ui.json() {
        let (pid, killed) =
            (ended.as_ref().map(|it| it.pid), ended.as_ref().is_some_and(|it| it.killed));
        context.ui.document(&StopDocument { stopped: ended.is_some(), pid, killed })?;
        return Ok(Exit::Ok);
    }
    match ended {
        None => {
            context.ui.say("no daemon runs");
            super::say_dashboard(context, super::dashboard(&paths).as_ref());
        }
        Some(ended) => {
            let sign = context.ui.paint().paint(Meaning::Ok, "✓");
            let how = if ended.killed { "killed" } else { "stopped" };
            context.ui.line(format!("{sign} {how} process {}", ended.pid))?;
        }
    }
    Ok(Exit::Ok)
}
