//! What stands at the ends of the three streams.

use crate::workspace::Env;
use std::io::{self, IsTerminal as _};

/// When to paint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Also into a file or a pipe
    Always,
    /// Never
    Never,
}

/// What stands at the ends of the three streams.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "six independent facts about three streams")]
pub(crate) struct Terminal {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    pub(crate) color_stdout: bool,
    pub(crate) color_stderr: bool,
    pub(crate) unicode: bool,
    /// The columns of standard output; `None` where nothing may be cut.
    pub(crate) width: Option<usize>,
    columns: Option<usize>,
}

/// The longest line of prose, and what is assumed where nobody says how wide the page is.
const PROSE_WIDTH: usize = 100;

impl Terminal {
    /// Looks at the process's streams and the environment.
    pub(crate) fn detect(choice: ColorChoice, env: &Env) -> Self {
        let streams =
            (io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
        Self::of(choice, env, streams, window_columns())
    }

    fn of(
        choice: ColorChoice,
        env: &Env,
        (stdin, stdout, stderr): (bool, bool, bool),
        window: Option<usize>,
    ) -> Self {
        let set = env.get("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|c| *c > 0);
        let columns = set.or(window);
        Self {
            stdin,
            stdout,
            stderr,
            color_stdout: color(choice, env, stdout),
            color_stderr: color(choice, env, stderr),
            unicode: env.get("TERM").as_deref() != Some("linux") && speaks_utf8(env),
            width: if stdout { columns } else { None },
            columns,
        }
    }

    /// How wide errors and explanations are set.
    pub(crate) fn prose_width(&self) -> usize {
        self.columns.unwrap_or(PROSE_WIDTH).clamp(40, PROSE_WIDTH)
    }

    pub(super) fn stdout_choice(&self) -> anstream::ColorChoice {
        stream_choice(self.color_stdout)
    }

    pub(super) fn stderr_choice(&self) -> anstream::ColorChoice {
        stream_choice(self.color_stderr)
    }
}

fn stream_choice(color: bool) -> anstream::ColorChoice {
    if color { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never }
}

/// `NO_COLOR` (no-color.org), then `CLICOLOR_FORCE` and `CLICOLOR` (bixense.com/clicolors), then the terminal.
fn color(choice: ColorChoice, env: &Env, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => return true,
        ColorChoice::Never => return false,
        ColorChoice::Auto => {}
    }
    if env.get("NO_COLOR").is_some() {
        return false;
    }
    if env.get("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    terminal
        && env.get("CLICOLOR").as_deref() != Some("0")
        && env.get("TERM").as_deref() != Some("dumb")
}

/// Whether the locale is one of UTF-8. Where none is named nobody knows: that is so in most containers, whose terminals do.
fn speaks_utf8(env: &Env) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.get(name));
    named.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(unix)]
fn window_columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout())
        .or_else(|_| rustix::termios::tcgetwinsize(io::stderr()))
        .ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn window_columns() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::fixed("/", variables.iter().map(|(name, value)| (*name, *value)))
    }

    #[test]
    fn color_follows_the_flag_then_the_environment_then_the_terminal() {
        let auto = |variables: &[(&str, &str)], terminal| {
            color(ColorChoice::Auto, &env(variables), terminal)
        };
        assert!(auto(&[], true));
        assert!(!auto(&[], false));
        assert!(!auto(&[("NO_COLOR", "1")], true));
        assert!(auto(&[("NO_COLOR", "")], true), "an empty NO_COLOR is none");
        assert!(!auto(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(auto(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!auto(&[("CLICOLOR", "0")], true));
        assert!(!auto(&[("TERM", "dumb")], true));
        assert!(color(ColorChoice::Always, &env(&[("NO_COLOR", "1")]), false));
        assert!(!color(ColorChoice::Never, &env(&[("CLICOLOR_FORCE", "1")]), true));
    }

    #[test]
    fn a_locale_without_utf8_gets_ascii() {
        let unicode = |variables: &[(&str, &str)]| {
            Terminal::of(ColorChoice::Auto, &env(variables), (true, true, true), None).unicode
        };
        assert!(
            unicode(&[]) && unicode(&[("LANG", "de_CH.UTF-8")]) && unicode(&[("LANG", "C.utf8")])
        );
        assert!(!unicode(&[("LANG", "C")]) && !unicode(&[("LANG", "de_CH.ISO-8859-1")]));
        assert!(!unicode(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")]));
        assert!(!unicode(&[("TERM", "linux")]));
    }

    #[test]
    fn a_pipe_is_never_cut() {
        let columns = env(&[("COLUMNS", "90")]);
        let piped = Terminal::of(ColorChoice::Auto, &columns, (true, false, true), Some(120));
        assert_eq!((piped.width, piped.prose_width()), (None, 90));
        let shown = Terminal::of(ColorChoice::Auto, &columns, (true, true, true), Some(120));
        assert_eq!(shown.width, Some(90));
        let wide = Terminal::of(ColorChoice::Auto, &env(&[]), (true, true, true), Some(200));
        assert_eq!((wide.width, wide.prose_width()), (Some(200), 100));
    }
}
