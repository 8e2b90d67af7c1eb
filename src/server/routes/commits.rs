//! Commits: writing them, and taking one back.

use super::OPERATIONS_BYTES_MAX;
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::body::BodySize;
use crate::server::pointing::{Place, Pointing};
use crate::server::query::number;
use crate::server::reply::{Answer, Body, Path, Refused};
use crate::server::retry::RetryKey;
use crate::server::written;
use crate::wire::{CommitAnswer, CommitRequest, Problem, RevertReport, RevertRequest};
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(commit))
        .layer(DefaultBodyLimit::max(OPERATIONS_BYTES_MAX))
        .routes(routes!(revert))
}

/// Makes operations on one aggregate or on many durable together, or none of them.
///
/// Each operation may expect a version of its aggregate. A call that is repeated with the same `Idempotency-Key` is answered
/// as the first time and writes nothing.
#[utoipa::path(post, path = "/v1/commits", operation_id = "commit", tag = "commits", request_body = CommitRequest,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the commit."),
    ),
    responses(
        (status = 201, description = "The commit and its events.", body = CommitAnswer, headers(
            ("Location" = String, description = "The commit."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: what would have been written.", body = CommitAnswer),
        (status = 409, description = "An aggregate is there already, is archived, or a test of a patch fails.",
            body = Problem, content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "That of the aggregate of the operation that `errors` points at."),
        )),
        (status = 412, description = "An aggregate is at another version.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "That of the aggregate of the operation that `errors` points at."),
        )),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn commit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    key: RetryKey,
    pointing: Pointing,
    size: BodySize,
    Body(mut request): Body<CommitRequest>,
) -> Result<Response, Refused> {
    key.into_body(&mut request.idempotency_key)?;
    let receipt = app.commit(caller, request, size, move |error, request| {
        pointing.at(error, Place::Listed, &request.operations)
    });
    written::commit(receipt.await?, false)
}

/// Stages what takes a commit back.
///
/// Nothing is taken out of the log: for each field that still is what the commit made it, an event is staged that gives it
/// its old value. Where that cannot be, the report says why and nothing is staged, unless `partial` asks for the rest.
#[utoipa::path(post, path = "/v1/commits/{commit}/revert", operation_id = "revert_commit", tag = "commits", request_body = RevertRequest,
    params(("commit" = String, Path, description = "Such as `c7`.")),
    responses(
        (status = 200, body = RevertReport),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn revert(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Path(commit): Path<String>,
    Body(request): Body<RevertRequest>,
) -> Answer<RevertReport> {
    let number = number("commit", "c", &commit)?;
    let how = (request.partial, request.dry_run);
    let report = app.call(move |local| {
        local.revert(&caller, number, how).map_err(|error| pointing.body(error))
    });
    Ok(Json(report.await?))
}
