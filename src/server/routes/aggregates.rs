//! Aggregates, and what can be asked of one.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::reply::{Answer, Path, Query};
use crate::wire::{AggregatePage, AggregateRecord, GetParams, ListQuery, Problem};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// Aggregates, a page at a time.
#[utoipa::path(get, path = "/v1/aggregates", tag = "aggregates", params(ListQuery), responses(
    (status = 200, body = AggregatePage),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(query): Query<ListQuery>,
) -> Answer<AggregatePage> {
    Ok(Json(app.call(move |local| local.list(&caller, &query)).await?))
}

/// An aggregate, now or at an earlier moment.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}", tag = "aggregates",
    params(("type" = String, Path), ("id" = String, Path), GetParams),
    responses(
        (status = 200, body = AggregateRecord),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((aggregate_type, id)): Path<(String, String)>,
    Query(params): Query<GetParams>,
) -> Answer<AggregateRecord> {
    let query = params.query(aggregate_type, id);
    let record = app.call(move |local| match params.resolve {
        None => local.get(&caller, &query),
        Some(depth) => local.get_resolved(&caller, &query, depth),
    });
    Ok(Json(record.await?))
}
