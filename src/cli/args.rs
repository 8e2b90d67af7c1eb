//! Flags that several commands share.

use super::output::{ColorChoice, Options};
use crate::error::Error;
use crate::service::Restrict;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Global {
    /// Run as if started in DIR
    // The name is one that no command's own argument has: a global one would take its value from there.
    #[arg(id = "global_directory", short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Print JSON: one document, or one record per line for streams
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours: `auto`, `always` or `never`
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: ColorChoice,
    /// Print data and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print whole hashes and other details
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Never page the output
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
    /// Act with this token, or with the one in the file `@FILE`, which others cannot see in a list of processes; else
    /// with that of `DBX_TOKEN` or `EVENTDBX_TOKEN`, else as the user of the files
    #[arg(long, value_name = "TOKEN", global = true)]
    pub(crate) token: Option<Secret>,
    /// Also show what the schema hides
    #[arg(long, global = true)]
    pub(crate) hidden: bool,
}

/// A text that nothing prints.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Global {
    pub(crate) fn options(&self) -> Options {
        Options {
            json: self.json,
            color: self.color,
            quiet: self.quiet,
            verbose: self.verbose,
            no_pager: self.no_pager,
        }
    }
}

impl Options {
    /// How a run speaks that has not been understood yet: errors about usage follow `--json` and `--color` too.
    pub(crate) fn glimpse(args: &[OsString]) -> Self {
        let mut options = Self::default();
        let mut args = args.iter().map(|arg| arg.to_string_lossy()).skip(1);
        while let Some(arg) = args.next() {
            let color = match arg.as_ref() {
                "--" => break,
                "--json" => {
                    options.json = true;
                    continue;
                }
                "--color" => args.next(),
                other => other.strip_prefix("--color=").map(|when| when.to_owned().into()),
            };
            match color.as_deref() {
                Some("always") => options.color = ColorChoice::Always,
                Some("never") => options.color = ColorChoice::Never,
                _ => {}
            }
        }
        options
    }
}

/// Flags of every command that writes.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteArgs {
    /// What may be written: `off` admits everything, `default` only what the schema admits where it declares the
    /// type, `strict` only declared types
    #[arg(long, value_name = "MODE", env = "DBX_RESTRICT", hide_env_values = true)]
    #[arg(default_value = "default", hide_possible_values = true)]
    pub(crate) restrict: RestrictArg,
}

/// How strictly the schema is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RestrictArg {
    /// The schema is not applied
    Off,
    /// The schema is applied to the types that it declares
    Default,
    /// Types that the schema does not declare are refused
    Strict,
}

impl From<RestrictArg> for Restrict {
    fn from(arg: RestrictArg) -> Self {
        match arg {
            RestrictArg::Off => Self::Off,
            RestrictArg::Default => Self::Default,
            RestrictArg::Strict => Self::Strict,
        }
    }
}

/// One aggregate, as `TYPE ID` or `TYPE/ID`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AggregateArg {
    /// The type; or type and id as `TYPE/ID`
    #[arg(value_name = "TYPE")]
    aggregate_type: String,
    /// The id
    #[arg(value_name = "ID")]
    id: Option<String>,
}

impl AggregateArg {
    /// The type and the id.
    pub(crate) fn key(&self) -> Result<(&str, &str), Error> {
        let parts = match &self.id {
            Some(id) => Some((self.aggregate_type.as_str(), id.as_str())),
            None => self.aggregate_type.split_once('/'),
        };
        let (aggregate_type, id) = parts.ok_or_else(|| {
            super::usage::error(format!("`{}` has no id", self.aggregate_type))
                .help("name the aggregate as `TYPE ID` or `TYPE/ID`")
        })?;
        crate::domain::AggregateKey::new(aggregate_type, id)?;
        Ok((aggregate_type, id))
    }
}

/// How many things to print: a number or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// All of them.
    All,
    /// At most so many.
    Some(usize),
}

/// Reads a count: what the standard library says about digits is no sentence.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a whole number is expected".to_owned())
}

/// Reads how many rows are wanted: a page of none never comes to an end.
pub(crate) fn rows(text: &str) -> Result<usize, String> {
    count(text).and_then(|rows| if rows > 0 { Ok(rows) } else { Err(NO_ROWS.to_owned()) })
}

/// As [`rows`], or `all` of them.
pub(crate) fn rows_or_all(text: &str) -> Result<Take, String> {
    match text.parse()? {
        Take::Some(0) => Err(NO_ROWS.to_owned()),
        take => Ok(take),
    }
}

const NO_ROWS: &str = "at least 1 is expected";

/// Reads a number of 64 bits.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a whole number is expected".to_owned())
}

impl std::str::FromStr for Take {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            _ => {
                text.parse().map(Self::Some).map_err(|_| "a number or `all` is expected".to_owned())
            }
        }
    }
}

impl Take {
    /// The most that may be taken; `None` for all.
    pub(crate) fn limit(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Some(count) => Some(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glimpse_finds_the_flags_that_errors_follow() {
        let glimpse =
            |args: &[&str]| Options::glimpse(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(glimpse(&["dbx", "nonsense", "--json"]).json);
        assert!(!glimpse(&["dbx", "--", "--json"]).json);
        assert!(!glimpse(&["--json"]).json, "the first is the name of the program");
        assert_eq!(glimpse(&["dbx", "--color", "never"]).color, ColorChoice::Never);
        assert_eq!(glimpse(&["dbx", "--color=always"]).color, ColorChoice::Always);
    }

    #[test]
    fn an_aggregate_in_two_words_or_one() {
        let arg = |aggregate_type: &str, id: Option<&str>| AggregateArg {
            aggregate_type: aggregate_type.into(),
            id: id.map(str::to_owned),
        };
        assert_eq!(arg("order", Some("o-1")).key(), Ok(("order", "o-1")));
        assert_eq!(arg("order/o-1", None).key(), Ok(("order", "o-1")));
        assert_eq!(arg("order", None).key().unwrap_err().kind().exit_code(), 2);
        assert!(arg("order", Some("../x")).key().is_err());
    }
}
