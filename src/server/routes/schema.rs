//! The schema.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query, number};
use crate::server::reply::{Answer, Body, Path};
use crate::wire::{
    Impact, ImpactRequest, SchemaApplied, SchemaCheck, SchemaHistory, SchemaSource, SchemaVersion,
};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(in_force, apply))
        .routes(routes!(check))
        .routes(routes!(impact))
        .routes(routes!(versions))
        .routes(routes!(version))
}

/// The schema in force, with its source; `null` where none was ever applied.
#[utoipa::path(get, path = "/v1/schema", operation_id = "get_schema", tag = "schema",
    responses((status = 200, body = Option<SchemaVersion>)))]
async fn in_force(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<Option<SchemaVersion>> {
    Ok(Json(app.call(move |local| local.schema_in_force(&caller)).await?))
}

/// Puts a schema into force for every write from now on.
///
/// One that breaks something is applied as well: `POST /v1/schema/check` tells before.
#[utoipa::path(put, path = "/v1/schema", operation_id = "apply_schema", tag = "schema", request_body = SchemaSource,
    responses(
        (status = 200, body = SchemaApplied),
        (status = 422, description = "The source has errors, which `errors` lists."),
    ))]
async fn apply(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Body(schema): Body<SchemaSource>,
) -> Answer<SchemaApplied> {
    Ok(Json(app.call(move |local| local.schema_apply(&caller, &schema.source)).await?))
}

/// What applying a schema would mean: what is wrong with it, what it breaks, and what of that is stored.
///
/// Nothing changes. A source with errors is no error but in the answer.
#[utoipa::path(post, path = "/v1/schema/check", operation_id = "check_schema", tag = "schema",
    request_body = SchemaSource, responses((status = 200, body = SchemaCheck)))]
async fn check(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Body(schema): Body<SchemaSource>,
) -> Answer<SchemaCheck> {
    Ok(Json(app.call(move |local| local.schema_check(&caller, &schema.source)).await?))
}

/// What each break between two schemas concerns among what is stored.
#[utoipa::path(post, path = "/v1/schema/impact", operation_id = "get_schema_impact", tag = "schema",
    request_body = ImpactRequest,
    responses(
        (status = 200, body = Vec<Impact>),
        (status = 422, description = "One of the sources has errors."),
    ))]
async fn impact(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Body(request): Body<ImpactRequest>,
) -> Answer<Vec<Impact>> {
    Ok(Json(app.call(move |local| local.schema_impact(&caller, &request)).await?))
}

/// Every version that was applied, oldest first, without its source.
#[utoipa::path(get, path = "/v1/schema/versions", operation_id = "list_schema_versions", tag = "schema",
    responses((status = 200, body = SchemaHistory)))]
async fn versions(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<SchemaHistory> {
    Ok(Json(app.call(move |local| local.schema_history(&caller)).await?))
}

/// A version that was applied, with its source.
#[utoipa::path(get, path = "/v1/schema/versions/{version}", operation_id = "get_schema_version", tag = "schema",
    params(("version" = String, Path, description = "The version, as `3`.")),
    responses((status = 200, body = SchemaVersion)))]
async fn version(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(version): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<SchemaVersion> {
    let version = number("version", "", &version)?;
    Ok(Json(app.call(move |local| local.schema_version(&caller, version)).await?))
}
