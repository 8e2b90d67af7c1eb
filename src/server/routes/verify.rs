//! Verifying the log.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::frames;
use crate::server::reply::{Body, Refused};
use crate::server::runs::Run;
use crate::wire::{LogVerdict, Problem, VerifyParams, VerifyProgress};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(verify))
}

/// Recomputes the log, its trees and, unless `events` is set, everything beside it from the stored bytes.
///
/// It ends with a client that goes away.
#[utoipa::path(post, path = "/v1/verify", operation_id = "verify_log", tag = "trust", request_body = VerifyParams, responses(
    (status = 200, body = LogVerdict),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn verify(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Body(params): Body<VerifyParams>,
) -> Result<Response, Refused> {
    let _gone = run.stop_on_drop_of(&headers);
    frames::answer_or_document(&app, &headers, move |local, frames| {
        let told = |done, of, refold| {
            run.progress(frames, &VerifyProgress { refold, done, of });
        };
        let wanted = || run.is_wanted(frames);
        local.verify_while(&caller, !params.events, &told, &wanted)
    })
    .await
}
