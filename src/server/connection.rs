//! One connection, from its first byte to its last.

use super::app::App;
use super::asker::Peer;
use super::desk::{DOOR, Door};
use super::limits::{HEAD_BYTES_MAX, LINGER_BYTES_MAX, Limits};
use super::seats::{Busy, Seat};
use super::stop::Stopper;
use super::telemetry::Connected;
use super::tls::Tls;
use super::writing::Writing;
use axum::body::{Body, HttpBody};
use axum::http::{Request, Response};
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tower::Service as _;

/// What all connections of a server share.
pub(super) struct Terms {
    pub(super) app: Arc<App>,
    pub(super) router: axum::Router,
    pub(super) limits: Limits,
    pub(super) stop: Stopper,
    pub(super) tls: Option<Arc<Tls>>,
}

/// A response until all of it is sent: its connection is busy that long.
struct Held {
    body: Body,
    _busy: Busy,
}

/// Serves a client of the socket, who may read as slowly as the pager of a person does.
pub(super) async fn at_socket(
    terms: Arc<Terms>,
    stream: tokio::net::UnixStream,
    uid: u32,
    seat: Arc<Seat>,
) {
    DOOR.scope(Door::Socket, converse(&terms, stream, Peer::Socket { uid }, &seat)).await;
}

/// Serves a client of the address.
pub(super) async fn at_address(
    terms: Arc<Terms>,
    stream: tokio::net::TcpStream,
    peer: Peer,
    seat: Arc<Seat>,
) {
    let within = terms.limits.write_within;
    let Some(tls) = terms.tls.clone() else {
        let stream = Writing::new(stream, within);
        return DOOR.scope(Door::Address, converse(&terms, stream, peer, &seat)).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(terms.limits.handshake_within, tls.accept(stream)) => shaken,
        () = seat.told_to_leave() => return,
        () = terms.stop.stopped() => return,
    };
    // Whoever does not speak TLS, or trusts another certificate, says so at the other end.
    let Ok(Ok(stream)) = shaken else { return };
    let stream = Writing::new(stream, within);
    DOOR.scope(Door::Address, converse(&terms, stream, peer, &seat)).await;
}

async fn converse<S: AsyncRead + AsyncWrite + Send + Unpin>(
    terms: &Terms,
    stream: S,
    peer: Peer,
    seat: &Arc<Seat>,
) {
    let _connected = Connected::new(terms.app.clone(), peer);
    let service = service_fn(|request: Request<Incoming>| answer(terms, request, peer, seat));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(terms.limits.head_within)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut last = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            () = terms.stop.stopped(), if !last => last = true,
            () = seat.told_to_leave(), if !last => {
                if seat.is_idle() {
                    return;
                }
                last = true;
            }
        }
        // What is under way is finished, and nothing after it is begun.
        Pin::new(&mut connection).graceful_shutdown();
    };
    let waits = match &ended {
        Ok(()) => true,
        Err(error) => error.is_parse(),
    };
    if waits {
        linger(connection.into_parts().io.into_inner(), &terms.limits).await;
    }
}

/// Hands a request to the routes.
fn answer(
    terms: &Terms,
    request: Request<Incoming>,
    peer: Peer,
    seat: &Arc<Seat>,
) -> Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>> {
    let busy = seat.busy();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let mut router = terms.router.clone();
    Box::pin(async move {
        let response = router.call(request).await?;
        Ok(response.map(|body| Body::new(Held { body, _busy: busy })))
    })
}

/// Ends a connection. Closing one whose client still sends would reset it, and with that take back the answer that says
/// why nobody reads on (RFC 9112 section 9.6).
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin, limits: &Limits) {
    let reading = async {
        stream.shutdown().await?;
        let mut scrap = vec![0; 16 << 10];
        let mut read = 0;
        while read < LINGER_BYTES_MAX {
            match stream.read(&mut scrap).await? {
                0 => break,
                more => read += more,
            }
        }
        Ok::<_, std::io::Error>(())
    };
    // It ends in one way or another.
    let _ = timeout(limits.linger, reading).await;
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
