//! One line, one measurement and one id for each request.
//!
//! A request is over when the last byte of its answer went out, or when its client is gone: that is when it is counted.

use super::metrics::Measured;
use crate::server::app::App;
use crate::server::reply::{fault, panicked};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper::body::{Frame, SizeHint};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

/// The id of a request: taken from its client, or made, and given back with the answer.
pub(in crate::server) const ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of an id that a client gives.
const ID_CHARS_MAX: usize = 128;

/// What is said of a route where there is none: what was asked for is the client's to know.
const NO_ROUTE: &str = "unknown";

/// Nobody's status: the client went away before there was an answer.
const ABANDONED: u16 = 499;

/// Routes that are asked all the time, by machines, and say nothing about what is done with the store.
const QUIET: [&str; 9] = [
    "/health",
    "/livez",
    "/readyz",
    "/metrics",
    "/version",
    "/v1/daemon",
    "/v1/daemon/report",
    "/v1/position",
    "/v1/status",
];

/// Where a route says who asks, for the line of the log.
#[derive(Debug, Clone, Default)]
pub(in crate::server) struct Who(Arc<OnceLock<String>>);

impl Who {
    /// Says it; the first who does is believed.
    pub(in crate::server) fn is(&self, group: &str, user: &str) {
        let _ = self.0.set(format!("{group}/{user}"));
    }
}

/// The code of the error that an answer tells of, for the line of the log. A long answer may come to it after its head.
#[derive(Debug, Clone, Default)]
pub(in crate::server) struct Told(Arc<OnceLock<String>>);

impl Told {
    /// Says it; the first error is the one that is told.
    pub(in crate::server) fn is(&self, code: &str) {
        let _ = self.0.set(code.to_owned());
    }

    fn code(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The layer around all routes.
pub(in crate::server) async fn observe(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    app.metrics.asked();
    let mut seen = Seen::new(app.clone(), &request);
    request.extensions_mut().insert(seen.who.clone());
    // A request that brings down its task would bring down its connection, without a word to its client.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(panicked);
    seen.status = response.status().as_u16();
    seen.told = response.extensions_mut().remove::<Told>();
    seen.streams(&response);
    if let Ok(id) = HeaderValue::from_str(&seen.id) {
        response.headers_mut().insert(ID, id);
    }
    response.map(|body| Body::new(Watched { body, seen }))
}

/// A request, until it is over.
#[derive(Debug)]
struct Seen {
    app: Arc<App>,
    id: String,
    method: &'static str,
    route: String,
    started: Instant,
    who: Who,
    status: u16,
    told: Option<Told>,
    bytes: u64,
    stream: bool,
}

impl Seen {
    fn new(app: Arc<App>, request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>();
        Self {
            app,
            id: id_of(request.headers()),
            method: method(request.method()),
            route: route.map_or(NO_ROUTE, MatchedPath::as_str).to_owned(),
            started: Instant::now(),
            who: Who::default(),
            status: ABANDONED,
            told: None,
            bytes: 0,
            stream: false,
        }
    }

    /// Counts an answer that lasts as long as its client likes.
    fn streams(&mut self, response: &Response) {
        let endless = ["text/event-stream", "application/x-ndjson"];
        let media = response.headers().get(header::CONTENT_TYPE);
        let media = media.and_then(|media| media.to_str().ok()).unwrap_or_default();
        if response.status() == StatusCode::OK && endless.iter().any(|it| media.starts_with(it)) {
            self.stream = true;
            self.app.metrics.streams().fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write_down(&self) {
        let took = self.started.elapsed();
        self.app.metrics.answered(&Measured {
            method: self.method,
            route: &self.route,
            status: self.status,
            took,
            bytes: self.bytes,
            stream: self.stream,
        });
        // In microseconds the digits end.
        let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
        let code = self.told.as_ref().and_then(Told::code);
        if code == Some(fault().code()) {
            self.app.metrics.panic();
        }
        let actor = self.who.0.get().map(String::as_str);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "dbx::request",
                    method = self.method,
                    route = self.route,
                    status = self.status,
                    ms,
                    bytes = self.bytes,
                    actor,
                    code,
                    id = self.id,
                    "request"
                )
            };
        }
        match self.status {
            500.. if self.status != 503 => line!(error),
            503 => line!(warn),
            // It began well and was cut off.
            ..400 if code.is_some() => line!(warn),
            _ if QUIET.contains(&self.route.as_str()) => line!(debug),
            _ => line!(info),
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if self.stream {
            self.app.metrics.streams().fetch_sub(1, Ordering::Relaxed);
        }
        self.write_down();
    }
}

/// A body that is counted on its way out.
#[derive(Debug)]
struct Watched {
    body: Body,
    seen: Seen,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.seen.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The id that a client gave, if it is one that may stand in a log; else a new one.
fn id_of(headers: &HeaderMap) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/+=".contains(c);
    let given = headers.get(ID).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| (1..=ID_CHARS_MAX).contains(&id.len()) && id.chars().all(plain));
    given.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned)
}

/// A method by its name; those that nobody knows share one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_may_stand_in_a_log_is_kept_and_others_are_made() {
        let id = |given: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(ID, HeaderValue::from_bytes(given).unwrap());
            id_of(&headers)
        };
        for good in
            ["4bf92f3577b34da6a3ce929d0e0e4736", "a", "Root=1-67891233-abc/x:y", &"x".repeat(128)]
        {
            assert_eq!(id(good.as_bytes()), good);
        }
        for bad in
            [&b""[..], b"two words", b"quote\"", "\u{e9}".as_bytes(), &[b'x'; 129], b"{}", b"a,b"]
        {
            let made = id(bad);
            assert!(made.len() == 32 && made.chars().all(|c| c.is_ascii_hexdigit()), "{made}");
        }
        assert_ne!(id_of(&HeaderMap::new()), id_of(&HeaderMap::new()));
    }

    async fn panics() -> &'static str {
        panic!("no word of this goes out")
    }

    /// A server's layer around three routes.
    fn around(folder: &std::path::Path) -> (axum::Router, Arc<App>) {
        use crate::service::{Local, OpenOptions, Service};
        use crate::workspace::{Config, Paths};
        Service::init(folder).unwrap().close().unwrap();
        let options = OpenOptions::new(Paths::at(folder), Config::default(), "a test");
        let daemon = serde_json::from_str(
            r#"{"pid":1,"instance":"","version":"","socket":"","tls":false,"started_at":"","restrict":""}"#,
        );
        let app = App::new(
            Local::open(options).unwrap(),
            crate::server::ServeOptions::default(),
            daemon.unwrap(),
            crate::server::Stopper::new(),
        );
        let app = Arc::new(app);
        let stream = || async { ([(header::CONTENT_TYPE, "text/event-stream")], "data: x\n\n") };
        let router = axum::Router::new()
            .route("/panics", axum::routing::get(panics))
            .route("/things/{id}", axum::routing::get(|| async { "four" }))
            .route("/stream", axum::routing::get(stream))
            .layer(axum::middleware::from_fn_with_state(app.clone(), observe))
            .with_state(app.clone());
        (router, app)
    }

    fn metrics(app: &App) -> String {
        let figures =
            crate::service::Figures { position: 0, commits: 0, disk_bytes: 0, schema_version: 0 };
        app.metrics.render(&figures, false, std::time::Duration::ZERO, &[])
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_an_answer_and_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let (router, app) = around(folder.path());
        let ask = |path: &str| {
            let request = Request::get(path).header(ID, "mine").body(Body::empty()).unwrap();
            tower::ServiceExt::oneshot(router.clone(), request)
        };
        let response = ask("/panics").await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[ID], "mine");
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("dbx::serve::panic") && !body.contains("no word"), "{body}");
        let response = ask("/things/o-1").await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.body().size_hint().exact(), Some(4), "its length is known before");
        drop(response);
        let text = metrics(&app);
        for line in [
            r#"dbx_http_requests_total{method="GET",route="/panics",status="500"} 1"#,
            r#"dbx_http_requests_total{method="GET",route="/things/{id}",status="200"} 1"#,
            "dbx_panics_total 1",
            "dbx_http_requests_in_flight 0",
        ] {
            assert!(text.lines().any(|it| it == line), "no `{line}` in:\n{text}");
        }
    }

    #[tokio::test]
    async fn a_stream_is_open_until_its_client_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (router, app) = around(folder.path());
        let request = Request::get("/stream").body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        assert_eq!(app.metrics.totals(), (1, 0, 1, 0));
        assert!(metrics(&app).contains("dbx_streams 1\n"));
        drop(response);
        assert_eq!(app.metrics.totals(), (1, 0, 0, 0));
        assert!(metrics(&app).contains("dbx_streams 0\n"));
    }

    #[test]
    fn methods_of_ones_own_are_no_labels() {
        assert_eq!(method(&Method::GET), "GET");
        assert_eq!(method(&Method::from_bytes(b"BREW").unwrap()), "OTHER");
    }
}
