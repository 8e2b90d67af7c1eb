//! What is done to an aggregate as a whole: archiving, restoring, erasing.

use crate::error::Result;
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::condition::Condition;
use crate::server::pointing::{Place, Pointing};
use crate::server::reply::{Body, Path, Refused};
use crate::server::retry::RetryKey;
use crate::server::written;
use crate::service::{Caller, Local};
use crate::wire::{ArchiveParams, ArchiveRequest, CommitAnswer, CommitReceipt, Operation, Problem};
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(archive)).routes(routes!(restore)).routes(routes!(erase))
}

/// What all three take.
struct Wanted {
    caller: Caller,
    pointing: Pointing,
    request: ArchiveRequest,
    /// The version that the body expects, and not the head.
    said: Option<u64>,
}

impl FromRequest<Arc<App>> for Wanted {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let Asker(caller) = Asker::from_request_parts(&mut parts, app).await?;
        let Path((aggregate_type, id)) =
            Path::<(String, String)>::from_request_parts(&mut parts, app).await?;
        let key = RetryKey::from_request_parts(&mut parts, app).await?;
        let condition = Condition::from_request_parts(&mut parts, app).await?;
        let pointing = Pointing::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let Body(mut params) = Body::<ArchiveParams>::from_request(request, app).await?;
        key.into_body(&mut params.idempotency_key)?;
        let said = params.expected_version;
        condition.of_present(&mut params.expected_version)?;
        Ok(Self { caller, pointing, request: params.request(aggregate_type, id), said })
    }
}

impl Wanted {
    async fn done(
        self,
        app: &App,
        work: impl FnOnce(&Local, &Caller, &ArchiveRequest) -> Result<CommitReceipt> + Send + 'static,
    ) -> Result<Response, Refused> {
        let Self { caller, pointing, request, said } = self;
        let receipt = app.call(move |local| {
            work(local, &caller, &request).map_err(|error| {
                // Of the operation only what the body says: the rest is in the path.
                let said = Operation { expected_version: said, ..Operation::default() };
                pointing.at(error, Place::Path, &[said])
            })
        });
        written::commit(receipt.await?, true)
    }
}

/// Archives an aggregate.
///
/// It takes no events until it is restored, and lists leave it out. What refers to it keeps it from being archived, or lets
/// go of it in the same commit, as the schema says.
#[utoipa::path(post, path = "/v1/aggregates/{type}/{id}/archive", operation_id = "archive_aggregate", tag = "aggregates", request_body = ArchiveParams,
    params(
        ("type" = String, Path, description = "The type."), ("id" = String, Path, description = "The id."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the commit."),
        ("If-Match" = Option<String>, Header, description = "The ETag that the aggregate must have, or `*`."),
    ),
    responses(
        (status = 201, description = "The commit: the event of the aggregate first.", body = CommitAnswer, headers(
            ("ETag" = String, description = "The aggregate's, after the event."),
            ("Location" = String, description = "The commit."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: what would have been written.", body = CommitAnswer),
        (status = 412, description = "The aggregate is at another version.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "The aggregate's, as it is; absent where there is none."),
        )),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn archive(State(app): State<Arc<App>>, wanted: Wanted) -> Result<Response, Refused> {
    wanted.done(&app, Local::archive).await
}

/// Makes an archived aggregate active again. References that were let go of stay so.
#[utoipa::path(post, path = "/v1/aggregates/{type}/{id}/restore", operation_id = "restore_aggregate", tag = "aggregates", request_body = ArchiveParams,
    params(
        ("type" = String, Path, description = "The type."), ("id" = String, Path, description = "The id."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the commit."),
        ("If-Match" = Option<String>, Header, description = "The ETag that the aggregate must have, or `*`."),
    ),
    responses(
        (status = 201, description = "The commit.", body = CommitAnswer, headers(
            ("ETag" = String, description = "The aggregate's, after the event."),
            ("Location" = String, description = "The commit."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: what would have been written.", body = CommitAnswer),
        (status = 412, description = "The aggregate is at another version.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "The aggregate's, as it is; absent where there is none."),
        )),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn restore(State(app): State<Arc<App>>, wanted: Wanted) -> Result<Response, Refused> {
    wanted.done(&app, Local::restore).await
}

/// Destroys the contents of an aggregate, for good.
///
/// Its events stay with their hashes, and nothing of what they held can be read again. Answered when nothing is left in the
/// store; only in a workspace that is encrypted, and only with a token that may do everything.
#[utoipa::path(post, path = "/v1/aggregates/{type}/{id}/erase", operation_id = "erase_aggregate", tag = "aggregates", request_body = ArchiveParams,
    params(
        ("type" = String, Path, description = "The type."), ("id" = String, Path, description = "The id."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the commit."),
        ("If-Match" = Option<String>, Header, description = "The ETag that the aggregate must have, or `*`."),
    ),
    responses(
        (status = 201, description = "The commit.", body = CommitAnswer, headers(
            ("ETag" = String, description = "The aggregate's, after the event."),
            ("Location" = String, description = "The commit."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: what would have been written.", body = CommitAnswer),
        (status = 412, description = "The aggregate is at another version.", body = Problem,
            content_type = "application/problem+json", headers(
            ("ETag" = Option<String>, description = "The aggregate's, as it is; absent where there is none."),
        )),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn erase(State(app): State<Arc<App>>, wanted: Wanted) -> Result<Response, Refused> {
    wanted.done(&app, Local::erase).await
}
