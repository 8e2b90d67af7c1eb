//! Accepting connections, and stopping to.

use super::app::{App, ServeOptions};
use super::asker::Peer;
use super::connection::{Terms, at_address, at_socket};
use super::guard::{self, Guard, Hosts};
use super::limits::Limits;
use super::open_files;
use super::seats::{Seat, Seats};
use super::socket;
use super::telemetry::request::observe;
use super::tls::Tls;
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::wire::Daemon;
use axum::extract::DefaultBodyLimit;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::task::TaskTracker;

/// How long is waited after an accept that failed, as it does while all files are taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What listens.
pub(super) struct Bound {
    unix: UnixListener,
    tcp: Option<TcpListener>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    pub(super) daemon: Daemon,
}

/// Listens. Whoever has the store may replace a socket that is left over.
pub(super) async fn bind(local: &Local, options: &ServeOptions) -> Result<Bound> {
    let access = &options.access;
    access.check(options.address)?;
    let tls = access.tls.as_ref().map(|files| Tls::load(files, local.now())).transpose()?;
    let limits = open_files::within(access.limits.clone());
    let path = socket::place(local.paths(), access.runtime_dir.as_deref())?;
    // An address that is taken leaves no socket behind.
    let tcp = match options.address {
        None => None,
        Some(address) => Some(bind_address(address).await?),
    };
    let unix = socket::bind(&path)?;
    let address = tcp.as_ref().and_then(|tcp| tcp.local_addr().ok());
    let daemon = Daemon {
        pid: std::process::id(),
        instance: uuid::Uuid::new_v4().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        socket: path.display().to_string(),
        home: local.paths().home().unwrap_or_default(),
        address: address.map(|address| address.to_string()),
        tls: tls.is_some(),
        started_at: local.now().to_string(),
        restrict: options.restrict.to_string(),
        read_only: local.read_only().map(str::to_owned),
        unfinished: local.unfinished().map(str::to_owned),
        dashboard: options.dashboard,
        detached: options.detached,
        flags: options.flags.clone(),
        ended: None,
    };
    Ok(Bound { unix, tcp, tls: tls.map(Arc::new), limits, daemon })
}

async fn bind_address(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let kind = match error.kind() {
            ErrorKind::AddrInUse => Kind::Unavailable,
            _ => Kind::Invalid,
        };
        let message = format!("cannot listen on {address}: {error}");
        Error::new(kind, "dbx::serve::address", message)
            .help("choose another with `dbx config --port N`, or see who listens with `ss -ltnp`")
    })
}

/// Serves until the server is told to stop, and then for as long as the limits say.
pub(super) async fn run(bound: Bound, app: &Arc<App>) {
    let Bound { unix, tcp, tls, limits, .. } = bound;
    let hosts = Hosts {
        bound: tcp.as_ref().and_then(|tcp| Some(tcp.local_addr().ok()?.ip().to_canonical())),
        names: app.options.access.hosts.clone(),
        tls: tls.clone(),
    };
    let guard = Arc::new(Guard::new(hosts, limits.clone()));
    let router = super::routes::router(app.clone())
        // The guard limits bodies, each as its route needs it.
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state((guard, app.clone()), guard::check))
        // The outermost: whatever refuses a request, it is written down.
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe));
    let grace = limits.grace;
    let listening = Listening {
        tasks: TaskTracker::new(),
        terms: Arc::new(Terms { app: app.clone(), router, limits, stop: app.stop.clone(), tls }),
    };
    tokio::join!(listening.at_socket(unix), listening.at_address(tcp));
    listening.tasks.close();
    let _ = tokio::time::timeout(grace, listening.tasks.wait()).await;
}

/// The loops that accept: one for each door, so that neither waits for the other.
struct Listening {
    tasks: TaskTracker,
    terms: Arc<Terms>,
}

impl Listening {
    async fn at_socket(&self, listener: UnixListener) {
        let seats = Seats::new(self.terms.limits.connections);
        while let Some((stream, seat)) = self.next(|| listener.accept(), &seats).await {
            if let Some(uid) = trusted(&stream) {
                self.tasks.spawn(at_socket(self.terms.clone(), stream, uid, seat));
            }
        }
    }

    async fn at_address(&self, listener: Option<TcpListener>) {
        let Some(listener) = listener else { return };
        let seats = Seats::new(self.terms.limits.connections);
        while let Some((stream, seat)) = self.next(|| listener.accept(), &seats).await {
            let Some(peer) = prepared(&stream) else { continue };
            self.tasks.spawn(at_address(self.terms.clone(), stream, peer, seat));
        }
    }

    /// The next client, and a place for it; `None` once the server is told to stop.
    async fn next<S, A, F: Future<Output = io::Result<(S, A)>>>(
        &self,
        mut accept: impl FnMut() -> F,
        seats: &Arc<Seats>,
    ) -> Option<(S, Arc<Seat>)> {
        let next = async {
            loop {
                match accept().await {
                    Ok((stream, _)) => return (stream, seats.take().await),
                    // The client has gone already.
                    Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                    Err(error) => {
                        tracing::warn!(%error, "a connection cannot be accepted");
                        seats.make_room();
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = self.terms.stop.stopped() => None,
            client = next => Some(client),
        }
    }
}

/// Whose process is at the other end, if it may be there. The mode of the socket says so already, where the system heeds
/// it.
fn trusted(stream: &UnixStream) -> Option<u32> {
    let uid = stream.peer_cred().ok()?.uid();
    let own = rustix::process::getuid().as_raw();
    if !socket::trusts(uid, own) {
        tracing::warn!(uid, "another user came to the socket and was sent away");
        return None;
    }
    Some(uid)
}

fn prepared(stream: &TcpStream) -> Option<Peer> {
    // Answers are written whole: waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    stream.peer_addr().ok().map(Peer::Tcp)
}
