//! Checkpoints: the log as it is now, signed.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::frames;
use crate::server::query::Query;
use crate::server::reply::{Answer, Body, Refused};
use crate::server::runs::Run;
use crate::wire::{
    CheckpointCheck, CheckpointParams, CheckpointVerdict, SignedCheckpoint, VerifyProgress,
};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(checkpoint)).routes(routes!(key)).routes(routes!(verify))
}

/// Signs the log as it is now (a signed note, as in C2SP `tlog-checkpoint`).
///
/// Kept elsewhere, it shows later whether the log is still the one that it was.
#[utoipa::path(post, path = "/v1/checkpoint", operation_id = "sign_checkpoint", tag = "trust",
    request_body = CheckpointParams, responses((status = 200, body = SignedCheckpoint)))]
async fn checkpoint(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Body(params): Body<CheckpointParams>,
) -> Answer<SignedCheckpoint> {
    let signed = app.call(move |local| local.checkpoint(&caller, params.origin.as_deref()));
    Ok(Json(signed.await?))
}

/// The key that others check the signatures of checkpoints with.
#[utoipa::path(get, path = "/v1/checkpoint/key", operation_id = "get_checkpoint_key", tag = "trust",
    params(CheckpointParams), responses((status = 200, body = String, content_type = "application/json")))]
async fn key(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(params): Query<CheckpointParams>,
) -> Answer<String> {
    let key = app.call(move |local| local.checkpoint_key(&caller, params.origin.as_deref()));
    Ok(Json(key.await?))
}

/// Holds the log against a checkpoint from earlier.
///
/// A log that is another one is no error: the answer says `"ok": false` and what is wrong. It ends with a client that goes
/// away.
#[utoipa::path(post, path = "/v1/checkpoint/verify", operation_id = "verify_checkpoint", tag = "trust",
    request_body = CheckpointCheck, responses((status = 200, body = CheckpointVerdict)))]
async fn verify(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Body(check): Body<CheckpointCheck>,
) -> Result<Response, Refused> {
    let _gone = run.stop_on_drop_of(&headers);
    frames::answer_or_document(&app, &headers, move |local, frames| {
        let told = |done, of| run.progress(frames, &VerifyProgress { refold: false, done, of });
        local.verify_checkpoint_while(&caller, &check.note, check.key.as_deref(), &told)
    })
    .await
}
