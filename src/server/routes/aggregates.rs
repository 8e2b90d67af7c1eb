//! Aggregates, and what can be asked of one.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::etag;
use crate::server::query::{Nothing, Query, one_moment};
use crate::server::reply::{Answer, Path, Refused};
use crate::server::runs::Run;
use crate::service::{HIDDEN_HEADER, Local};
use crate::wire::{
    AggregatePage, AggregateRecord, AggregateVerdict, Blame, BlameParams, DiffParams, Difference,
    EventPage, GetParams, HistoryQuery, ListQuery, Referrers, ReplayQuery, ReplayStep, Snapshots,
};
use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(history))
        .routes(routes!(replay))
        .routes(routes!(diff))
        .routes(routes!(blame))
        .routes(routes!(referrers))
        .routes(routes!(snapshots))
        .routes(routes!(verify))
}

/// Aggregates, a page at a time.
///
/// Pages go on from a cursor, which is `next` of the page before, or pass over the first `skip`. In the order of ids a
/// cursor costs the same wherever it stands, and sees nothing twice while others write. Every other order looks at all
/// aggregates for each page, and what is written to meanwhile may go to a place before the cursor; nothing else is passed
/// over or seen twice. A cursor goes with the filter and the order that it comes from, and is nothing to be read. A page
/// for which a filter lets few through ends before it is full, so that it never takes long, and says so with `partial`: go
/// on for as long as there is a `next`.
#[utoipa::path(get, path = "/v1/aggregates", operation_id = "list_aggregates", tag = "aggregates", params(ListQuery),
    responses((status = 200, body = AggregatePage)))]
async fn list(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let _gone = run.stop_on_drop();
    app.page(move |local| local.list_part(&caller, &query, &|| run.is_wanted(None))).await
}

/// An aggregate, now or at an earlier moment.
///
/// Its version now is its entity tag, `"v48"`, which a write can name in `If-Match`. One that has more events than a page
/// is not given with them: read them by themselves.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}", operation_id = "get_aggregate", tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        ("If-None-Match" = Option<String>, Header, description = "The tags that the client has, such as `\"v48\"`."),
        GetParams,
    ),
    responses(
        (status = 200, body = AggregateRecord,
            headers(("ETag" = String, description = "The version now; absent where another moment, or what the state refers to, was asked for."))),
        (status = 304, description = "The client has this version."),
    ))]
async fn get(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(name): Path<(String, String)>,
    Query(params): Query<GetParams>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    one_moment(params.version, params.at)?;
    let (resolve, long) = (params.resolve, params.events || params.resolve.is_some());
    // An earlier version can change after all, when it is erased, and so can what a state refers to.
    let tagged = params.version.is_none() && params.at.is_none() && resolve.is_none();
    let read = move |local: &Local| {
        let query = params.query(name, local.now());
        match resolve {
            None => local.get(&caller, &query),
            Some(depth) => local.get_resolved(&caller, &query, depth),
        }
    };
    let space = if long { Some(app.space().await?) } else { None };
    let record = app.call(read).await?;
    let on_its_way = |response: Response| match space {
        Some(space) => space.around(response),
        None => response,
    };
    if !tagged {
        return Ok(on_its_way(Json(record).into_response()));
    }
    let vary = [AUTHORIZATION.as_str(), HIDDEN_HEADER].join(", ");
    let mut tag: HeaderMap = etag::of(record.version).map(|tag| (ETAG, tag)).into_iter().collect();
    tag.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if etag::is_known(&headers, record.version) {
        return Ok((StatusCode::NOT_MODIFIED, tag, [(VARY, vary)]).into_response());
    }
    Ok(on_its_way((tag, [(VARY, vary)], Json(record)).into_response()))
}

/// The events of an aggregate, a page at a time, in the order of their versions.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/events", operation_id = "list_aggregate_events",
    tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        HistoryQuery,
    ),
    responses((status = 200, body = EventPage)))]
async fn history(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((aggregate_type, aggregate_id)): Path<(String, String)>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Refused> {
    let query = HistoryQuery { aggregate_type, aggregate_id, ..query };
    app.page(move |local| local.history(&caller, &query)).await
}

/// The events of an aggregate, each with what it changed, a page at a time.
///
/// Where the last of them is not the last that was asked for, go on with `from` at the version behind it.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/replay", operation_id = "replay_aggregate",
    tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        ReplayQuery,
    ),
    responses((status = 200, body = Vec<ReplayStep>)))]
async fn replay(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((aggregate_type, aggregate_id)): Path<(String, String)>,
    Query(query): Query<ReplayQuery>,
) -> Result<Response, Refused> {
    let query = ReplayQuery { aggregate_type, aggregate_id, ..query };
    app.page(move |local| local.replay(&caller, &query)).await
}

/// What differs in an aggregate between two moments.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/diff", operation_id = "diff_aggregate", tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        DiffParams,
    ),
    responses((status = 200, body = Difference)))]
async fn diff(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((of, id)): Path<(String, String)>,
    Query(params): Query<DiffParams>,
) -> Answer<Difference> {
    let difference = app.call(move |local| {
        let (from, to) = (params.from.at(local.now()), params.to.at(local.now()));
        local.diff(&caller, &of, &id, from, to)
    });
    Ok(Json(difference.await?))
}

/// Which event gave each field of an aggregate the value that it has.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/blame", operation_id = "blame_aggregate", tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        BlameParams,
    ),
    responses((status = 200, body = Blame)))]
async fn blame(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((of, id)): Path<(String, String)>,
    Query(params): Query<BlameParams>,
) -> Answer<Blame> {
    let blame = app.call(move |local| {
        let at = params.at.map(|when| when.at(local.now()));
        local.blame(&caller, &of, &id, params.field.as_deref(), at)
    });
    Ok(Json(blame.await?))
}

/// Who points at an aggregate.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/referrers", operation_id = "list_referrers",
    tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
    ),
    responses((status = 200, body = Referrers)))]
async fn referrers(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((of, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<Referrers> {
    Ok(Json(app.call(move |local| local.referrers(&caller, &of, &id)).await?))
}

/// Which snapshots of an aggregate exist.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/snapshots", operation_id = "list_snapshots",
    tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
    ),
    responses((status = 200, body = Snapshots)))]
async fn snapshots(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path((of, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<Snapshots> {
    Ok(Json(app.call(move |local| local.snapshots(&caller, &of, &id)).await?))
}

/// Recomputes the tree and the state of an aggregate from its events, and compares.
///
/// A fault is no error: the answer says `"ok": false` and where. It ends with a client that goes away.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/verify", operation_id = "verify_aggregate",
    tag = "aggregates",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
    ),
    responses((status = 200, body = AggregateVerdict)))]
async fn verify(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    Path((of, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<AggregateVerdict> {
    let _gone = run.stop_on_drop();
    let verdict = app.long_call(move |local| {
        local.verify_aggregate_while(&caller, (&of, &id), &|| run.is_wanted(None))
    });
    Ok(Json(verdict.await?))
}
