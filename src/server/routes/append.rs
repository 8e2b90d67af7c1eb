//! Appending one event.

use super::OPERATIONS_BYTES_MAX;
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::body::BodySize;
use crate::server::condition::Condition;
use crate::server::pointing::{Place, Pointing};
use crate::server::reply::{Body, Refused};
use crate::server::retry::RetryKey;
use crate::server::written;
use crate::wire::{EventRecord, EventRequest, Problem};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(append)).layer(DefaultBodyLimit::max(OPERATIONS_BYTES_MAX))
}

/// Appends one event.
///
/// With `If-Match: "v48"` the aggregate must be at that version, with `If-Match: *` it must be there, with
/// `If-None-Match: *` it must not; without either, both is fine. A call that is repeated with the same `Idempotency-Key` is
/// answered as the first time and appends nothing.
#[utoipa::path(post, path = "/v1/events", operation_id = "append_event", tag = "events", request_body = EventRequest,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the event."),
        ("If-Match" = Option<String>, Header, description = "The ETag that the aggregate must have, or `*`."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: there must be no such aggregate."),
    ),
    responses(
        (status = 201, description = "The event, as it is in the log.", body = EventRecord, headers(
            ("ETag" = String, description = "The aggregate's, after the event."),
            ("Location" = String, description = "The event."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: the event as it would have been.", body = EventRecord),
        (status = 409, description = "It is there already, is archived, or a test of the patch fails.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "The aggregate's, as it is, where one was not expected."),
        )),
        (status = 412, description = "The aggregate is at another version.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "The aggregate's, as it is; absent where there is none."),
        )),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn append(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    key: RetryKey,
    condition: Condition,
    pointing: Pointing,
    size: BodySize,
    Body(mut request): Body<EventRequest>,
) -> Result<Response, Refused> {
    key.into_body(&mut request.idempotency_key)?;
    let (mut exists, in_head) = (None, request.expected_version.is_none());
    condition.into_body(&mut request.expected_version, &mut exists)?;
    let mut request = request.commit();
    for operation in &mut request.operations {
        operation.exists = exists;
    }
    let receipt = app.commit(caller, request, size, move |error, request| {
        let mut said = request.operations;
        for operation in said.iter_mut().filter(|_| in_head) {
            operation.expected_version = None;
        }
        pointing.at(error, Place::Alone(""), &said)
    });
    written::event(receipt.await?)
}
