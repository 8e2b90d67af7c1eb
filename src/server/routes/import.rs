//! Bringing history in.

use crate::error::{Error, Kind};
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::reply::{Query, Refused};
use crate::server::runs::Run;
use crate::server::upload::Upload;
use crate::server::{frames, media};
use crate::service::{ImportOptions, ImportProgress};
use crate::wire::{ImportParams, ImportReport, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Events in a commit, where nothing is said.
const BATCH: usize = 256;

/// The most events in a commit.
const BATCH_MAX: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Imports events, one JSON object a line.
///
/// Lines are committed in batches, in order, while the body comes in; it may be of any length. A bad line stops the import
/// before its batch and is named; what was committed before stays, and sending the same body again goes on behind it. So it
/// is with a client that goes away. Answered when all is done; with `Accept: application/vnd.dbx.frames` also meanwhile.
#[utoipa::path(post, path = "/v1/import", operation_id = "import_events", tag = "transfer", params(ImportParams),
    request_body(content = String, content_type = "application/x-ndjson",
        description = "Lines with `aggregate_type`, `aggregate_id`, `event_type`, `payload` or `patch`, and perhaps \
                       `metadata`, `note` and `idempotency_key`."),
    responses(
        (status = 200, content(
            (ImportReport = "application/json"),
            (Vec<u8> = "application/vnd.dbx.frames"),
        )),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn import(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Query(params): Query<ImportParams>,
    body: Body,
) -> Result<Response, Refused> {
    if media::sent(&headers).as_deref() != Some(media::NDJSON) {
        return Err(media::unsupported(media::NDJSON));
    }
    let options = options(params)?;
    let mut upload = Upload::new(body);
    if frames::wanted(&headers) {
        return Ok(frames::answer(&app, move |local, frames| {
            let told = &mut |at: ImportProgress| run.progress(Some(frames), &at);
            local.import(&caller, &mut upload, &options, told)
        }));
    }
    let _gone = run.stop_on_drop();
    let report = app.long_call(move |local| {
        let told = &mut |at: ImportProgress| run.progress(None, &at);
        local.import(&caller, &mut upload, &options, told)
    });
    let report: ImportReport = report.await?;
    Ok(Json(report).into_response())
}

fn options(params: ImportParams) -> Result<ImportOptions, Error> {
    let batch = params.batch.unwrap_or(BATCH);
    if !(1..=BATCH_MAX).contains(&batch) {
        let message = format!("a batch has 1 to {BATCH_MAX} events, not {batch}");
        return Err(
            Error::new(Kind::Invalid, "dbx::request::query", message).kept("nothing was written")
        );
    }
    let name = if params.name.is_empty() { "body".to_owned() } else { params.name };
    let (dry_run, skip_existing) = (params.dry_run, params.skip_existing);
    Ok(ImportOptions { name, batch, dry_run, skip_existing })
}
