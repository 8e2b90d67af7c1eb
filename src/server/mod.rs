//! The owner of a store serves it: over a socket in `.dbx/` to the local user, over TCP to whoever has a token.
//!
//! ```text
//! listen    accepts connections
//! seats     how many, and who goes when there are more
//! tls       what the address speaks, where it was given a certificate
//! connection, writing   one connection, from its first byte to its last
//! guard, body, limits   what a request has to pass before it comes to its route, and its answer on the way back
//! access    who can reach the server, and how
//! socket    the socket's place and mode, and what says where the server is
//! stop      telling the server to stop
//! open_files   how many files the process may have open
//! beside    a server that runs beside something else
//! desk      how many calls run at once
//! shelf     how much of what they answer waits in memory
//! app       what every request needs, and the way from here to the blocking service
//! asker     who asks: a token, or the user at the other end of the socket
//! query     what stands behind the `?`
//! etag      versions as entity tags
//! docs      the page and its description, made once
//! openapi   the description of all routes, and the page that shows it
//! reply     answers, and every error as problem details
//! frames    answers that take their time
//! upload    bodies of requests that are too long for memory
//! download  answers that are
//! runs      calls under way, and telling one to stop
//! media     what a body is, and what a client takes
//! retry     `Idempotency-Key`
//! condition `If-Match` and `If-None-Match`
//! written   answers of calls that write
//! pointing  where in a body an error is
//! stream/   pages as text, long polls, and the log as it grows
//! watch     what becomes of `schema.dbx` while it serves
//! telemetry its log and its metrics
//! routes/   one file for each noun, with what OpenAPI says of it
//! ```

mod access;
mod app;
mod asker;
mod beside;
mod body;
mod condition;
mod connection;
mod desk;
mod docs;
mod download;
mod etag;
mod frames;
mod guard;
mod limits;
mod listen;
mod media;
mod open_files;
mod openapi;
mod pointing;
mod query;
mod reply;
mod retry;
mod routes;
mod runs;
mod seats;
mod shelf;
mod socket;
mod stop;
mod stream;
mod telemetry;
mod tls;
mod upload;
mod watch;
mod writing;
mod written;

pub use access::Access;
pub use app::ServeOptions;
pub use beside::Beside;
pub use limits::Limits;
pub use stop::Stopper;
pub use telemetry::{Echo, LogOptions, Logging};
pub use tls::TlsFiles;

use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::wire::Daemon;
use app::App;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much longer than its connections a server may take for calls that outlived them.
const END_WITHIN: Duration = Duration::from_millis(500);

/// How often measurements are brought into buckets where nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(1);

/// Serves a store until it is told to stop, and closes it then. `ready` is called once everything listens.
///
/// # Errors
/// Another process listens where this one should, or the store cannot be closed well.
pub fn serve(
    local: Local,
    options: ServeOptions,
    stop: &Stopper,
    ready: impl FnOnce(&Daemon),
) -> Result<()> {
    let (threads, grace) = (options.access.limits.threads(), options.access.limits.grace);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().max_blocking_threads(threads).build().map_err(|error| {
        Error::new(Kind::Unavailable, "dbx::serve::io", format!("cannot serve: {error}"))
    })?;
    let (served, end) = runtime.block_on(async {
        let told = stop.clone();
        let stopped = tokio::spawn(async move {
            told.stopped().await;
            Instant::now()
        });
        let bound = listen::bind(&local, &options).await?;
        let app = Arc::new(App::new(local, options, bound.daemon.clone(), stop.clone()));
        observe(&app);
        watch::start(&app);
        socket::announce(&app)?;
        say(&app.daemon);
        ready(&app.daemon);
        listen::run(bound, &app).await;
        let end = stopped.await.unwrap_or_else(|_| Instant::now()) + grace + END_WITHIN;
        socket::withdraw(&app);
        Ok::<_, Error>((app, end))
    })?;
    // Whatever still runs on behalf of a client has the store too; it ends with its thread.
    runtime.shutdown_timeout(end.saturating_duration_since(Instant::now()));
    let failed = served.failed().cloned();
    let closed = match Arc::try_unwrap(served) {
        Ok(app) => app.local.close(),
        Err(_) => Ok(()),
    };
    tracing::info!(target: "dbx::serve", "stopped");
    failed.map_or(closed, Err)
}

fn say(daemon: &Daemon) {
    let Daemon { pid, version, socket, restrict, .. } = daemon;
    let place = daemon.address.as_deref().unwrap_or(socket);
    tracing::info!(target: "dbx::serve", pid, version, socket, restrict, "serving on {place}");
    if let Some(reason) = &daemon.read_only {
        tracing::error!(target: "dbx::serve", reason, "the store is open for reading only");
    }
}

/// Lets the metrics know of every batch, brings them into buckets now and then, and looks whether the workspace is still
/// where it was: who writes to one that was removed is told that it is safe, and it is not.
fn observe(app: &Arc<App>) {
    let told = Arc::downgrade(app);
    app.local.observe(move |written| {
        if let Some(app) = told.upgrade() {
            app.metrics.wrote(written);
        }
    });
    let (app, stop) = (Arc::downgrade(app), app.stop.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                () = tokio::time::sleep(UPKEEP) => {}
            }
            let Some(app) = app.upgrade() else { return };
            app.metrics.upkeep();
            let moved = app.is_moved().then(|| socket::moved(app.local.paths()));
            // Who was told that a write failed may have been told before the store knew that it takes no more.
            if let Some(error) = moved.or_else(|| app.local.check().err()) {
                app.fail(error);
            }
        }
    });
}
