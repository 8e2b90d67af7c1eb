//! Errors as JSON: problem details (RFC 9457), the same on the command line and over HTTP.

use crate::error::{Detail, Error};
use serde::{Deserialize, Serialize};

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
