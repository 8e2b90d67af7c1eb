//! Accepting connections, and stopping to.

use super::app::{App, ServeOptions};
use super::asker::Peer;
use super::socket;
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::wire::Daemon;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

/// How long what is under way may take when the server stops.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// How long a client may take for the head of a request, and to begin one on a connection that it keeps.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// The most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The most connections at once, for each of the listeners: whoever floods the address leaves the socket free.
const CONNECTIONS_MAX: usize = 4096;

/// How long is waited after an accept that failed, as it does while all files are taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What listens.
pub(super) struct Bound {
    unix: UnixListener,
    tcp: Option<TcpListener>,
    pub(super) daemon: Daemon,
}

/// Listens. Whoever has the store may replace a socket that is left over.
pub(super) async fn bind(local: &Local, options: &ServeOptions) -> Result<Bound> {
    let path = socket::place(local.paths(), None)?;
    let unix = bind_socket(&path)?;
    let tcp = match options.address {
        None => None,
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| {
            let kind = if error.kind() == ErrorKind::AddrInUse {
                Kind::Unavailable
            } else {
                Kind::Invalid
            };
            Error::new(kind, "dbx::serve::address", format!("cannot listen on {address}: {error}"))
                .help(
                    "choose another with `dbx config --port N`, or see who listens with `ss -ltnp`",
                )
        })?),
    };
    let address = tcp.as_ref().and_then(|tcp| tcp.local_addr().ok());
    let daemon = Daemon {
        pid: std::process::id(),
        instance: uuid::Uuid::new_v4().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        socket: path.display().to_string(),
        address: address.map(|address| address.to_string()),
        tls: false,
        started_at: local.now().to_string(),
        restrict: options.restrict.to_string(),
        read_only: local.read_only().map(str::to_owned),
    };
    Ok(Bound { unix, tcp, daemon })
}

fn bind_socket(path: &Path) -> Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(socket::io("replace", path, &error));
        }
        _ => {}
    }
    // The mode is that of the process, which lets nobody else in, from the first moment of the file.
    crate::workspace::files::keep_to_owner();
    UnixListener::bind(path).map_err(|error| socket::io("listen on", path, &error))
}

/// Serves until the server is told to stop, and then for at most [`GRACE`].
pub(super) async fn run(bound: Bound, app: &Arc<App>) {
    let graceful = GracefulShutdown::new();
    let router = super::routes::router(app.clone());
    let (sockets, addresses) =
        (Arc::new(Semaphore::new(CONNECTIONS_MAX)), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    loop {
        tokio::select! {
            biased;
            () = app.stop.stopped() => break,
            accepted = accept_socket(&bound.unix, &sockets) => {
                let Some((stream, uid, room)) = accepted else { continue };
                spawn(stream, Peer::Socket { uid }, router.clone(), &graceful, room);
            }
            accepted = accept_tcp(bound.tcp.as_ref(), &addresses) => {
                let Some((stream, peer, room)) = accepted else { continue };
                spawn(stream, peer, router.clone(), &graceful, room);
            }
        }
    }
    drop(bound);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

type Room = tokio::sync::OwnedSemaphorePermit;

async fn accept_socket(
    listener: &UnixListener,
    room: &Arc<Semaphore>,
) -> Option<(tokio::net::UnixStream, u32, Room)> {
    let room = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            let uid = stream.peer_cred().ok()?.uid();
            // The mode of the socket says so already, where the system heeds it.
            let own = rustix::process::getuid().as_raw();
            (uid == own || uid == 0).then_some((stream, uid, room))
        }
        Err(_) => {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn accept_tcp(
    listener: Option<&TcpListener>,
    room: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, Peer, Room)> {
    let Some(listener) = listener else { return std::future::pending().await };
    let room = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are written whole: waiting for more to send only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, Peer::Tcp(address), room))
        }
        Err(_) => {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

fn spawn(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: Peer,
    router: axum::Router,
    graceful: &GracefulShutdown,
    room: Room,
) {
    let service = TowerToHyperService::new(router.layer(axum::Extension(peer)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // How a connection ends is its client's business.
        let _ = connection.await;
        drop(room);
    });
}
