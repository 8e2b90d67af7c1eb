//! The history as commits, and what was erased from it.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query, number};
use crate::server::reply::{Answer, Path, Refused};
use crate::wire::{CommitPage, CommitRecord, ErasedAggregate, LogQuery};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(log)).routes(routes!(commit)).routes(routes!(erasures))
}

/// Commits, newest first, a page at a time.
#[utoipa::path(get, path = "/v1/commits", operation_id = "list_commits", tag = "commits", params(LogQuery),
    responses(
        (status = 200, body = CommitPage),
        (status = 404, description = "The commit that was named in `before` does not exist."),
    ))]
async fn log(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(query): Query<LogQuery>,
) -> Result<Response, Refused> {
    app.page(move |local| local.log(&caller, &query)).await
}

/// A commit with its events.
#[utoipa::path(get, path = "/v1/commits/{commit}", operation_id = "get_commit", tag = "commits",
    params(("commit" = String, Path, description = "The commit, as `c7`.")),
    responses((status = 200, body = CommitRecord)))]
async fn commit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(commit): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, Refused> {
    let commit = number("commit", "c", &commit)?;
    app.page(move |local| local.commit_record(&caller, commit)).await
}

/// Every aggregate whose contents were erased, in the order of the log.
#[utoipa::path(get, path = "/v1/erasures", operation_id = "list_erasures", tag = "trust",
    responses((status = 200, body = Vec<ErasedAggregate>)))]
async fn erasures(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<Vec<ErasedAggregate>> {
    Ok(Json(app.call(move |local| local.erasures(&caller)).await?))
}
