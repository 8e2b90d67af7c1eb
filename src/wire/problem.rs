//! Errors as JSON: problem details (RFC 9457), the same on the command line and over HTTP.

use crate::error::{Detail, Error, Kind, learned};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URN of the code.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// What happened.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what was kept, for people.
    pub detail: String,
    /// The stable code, such as `dbx::store::locked`.
    pub code: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The single things that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemDetail>,
}

/// The code of a [`ProblemDetail`] whose pointer names a parameter of the call: a part of its path, or of what stands
/// behind the `?`.
pub const PARAMETER: &str = "parameter";

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetail {
    /// A JSON pointer into the input.
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let detail = match error.kept_text() {
            Some(kept) => format!("{}; {kept}", error.message()),
            None => error.message().to_owned(),
        };
        Self {
            problem_type: format!("urn:{}", error.code().replace("::", ":")),
            title: error.message().to_owned(),
            status: error.kind().http_status(),
            detail,
            code: error.code().to_owned(),
            hint: error.help_text().map(str::to_owned),
            errors: error.detail_list().iter().map(ProblemDetail::from).collect(),
        }
    }
}

impl From<&Detail> for ProblemDetail {
    fn from(detail: &Detail) -> Self {
        Self {
            pointer: detail.pointer.clone(),
            code: detail.code.clone(),
            message: detail.message.clone(),
        }
    }
}

/// An error as it travels from the process that has the store to a command: with what the problem itself leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// The error.
    pub problem: Problem,
    /// The exit code that a command ends with; together with the status it names the kind of error.
    pub exit_code: u8,
    /// Which operation of a commit is at fault, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<usize>,
    /// At which version the aggregate is, where it was expected at another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            problem: Problem::from(error),
            exit_code: error.kind().exit_code(),
            operation: error.operation_index(),
            version: error.version(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let Failure { problem, exit_code, operation, version } = failure;
        let kind = Kind::of(problem.status, exit_code).unwrap_or(Kind::Internal);
        let kept = problem.detail.strip_prefix(&problem.title);
        let kept = kept.and_then(|kept| kept.strip_prefix("; ")).map(str::to_owned);
        let detail = |one: ProblemDetail| Detail {
            pointer: one.pointer,
            code: one.code,
            message: one.message,
        };
        let mut error = Self::new(kind, learned(&problem.code), problem.title)
            .details(problem.errors.into_iter().map(detail).collect());
        if let Some(kept) = kept {
            error = error.kept(kept);
        }
        if let Some(help) = problem.hint {
            error = error.help(help);
        }
        if let Some(version) = version {
            error = error.at_version(version);
        }
        match operation {
            Some(index) => error.operation(index),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_back_as_it_went() {
        let detail =
            Detail { pointer: "/a".into(), code: "range".into(), message: "too large".into() };
        let bare = Error::new(Kind::Corrupt, "dbx::store::corrupt", "the log is damaged");
        let full = Error::new(Kind::Version, "dbx::write::version", "it is at 3; not at 2")
            .kept("nothing was written; all is there")
            .help("read it again")
            .details(vec![detail])
            .operation(4)
            .at_version(3);
        for error in [bare, full] {
            let text = serde_json::to_string(&Failure::from(&error)).unwrap();
            let back: Failure = serde_json::from_str(&text).unwrap();
            assert_eq!(Error::from(back), error);
        }
    }
}
