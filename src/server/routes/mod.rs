//! The routes, one file for each noun.

mod aggregates;
mod append;
mod archive;
mod backup;
mod checkpoint;
mod commits;
mod daemon;
mod docs;
mod events;
mod export;
mod health;
mod import;
mod log;
mod outbox;
mod proofs;
mod schema;
mod stage;
mod status;
mod tokens;
mod verify;

use super::app::App;
use super::docs::Docs;
use super::reply::Refused;
use super::retry;
use crate::error::{Error, Kind};
use axum::http::StatusCode;
use axum::{Extension, Router};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// The most bytes of a body that holds operations: those of the largest commit, written as JSON with some escapes.
const OPERATIONS_BYTES_MAX: usize = 16 << 20;

/// All routes.
pub(super) fn router(app: Arc<App>) -> Router {
    let (router, api) = OpenApiRouter::new()
        .merge(aggregates::routes())
        .merge(checkpoint::routes())
        .merge(append::routes())
        .merge(archive::routes())
        .merge(backup::routes())
        .merge(commits::routes())
        .merge(daemon::routes())
        .merge(docs::routes())
        .merge(events::routes())
        .merge(log::routes())
        .merge(proofs::routes())
        .merge(schema::routes())
        .merge(export::routes())
        .merge(import::routes())
        .merge(stage::routes())
        .merge(outbox::routes())
        .merge(health::routes())
        .merge(status::routes())
        .merge(tokens::routes())
        .merge(verify::routes())
        .split_for_parts();
    let router = router.layer(Extension(Docs::new(api)));
    let router = router.layer(axum::middleware::from_fn(retry::nothing_unheeded));
    router.fallback(no_route).method_not_allowed_fallback(no_method).with_state(app)
}

async fn no_route(uri: axum::http::Uri) -> Refused {
    let message = format!("there is no route `{}`", uri.path());
    Error::new(Kind::NotFound, "dbx::request::route", message)
        .help("`/docs` lists the routes")
        .into()
}

async fn no_method(method: axum::http::Method, uri: axum::http::Uri) -> Refused {
    let message = format!("`{}` takes no {method}", uri.path());
    let error = Error::new(Kind::Invalid, "dbx::request::method", message);
    Refused::with_status(StatusCode::METHOD_NOT_ALLOWED, error.help("`/docs` lists the routes"))
}
