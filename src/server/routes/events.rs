//! The log.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::reply::{Answer, Query};
use crate::wire::{EventPage, EventsQuery, Problem};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Events, a page at a time, in the order of the log.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(EventsQuery), responses(
    (status = 200, body = EventPage),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn events(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(query): Query<EventsQuery>,
) -> Answer<EventPage> {
    Ok(Json(app.call(move |local| local.events(&caller, &query)).await?))
}
