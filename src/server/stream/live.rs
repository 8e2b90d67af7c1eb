//! The log as server-sent events (WHATWG HTML, section 9.2): what there is, and then what comes.

use super::SSE;
use super::page::forwards;
use crate::error::{Error, Kind};
use crate::server::app::App;
use crate::server::reply::Refused;
use crate::service::{Caller, TextPage};
use crate::wire::{EventsQuery, Problem};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// After how long a silent stream says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How often a stream looks whether its token still holds while there is nothing to read.
const TOKEN_CHECK: Duration = Duration::from_secs(2);

/// How many events are read at a time.
const PAGE_EVENTS: usize = 512;

/// With the event that reaches so many bytes, a page ends: no stream holds more than that of the log.
const PAGE_BYTES: usize = 128 << 10;

/// What a call says where the server has no room for one more.
const BUSY: &str = "dbx::serve::busy";

/// How long a stream leaves the room to others.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// What a client resumes by.
const LAST_EVENT_ID: &str = "last-event-id";

/// How long a client is to wait before it connects again, in milliseconds.
const RETRY: &str = "retry: 1000\n\n";

/// Streams the log from the place that the client names: what it lacks, and then what comes.
///
/// The first page is read before anything is answered, so that a refusal is a refusal.
pub(in crate::server) async fn live(
    app: Arc<App>,
    caller: Caller,
    mut query: EventsQuery,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    forwards(&query)?;
    if let Some(place) = headers.get(LAST_EVENT_ID) {
        query.after = Some(resumed(place)?);
    }
    let mut live = Live {
        left: query.take.unwrap_or(usize::MAX),
        sent: query.after.unwrap_or(0),
        spoke: Instant::now(),
        caught_up: false,
        over: false,
        first: None,
        app,
        caller,
        query,
    };
    let page = live.read().await?;
    live.first = Some(page);
    let pieces = futures_util::stream::unfold(live, |mut live| async {
        let piece = live.next().await?;
        Some((Ok::<_, Infallible>(piece), live))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SSE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // What stands between client and server is not to collect what is sent.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The position behind which a client goes on. An empty one is that of a client that was given none.
fn resumed(place: &HeaderValue) -> Result<u64, Error> {
    let text = place.to_str().unwrap_or("?");
    if text.is_empty() {
        return Ok(0);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let message = "`Last-Event-ID` is a position of the log, as the stream sent it";
        Error::new(Kind::Invalid, "dbx::request::last_event_id", message).kept("nothing was read")
    })
}

/// A stream under way.
struct Live {
    app: Arc<App>,
    caller: Caller,
    query: EventsQuery,
    /// How many events it may still send.
    left: usize,
    /// The last id that was sent: everything up to there was looked at.
    sent: u64,
    /// When something was sent last.
    spoke: Instant,
    /// Whether it was said that the end of the log was reached.
    caught_up: bool,
    /// Whether nothing more is sent.
    over: bool,
    /// The page that was read before the answer began.
    first: Option<TextPage>,
}

impl Live {
    /// What is sent next; `None` at the end. It is asked for when the client took what was sent before.
    async fn next(&mut self) -> Option<Bytes> {
        let mut text = Vec::new();
        if self.first.is_some() {
            text.extend_from_slice(RETRY.as_bytes());
        }
        while !self.over && !self.app.stop.is_stopped() {
            let page = match self.first.take() {
                Some(page) => Ok(page),
                None if self.behind() => self.read().await,
                None => match self.wait().await {
                    Woken::Grown => self.read().await,
                    Woken::Token(Ok(())) => continue,
                    Woken::Token(Err(error)) => Err(error),
                    Woken::Silent => {
                        self.spoke = Instant::now();
                        return Some(Bytes::from_static(b":\n\n"));
                    }
                    Woken::Stopped => return None,
                },
            };
            match page {
                Ok(page) => self.write(&page, &mut text),
                // Others are served first: a stream that goes on lags for a moment.
                Err(refused) if refused.error().code() == BUSY => {
                    sleep(BUSY_PAUSE).await;
                }
                Err(refused) => {
                    self.over = true;
                    refusal(&refused, &mut text);
                }
            }
            if !text.is_empty() {
                self.spoke = Instant::now();
                return Some(text.into());
            }
        }
        None
    }

    /// Whether there is something to read that was not waited for.
    fn behind(&self) -> bool {
        self.app.local.end().borrow().get() > self.sent
    }

    async fn read(&mut self) -> Result<TextPage, Refused> {
        let _turn = self.app.desk.read_turn().await;
        let caller = self.caller.clone();
        let after = Some(self.sent);
        let take = Some(self.left.min(PAGE_EVENTS));
        let query = EventsQuery { after, take, ..self.query.clone() };
        self.app.call(move |local| local.events_text(&caller, &query, Some(PAGE_BYTES))).await
    }

    fn write(&mut self, page: &TextPage, text: &mut Vec<u8>) {
        text.reserve(page.events.bytes() + 32 * page.events.len() + 64);
        for (position, event) in page.events.iter() {
            text.extend_from_slice(format!("id: {position}\ndata: ").as_bytes());
            text.extend_from_slice(event);
            text.extend_from_slice(b"\n\n");
            self.sent = position;
        }
        self.left = self.left.saturating_sub(page.events.len());
        if page.next > self.sent {
            // An id alone: whoever resumes needs not look again at what was left out.
            text.extend_from_slice(format!("id: {}\n\n", page.next).as_bytes());
            self.sent = page.next;
        }
        if !page.more && !self.caught_up {
            self.caught_up = true;
            let (id, position) = (self.sent, self.sent);
            let said =
                format!("event: caught_up\nid: {id}\ndata: {{\"position\":\"{position}\"}}\n\n");
            text.extend_from_slice(said.as_bytes());
        }
        self.over = self.left == 0;
    }

    /// Waits until there is something to do.
    async fn wait(&self) -> Woken {
        let mut end = self.app.local.end();
        let grown = async { end.wait_for(|end| end.get() > self.sent).await.is_ok() };
        tokio::select! {
            biased;
            () = self.app.stop.stopped() => Woken::Stopped,
            true = grown => Woken::Grown,
            () = sleep_until(self.spoke + KEEP_ALIVE) => Woken::Silent,
            () = sleep(TOKEN_CHECK), if self.caller.has_token() => {
                let caller = self.caller.clone();
                Woken::Token(self.app.call(move |local| local.holds(&caller)).await)
            }
        }
    }
}

/// Why a stream that had nothing to read goes on.
enum Woken {
    /// The log is longer.
    Grown,
    /// Nothing was sent for a while.
    Silent,
    /// It was time to look whether the token still holds.
    Token(Result<(), Refused>),
    /// The server stops.
    Stopped,
}

/// Says why the stream ends. It is no `error`: clients take that name for a broken connection.
fn refusal(refused: &Refused, text: &mut Vec<u8>) {
    let problem = Problem::from(refused.error());
    let json = serde_json::to_string(&problem).unwrap_or_default();
    text.extend_from_slice(format!("event: problem\ndata: {json}\n\n").as_bytes());
}
