//! The stage: operations that wait for their commit. It belongs to the workspace and is the same for everybody.
//!
//! What changes the stage takes no `Idempotency-Key`: staging twice is seen and dropped, or undone. Its commit takes one.

use super::OPERATIONS_BYTES_MAX;
use crate::error::Result;
use crate::server::app::App;
use crate::server::asker::Asker;
use crate::server::pointing::{Place, Pointing};
use crate::server::query::{Nothing, Query};
use crate::server::reply::{Answer, Body, Refused};
use crate::server::retry::RetryKey;
use crate::server::written;
use crate::service::Local;
use crate::wire::{
    ArchiveRequest, CommitAnswer, Operation, Problem, RebaseReport, RebaseRequest, StageChanged,
    StageCommitRequest, StageDrop, StageEdit, StageMove, StageReport, StageRequest, StageSteps,
};
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(stage, add, clear))
        .routes(routes!(edit))
        .layer(DefaultBodyLimit::max(OPERATIONS_BYTES_MAX))
        .routes(routes!(archive))
        .routes(routes!(restore))
        .routes(routes!(drop_some))
        .routes(routes!(put_elsewhere))
        .routes(routes!(undo))
        .routes(routes!(redo))
        .routes(routes!(rebase))
        .routes(routes!(commit))
}

/// What is staged, what it would change, and what happened to its aggregates since.
#[utoipa::path(get, path = "/v1/stage", operation_id = "get_stage", tag = "stage", responses(
    (status = 200, body = StageReport),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn stage(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<StageReport> {
    Ok(Json(app.call(move |local| local.stage(&caller)).await?))
}

/// Stages operations behind those that are staged, all of them or none.
#[utoipa::path(post, path = "/v1/stage", operation_id = "stage_operations", tag = "stage", request_body = StageRequest, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn add(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(request): Body<StageRequest>,
) -> Answer<StageChanged> {
    let changed = app.call(move |local| {
        let changed = local.stage_add(&caller, &request);
        changed.map_err(|error| pointing.at(error, Place::Listed, &request.operations))
    });
    Ok(Json(changed.await?))
}

/// Takes everything off the stage. It can be undone.
#[utoipa::path(delete, path = "/v1/stage", operation_id = "clear_stage", tag = "stage", responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn clear(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<StageChanged> {
    Ok(Json(app.call(move |local| local.stage_clear(&caller)).await?))
}

/// Stages the archiving of an aggregate.
#[utoipa::path(post, path = "/v1/stage/archive", operation_id = "stage_archive", tag = "stage", request_body = ArchiveRequest, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn archive(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(request): Body<ArchiveRequest>,
) -> Answer<StageChanged> {
    let changed = app.call(move |local| {
        let changed = local.stage_archive(&caller, &request);
        changed.map_err(|error| pointing.at(error, Place::Alone(""), &[named(&request)]))
    });
    Ok(Json(changed.await?))
}

/// Stages the restoring of an aggregate.
#[utoipa::path(post, path = "/v1/stage/restore", operation_id = "stage_restore", tag = "stage", request_body = ArchiveRequest, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn restore(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(request): Body<ArchiveRequest>,
) -> Answer<StageChanged> {
    let changed = app.call(move |local| {
        let changed = local.stage_restore(&caller, &request);
        changed.map_err(|error| pointing.at(error, Place::Alone(""), &[named(&request)]))
    });
    Ok(Json(changed.await?))
}

/// The operation that errors of such a request are about.
fn named(request: &ArchiveRequest) -> Operation {
    Operation {
        aggregate_type: request.aggregate_type.clone(),
        aggregate_id: request.aggregate_id.clone(),
        expected_version: request.expected_version,
        ..Operation::default()
    }
}

/// Lets a staged operation say something else. It keeps its place and its aggregate.
#[utoipa::path(post, path = "/v1/stage/edit", operation_id = "edit_staged", tag = "stage", request_body = StageEdit, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn edit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(edit): Body<StageEdit>,
) -> Answer<StageChanged> {
    let changed = app.call(move |local| {
        let changed = local.stage_edit(&caller, &edit);
        let operation = std::slice::from_ref(&edit.operation);
        changed.map_err(|error| pointing.at(error, Place::Alone("/operation"), operation))
    });
    Ok(Json(changed.await?))
}

/// Takes operations off the stage, all that are named or none.
#[utoipa::path(post, path = "/v1/stage/drop", operation_id = "drop_staged", tag = "stage", request_body = StageDrop, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn drop_some(
    State(app): State<Arc<App>>,
    asker: Asker,
    pointing: Pointing,
    Body(StageDrop { ids }): Body<StageDrop>,
) -> Answer<StageChanged> {
    changed(&app, asker, pointing, move |local, caller| local.stage_drop(caller, &ids)).await
}

/// Puts a staged operation elsewhere in the order.
#[utoipa::path(post, path = "/v1/stage/move", operation_id = "move_staged", tag = "stage", request_body = StageMove, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn put_elsewhere(
    State(app): State<Arc<App>>,
    asker: Asker,
    pointing: Pointing,
    Body(to): Body<StageMove>,
) -> Answer<StageChanged> {
    changed(&app, asker, pointing, move |local, caller| local.stage_move(caller, &to)).await
}

/// Takes the last changes of the stage back: so many, or as many as there are.
#[utoipa::path(post, path = "/v1/stage/undo", operation_id = "undo_stage", tag = "stage", request_body = StageSteps, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn undo(
    State(app): State<Arc<App>>,
    asker: Asker,
    pointing: Pointing,
    Body(StageSteps { steps }): Body<StageSteps>,
) -> Answer<StageChanged> {
    changed(&app, asker, pointing, move |local, caller| local.stage_undo(caller, steps)).await
}

/// Makes undone changes again: so many, or as many as there are.
#[utoipa::path(post, path = "/v1/stage/redo", operation_id = "redo_stage", tag = "stage", request_body = StageSteps, responses(
    (status = 200, body = StageChanged),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn redo(
    State(app): State<Arc<App>>,
    asker: Asker,
    pointing: Pointing,
    Body(StageSteps { steps }): Body<StageSteps>,
) -> Answer<StageChanged> {
    changed(&app, asker, pointing, move |local, caller| local.stage_redo(caller, steps)).await
}

async fn changed(
    app: &App,
    Asker(caller): Asker,
    pointing: Pointing,
    work: impl FnOnce(&Local, &crate::service::Caller) -> Result<StageChanged> + Send + 'static,
) -> Answer<StageChanged> {
    let changed = app.call(move |local| work(local, &caller).map_err(|error| pointing.body(error)));
    Ok(Json(changed.await?))
}

/// Tries everything that is staged on what its aggregates are now, and binds it to that. One operation that may not happen
/// any more keeps all as they are, unless `partial` asks for the rest.
#[utoipa::path(post, path = "/v1/stage/rebase", operation_id = "rebase_stage", tag = "stage", request_body = RebaseRequest, responses(
    (status = 200, body = RebaseReport),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn rebase(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(RebaseRequest { partial }): Body<RebaseRequest>,
) -> Answer<RebaseReport> {
    let report = app.call(move |local| {
        local.stage_rebase(&caller, partial).map_err(|error| pointing.body(error))
    });
    Ok(Json(report.await?))
}

/// Makes everything that is staged, or the operations that are named, one commit.
///
/// Every operation must find its aggregate at the version that it was written against; otherwise nothing is written, and
/// `errors` names each that did not. A call that is repeated with the same `Idempotency-Key` is answered as the first time,
/// whatever is staged by then.
#[utoipa::path(post, path = "/v1/stage/commit", operation_id = "commit_stage", tag = "stage", request_body = StageCommitRequest,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a retry safe: kept for ever with the commit."),
    ),
    responses(
        (status = 201, description = "The commit and its events.", body = CommitAnswer, headers(
            ("Location" = String, description = "The commit."),
            ("Idempotency-Replayed" = Option<String>, description = "`true`: an earlier call with the key wrote it."),
        )),
        (status = 200, description = "A dry run: what would have been written.", body = CommitAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ))]
async fn commit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    key: RetryKey,
    pointing: Pointing,
    Body(mut request): Body<StageCommitRequest>,
) -> Result<Response, Refused> {
    key.into_body(&mut request.idempotency_key)?;
    let receipt = app.call(move |local| {
        local.stage_commit(&caller, &request).map_err(|error| pointing.body(error))
    });
    written::commit(receipt.await?, false)
}
