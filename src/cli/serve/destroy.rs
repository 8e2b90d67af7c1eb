use super::end::{EndArgs, end};
use super::without_token;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Meaning, visible};
use crate::cli::status::size;
use crate::service::{LOCK_WAIT, Local};
use clap::Args;
use serde::Serialize;
use std::path::Path;

/// Destroy what is stored
///
/// Stops the daemon and removes the store with every event in it, the log and the bootstrap token. What cannot be made
/// again stays: `schema.dbx`, the configuration, and the keys, without which backups of a sealed workspace open no more.
/// `dbx init` begins anew.
///
/// Asks for the name of the workspace's folder; without a terminal `--yes` has to be passed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx backup --output last.dbxb && dbx serve destroy
  dbx serve destroy --yes && dbx init")]
pub(crate) struct DestroyArgs {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

#[derive(Debug, Serialize)]
struct DestroyDocument {
    workspace: String,
    removed: Vec<String>,
    kept: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<u32>,
}

pub(super) fn run(context: &mut Context, args: &DestroyArgs) -> Outcome {
    let paths = context.paths()?;
    without_token(context)?;
    let options = context.options(paths.clone(), LOCK_WAIT)?;
    let root = visible(&paths.root.display().to_string());
    let shown = |path: &Path| visible(&paths.relative(path).display().to_string());
    let (doomed, bytes) = Local::to_destroy(&options);
    let names: Vec<String> = doomed.iter().map(|path| shown(path)).collect();
    let word = paths.root.file_name().map_or_else(|| "/".into(), |name| name.to_string_lossy());
    let question = format!(
        "this destroys every event of `{root}`: {}, {} in all",
        names.join(", "),
        size(bytes)
    );
    context.ui.confirm_by_name(&question, &visible(&word), args.yes)?;
    let ended = end(&paths, &EndArgs::patient())?;
    let removed = Local::destroy(&options)?;
    let kept = [&paths.schema_file, &paths.config, &paths.keys];
    let kept = kept.into_iter().filter(|path| path.exists()).map(|path| shown(path)).collect();
    let document = DestroyDocument {
        workspace: root,
        removed: removed.iter().map(|path| shown(path)).collect(),
        kept,
        stopped: ended.map(|ended| ended.pid),
    };
    if context.ui.json() {
        context.ui.document(&document)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    if let Some(pid) = document.stopped {
        context.ui.line(format!("{} stopped process {pid}", paint.paint(Meaning::Ok, "✓")))?;
    }
    for name in &document.removed {
        context.ui.line(format!("{} {name}", paint.paint(Meaning::Removed, "-")))?;
    }
    if document.removed.is_empty() {
        context.ui.say("there was nothing to destroy");
    }
    context.ui.say(format!("kept: {}", document.kept.join(", ")));
    context.ui.hint("`dbx init` begins anew");
    Ok(Exit::Ok)
}
