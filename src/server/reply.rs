//! Answers: documents, and every error as problem details (RFC 9457).

use super::body::Fault;
pub(super) use super::query::Query;
pub(super) use super::telemetry::request::Told;
use crate::error::{Detail, Error, Kind};
use crate::service::{EXIT_HEADER, OPERATION_HEADER};
use crate::wire::Problem;
use axum::extract::path::ErrorKind as PathErrorKind;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

/// The media type of an error (RFC 9457).
pub(super) const PROBLEM: &str = "application/problem+json";

/// What a route gives back.
pub(super) type Answer<T> = Result<axum::Json<T>, Refused>;

/// A body of JSON, for which nothing but `application/json` will do: a page of a foreign site cannot send that unasked.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let axum::Json(Members(body)) = axum::Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// What is read from an object, by the names of its members. By itself serde takes an array as well, for which nobody
/// promised an order.
struct Members<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Members)
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}

/// The parts of the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Refused))]
pub(super) struct Path<T>(pub(super) T);

/// An error on its way out.
#[derive(Debug)]
pub(super) struct Refused {
    error: Error,
    /// The status, where it is another one than that of the kind.
    status: Option<StatusCode>,
}

impl Refused {
    /// An error of the protocol, whose status no kind has.
    pub(super) fn with_status(status: StatusCode, error: Error) -> Self {
        Self { error, status: Some(status) }
    }

    /// What is wrong.
    pub(super) fn error(&self) -> &Error {
        &self.error
    }
}

/// The answer in whose making a thread panicked: a fault of dbx.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    Refused::from(fault()).into_response()
}

/// What is said of a call that panicked.
pub(super) fn fault() -> Error {
    Error::new(Kind::Internal, "dbx::serve::panic", "the call ended by a fault of dbx")
        .kept("what was acknowledged is on disk")
        .help("the log of the daemon says where; please report it")
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLong(most) => {
                let message = format!(
                    "the body has more than {most} bytes, which is as many as are taken here"
                );
                Error::new(Kind::TooLarge, "dbx::request::body_too_long", message)
                    .kept("nothing was done")
                    .help("send it in parts; `POST /v1/import` takes any number of events")
                    .into()
            }
            Fault::TooSlow => {
                let message = "the body did not come in time";
                let error = Error::new(Kind::Unavailable, "dbx::request::timeout", message);
                Self::with_status(StatusCode::REQUEST_TIMEOUT, error.kept("nothing was done"))
            }
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error: super::query::located(error), status: None }
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        if let Some(fault) = Fault::of(&rejection) {
            return fault.into();
        }
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
            _ => Kind::Invalid,
        };
        // What is no JSON, and what is JSON of another shape, is both malformed: 422 is for what the schema refuses.
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            status => status,
        };
        let code = "dbx::request::body";
        let error = match place(&rejection) {
            Some(detail) => {
                let Detail { pointer, message, .. } = &detail;
                let said = match (detail.code.as_str(), pointer.as_str()) {
                    ("syntax", _) => format!("the body is not JSON: {message}"),
                    (_, "") => format!("the body is not what this call takes: {message}"),
                    _ => format!("`{pointer}` of the body is not what this call takes: {message}"),
                };
                Error::new(kind, code, said).details(vec![detail])
            }
            None => Error::new(kind, code, rejection.body_text()),
        };
        let error = error.kept("nothing was done").help("`/docs` shows what each call takes");
        Self::with_status(status, error)
    }
}

/// Where a body is not what it should be.
fn place(rejection: &JsonRejection) -> Option<Detail> {
    let mut cause = std::error::Error::source(rejection);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<serde_path_to_error::Error<serde_json::Error>>() {
            let code = if error.inner().is_data() { "shape" } else { "syntax" };
            let message = error.inner().to_string();
            let pointer = error.path().iter().filter_map(segment).collect();
            return Some(Detail { pointer, code: code.to_owned(), message });
        }
        cause = error.source();
    }
    None
}

fn segment(segment: &serde_path_to_error::Segment) -> Option<String> {
    use serde_path_to_error::Segment::{Enum, Map, Seq, Unknown};
    match segment {
        Seq { index } => Some(format!("/{index}")),
        Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Enum { .. } | Unknown => None,
    }
}

impl From<PathRejection> for Refused {
    fn from(rejection: PathRejection) -> Self {
        let error = |message: String| {
            Error::new(Kind::Invalid, "dbx::request::path", message).kept("nothing was done")
        };
        let PathRejection::FailedToDeserializePathParams(failed) = &rejection else {
            return error(rejection.body_text()).into();
        };
        match failed.kind() {
            PathErrorKind::InvalidUtf8InPathParam { key } => {
                let message = format!("`{key}` in the path is not UTF-8");
                super::query::at(error(message), key).into()
            }
            PathErrorKind::ParseErrorAtKey { key, .. }
            | PathErrorKind::DeserializeError { key, .. } => {
                super::query::at(error(format!("`{key}` in the path cannot be read")), key).into()
            }
            _ => error(rejection.body_text()).into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut problem = Problem::from(&self.error);
        let kind =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let status = self.status.unwrap_or(kind);
        problem.status = status.as_u16();
        let mut response = (status, axum::Json(problem)).into_response();
        let told = Told::default();
        told.is(self.error.code());
        response.extensions_mut().insert(told);
        let headers = response.headers_mut();
        let media = HeaderValue::from_static(PROBLEM);
        headers.insert(header::CONTENT_TYPE, media);
        headers.insert(EXIT_HEADER, u16::from(self.error.kind().exit_code()).into());
        if let Some(index) = self.error.operation_index() {
            headers.insert(OPERATION_HEADER, index.into());
        }
        // What the aggregate is now, for the next attempt.
        let version = self.error.version().filter(|version| *version > 0);
        if let Some(tag) = version.and_then(super::etag::of) {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
