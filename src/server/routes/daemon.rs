//! The server itself.

use crate::error::{Error, Kind};
use crate::server::app::App;
use crate::server::asker::Peer;
use crate::server::reply::{Answer, Path, Query};
use crate::server::runs;
use crate::server::telemetry::process::memory_bytes;
use crate::wire::{Daemon, DaemonReport, PositionParams, PositionReport, Problem, ServerVersion};
use crate::workspace::log::log_file;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(version))
        .route("/v1/daemon", axum::routing::get(daemon))
        .route("/v1/daemon/report", axum::routing::get(report))
        .route("/v1/daemon/stop", axum::routing::post(stop))
        .route("/v1/daemon/hand-over", axum::routing::post(hand_over))
        .route("/v1/daemon/runs/{id}/stop", axum::routing::post(stop_run))
        .route("/v1/position", axum::routing::get(position))
}

/// The version of the server, and which run it is.
#[utoipa::path(get, path = "/version", operation_id = "get_version", tag = "server", security(()), responses(
    (status = 200, body = ServerVersion),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn version(State(app): State<Arc<App>>) -> Json<ServerVersion> {
    let Daemon { version, instance, .. } = app.daemon.clone();
    Json(ServerVersion { version, instance })
}

/// Refuses everybody but who is at the socket.
pub(super) fn at_socket(peer: Peer) -> Result<(), Error> {
    match peer {
        Peer::Socket { .. } => Ok(()),
        Peer::Tcp(_) => Err(Error::new(
            Kind::Forbidden,
            "dbx::serve::socket_only",
            "only the user of the socket may ask this",
        )),
    }
}

async fn daemon(State(app): State<Arc<App>>, Extension(peer): Extension<Peer>) -> Answer<Daemon> {
    at_socket(peer)?;
    Ok(Json(app.daemon.clone()))
}

/// What the server does.
async fn report(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
) -> Answer<DaemonReport> {
    at_socket(peer)?;
    let end = app.wait_beyond(0, Duration::ZERO).await;
    let (requests, connections, streams, appended) = app.metrics.totals();
    Ok(Json(DaemonReport {
        running: true,
        daemon: app.daemon.clone(),
        uptime_seconds: app.started.elapsed().as_secs(),
        position: end.to_string(),
        appended,
        requests,
        connections,
        streams,
        memory_bytes: memory_bytes(),
        schema: app.schema(),
        log: log_file(app.local.paths()).display().to_string(),
    }))
}

async fn stop(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
) -> Result<StatusCode, crate::server::reply::Refused> {
    at_socket(peer)?;
    if app.daemon.dashboard {
        let message = format!("process {} is a dashboard and no daemon", app.daemon.pid);
        return Err(Error::new(Kind::Conflict, "dbx::serve::dashboard", message)
            .kept("it goes on as it is")
            .help("close it where it is open; `dbx serve start` starts a daemon in its place")
            .into());
    }
    tracing::info!(target: "dbx::serve", "stopping");
    app.stop.stop();
    Ok(StatusCode::ACCEPTED)
}

/// Lets go of the store for a daemon that starts. A daemon does not.
async fn hand_over(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
) -> Result<StatusCode, crate::server::reply::Refused> {
    at_socket(peer)?;
    if !app.daemon.dashboard {
        let message = format!("process {} is a daemon and keeps the store", app.daemon.pid);
        return Err(Error::new(Kind::Conflict, "dbx::serve::running", message)
            .kept("it goes on as it is")
            .help("`dbx serve stop` ends it")
            .into());
    }
    app.stop.hand_over();
    Ok(StatusCode::ACCEPTED)
}

/// Tells a call to stop, whose own answer then says how far it came. One that ended meanwhile needs no telling.
async fn stop_run(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Path(id): Path<String>,
) -> Result<StatusCode, crate::server::reply::Refused> {
    at_socket(peer)?;
    app.runs.stop(&runs::named(&id)?);
    Ok(StatusCode::ACCEPTED)
}

/// The end of the log, once it is beyond a position.
async fn position(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Query(params): Query<PositionParams>,
) -> Answer<PositionReport> {
    at_socket(peer)?;
    let wait = Duration::from_millis(params.wait_ms);
    let end = app.wait_beyond(params.beyond, wait).await;
    Ok(Json(PositionReport { position: end.to_string() }))
}
