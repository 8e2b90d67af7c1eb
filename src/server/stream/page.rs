//! Pages as text: what is stored as JSON is passed on as it is.

use super::{Form, NDJSON};
use crate::error::{Error, Kind};
use crate::server::app::App;
use crate::server::reply::Refused;
use crate::service::{Caller, TextPage};
use crate::wire::{EventsQuery, OutboxQuery, Wait};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use std::time::Duration;
use tokio::time::Instant;

/// Where a page that is no document says where to go on.
const NEXT: &str = "dbx-next";
const NEXT_EVENT_ID: &str = "dbx-next-event-id";
const FILTERED: &str = "dbx-filtered";
const MORE: &str = "dbx-more";

/// A page of the log, one record a line.
pub(in crate::server) async fn event_lines(
    app: &App,
    caller: Caller,
    query: EventsQuery,
) -> Result<Response, Refused> {
    forwards(&query)?;
    let space = app.space().await?;
    let page = app.call(move |local| local.events_text(&caller, &query, None)).await?;
    Ok(space.around(lines(page)))
}

/// Refuses what a walk in the order of the log cannot do.
pub(super) fn forwards(query: &EventsQuery) -> Result<(), Error> {
    if !query.reverse {
        return Ok(());
    }
    let message = "a stream goes in the order of the log, not in reverse";
    Err(Error::new(Kind::Invalid, "dbx::request::reverse", message)
        .kept("nothing was read")
        .help("ask for `application/json` to read backwards"))
}

/// A page of the outbox, once there is something on it or the time to wait is over.
pub(in crate::server) async fn outbox(
    app: &App,
    caller: Caller,
    mut query: OutboxQuery,
    form: Form,
) -> Result<Response, Refused> {
    let deadline = Instant::now() + query.wait.map_or(Duration::ZERO, Wait::get);
    let mut left_out = 0;
    loop {
        let (of, asked) = (caller.clone(), query.clone());
        // Whoever waits for events needs no room for them yet.
        let space = app.space().await?;
        let mut page = app.call(move |local| local.outbox_text(&of, &asked)).await?;
        left_out += page.filtered;
        let left = deadline.saturating_duration_since(Instant::now());
        let empty = page.events.len() == 0 && !left.is_zero();
        let space = Some(space).filter(|_| !empty);
        if empty && (page.more || app.wait_beyond(page.next, left).await > page.next) {
            (query.after, query.after_event_id) = (Some(page.next), None);
            continue;
        }
        page.filtered = left_out;
        let response = match form {
            Form::Lines => lines(page),
            Form::Document | Form::Stream => document(&page),
        };
        return Ok(match space {
            Some(space) => space.around(response),
            None => response,
        });
    }
}

/// The text that [`OutboxPage`](crate::wire::OutboxPage) would give.
fn document(page: &TextPage) -> Response {
    let mut text = Vec::with_capacity(page.events.bytes() + 256);
    text.extend_from_slice(b"{\"events\":[");
    for (index, (_, event)) in page.events.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(event);
    }
    let TextPage { next, next_event_id, filtered, more, .. } = page;
    let end = format!(
        "],\"next\":\"{next}\",\"next_after_event_id\":\"{next_event_id}\",\"filtered\":{filtered},\"more\":{more}}}"
    );
    text.extend_from_slice(end.as_bytes());
    let mut response = Response::new(Body::from(text));
    let media = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response
}

fn lines(page: TextPage) -> Response {
    let mut response = Response::new(Body::from(page.events.into_lines()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    headers.insert(NEXT, page.next.into());
    headers.insert(NEXT_EVENT_ID, page.next_event_id.into());
    headers.insert(FILTERED, page.filtered.into());
    headers.insert(MORE, HeaderValue::from_static(if page.more { "true" } else { "false" }));
    response
}
