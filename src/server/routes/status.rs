//! The workspace at a glance.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query};
use crate::server::reply::Answer;
use crate::wire::StatusReport;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(status))
}

/// The workspace at a glance: how long the log is, its root, the types, the schema, the stage.
#[utoipa::path(get, path = "/v1/status", operation_id = "get_status", tag = "workspace",
    responses((status = 200, body = StatusReport)))]
async fn status(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<StatusReport> {
    Ok(Json(app.call(move |local| local.status(&caller)).await?))
}
