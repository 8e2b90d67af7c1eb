//! Verifying the log.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::frames;
use crate::server::reply::{Body, Refused};
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
#[utoipa::path(post, path = "/v1/verify", operation_id = "verify_log", tag = "trust", request_body = VerifyParams, responses(
    (status = 200, body = LogVerdict),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn verify(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Body(params): Body<VerifyParams>,
) -> Result<Response, Refused> {
    frames::answer_or_document(&app, &headers, move |local, frames| {
        let tell = |refold: bool, done: u64, of: u64| {
            if let Some(frames) = frames {
                frames.progress(&VerifyProgress { refold, done, of });
            }
        };
        let progress = |done, of| tell(false, done, of);
        let refolded = |done, of| tell(true, done, of);
        if params.events {
            local.verify(&caller, &progress)
        } else {
            local.verify_all(&caller, &progress, &refolded)
        }
    })
    .await
}
