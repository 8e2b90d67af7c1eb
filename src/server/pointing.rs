//! Where in the body of a request an error is.
//!
//! The service points into operations, as it knows no bodies: `/payload/total` of the only one, `/operations/3/note` of
//! several. Commands over the socket get that as it is, for they show what the service said; everybody else gets pointers
//! into the JSON that they sent, and always at least one.

use super::app::App;
use super::reply::Refused;
use crate::domain::json::{Json, Pointer};
use crate::domain::{AggregateId, AggregateType};
use crate::error::{Detail, Error, Kind, Result};
use crate::service::CLIENT_HEADER;
use crate::wire::Operation;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;

/// Whether errors are to point into the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointing(bool);

impl FromRequestParts<Arc<App>> for Pointing {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Refused> {
        Ok(Self(!parts.headers.contains_key(CLIENT_HEADER)))
    }
}

/// Where the operations of a body are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In its member `operations`.
    Listed,
    /// In this member; the body itself is the one operation where it is empty.
    Alone(&'static str),
    /// In the path, which names the aggregate; the body holds what else is said.
    Path,
}

impl Place {
    fn of(self, index: usize) -> String {
        match self {
            Self::Listed => format!("/operations/{index}"),
            Self::Alone(at) => at.to_owned(),
            Self::Path => String::new(),
        }
    }
}

impl Pointing {
    /// An error of a body that holds operations.
    pub(super) fn at(self, error: Error, place: Place, operations: &[Operation]) -> Error {
        if !self.0 || !is_about_input(&error) {
            return error;
        }
        let index = error.operation_index().unwrap_or_default();
        let mut details = Vec::new();
        for detail in error.detail_list() {
            let (index, within) = split(&detail.pointer).unwrap_or((index, &detail.pointer));
            let within = in_patch(operations.get(index), within);
            // A thing that is wrong with a commit as a whole points at the whole.
            let known = error.operation_index().is_some() || detail.pointer != within;
            let pointer = match operations.get(index) {
                Some(_) if known || !within.is_empty() => format!("{}{within}", place.of(index)),
                _ => detail.pointer.clone(),
            };
            details.push(Detail { pointer, ..detail.clone() });
        }
        if details.is_empty() {
            let pointer = match (of_body(error.code()), operations.get(index)) {
                (Some(pointer), _) => pointer.to_owned(),
                (None, Some(one)) if operations.len() == 1 || error.operation_index().is_some() => {
                    match (place, member(&error, one)) {
                        (Place::Path, "/aggregate_type" | "/aggregate_id" | "/event_type") => {
                            String::new()
                        }
                        (place, member) => format!("{}{member}", place.of(index)),
                    }
                }
                _ => String::new(),
            };
            details.push(single(&error, pointer));
        }
        error.details(details)
    }

    /// An error of a body that holds none.
    pub(super) fn body(self, error: Error) -> Error {
        let pointer = of_body(error.code()).unwrap_or_default();
        self.member(error, pointer)
    }

    /// An error of a member of the body.
    pub(super) fn member(self, error: Error, pointer: &str) -> Error {
        if !self.0 || !is_about_input(&error) || !error.detail_list().is_empty() {
            return error;
        }
        let detail = single(&error, pointer.to_owned());
        error.details(vec![detail])
    }
}

/// Whether another request might be answered otherwise.
fn is_about_input(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Negative
            | Kind::NotFound
            | Kind::Invalid
            | Kind::Forbidden
            | Kind::TooLarge
            | Kind::Violation
            | Kind::Conflict
            | Kind::Version
            | Kind::KeyReused
    )
}

/// The error again, as one detail: its code without the family, as codes of details are.
fn single(error: &Error, pointer: String) -> Detail {
    let code = error.code().rsplit("::").next().unwrap_or_default().to_owned();
    Detail { pointer, code, message: error.message().to_owned() }
}

/// The operation that a pointer names, and what it names there.
fn split(pointer: &str) -> Option<(usize, &str)> {
    let rest = pointer.strip_prefix("/operations/")?;
    let digits = rest.find('/').unwrap_or(rest.len());
    let (index, within) = rest.split_at(digits);
    Some((index.parse().ok()?, within))
}

/// What is wrong with the state behind a patch is the matter of the last step that reaches there.
fn in_patch(operation: Option<&Operation>, within: &str) -> String {
    let rest = within.strip_prefix("/payload");
    let (Some(rest), Some(patch)) = (rest, operation.and_then(|one| one.patch.as_ref())) else {
        return within.to_owned();
    };
    let (Json::Array(steps), Ok(wrong)) = (patch, rest.parse::<Pointer>()) else {
        return "/patch".to_owned();
    };
    let reaches = |step: &Json| {
        let Some(Json::String(at)) = step.get("path") else { return false };
        at.parse::<Pointer>().is_ok_and(|at| {
            at.segments().iter().zip(wrong.segments()).all(|(one, other)| one == other)
        })
    };
    match steps.iter().rposition(reaches) {
        Some(index) => format!("/patch/{index}"),
        None => "/patch".to_owned(),
    }
}

/// The member of the body itself that an error of this code is about.
fn of_body(code: &str) -> Option<&'static str> {
    Some(match code {
        "dbx::commit::empty" | "dbx::stage::nothing" | "dbx::limit::operations" => "/operations",
        "dbx::limit::message" => "/message",
        "dbx::stage::unknown" | "dbx::stage::id" => "/id",
        "dbx::stage::place" => "/to",
        "dbx::stage::idempotency_key"
        | "dbx::commit::idempotency_key"
        | "dbx::conflict::idempotency_key" => "/idempotency_key",
        "dbx::token::ttl" => "/ttl",
        _ => return None,
    })
}

/// The member of an operation that an error is about.
fn member(error: &Error, operation: &Operation) -> &'static str {
    match error.code() {
        "dbx::name::invalid" if AggregateType::new(&operation.aggregate_type).is_err() => {
            "/aggregate_type"
        }
        "dbx::name::invalid" if AggregateId::new(&operation.aggregate_id).is_err() => {
            "/aggregate_id"
        }
        "dbx::name::invalid" | "dbx::name::reserved" => "/event_type",
        "dbx::schema::undeclared" => "/aggregate_type",
        "dbx::conflict::version" if operation.expected_version.is_some() => "/expected_version",
        "dbx::commit::expectation" => "/expected_version",
        "dbx::conflict::exists"
        | "dbx::aggregate::unknown"
        | "dbx::aggregate::archived"
        | "dbx::aggregate::active"
        | "dbx::aggregate::erased" => "/aggregate_id",
        "dbx::payload::not_an_object" => "/payload",
        "dbx::limit::payload" if operation.patch.is_none() => "/payload",
        "dbx::limit::payload"
        | "dbx::commit::content"
        | "dbx::patch::invalid"
        | "dbx::patch::root"
        | "dbx::patch::test_failed" => "/patch",
        "dbx::note::invalid" => "/note",
        "dbx::limit::metadata" | "dbx::metadata::not_an_object" => "/metadata",
        _ => "",
    }
}
