//! How a command ends.

use super::output::Findings;
use crate::error::{Error, Kind};
use std::io;

/// What a command gives back.
pub(crate) type Outcome = Result<Exit, Failure>;

/// How a command that did its work ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Ok,
    /// The answer is no: findings, differences.
    No,
    /// Something else came first: a conflict.
    Conflict,
    /// Stored bytes are not what was written.
    Fault,
    /// Another process is in the way.
    Unavailable,
    /// The user said stop, which is how a command without an end of its own ends.
    Interrupted,
}

impl Exit {
    /// The exit code of the process.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::No => Kind::Negative.exit_code(),
            Self::Conflict => Kind::Conflict.exit_code(),
            Self::Fault => Kind::Corrupt.exit_code(),
            Self::Unavailable => Kind::Unavailable.exit_code(),
            Self::Interrupted => Kind::Interrupted.exit_code(),
        }
    }

    /// `Ok` when there is nothing to complain about, else `otherwise`.
    pub(crate) fn good_or(good: bool, otherwise: Self) -> Self {
        if good { Self::Ok } else { otherwise }
    }
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error.
    Error(Error),
    /// An error whose places in a source are known.
    Source(Error, Box<Findings>),
    /// Whoever read the output has enough: that is success.
    Closed,
}

impl Failure {
    /// The exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Error(error) | Self::Source(error, _) => error.kind().exit_code(),
            Self::Closed => 0,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        Self::Error(
            Error::new(
                Kind::Unavailable,
                "dbx::cli::io",
                format!("the output could not be written: {error}"),
            )
            .kept("what the command committed stays committed")
            .help("before you repeat a command that writes, look at `dbx log -n 1`"),
        )
    }
}

/// An error about a file that the user named.
pub(crate) fn file_error(path: &std::path::Path, error: &io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(Kind::Invalid, "dbx::cli::file", format!("there is no file `{shown}`"))
        }
        io::ErrorKind::InvalidData => {
            Error::new(Kind::Invalid, "dbx::cli::encoding", format!("`{shown}` is not UTF-8 text"))
                .help("save it as UTF-8")
        }
        io::ErrorKind::IsADirectory => {
            Error::new(Kind::Invalid, "dbx::cli::file", format!("`{shown}` is a folder"))
                .help("name a file")
        }
        io::ErrorKind::PermissionDenied => Error::new(
            Kind::Invalid,
            "dbx::cli::file",
            format!("`{shown}` may not be used: {error}"),
        )
        .help("check who owns it and who may read or write it"),
        _ => Error::new(
            Kind::Invalid,
            "dbx::cli::file",
            format!("`{shown}` could not be used: {error}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_success_and_another_error_is_not() {
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).code(), 0);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).code(), 4);
    }

    #[test]
    fn exits_are_those_of_the_table() {
        let exits =
            [Exit::Ok, Exit::No, Exit::Conflict, Exit::Fault, Exit::Unavailable, Exit::Interrupted];
        assert_eq!(exits.map(Exit::code), [0, 1, 3, 5, 4, 130]);
    }
}
