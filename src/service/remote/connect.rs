//! Finding out whether a process has the store, and whether it can be worked with.

use super::connector::Connector;
use super::engine::Engine;
use super::probe::knock;
use super::{Call, Inner, Remote, signed, unintelligible};
use crate::error::{Error, Kind, Result};
use crate::service::caller::{Caller, Restrict};
use crate::store::Holder;
use crate::wire::Daemon;
use crate::workspace::Paths;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long an owner may take to say who it is. It does nothing for that but answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The most bytes of `daemon.json`, and of an introduction, that are looked at.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// How long a connection is kept for the next call: less than a server keeps it, so that none is sent into a connection
/// that is being closed.
const IDLE: Duration = Duration::from_secs(10);

/// What came of asking whether a process has the store.
#[derive(Debug)]
pub(in crate::service) enum Answer {
    /// One has it, and answers.
    There(Remote),
    /// Nobody answers. A socket or a file that is left over means nothing.
    Nobody,
}

impl Remote {
    /// Asks at the socket of a workspace.
    ///
    /// # Errors
    /// A process that accepts the connection and does not answer, one of another version, or one of another user.
    pub(in crate::service) fn connect(paths: &Paths) -> Result<Answer> {
        let answer = Self::meet(paths)?;
        match &answer {
            Answer::There(owner) if owner.daemon().version != env!("CARGO_PKG_VERSION") => {
                Err(other_version(owner.daemon()))
            }
            _ => Ok(answer),
        }
    }

    /// As [`Remote::connect`], where any version will do: it may only be asked what every version knows.
    ///
    /// # Errors
    /// As there, but for the version.
    pub(in crate::service) fn meet(paths: &Paths) -> Result<Answer> {
        let Some(socket) = socket_of(paths) else { return Ok(Answer::Nobody) };
        // Asked without the machinery first: where nobody listens, which is the common case, this costs one system call.
        match knock(&socket, ANSWER_WITHIN) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(wedged(paths)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(foreign(&socket, &error.to_string()));
            }
            Err(_) => return Ok(Answer::Nobody),
        }
        let owner = std::fs::metadata(&paths.dot)
            .map_err(|error| foreign(&socket, &error.to_string()))?
            .uid();
        let engine = Engine::new().map_err(|error| {
            let message = format!("cannot talk over the socket: {error}");
            Error::new(Kind::Unavailable, "dbx::daemon::io", message)
        })?;
        let connector = Connector::new(socket.clone(), owner);
        let client =
            Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector.clone());
        // Nobody in particular asks: who has the store is no secret to those who can open the socket.
        let asked = signed(Call::get(&["daemon"]), &Caller::peer("", 0, Restrict::Default), None)?;
        let introduced = async {
            let response =
                client.request(asked).await.map_err(|error| error_of(&socket, &error))?;
            // A process that is cut off here is as good as one that went away before it was asked.
            Limited::new(response.into_body(), FILE_BYTES_MAX).collect().await.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    return Refused::Error(unintelligible("an introduction without end"));
                }
                Refused::Nobody
            })
        };
        let limited = async { tokio::time::timeout(ANSWER_WITHIN, introduced).await };
        let bytes = match engine.wait(limited) {
            Err(_) => return Err(wedged(paths)),
            Ok(Err(Refused::Nobody)) => return Ok(Answer::Nobody),
            Ok(Err(Refused::Error(error))) => return Err(error),
            Ok(Ok(body)) => body.to_bytes(),
        };
        let daemon: Daemon =
            serde_json::from_slice(&bytes).map_err(|error| unintelligible(&error.to_string()))?;
        Ok(Answer::There(Self {
            inner: Arc::new(Inner { engine, client, connector, daemon, socket }),
        }))
    }
}

/// Why there was no introduction.
enum Refused {
    Nobody,
    Error(Error),
}

/// What a failed first request means. An owner that went away while it was asked is as good as none.
fn error_of(socket: &Path, error: &hyper_util::client::legacy::Error) -> Refused {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::PermissionDenied
        {
            return Refused::Error(foreign(socket, &io.to_string()));
        }
        // A connection that breaks is one of an owner that ends: only an answer can be senseless.
        if let Some(http) = inner.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return Refused::Error(unintelligible(&http.to_string()));
        }
        cause = inner.source();
    }
    if error.is_connect() || std::error::Error::source(error).is_some() {
        return Refused::Nobody;
    }
    Refused::Error(unintelligible(&error.to_string()))
}

/// Where an owner would listen: in `.dbx/`, or where `daemon.json` says because that path is too long for a socket.
fn socket_of(paths: &Paths) -> Option<PathBuf> {
    let near = paths.socket();
    if near.exists() {
        return Some(near);
    }
    Some(PathBuf::from(announced(paths)?.socket)).filter(|path| path.exists())
}

/// What an owner wrote down of itself, which it may have left behind.
pub(in crate::service) fn announced(paths: &Paths) -> Option<Daemon> {
    let mut text = String::new();
    let file = std::fs::File::open(paths.daemon_file()).ok()?;
    file.take(FILE_BYTES_MAX as u64).read_to_string(&mut text).ok()?;
    let daemon: Daemon = serde_json::from_str(&text).ok()?;
    // Copied with its folder, the file speaks of the other one, and its socket leads there.
    paths.home().is_some_and(|home| home == daemon.home).then_some(daemon)
}

fn foreign(socket: &Path, why: &str) -> Error {
    let message = format!("the socket `{}` cannot be used: {why}", socket.display());
    Error::new(Kind::Forbidden, "dbx::daemon::foreign", message)
        .kept("nothing was sent")
        .help("run the command as the user whose workspace it is, or give a token over HTTP")
}

fn wedged(paths: &Paths) -> Error {
    let seconds = ANSWER_WITHIN.as_secs();
    let holder = Holder::read(&paths.dot.join("lock"));
    let wake = holder.as_ref().map_or_else(String::new, |holder| {
        format!("`kill -CONT {}` wakes it where it was stopped; ", holder.pid)
    });
    let who = holder.map_or("what has the store".to_owned(), |holder| holder.to_string());
    let message = format!("{who} accepts connections and did not answer for {seconds} s");
    Error::new(Kind::Unavailable, "dbx::daemon::wedged", message)
        .kept("nothing was done; what was acknowledged is on disk")
        .help(format!("{wake}`dbx serve stop --force` ends it, and nothing that was acknowledged is lost by that; `dbx serve logs` may say why it hangs"))
}

fn other_version(daemon: &Daemon) -> Error {
    let (who, help) = if daemon.dashboard {
        ("dashboard", format!("close the dashboard, process {}, and open it again", daemon.pid))
    } else {
        ("daemon", "`dbx serve restart` starts the version that is installed".to_owned())
    };
    let message = format!(
        "the {who} that has the store is dbx {}, this is dbx {}",
        daemon.version,
        env!("CARGO_PKG_VERSION")
    );
    Error::new(Kind::Unavailable, "dbx::daemon::version", message)
        .kept("nothing was done")
        .help(help)
}
