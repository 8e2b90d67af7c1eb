use super::context::Context;
use super::failure::{Exit, Outcome};
use clap::Args;
use clap_complete::Shell;

/// Print the completion script of a shell
///
/// bash: `dbx completions bash > ~/.local/share/bash-completion/completions/dbx`,
/// zsh: `dbx completions zsh > "${fpath[1]}/_dbx"`,
/// fish: `dbx completions fish > ~/.config/fish/completions/dbx.fish`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(context: &mut Context, args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::tree(), "dbx", &mut script);
    context.ui.raw(&script)?;
    Ok(Exit::Ok)
}
