//! One page that shows every route and lets one try it: it renders the description of the routes, and needs nothing from
//! anywhere else.

use crate::proof::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What describes the routes: for programs and for people.
#[derive(Debug, Clone)]
pub(super) struct Docs {
    /// The document, as JSON.
    pub(super) json: Bytes,
    /// The page.
    pub(super) page: Bytes,
    /// What the page may load and do: its own style and script, which are named by their hashes, and calls to where it
    /// came from.
    pub(super) policy: String,
}

impl Docs {
    pub(super) fn new(api: OpenApi) -> Self {
        let api = super::openapi::complete(api);
        // A document of maps with names for keys can always be written.
        let json = serde_json::to_vec(&api).unwrap_or_default().into();
        let page = PAGE.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT);
        let hash = |text: &str| STANDARD.encode(sha256(text.as_bytes()).as_bytes());
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash(STYLE),
            hash(SCRIPT),
        );
        Self { json, page: page.into(), policy }
    }
}
