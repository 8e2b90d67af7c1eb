//! Taking everything out: states for other programs, history for another workspace.

use crate::error::{Error, Kind, Result};
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::download::{self, BodySink, FrameSink};
use crate::server::reply::{Query, Refused};
use crate::server::runs::Run;
use crate::server::{frames, media};
use crate::service::{Caller, ExportFormat, ExportProgress, ExportQuery, ZipSink};
use crate::wire::{ExportParams, Problem};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use std::io::Write as _;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(states)).routes(routes!(events))
}

/// The current states of all aggregates, or of those of one type, by type and id.
///
/// In the form that `format` or else `Accept` asks for, lines of JSON if neither does. Tables of all types come as a zip with
/// one file for each type, that of one type as it is. An answer that was cut off ends without the end that HTTP gives it.
#[utoipa::path(get, path = "/v1/export", operation_id = "export_states", tag = "transfer", params(ExportParams), responses(
    (status = 200, description = "Aggregate records, or tables of them.", content(
        (String = "application/x-ndjson"),
        (Vec<crate::wire::AggregateRecord> = "application/json"),
        (String = "text/csv"),
        (Vec<u8> = "application/zip"),
        (Vec<u8> = "application/vnd.dbx.frames"),
    ), headers(("Content-Disposition" = Option<String>, description = "A name for the file."))),
    (status = 406, body = Problem, content_type = "application/problem+json"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn states(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Query(params): Query<ExportParams>,
) -> Result<Response, Refused> {
    let query = query(&params);
    if frames::wanted(&headers) {
        let format = format_of(&params.format)?;
        return Ok(frames::answer(&app, move |local, frames| {
            let mut sink = FrameSink::new(frames);
            let told = &mut |at: ExportProgress| run.progress(Some(frames), &at);
            let report = local.export(&caller, &query, format, &mut sink, told);
            download::ended(report.and_then(|report| Ok(sink.flush().map(|()| report)?)))
        }));
    }
    let shape = Shape::of(&params, &headers)?;
    let (media, name) = shape.named(query.aggregate_type.as_deref());
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_DISPOSITION, media::saved_as(&name)),
    ];
    download::answer(&app, head, move |local, sink| {
        let told = &mut |_: ExportProgress| !run.is_stopped();
        if !shape.packed {
            return local.export(&caller, &query, shape.format, sink, told).map(drop);
        }
        let mut zip = ZipSink::new(sink);
        local.export(&caller, &query, shape.format, &mut zip, told)?;
        zip.finish().map(drop)
    })
    .await
}

/// The events of all aggregates, or of those of one type, as lines that an import takes.
#[utoipa::path(get, path = "/v1/export/events", operation_id = "export_events", tag = "transfer", params(ExportParams), responses(
    (status = 200, content(
        (String = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.dbx.frames"),
    ), headers(("Content-Disposition" = Option<String>, description = "A name for the file."))),
    (status = 406, body = Problem, content_type = "application/problem+json"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn events(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    run: Run,
    headers: HeaderMap,
    Query(params): Query<ExportParams>,
) -> Result<Response, Refused> {
    let query = query(&params);
    if !params.format.is_empty() && format_of(&params.format)? != ExportFormat::Ndjson {
        let message = "events are exported as lines of JSON";
        return Err(Error::new(Kind::Invalid, "dbx::request::query", message)
            .help("leave `format` out")
            .into());
    }
    if frames::wanted(&headers) {
        return Ok(frames::answer(&app, move |local, frames| {
            let mut sink = FrameSink::new(frames);
            let told = &mut |at: ExportProgress| run.progress(Some(frames), &at);
            let report = local.export_events(&caller, &query, &mut sink, told);
            download::ended(report.and_then(|report| Ok(sink.flush().map(|()| report)?)))
        }));
    }
    let takes = |one: &String| ["*/*", "application/*", media::NDJSON].contains(&one.as_str());
    if !media::accepted(&headers).iter().any(takes) {
        return Err(media::not_acceptable("lines of JSON, `application/x-ndjson`"));
    }
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media::NDJSON)),
        (header::CONTENT_DISPOSITION, media::saved_as("events.ndjson")),
    ];
    download::answer(&app, head, move |local, sink| history(local, &caller, &query, sink, &run))
        .await
}

fn history(
    local: &crate::service::Local,
    caller: &Caller,
    query: &ExportQuery,
    sink: &mut BodySink,
    run: &Run,
) -> Result<(), crate::service::ExportError> {
    local.export_events(caller, query, sink, &mut |_| !run.is_stopped()).map(drop)
}

fn query(params: &ExportParams) -> ExportQuery {
    let aggregate_type = params.aggregate_type.clone();
    ExportQuery { aggregate_type, archived: params.archived, raw: params.raw }
}

fn format_of(text: &str) -> Result<ExportFormat> {
    text.parse().map_err(|message: String| {
        Error::new(Kind::Invalid, "dbx::request::query", message).kept("nothing was done")
    })
}

/// What a client is given that reads no frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: ExportFormat,
    /// As a zip.
    packed: bool,
}

impl Shape {
    fn of(params: &ExportParams, headers: &HeaderMap) -> Result<Self, Refused> {
        let many = params.aggregate_type.is_none();
        let shape = |format| Self { format, packed: many && format == ExportFormat::Csv };
        if !params.format.is_empty() {
            return Ok(shape(format_of(&params.format)?));
        }
        let taken = |media: &String| {
            Some(match media.as_str() {
                "*/*" | "application/*" | media::NDJSON => shape(ExportFormat::Ndjson),
                "application/json" => shape(ExportFormat::Json),
                "text/csv" | "text/*" if !many => shape(ExportFormat::Csv),
                "application/zip" => Self { format: ExportFormat::Csv, packed: true },
                _ => return None,
            })
        };
        media::accepted(headers).iter().find_map(taken).ok_or_else(|| {
            media::not_acceptable(
                "`application/x-ndjson`, `application/json`, `application/zip`, and of one type `text/csv`",
            )
        })
    }

    /// The media type, and a name for the file.
    fn named(self, aggregate_type: Option<&str>) -> (&'static str, String) {
        let name = aggregate_type.unwrap_or("aggregates");
        let (media, end) = match (self.format, self.packed) {
            (_, true) => ("application/zip", "zip"),
            (ExportFormat::Json, _) => ("application/json", "json"),
            (ExportFormat::Ndjson, _) => (media::NDJSON, "ndjson"),
            (ExportFormat::Csv, _) => ("text/csv; charset=utf-8", "csv"),
        };
        // Whether it is the name of a type is looked at later.
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        (media, format!("{}.{end}", if plain { name } else { "aggregates" }))
    }
}
