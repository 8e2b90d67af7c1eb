//! The log.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query, number};
use crate::server::reply::{Answer, Path, Refused};
use crate::server::stream::{self, Form};
use crate::wire::{EventPage, EventParams, EventRecord, EventsQuery};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(events)).routes(routes!(event)).routes(routes!(event_by_id))
}

/// Events, a page at a time, in the order of the log.
///
/// With `Accept: text/event-stream` what there is and then what comes, as server-sent events: the id of each is its
/// position, `Last-Event-ID` goes on behind one, `caught_up` is sent once when the end of the log is reached. An id
/// without an event says that everything up to there was looked at and left out.
///
/// With `Accept: application/x-ndjson` one record a line; the headers `dbx-next` and `dbx-more` say where to go on.
#[utoipa::path(get, path = "/v1/events", operation_id = "list_events", tag = "events", params(EventsQuery,
    ("last-event-id" = Option<String>, Header, description = "Go on behind this position"),
), responses(
    (status = 200, content(
        (EventPage = "application/json"),
        (String = "text/event-stream"),
        (String = "application/x-ndjson"),
    )),
    (status = 404, description = "The aggregate that was named does not exist."),
))]
async fn events(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Refused> {
    match Form::of(&headers) {
        Form::Stream => return stream::live(app, caller, query, &headers).await,
        Form::Lines => return stream::event_lines(&app, caller, query).await,
        Form::Document => {}
    }
    app.page(move |local| local.events(&caller, &query)).await
}

/// The event at a position of the log.
#[utoipa::path(get, path = "/v1/events/{position}", operation_id = "get_event", tag = "events",
    params(("position" = String, Path, description = "The position, as `4211`."), EventParams),
    responses((status = 200, body = EventRecord)))]
async fn event(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(position): Path<String>,
    Query(params): Query<EventParams>,
) -> Answer<EventRecord> {
    let position = number("position", "", &position)?;
    let event = app.call(move |local| {
        if params.summary {
            local.event_summary(&caller, position)
        } else {
            local.event_at(&caller, position)
        }
    });
    Ok(Json(event.await?))
}

/// The event with an id.
#[utoipa::path(get, path = "/v1/events/by-id/{event_id}", operation_id = "get_event_by_id", tag = "events",
    params(("event_id" = String, Path, description = "The Snowflake id, as the event's metadata says it.")),
    responses((status = 200, body = EventRecord)))]
async fn event_by_id(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<EventRecord> {
    let id = number("event_id", "", &id)?;
    Ok(Json(app.call(move |local| local.event_by_id(&caller, id)).await?))
}
