//! Backups, while writes go on.

use crate::error::{Error, Kind, Result};
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::download::{self, FrameSink};
use crate::server::reply::{Query, Refused};
use crate::server::runs::Run;
use crate::server::upload::Upload;
use crate::server::{frames, media};
use crate::service::{BackupSource, ExportProgress};
use crate::wire::{BackupParams, Problem};
use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use std::io::Write as _;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(backup))
}

/// Everything that the store holds at this moment.
///
/// With an earlier backup as the body, only what came after it. The answer is a file for `dbx backup verify` and
/// `dbx restore`; one that was cut off lacks the end that HTTP gives it and its own, and neither takes it for whole.
#[utoipa::path(post, path = "/v1/backup", operation_id = "back_up", tag = "transfer", params(BackupParams),
    request_body(content = Option<Vec<u8>>, content_type = "application/vnd.dbx.backup",
        description = "An earlier backup; none for a whole one."),
    responses(
        (status = 200, content(
            (Vec<u8> = "application/vnd.dbx.backup"),
            (Vec<u8> = "application/vnd.dbx.frames"),
        ), headers(("Content-Disposition" = Option<String>, description = "A name for the file."))),
        (status = 406, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn backup(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Query(params): Query<BackupParams>,
    body: Body,
) -> Result<Response, Refused> {
    let since = earlier(&headers, params, body)?;
    if frames::wanted(&headers) {
        return Ok(frames::answer(&app, move |local, frames| {
            let mut sink = FrameSink::new(frames);
            let told = &mut |at: ExportProgress| run.progress(Some(frames), &at);
            let report = local.backup(&caller, since.map(source), &mut sink, told);
            download::ended(report.and_then(|report| Ok(sink.flush().map(|()| report)?)))
        }));
    }
    let takes = |one: &String| ["*/*", "application/*", media::BACKUP].contains(&one.as_str());
    if !media::accepted(&headers).iter().any(takes) {
        return Err(media::not_acceptable("a backup, `application/vnd.dbx.backup`"));
    }
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media::BACKUP)),
        (header::CONTENT_DISPOSITION, media::saved_as("backup.dbxb")),
    ];
    download::answer(&app, head, move |local, sink| {
        local.backup(&caller, since.map(source), sink, &mut |_| !run.is_stopped()).map(drop)
    })
    .await
}

fn source((name, bytes): (String, Upload)) -> BackupSource<'static> {
    BackupSource { name, bytes: Box::new(bytes) }
}

/// The backup in the body, if there is one.
fn earlier(
    headers: &HeaderMap,
    params: BackupParams,
    body: Body,
) -> Result<Option<(String, Upload)>, Refused> {
    match media::sent(headers).as_deref() {
        Some(media::BACKUP) => {
            let name = params.since.unwrap_or_else(|| "the body".to_owned());
            Ok(Some((name, Upload::new(body))))
        }
        _ if !body.is_end_stream() => Err(media::unsupported(media::BACKUP)),
        _ if params.since.is_some() => {
            let message = "`since` names the earlier backup in the body, and there is none";
            Err(Error::new(Kind::Invalid, "dbx::request::query", message)
                .kept("nothing was done")
                .help("send it as `application/vnd.dbx.backup`, or leave `since` out")
                .into())
        }
        _ => Ok(None),
    }
}
