//! What a request has to pass before it comes to its route.
//!
//! That a server listens on this machine only is no boundary: every page that is open in a browser here can send requests
//! to it. What a page cannot do is choose the `Host` that its request names and hide the `Origin` that it comes from, or
//! send JSON to a foreign server unasked. So the host has to be one of ours (a name of an attacker that was bent to
//! point here is not), the origin is our own or absent, and whatever carries a body says that it is JSON. There are no
//! CORS headers: no page but our own reads an answer.
//!
//! On the way back a handler that panicked becomes an answer, and a long answer is weighed.

use super::app::App;
use super::asker::Peer;
use super::body::{Bounded, Fault};
use super::limits::{BodyKind, HEADERS_BYTES_MAX, Limits, TARGET_BYTES_MAX};
use super::reply::{Refused, panicked};
use super::shelf;
use super::tls::Tls;
use crate::error::{Error, Kind, Result};
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use url::Url;

/// Types that a page may send to a foreign server without that server being asked first (fetch standard, "CORS-safelisted
/// request-header").
const SENT_UNASKED: [&str; 3] =
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];

/// What is asked of every request.
pub(super) struct Guard {
    hosts: Hosts,
    limits: Limits,
}

/// The hosts that a request may name.
pub(super) struct Hosts {
    /// The address that the server listens on.
    pub(super) bound: Option<IpAddr>,
    /// The names that it was given.
    pub(super) names: Vec<String>,
    /// A browser shows no page of an attacker under a name that our certificate is for.
    pub(super) tls: Option<Arc<Tls>>,
}

impl Guard {
    pub(super) fn new(hosts: Hosts, limits: Limits) -> Self {
        Self { hosts, limits }
    }

    /// Lets a request through, or not. Its body is limited from then on.
    fn admit(&self, request: Request, peer: Peer) -> Result<Request, Refused> {
        measure(&request)?;
        let host = host_of(&request)?;
        if let Peer::Tcp(_) = peer
            && !host.as_ref().is_some_and(|host| self.hosts.allow(host.host()))
        {
            return Err(foreign_host(host.as_ref()).into());
        }
        check_origin(request.headers(), host.as_ref())?;
        check_expectation(request.headers())?;
        let kind = BodyKind::at(request.uri().path());
        check_media(&request, kind)?;
        check_coding(&request)?;
        self.bound(request, kind, peer)
    }

    /// Limits the body by size and time. What says of itself that it is too long is not read at all.
    fn bound(&self, request: Request, kind: BodyKind, peer: Peer) -> Result<Request, Refused> {
        let within = self.limits.body_within;
        if request.body().is_end_stream() {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        let body = match (kind, peer) {
            (BodyKind::Json(most), _) => {
                if body.size_hint().lower() > most as u64 {
                    return Err(Fault::TooLong(most).into());
                }
                Body::new(Bounded::whole(body, most, within))
            }
            // Whoever types into `dbx import -` may take time.
            (BodyKind::Stream, Peer::Socket { .. }) => body,
            (BodyKind::Stream, Peer::Tcp(_)) => Body::new(Bounded::stream(body, within)),
        };
        Ok(Request::from_parts(parts, body))
    }
}

/// The layer: every request goes through here, and every answer comes back this way. What could be a layer of its own for
/// each step is one: a layer costs every request some allocations.
pub(super) async fn check(
    State((guard, app)): State<(Arc<Guard>, Arc<App>)>,
    axum::Extension(peer): axum::Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let asks = shelf::asks(&request);
    let mut response = match guard.admit(request, peer) {
        Ok(request) => {
            let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            shelf::weigh(&app, asks, answer.unwrap_or_else(panicked))
        }
        Err(refused) => refused.into_response(),
    };
    let headers = response.headers_mut();
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(HeaderName::from_static("x-content-type-options"), nosniff);
    response
}

fn measure(request: &Request) -> Result<(), Refused> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > TARGET_BYTES_MAX {
        let message =
            format!("the path has {target} bytes, and at most {TARGET_BYTES_MAX} are read");
        let error = Error::new(Kind::Invalid, "dbx::request::target_too_long", message);
        return Err(Refused::with_status(StatusCode::URI_TOO_LONG, error.kept("nothing was done")));
    }
    let headers = request.headers();
    let bytes: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > HEADERS_BYTES_MAX {
        let message =
            format!("the headers have {bytes} bytes, and at most {HEADERS_BYTES_MAX} are read");
        let error = Error::new(Kind::Invalid, "dbx::request::headers_too_long", message);
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(Refused::with_status(status, error.kept("nothing was done")));
    }
    Ok(())
}

/// The host that a request is for; `None` where it names none. What is ambiguous is refused: whatever stands between the
/// client and here might have understood it otherwise.
fn host_of(request: &Request) -> Result<Option<Authority>> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = named.next().map(|value| parse_host(value.as_bytes())).transpose()?;
    if named.next().is_some() {
        return Err(bad_host("the request names more than one host"));
    }
    match (request.uri().authority(), host) {
        (Some(target), Some(host)) if *target != host => {
            Err(bad_host("the request names one host in its first line and another one as `Host`"))
        }
        (_, host) => Ok(host),
    }
}

fn parse_host(bytes: &[u8]) -> Result<Authority> {
    let host = Authority::try_from(bytes).ok().filter(|host| !host.as_str().contains('@'));
    host.ok_or_else(|| bad_host("the header `Host` holds no host"))
}

fn bad_host(message: &str) -> Error {
    Error::new(Kind::Invalid, "dbx::request::host", message).kept("nothing was done")
}

fn foreign_host(host: Option<&Authority>) -> Error {
    let Some(host) = host else { return bad_host("the request names no host") };
    let name = host.host();
    Error::new(
        Kind::Forbidden,
        "dbx::request::foreign_host",
        format!("`{name}` is not a name of this server"),
    )
    .kept("nothing was done")
    .help(format!("ask by its address, or start it with `dbx serve start --allow-host {name}`"))
}

impl Hosts {
    /// Whether a request may be for `host`, which has no port: ports are mapped and forwarded, and tell nothing.
    fn allow(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if let Ok(address) = host.parse::<IpAddr>() {
            let address = address.to_canonical();
            // An address is not bent to point elsewhere as a name is: beyond this machine any may be ours, behind what
            // translates them.
            return address.is_loopback()
                || self.bound.is_some_and(|bound| bound == address || !bound.is_loopback());
        }
        host == "localhost"
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(&host))
            || self.tls.as_ref().is_some_and(|tls| tls.is_for(&host))
    }
}

/// Only pages of this server may send requests from a browser.
fn check_origin(headers: &HeaderMap, host: Option<&Authority>) -> Result<()> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    if origins.next().is_none()
        && let Some(host) = host
        && let Ok(origin) = origin.to_str()
        && is_own(origin, host)
    {
        return Ok(());
    }
    let message = "the request comes from a page of another site, and no page but this server's own may ask it";
    Err(Error::new(Kind::Forbidden, "dbx::request::foreign_origin", message)
        .kept("nothing was done")
        .help("ask from a program, which sends no `Origin`"))
}

fn is_own(origin: &str, host: &Authority) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    if !["http", "https"].contains(&origin.scheme()) {
        return false;
    }
    // What ends TLS in front of us changes the scheme, so that of the page is taken for ours.
    let own = Url::parse(&format!("{}://{host}", origin.scheme()));
    own.is_ok_and(|own| own.origin() == origin.origin())
}

/// A body has to say what it is, and be nothing that a page may send unasked.
fn check_media(request: &Request, kind: BodyKind) -> Result<(), Refused> {
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if reads || request.body().is_end_stream() {
        return Ok(());
    }
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.map(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    });
    let takes = match (kind, media.as_deref()) {
        (_, None) => false,
        (BodyKind::Json(_), Some(media)) => is_json(media),
        (BodyKind::Stream, Some(media)) => !SENT_UNASKED.contains(&media),
    };
    if takes {
        return Ok(());
    }
    let wanted = match kind {
        BodyKind::Json(_) => "`application/json`",
        BodyKind::Stream => "the type of what is sent, such as `application/x-ndjson`",
    };
    let message = match media {
        Some(media) => format!("a body of the type `{media}` is not taken here"),
        None => "the body has no type".to_owned(),
    };
    let error = Error::new(Kind::Invalid, "dbx::request::media", message)
        .kept("nothing was done")
        .help(format!("send the header `Content-Type` with {wanted}"));
    Err(Refused::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

/// A body comes as it is: what is packed would be taken for something else, or not understood.
fn check_coding(request: &Request) -> Result<(), Refused> {
    let codings = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let mut other = codings.filter(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let Some(coding) = other.next().filter(|_| !request.body().is_end_stream()) else {
        return Ok(());
    };
    let shown: String = String::from_utf8_lossy(coding.as_bytes()).chars().take(48).collect();
    let message = format!("a body in the coding `{shown}` is not taken here");
    let error = Error::new(Kind::Invalid, "dbx::request::coding", message)
        .kept("nothing was done")
        .help("send it as it is, without `Content-Encoding`");
    Err(Refused::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

/// Whoever expects something is told whether that is kept (RFC 9110 section 10.1.1); the one expectation that there is the
/// server keeps by itself.
fn check_expectation(headers: &HeaderMap) -> Result<(), Refused> {
    let mut all = headers.get_all(header::EXPECT).iter();
    if all.all(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Ok(());
    }
    let message = "the header `Expect` holds more than `100-continue`, which is all that is kept";
    let error = Error::new(Kind::Invalid, "dbx::request::expectation", message);
    Err(Refused::with_status(StatusCode::EXPECTATION_FAILED, error.kept("nothing was done")))
}

fn is_json(media: &str) -> bool {
    media == "application/json"
        || media.strip_prefix("application/").is_some_and(|name| name.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(bound: &str, names: &[&str]) -> Hosts {
        Hosts {
            bound: Some(bound.parse().unwrap()),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            tls: None,
        }
    }

    #[test]
    fn a_name_that_is_not_ours_is_foreign() {
        let local = hosts("127.0.0.1", &["db.example"]);
        for host in [
            "localhost",
            "LOCALHOST.",
            "127.0.0.1",
            "127.0.0.2",
            "[::1]",
            "db.Example",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(local.allow(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.168.1.7",
            "0.0.0.0",
            "",
            "127.0.0.1.evil.example",
            "xdb.example",
            "2130706433",
        ] {
            assert!(!local.allow(host), "{host}");
        }
        let open = hosts("0.0.0.0", &[]);
        assert!(open.allow("192.168.1.7") && open.allow("[fe80::1]") && !open.allow("db.example"));
    }

    #[test]
    fn an_origin_is_our_own_or_foreign() {
        let own = |origin: &str, host: &str| is_own(origin, &Authority::try_from(host).unwrap());
        assert!(own("http://localhost:7070", "localhost:7070"));
        assert!(own("http://LOCALHOST:7070", "localhost:7070"));
        assert!(own("https://db.example", "db.example"));
        assert!(own("https://db.example", "db.example:443"));
        assert!(own("http://[::1]:7070", "[::1]:7070"));
        for (origin, host) in [
            ("null", "localhost:7070"),
            ("", "localhost:7070"),
            ("http://localhost:7071", "localhost:7070"),
            ("http://localhost", "localhost:7070"),
            ("http://127.0.0.1:7070", "localhost:7070"),
            ("http://localhost:7070.evil.example", "localhost:7070"),
            ("file://localhost:7070", "localhost:7070"),
            ("chrome-extension://localhost:7070", "localhost:7070"),
        ] {
            assert!(!own(origin, host), "{origin}");
        }
    }

    #[test]
    fn one_host_and_no_user_in_it() {
        let ask = |uri: &str, hosts: &[&str]| {
            let mut request = axum::http::Request::builder().uri(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            host_of(&request.body(Body::empty()).unwrap())
                .map(|host| host.map(|host| host.to_string()))
                .map_err(|error| error.kind())
        };
        assert_eq!(ask("/x", &["a:1"]), Ok(Some("a:1".into())));
        assert_eq!(ask("http://a:1/x", &["a:1"]), Ok(Some("a:1".into())));
        assert_eq!(ask("/x", &[]), Ok(None));
        for (uri, hosts) in [
            ("/x", &["a", "b"][..]),
            ("/x", &["a", "a"]),
            ("http://b/x", &["a"]),
            ("/x", &["u@a"]),
            ("/x", &["a/b"]),
            ("/x", &[""]),
        ] {
            assert_eq!(ask(uri, hosts), Err(Kind::Invalid), "{uri} {hosts:?}");
        }
    }
}
