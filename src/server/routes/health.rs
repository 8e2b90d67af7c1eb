//! Whether the server lives, is ready, and how it does: for those who watch over it.

use crate::server::app::App;
use crate::server::asker::{Asker, Peer};
use crate::server::reply::Refused;
use crate::service::Caller;
use crate::wire::{Problem, ServerHealth};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(livez))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// How the server does. Needs no token.
#[utoipa::path(get, path = "/health", tag = "server", security(()), responses(
    (status = 200, body = ServerHealth, description = "It reads and writes, or is about to stop"),
    (status = 503, body = ServerHealth, description = "The store takes no writes: it is damaged, or failed"),
))]
async fn health(State(app): State<Arc<App>>) -> Response {
    let health = state(&app);
    let well = matches!(health.status.as_str(), "ok" | "stopping");
    answer(well, health)
}

/// Whether the server lives: it answers. Needs no token.
#[utoipa::path(get, path = "/livez", tag = "server", security(()), responses(
    (status = 200, body = ServerHealth, description = "It answers, whatever it says"),
))]
async fn livez(State(app): State<Arc<App>>) -> Response {
    answer(true, state(&app))
}

/// Whether the server takes everything that it is there for. Needs no token.
#[utoipa::path(get, path = "/readyz", tag = "server", security(()), responses(
    (status = 200, body = ServerHealth, description = "It reads and writes"),
    (status = 503, body = ServerHealth, description = "It is about to stop, or the store takes no writes"),
))]
async fn readyz(State(app): State<Arc<App>>) -> Response {
    let health = state(&app);
    let ready = health.status == "ok";
    answer(ready, health)
}

/// Why is nothing that everybody may know: it may name files.
fn state(app: &App) -> ServerHealth {
    let status = if app.stop.is_stopped() {
        "stopping"
    } else if app.local.read_only().is_some() {
        "read_only"
    } else if app.local.check().is_err() {
        "failed"
    } else {
        "ok"
    };
    let version = app.daemon.version.clone();
    ServerHealth {
        status: status.to_owned(),
        version,
        uptime_seconds: app.started.elapsed().as_secs(),
    }
}

fn answer(well: bool, health: ServerHealth) -> Response {
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Json(health)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !well {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Measurements in the text format of Prometheus. From this machine it needs no token.
#[utoipa::path(get, path = "/metrics", tag = "server", security((), ("token" = [])), responses(
    (status = 200, body = String, content_type = "text/plain; version=0.0.4"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn metrics(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    let bearing = parts.headers.contains_key(header::AUTHORIZATION);
    let caller = match peer {
        // Whoever shows a token is held to it.
        Peer::Tcp(address) if bearing || !address.ip().to_canonical().is_loopback() => {
            Asker::from_request_parts(&mut parts, &app).await?.0
        }
        _ => Caller::local(app.options.user.clone(), app.options.restrict),
    };
    let server = app.clone();
    let text = app.call(move |local| {
        let figures = local.figures(&caller)?;
        let read_only = local.read_only().is_some();
        // Whoever may see how long the log is may see how far behind others are.
        let cursors = local.outbox_cursors(&Caller::local("", server.options.restrict))?.cursors;
        let lags: Vec<(String, u64)> = cursors.into_iter().map(|it| (it.name, it.lag)).collect();
        Ok(server.metrics.render(&figures, read_only, server.started.elapsed(), &lags))
    });
    let media = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((media, text.await?).into_response())
}
