//! Commits: writing them, and the history of them.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::reply::{Answer, Body};
use crate::wire::{CommitReceipt, CommitRequest, Problem};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(commit))
}

/// Makes operations durable together, or none of them.
#[utoipa::path(post, path = "/v1/commits", tag = "commits", request_body = CommitRequest, responses(
    (status = 200, body = CommitReceipt),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn commit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Body(request): Body<CommitRequest>,
) -> Answer<CommitReceipt> {
    Ok(Json(app.call(move |local| local.commit(&caller, &request)).await?))
}
