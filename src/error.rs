//! What can go wrong, seen from outside: one table from kinds to exit codes and HTTP statuses.
//!
//! Every layer has error types of its own; the service turns them into [`Error`], which is all that a surface or an
//! embedding program sees. A message says what happened, `kept` what dbx kept safe, `help` what to type next.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The result of everything that the service does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong. The kind decides the exit code and the HTTP status, in this file only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The answer is no: findings, differences.
    Negative,
    /// There is no such thing.
    NotFound,
    /// Malformed or unusable input, wrong usage, wrong configuration.
    Invalid,
    /// No token or a bad one.
    Unauthenticated,
    /// The token does not allow this.
    Forbidden,
    /// Input beyond a limit.
    TooLarge,
    /// The schema refuses the input.
    Violation,
    /// It exists already, or another write is in the way.
    Conflict,
    /// The aggregate is not at the expected version.
    Version,
    /// The idempotency key was used for something else.
    KeyReused,
    /// Locked, unreachable, draining, out of space: try again.
    Unavailable,
    /// Stored bytes are not what was written.
    Corrupt,
    /// A fault of dbx.
    Internal,
    /// Stopped by the user.
    Interrupted,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Negative,
        Self::NotFound,
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::TooLarge,
        Self::Violation,
        Self::Conflict,
        Self::Version,
        Self::KeyReused,
        Self::Unavailable,
        Self::Corrupt,
        Self::Internal,
        Self::Interrupted,
    ];

    /// The kind that has this HTTP status and this exit code; the two together name it.
    pub fn of(http_status: u16, exit_code: u8) -> Option<Self> {
        let is = |kind: &Self| kind.http_status() == http_status && kind.exit_code() == exit_code;
        Self::ALL.into_iter().find(is)
    }

    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Negative | Self::NotFound => 1,
            Self::Invalid
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::TooLarge
            | Self::Violation => 2,
            Self::Conflict | Self::Version | Self::KeyReused => 3,
            Self::Unavailable => 4,
            Self::Corrupt => 5,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// The HTTP status (RFC 9110).
    pub fn http_status(self) -> u16 {
        match self {
            Self::Negative | Self::Conflict => 409,
            Self::NotFound => 404,
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::TooLarge => 413,
            Self::Violation | Self::KeyReused => 422,
            Self::Version => 412,
            Self::Unavailable | Self::Interrupted => 503,
            Self::Corrupt | Self::Internal => 500,
        }
    }
}

/// One thing that is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// A JSON pointer (RFC 6901) into the input; empty for the whole of it.
    pub pointer: String,
    /// A stable code, such as `range`.
    pub code: String,
    /// What is wrong, without a full stop.
    pub message: String,
}

/// An error with everything that a person or a program needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: Kind,
    code: &'static str,
    message: String,
    kept: Option<String>,
    help: Option<String>,
    details: Vec<Detail>,
    operation: Option<usize>,
    version: Option<u64>,
}

impl Error {
    /// An error of `kind` with the stable code `code` (`dbx::store::locked`) and a message in lower case, without a
    /// full stop.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code,
            message: message.into(),
            kept: None,
            help: None,
            details: Vec::new(),
            operation: None,
            version: None,
        }))
    }

    /// Says what dbx kept safe.
    #[must_use]
    pub fn kept(mut self, kept: impl Into<String>) -> Self {
        self.0.kept = Some(kept.into());
        self
    }

    /// Says what to do or type next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds the single things that are wrong.
    #[must_use]
    pub fn details(mut self, details: Vec<Detail>) -> Self {
        self.0.details = details;
        self
    }

    /// Says which operation of a commit is at fault, from 0.
    #[must_use]
    pub fn operation(mut self, index: usize) -> Self {
        self.0.operation = Some(index);
        self
    }

    /// Says at which version the aggregate is that the input expected elsewhere.
    #[must_use]
    pub fn at_version(mut self, version: u64) -> Self {
        self.0.version = Some(version);
        self
    }

    /// Puts words before the message, as `line 7: `.
    #[must_use]
    pub fn context(mut self, before: impl fmt::Display) -> Self {
        self.0.message = format!("{before}: {}", self.0.message);
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code, such as `dbx::store::locked`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What dbx kept safe.
    pub fn kept_text(&self) -> Option<&str> {
        self.0.kept.as_deref()
    }

    /// What to do or type next.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Which operation of a commit is at fault, from 0.
    pub fn operation_index(&self) -> Option<usize> {
        self.0.operation
    }

    /// At which version the aggregate is, where it was expected at another one.
    pub fn version(&self) -> Option<u64> {
        self.0.version
    }

    /// The single things that are wrong; empty for most errors.
    pub fn detail_list(&self) -> &[Detail] {
        &self.0.details
    }
}

/// The most codes that are learned from other processes. dbx has fewer of its own.
const CODES_MAX: usize = 4096;

/// A code that came from another process, kept for as long as this one lives: there are as many of them as dbx has.
pub(crate) fn learned(code: &str) -> &'static str {
    static CODES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    match codes.get(code) {
        Some(known) => known,
        None if codes.len() >= CODES_MAX => "dbx::unknown",
        None => {
            let code: &'static str = Box::leak(code.into());
            codes.insert(code);
            code
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<crate::domain::IdError> for Error {
    fn from(error: crate::domain::IdError) -> Self {
        let code = match error {
            crate::domain::IdError::Reserved(_) => "dbx::name::reserved",
            _ => "dbx::name::invalid",
        };
        Self::new(Kind::Invalid, code, error.to_string()).kept("nothing was written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_exit_code_name_a_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.http_status(), kind.exit_code()), Some(kind));
        }
        assert_eq!(Kind::of(200, 0), None);
    }

    #[test]
    fn a_learned_code_is_kept_once() {
        let (one, other) = (learned("dbx::test::code"), learned(&["dbx::", "test::code"].concat()));
        assert_eq!(one, "dbx::test::code");
        assert!(std::ptr::eq(one, other));
    }
}
