//! The outbox, and the cursors of its consumers.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query};
use crate::server::reply::{Answer, Body, Path, Refused};
use crate::server::stream::{self, Form};
use crate::wire::{CursorList, CursorRecord, CursorUpdate, OutboxPage, OutboxQuery};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(outbox)).routes(routes!(cursors)).routes(routes!(
        cursor,
        set_cursor,
        delete_cursor
    ))
}

/// Events behind a consumer's place, in the order of the log.
///
/// Store `next_after_event_id` (or `next`) with what the events did, and give it again: it lies behind everything that was
/// looked at. With `wait` the answer comes when there is an event, or without one when the time is over. With
/// `Accept: application/x-ndjson` one record a line; the headers `dbx-next`, `dbx-next-event-id`, `dbx-filtered` and
/// `dbx-more` say the rest.
#[utoipa::path(get, path = "/v1/outbox", operation_id = "read_outbox", tag = "outbox", params(OutboxQuery), responses(
    (status = 200, content((OutboxPage = "application/json"), (String = "application/x-ndjson"))),
))]
async fn outbox(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Query(query): Query<OutboxQuery>,
) -> Result<Response, Refused> {
    stream::outbox(&app, caller, query, Form::of(&headers)).await
}

/// How far every consumer is whose cursor is kept here.
#[utoipa::path(get, path = "/v1/outbox/cursors", operation_id = "list_cursors", tag = "outbox", responses(
    (status = 200, body = CursorList),
))]
async fn cursors(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<CursorList> {
    Ok(Json(app.call(move |local| local.outbox_cursors(&caller)).await?))
}

/// How far a consumer is.
#[utoipa::path(get, path = "/v1/outbox/cursors/{name}", operation_id = "get_cursor", tag = "outbox",
    params(("name" = String, Path, description = "The name of the cursor.")),
    responses(
        (status = 200, body = CursorRecord),
        ))]
async fn cursor(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<CursorRecord> {
    Ok(Json(app.call(move |local| local.outbox_cursor(&caller, &name)).await?))
}

/// Moves a cursor, forward unless `rewind` is set, and makes it where there is none.
#[utoipa::path(put, path = "/v1/outbox/cursors/{name}", operation_id = "set_cursor", tag = "outbox",
    params(("name" = String, Path, description = "The name of the cursor.")), request_body = CursorUpdate,
    responses(
        (status = 200, body = CursorRecord),
        ))]
async fn set_cursor(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    Body(update): Body<CursorUpdate>,
) -> Answer<CursorRecord> {
    let moved = app.call(move |local| local.outbox_cursor_set(&caller, &name, &update));
    Ok(Json(moved.await?))
}

/// Forgets a cursor.
#[utoipa::path(delete, path = "/v1/outbox/cursors/{name}", operation_id = "delete_cursor", tag = "outbox",
    params(("name" = String, Path, description = "The name of the cursor.")),
    responses(
        (status = 204),
        ))]
async fn delete_cursor(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<StatusCode, Refused> {
    app.call(move |local| local.outbox_cursor_delete(&caller, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
