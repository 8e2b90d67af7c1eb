//! The root of the log, and proofs that lead to it.

use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::query::{Nothing, Query, one_moment};
use crate::server::reply::{Answer, Path, Refused};
use crate::service::Caller;
use crate::wire::{ConsistencyParams, InclusionParams, LogRoot, Proof, ProofParams};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(root))
        .routes(routes!(proof))
        .routes(routes!(inclusion))
        .routes(routes!(consistency))
}

/// The root of the log, and how long it is.
#[utoipa::path(get, path = "/v1/root", operation_id = "get_root", tag = "trust",
    responses((status = 200, body = LogRoot)))]
async fn root(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<LogRoot> {
    Ok(Json(app.call(move |local| local.log_root(&caller)).await?))
}

async fn prove(
    app: &App,
    caller: Caller,
    name: (String, String),
    params: ProofParams,
) -> Result<Json<Proof>, Refused> {
    one_moment(params.version, params.at)?;
    let proof = app.call(move |local| {
        let query = params.query(name, local.now());
        local.prove_inclusion(&caller, &query)
    });
    Ok(Json(proof.await?))
}

/// Proves that an event of an aggregate is in its tree and in the log's.
///
/// The proof can be checked without dbx and without any key: `dbx verify --proof` does it offline.
#[utoipa::path(get, path = "/v1/aggregates/{type}/{id}/proof", operation_id = "prove_event", tag = "trust",
    params(
        ("type" = String, Path, description = "The type."),
        ("id" = String, Path, description = "The id."),
        ProofParams,
    ),
    responses((status = 200, body = Proof)))]
async fn proof(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(name): Path<(String, String)>,
    Query(params): Query<ProofParams>,
) -> Answer<Proof> {
    prove(&app, caller, name, params).await
}

/// Proves that an event is in its aggregate's tree and in the log's.
///
/// The same as the proof of an aggregate, with everything behind the `?`.
#[utoipa::path(get, path = "/v1/proofs/inclusion", operation_id = "prove_inclusion", tag = "trust",
    params(InclusionParams), responses((status = 200, body = Proof), (status = 404, description = "There is no such event.")))]
async fn inclusion(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(params): Query<InclusionParams>,
) -> Answer<Proof> {
    let (name, params) = params.split();
    prove(&app, caller, name, params).await
}

/// Proves that the log at one size is the beginning of the log at a later one.
#[utoipa::path(get, path = "/v1/proofs/consistency", operation_id = "prove_consistency", tag = "trust",
    params(ConsistencyParams), responses((status = 200, body = Proof), (status = 404, description = "The log never had that size.")))]
async fn consistency(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(params): Query<ConsistencyParams>,
) -> Answer<Proof> {
    let ConsistencyParams { from, to } = params;
    Ok(Json(app.call(move |local| local.prove_consistency(&caller, from, to)).await?))
}
