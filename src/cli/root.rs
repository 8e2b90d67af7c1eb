use super::context::Context;
use super::failure::{Exit, Outcome};
use clap::Args;
use std::collections::BTreeMap;

/// Print the folder of the workspace
#[derive(Debug, Args)]
pub(crate) struct RootArgs {}

pub(super) fn run(context: &mut Context, _: &RootArgs) -> Outcome {
    let root = context.paths()?.root.to_string_lossy().into_owned();
    if context.ui.json() {
        context.ui.document(&BTreeMap::from([("workspace", root)]))?;
    } else {
        context.ui.line(root)?;
    }
    Ok(Exit::Ok)
}
