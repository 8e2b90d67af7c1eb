//! Tokens. Making one takes no `Idempotency-Key`: its answer is a secret, which nothing keeps.

use super::daemon::at_socket;
use crate::domain::access::Rights;
use crate::error::{Error, Kind, Result};
use crate::server::app::App;
use crate::server::asker::{Asker, Peer};
use crate::server::pointing::Pointing;
use crate::server::query::{Nothing, Query};
use crate::server::reply::{Answer, Body, Path, Refused};
use crate::server::written;
use crate::wire::{
    Problem, TokenBootstrap, TokenInfo, TokenIssued, TokenList, TokenRefresh, TokenRequest,
    TokenRevoke,
};
use crate::workspace::Ttl;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::{Extension, Json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, generate))
        .routes(routes!(revoke))
        .routes(routes!(bootstrap))
        .routes(routes!(info))
        .routes(routes!(refresh))
}

/// The tokens that were handed out, oldest first; with a token, those that it may manage. No secret is among them.
#[utoipa::path(get, path = "/v1/tokens", operation_id = "list_tokens", tag = "tokens", responses(
    (status = 200, body = TokenList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<TokenList> {
    Ok(Json(app.call(move |local| local.token_list(&caller)).await?))
}

/// Makes a token. This answer is the only place where it is shown.
#[utoipa::path(post, path = "/v1/tokens", operation_id = "generate_token", tag = "tokens", request_body = TokenRequest, responses(
    (status = 201, body = TokenIssued, headers(("Location" = String, description = "What is known of the token."))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn generate(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(request): Body<TokenRequest>,
) -> Result<Response, Refused> {
    let issued = app.call(move |local| {
        let issued = local.token_generate(&caller, &request);
        issued.map_err(|error| {
            let member = member(&error, &request);
            pointing.member(error, member)
        })
    });
    shown(&issued.await?)
}

/// What of a request for a token is wrong.
fn member(error: &Error, request: &TokenRequest) -> &'static str {
    let zero = |number: Option<u64>| number == Some(0);
    match error.code() {
        "dbx::token::name" if error.message().starts_with("the user ") => "/user",
        "dbx::token::name" => "/group",
        "dbx::token::rights" if request.actions.is_empty() => "/actions",
        "dbx::token::rights" if Rights::parse(&request.actions, &[]).is_err() => "/actions",
        "dbx::token::rights" => "/resources",
        "dbx::token::zero" if zero(request.limit) => "/limit",
        "dbx::token::zero" if zero(request.keep_alive) => "/keep_alive",
        "dbx::token::zero" => "/ttl",
        _ => "",
    }
}

/// One token, by its id or the beginning of it.
#[utoipa::path(get, path = "/v1/tokens/{id}", operation_id = "get_token", tag = "tokens", params(("id" = String, Path, description = "The id of the token, or the beginning of it.")), responses(
    (status = 200, body = TokenInfo),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn info(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<TokenInfo> {
    Ok(Json(app.call(move |local| local.token_info(&caller, &id)).await?))
}

/// Revokes tokens by their ids, or all of a user, from now on and for good.
#[utoipa::path(post, path = "/v1/tokens/revoke", operation_id = "revoke_tokens", tag = "tokens", request_body = TokenRevoke, responses(
    (status = 200, description = "Those that were named, or those of the user that were not revoked before.", body = TokenList),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(TokenRevoke { ids, who }): Body<TokenRevoke>,
) -> Answer<TokenList> {
    if who.is_some() && !ids.is_empty() {
        let message = "tokens are revoked by their ids or by their user, not by both";
        let error = Error::new(Kind::Invalid, "dbx::token::revoke", message);
        return Err(pointing.body(error.kept("nothing was changed")).into());
    }
    let revoked = app.call(move |local| {
        let revoked = match who {
            Some(who) => local.token_revoke_all(&caller, &who),
            None => local.token_revoke(&caller, &ids),
        };
        revoked.map_err(|error| pointing.body(error))
    });
    Ok(Json(revoked.await?))
}

/// Makes a token with the rights of another, which is revoked in the same change.
#[utoipa::path(post, path = "/v1/tokens/{id}/refresh", operation_id = "refresh_token", tag = "tokens", params(("id" = String, Path, description = "The id of the token, or the beginning of it.")),
    request_body = TokenRefresh, responses(
    (status = 201, body = TokenIssued, headers(("Location" = String, description = "What is known of the token."))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn refresh(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    pointing: Pointing,
    Path(id): Path<String>,
    Body(request): Body<TokenRefresh>,
) -> Result<Response, Refused> {
    let ttl = request.ttl.as_deref().map(ttl).transpose();
    let ttl = ttl.map_err(|error| pointing.body(error))?;
    let issued = app.call(move |local| {
        local.token_refresh(&caller, &id, ttl).map_err(|error| pointing.body(error))
    });
    shown(&issued.await?)
}

/// Makes a token that may do everything. `file` also writes it to `.dbx/cli.token`, which only the socket's user may ask.
#[utoipa::path(post, path = "/v1/tokens/bootstrap", operation_id = "bootstrap_token", tag = "tokens", request_body = TokenBootstrap, responses(
    (status = 201, body = TokenIssued, headers(("Location" = String, description = "What is known of the token."))),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
async fn bootstrap(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Asker(caller): Asker,
    pointing: Pointing,
    Body(request): Body<TokenBootstrap>,
) -> Result<Response, Refused> {
    if request.file {
        // Files beside the store are no business of who comes over the network.
        at_socket(peer)?;
    }
    let ttl = ttl(&request.ttl).map_err(|error| pointing.body(error))?;
    let issued = app.call(move |local| {
        let issued = if request.file {
            local.token_bootstrap_file(&caller, ttl)
        } else {
            local.token_bootstrap(&caller, ttl)
        };
        issued.map_err(|error| pointing.body(error))
    });
    shown(&issued.await?)
}

fn ttl(text: &str) -> Result<Ttl> {
    Ok(text.parse::<Ttl>()?)
}

/// A secret, which nothing on the way may keep.
fn shown(issued: &TokenIssued) -> Result<Response, Refused> {
    let mut response = written::created(&format!("/v1/tokens/{}", issued.id), issued)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
