//! Answers of calls that write.

use super::etag;
use super::reply::Refused;
use crate::error::{Error, Kind};
use crate::service::REPLAYED_HEADER;
use crate::wire::{CommitAnswer, CommitReceipt};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The commit that was made: 201 with its place, or 200 after a dry run. `one` says that it is about one aggregate, whose
/// `ETag` is then told.
pub(super) fn commit(receipt: CommitReceipt, one: bool) -> Result<Response, Refused> {
    let place = format!("/v1/commits/{}", receipt.commit);
    let version = receipt.events.first().filter(|_| one).map(|event| event.version);
    let (replayed, dry_run) = (receipt.replayed, receipt.dry_run);
    let headers = headers(&place, version, (replayed, dry_run))?;
    Ok((status(dry_run), headers, Json(CommitAnswer::from(receipt))).into_response())
}

/// The event that was made.
pub(super) fn event(receipt: CommitReceipt) -> Result<Response, Refused> {
    let (replayed, dry_run) = (receipt.replayed, receipt.dry_run);
    let Some(event) = receipt.events.into_iter().next() else {
        let message = "the commit of an event has none";
        return Err(Error::new(Kind::Internal, "dbx::serve::no_event", message).into());
    };
    let place = format!("/v1/events/{}", event.position);
    let headers = headers(&place, Some(event.version), (replayed, dry_run))?;
    Ok((status(dry_run), headers, Json(event)).into_response())
}

/// Something else that was made and has a place.
pub(super) fn created(place: &str, document: &impl Serialize) -> Result<Response, Refused> {
    let headers = headers(place, None, (false, false))?;
    Ok((StatusCode::CREATED, headers, Json(document)).into_response())
}

fn status(dry_run: bool) -> StatusCode {
    if dry_run { StatusCode::OK } else { StatusCode::CREATED }
}

/// What was only tried has no place, and its aggregate is as it was.
fn headers(
    place: &str,
    version: Option<u64>,
    (replayed, dry_run): (bool, bool),
) -> Result<HeaderMap, Refused> {
    let value = |text: String| {
        HeaderValue::try_from(text)
            .map_err(|error| Error::new(Kind::Internal, "dbx::serve::header", error.to_string()))
    };
    let mut headers = HeaderMap::new();
    if !dry_run {
        headers.insert(header::LOCATION, value(place.to_owned())?);
        if let Some(tag) = version.and_then(etag::of) {
            headers.insert(header::ETAG, tag);
        }
    }
    if replayed {
        headers.insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    }
    Ok(headers)
}
