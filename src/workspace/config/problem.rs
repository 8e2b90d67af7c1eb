//! What can be wrong with a configuration, as data.

use super::key::Key;
use super::resolve::Origin;
use crate::error::{Detail, Error, Kind};
use crate::workspace::files::io_kind;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, and something in it has no effect.
    Warning,
}

/// One thing that is wrong with the file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code, such as `dbx::config::range`.
    pub code: &'static str,
    /// Where, in bytes of [`ConfigSource::text`].
    pub span: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// The file that spans point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSource {
    /// The path, for people.
    pub name: String,
    /// The contents.
    pub text: String,
}

impl ConfigSource {
    /// The line and column of the byte `offset`, both from 1; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file has errors. The problems hold its warnings too, in the order of the file.
    #[error("`{}` cannot be used", file.name)]
    File {
        /// The file.
        file: ConfigSource,
        /// What is wrong with it.
        problems: Vec<ConfigProblem>,
    },
    /// A flag, variable or argument has a value that its key does not take.
    #[error("`{value}` is no value for {given_by}: it takes {expects}")]
    Value {
        /// The key.
        key: Key,
        /// Where the value comes from.
        origin: Origin,
        /// The flag, variable or key as the user wrote it, in backticks.
        given_by: String,
        /// The value.
        value: String,
        /// What the key takes.
        expects: String,
    },
    /// There is no such key.
    #[error("there is no key `{name}` in the configuration")]
    UnknownKey {
        /// The name.
        name: String,
        /// The key that is the most like it.
        nearest: Option<&'static str>,
    },
    /// This version refuses the key.
    #[error("`{name}` cannot be set: {reason}")]
    Refused {
        /// The key or variable.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The file is not UTF-8.
    #[error("`{}` is not UTF-8 text (byte {offset})", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is not.
        offset: usize,
    },
    /// The file cannot be read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let message = error.to_string();
        match error {
            ConfigError::File { file, problems } => {
                Self::new(Kind::Invalid, "dbx::config::file", message)
                    .kept("the file was not changed")
                    .help("mend it, or see what each key takes with `dbx config --help`")
                    .details(problems.iter().map(|problem| detail(&file, problem)).collect())
            }
            ConfigError::Value { .. } => Self::new(Kind::Invalid, "dbx::config::value", message),
            ConfigError::UnknownKey { nearest, .. } => {
                let error = Self::new(Kind::Invalid, "dbx::config::unknown_key", message);
                match nearest {
                    Some(name) => error.help(format!("did you mean `{name}`?")),
                    None => error.help("`dbx config` prints every key"),
                }
            }
            ConfigError::Refused { .. } => {
                Self::new(Kind::Invalid, "dbx::config::refused", message)
                    .kept("nothing was changed")
            }
            ConfigError::NotText { .. } => {
                Self::new(Kind::Invalid, "dbx::config::not_text", message)
                    .kept("the file was not changed")
            }
            ConfigError::Io { source, .. } => {
                Self::new(io_kind(&source), "dbx::config::io", message)
                    .help("check who owns the file and whether the disk is full")
            }
        }
    }
}

/// The problem as a detail: the configuration is no JSON, so the place is in the words.
fn detail(source: &ConfigSource, problem: &ConfigProblem) -> Detail {
    let (line, column) = source.line_column(problem.span.start);
    let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    Detail {
        pointer: String::new(),
        code: problem.code.rsplit("::").next().unwrap_or_default().to_owned(),
        message: format!("line {line}, column {column}: {}{help}", problem.message),
    }
}
