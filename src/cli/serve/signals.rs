//! How a daemon is told to end: SIGTERM and SIGINT, once in order, twice at once. SIGHUP opens its log anew.

use super::supervise;
use crate::error::{Error, Kind};
use crate::server::{Logging, Stopper};
use crate::workspace::Env;
use std::io;
use std::sync::mpsc::sync_channel;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from here on.
///
/// # Errors
/// The system allows no more threads.
pub(super) fn listen(stop: Stopper, logging: Logging, env: Env) -> Result<(), Error> {
    let failed = |error: io::Error| {
        let message = format!("cannot listen for signals: {error}");
        Error::new(Kind::Unavailable, "dbx::serve::io", message)
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (tell, told) = sync_channel(1);
    let listening = move || {
        runtime.block_on(async {
            match Signals::new() {
                Err(error) => drop(tell.send(Err(error))),
                Ok(signals) => {
                    let _ = tell.send(Ok(()));
                    signals.heed(&stop, &logging, &env).await;
                }
            }
        });
    };
    std::thread::Builder::new().name("dbx-signals".into()).spawn(listening).map_err(failed)?;
    // Whoever sends one the moment after is heard.
    told.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())).map_err(failed)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn heed(mut self, stop: &Stopper, logging: &Logging, env: &Env) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => end(stop, env, "SIGTERM"),
                _ = self.interrupt.recv() => end(stop, env, "SIGINT"),
                _ = self.hangup.recv() => match logging.reopen() {
                    Ok(()) => tracing::info!(target: "dbx::serve", "the log was opened anew"),
                    Err(error) => tracing::error!(target: "dbx::serve", reason = %error, "the log cannot be opened anew"),
                },
            }
        }
    }
}

/// The first time in order; the second time at once, which loses nothing that was acknowledged.
fn end(stop: &Stopper, env: &Env, signal: &'static str) {
    if stop.is_stopped() {
        tracing::warn!(target: "dbx::serve", signal, "ends at once");
        now();
    }
    tracing::info!(target: "dbx::serve", signal, "stopping");
    supervise::tell(env, "STOPPING=1");
    stop.stop();
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "whoever asks twice does not want to wait for other threads, and this is the program, not the library"
)]
fn now() {
    std::process::exit(Kind::Interrupted.exit_code().into());
}
