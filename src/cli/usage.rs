//! What is wrong with a command line, in the words and with the exit code of every other error.

use super::Cli;
use super::failure::Failure;
use super::output::{Options, Terminal, Ui};
use crate::error::{Error, Kind};
use crate::workspace::Env;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use std::ffi::OsString;

/// Why a command line is not run.
#[derive(Debug)]
pub(super) enum Stop {
    /// Help or the version was asked for.
    Text(String),
    /// It makes no sense to clap, which says so at length.
    Usage { text: String, error: Error },
    /// It makes no sense.
    Error(Error),
}

impl Stop {
    pub(super) fn show(self, mut ui: Ui) -> u8 {
        match self {
            Self::Text(text) => {
                let outcome = ui.raw(text.as_bytes()).map(|()| super::failure::Exit::Ok);
                ui.finish(outcome)
            }
            Self::Usage { text, error } if !ui.json() => {
                ui.complain(&text);
                error.kind().exit_code()
            }
            Self::Usage { error, .. } | Self::Error(error) => ui.report(&Failure::Error(error)),
        }
    }
}

/// An error about usage.
pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "dbx::cli::usage", message)
}

/// Arguments that are no text are named before anything looks at them.
pub(super) fn check(args: &[OsString]) -> Result<(), Stop> {
    for (number, arg) in args.iter().enumerate().skip(1) {
        let wrong = match arg.to_str() {
            None => "is not UTF-8",
            Some(text) if text.contains('\0') => "holds a NUL byte",
            Some(_) => continue,
        };
        let shown: String = arg.to_string_lossy().replace('\0', "\\0").chars().take(48).collect();
        let message = format!("argument {number} {wrong}: `{shown}`");
        let code = "dbx::cli::encoding";
        return Err(Stop::Error(
            Error::new(Kind::Invalid, code, message).help("pass text that is valid UTF-8"),
        ));
    }
    Ok(())
}

/// Understands the command line.
pub(super) fn parse(args: &[OsString], options: Options, env: &Env) -> Result<Cli, Stop> {
    let terminal = Terminal::detect(options.color, env);
    let color = |on| if on { clap::ColorChoice::Always } else { clap::ColorChoice::Never };
    let stop = |error: clap::Error| {
        let text = |on: bool| {
            let styled = error.render();
            if on { styled.ansi().to_string() } else { styled.to_string() }
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Stop::Text(text(terminal.color_stdout))
            }
            _ => Stop::Usage { text: text(terminal.color_stderr), error: plain(&error) },
        }
    };
    let command = Cli::command().color(color(terminal.color_stdout || terminal.color_stderr));
    let matches = command.try_get_matches_from(args).map_err(stop)?;
    Cli::from_arg_matches(&matches).map_err(stop)
}

/// clap's error as one of ours: its first paragraph is the message, its tips are the help.
fn plain(error: &clap::Error) -> Error {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return self::error("a command is missing").help("`dbx --help` lists the commands");
    }
    let text = error.render().to_string();
    let body = text.strip_prefix("error: ").unwrap_or(&text);
    let paragraph = body.split("\n\n").next().unwrap_or_default();
    let message = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tips: Vec<&str> =
        body.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let help = if tips.is_empty() { "try `--help`".to_owned() } else { tips.join("; ") };
    self::error(message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(args: &[&str]) -> Error {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        match parse(&args, Options::default(), &Env::default()) {
            Err(Stop::Usage { error, .. }) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn usage_errors_suggest_what_was_meant() {
        let error = problem(&["dbx", "statsu"]);
        assert_eq!(error.kind().exit_code(), 2);
        assert_eq!(error.message(), "unrecognized subcommand 'statsu'");
        assert_eq!(error.help_text(), Some("some similar subcommands exist: 'stage', 'status'"));
        let error = problem(&["dbx", "aggregate", "get", "order", "o-1", "--vresion", "3"]);
        assert!(error.help_text().is_some_and(|help| help.contains("--version")), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn arguments_that_are_no_text_are_named() {
        use std::os::unix::ffi::OsStringExt as _;
        let check =
            |arg: &[u8]| check(&["dbx".into(), "log".into(), OsString::from_vec(arg.to_vec())]);
        assert!(check(b"order").is_ok());
        for (arg, expected) in [
            (&b"a\xffb"[..], "argument 2 is not UTF-8: `a\u{fffd}b`"),
            (&b"a\0b"[..], "argument 2 holds a NUL byte: `a\\0b`"),
        ] {
            let Err(Stop::Error(error)) = check(arg) else { panic!("{arg:?}") };
            assert_eq!(error.message(), expected);
            assert_eq!(error.kind().exit_code(), 2);
        }
    }
}
