//! Starts the dashboard, and that is all it does.

use super::args::WriteArgs;
use super::context::Context;
use super::failure::{Exit, Outcome};
use crate::error::{Error, Kind};
use crate::server::Beside;
use crate::service::{LOCK_WAIT, Restrict};
use crate::tui::{self, Options, Theme};
use crate::workspace::Paths;
use clap::{Args, ValueEnum};
use std::sync::Arc;

/// Look around in a dashboard
///
/// Types, aggregates and their states, as they are and as they change. `?` in it shows every key, `:` finds every command.
/// Works through a running daemon. Without one it has the store and serves it itself: other commands work meanwhile, and
/// what they do is seen at once. A daemon that is started gets the store from it.
#[derive(Debug, Args)]
pub(crate) struct TuiArgs {
    /// The colours: `dark`, `light`, `ansi` (the terminal's own) or `none`; found out if not given
    #[arg(long, value_name = "THEME", hide_possible_values = true)]
    theme: Option<ThemeArg>,
    /// Draw with ASCII alone, as where the locale is not one of UTF-8
    #[arg(long)]
    ascii: bool,
    /// No boxes and nothing that turns, for readers that speak the screen
    #[arg(long)]
    plain: bool,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    #[command(flatten)]
    write: WriteArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ThemeArg {
    Dark,
    Light,
    Ansi,
    None,
}

impl From<ThemeArg> for Theme {
    fn from(arg: ThemeArg) -> Self {
        match arg {
            ThemeArg::Dark => Self::Dark,
            ThemeArg::Light => Self::Light,
            ThemeArg::Ansi => Self::Ansi,
            ThemeArg::None => Self::None,
        }
    }
}

pub(super) fn run(context: &mut Context, args: &TuiArgs) -> Outcome {
    if !context.ui.has_screen() {
        let message = "the dashboard needs a terminal, and this is none";
        return Err(Error::new(Kind::Invalid, "dbx::tui::no_terminal", message)
            .help("`dbx status`, `dbx aggregate list` and `dbx log` say the same in lines, with `--json` for programs")
            .into());
    }
    let paths = context.paths()?;
    let caller = context.caller(&args.write);
    let options = Options {
        open: context.options(paths, LOCK_WAIT)?,
        serve: Arc::new(Beside::new(context.user(), caller.restrict)),
        caller,
        env: context.env.clone(),
        theme: args.theme.map(Into::into).or(colorless(context)),
        ascii: args.ascii,
        unicode: context.ui.unicode(),
        plain: args.plain,
        mouse: !args.no_mouse,
    };
    tui::run(options, |line| context.ui.alarm(line))?;
    Ok(Exit::Ok)
}

/// Opens the dashboard on a workspace that was made just now.
pub(super) fn look_around(context: &mut Context, paths: Paths) -> Outcome {
    let options = Options {
        open: context.options(paths, LOCK_WAIT)?,
        serve: Arc::new(Beside::new(context.user(), Restrict::Default)),
        caller: context.local(),
        env: context.env.clone(),
        theme: colorless(context),
        ascii: false,
        unicode: context.ui.unicode(),
        plain: false,
        mouse: true,
    };
    tui::run(options, |line| context.ui.alarm(line))?;
    Ok(Exit::Ok)
}

/// What is wrong with what the user set for it.
pub(super) fn wrong(paths: &Paths) -> Option<Error> {
    tui::check(paths).err()
}

/// No colours, where `--color never` says so.
fn colorless(context: &Context) -> Option<Theme> {
    (context.ui.color_choice() == Some(false)).then_some(Theme::None)
}
