//! The description of the routes.

use crate::server::app::App;
use crate::server::docs::Docs;
use axum::Extension;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(openapi)).routes(routes!(page))
}

/// All of this as `OpenAPI` 3.1.
#[utoipa::path(get, path = "/openapi.json", operation_id = "get_openapi", tag = "server", security(()),
    responses((status = 200, description = "The description of every route.", body = Object)))]
async fn openapi(Extension(docs): Extension<Docs>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], docs.json)
}

/// All of this as a page, on which every call can be tried.
#[utoipa::path(get, path = "/docs", operation_id = "get_docs", tag = "server", security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
async fn page(Extension(docs): Extension<Docs>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_SECURITY_POLICY, docs.policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, docs.page)
}
