//! The workspace whose store another process has: the same calls, over its socket.
//!
//! A call names what the server's route of the same verb takes; what comes back is what the service there gave, errors
//! with their kinds included. Headers say on whose behalf: the bearer token where there is one, else the name of the
//! user, whose number the operating system tells the other end itself.

mod call;
mod connect;
mod connector;
mod engine;
mod fault;
mod probe;
mod stream;

pub(super) use call::Call;
pub(super) use connect::{Answer, announced};
pub(super) use stream::{Going, Piece, Source};

use super::caller::{Caller, Restrict};
use crate::error::{Error, Result};
use crate::wire::{
    CommitAnswer, CommitReceipt, Daemon, DaemonReport, Failure, PARAMETER, PositionParams,
    PositionReport, Problem, ServerHealth,
};
use bytes::Bytes;
use connector::Connector;
use engine::Engine;
use fault::{Does, cut_off, gone, lost, stuck, unintelligible, unsendable};
pub(crate) use fault::{GONE, LOST};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Names the user of the socket, where there is no token.
pub const USER_HEADER: &str = "dbx-user";

/// How writes are held against the schema: `off`, `default`, `strict`.
pub const RESTRICT_HEADER: &str = "dbx-restrict";

/// Asks for hidden aggregates and fields: `true`.
pub const HIDDEN_HEADER: &str = "dbx-hidden";

/// The exit code of an error, which with the status names its kind.
pub const EXIT_HEADER: &str = "dbx-exit-code";

/// Which operation of a commit an error is about.
pub const OPERATION_HEADER: &str = "dbx-operation";

/// The version of the client.
pub const CLIENT_HEADER: &str = "dbx-client";

/// The key that makes a retry safe.
pub const KEY_HEADER: &str = "idempotency-key";

/// Says that an answer is the stored one to an earlier request with the same key: `true`.
pub const REPLAYED_HEADER: &str = "idempotency-replayed";

/// Names a call that takes its time, so that it can be told to stop.
pub const RUN_HEADER: &str = "dbx-run";

/// How long nothing may come back before the process at the other end is asked whether it lives, and how long it has to
/// say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is asked whether an answer is still wanted: no user sees such a delay.
const ASKED_EVERY: Duration = Duration::from_millis(20);

type Body = BoxBody<Bytes, io::Error>;

/// A connection to the process that has the store. Clones share it.
#[derive(Clone)]
pub struct Remote {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    client: Client<Connector, Body>,
    connector: Connector,
    daemon: Daemon,
    socket: PathBuf,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("daemon", &self.inner.daemon).finish_non_exhaustive()
    }
}

impl Remote {
    /// The process at the other end.
    pub fn daemon(&self) -> &Daemon {
        &self.inner.daemon
    }

    /// What the process does.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn report(&self) -> Result<DaemonReport> {
        let nobody = Caller::peer("", 0, Restrict::Default);
        self.ask(&nobody, Ok(Call::get(&["daemon", "report"])))
    }

    /// How the process does. One that does not do well says so with an answer that is no success.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn health(&self) -> Result<ServerHealth> {
        let nobody = Caller::peer("", 0, Restrict::Default);
        let request = signed(Call::beside("/health"), &nobody, None)?;
        let bytes = self.inner.engine.wait(self.watched(Does::Read, async {
            let sent = self.inner.client.request(request).await;
            let response = sent.map_err(|error| lost(&self.inner.daemon, Does::Read, &error))?;
            whole(Does::Read, response).await
        }))?;
        serde_json::from_slice(&bytes).map_err(|error| unintelligible(&error.to_string()))
    }

    /// What the process measured, in the text format of Prometheus.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn metrics(&self) -> Result<String> {
        let nobody = Caller::peer("", 0, Restrict::Default);
        let request = signed(Call::beside("/metrics"), &nobody, None)?;
        let bytes =
            self.inner.engine.wait(self.watched(Does::Read, async {
                whole(Does::Read, self.send(request).await?).await
            }))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Asks whether the process is still the one that was met. Connections are made by the name of the socket: where one
    /// ended, the next may lead to whoever has the store since.
    ///
    /// # Errors
    /// It is another one, or the connection is lost.
    pub(super) fn is_same(&self) -> Result<()> {
        let nobody = Caller::peer("", 0, Restrict::Default);
        let there: Daemon = self.ask(&nobody, Ok(Call::get(&["daemon"])))?;
        if there.instance == self.inner.daemon.instance {
            return Ok(());
        }
        Err(gone(&self.inner.daemon))
    }

    /// Tells the process to stop; it finishes what is under way first.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn stop(&self) -> Result<()> {
        self.post(&["daemon", "stop"])
    }

    /// Tells the process something on behalf of nobody in particular.
    pub(super) fn post(&self, path: &[&str]) -> Result<()> {
        self.tell(&Caller::peer("", 0, Restrict::Default), Ok(Call::post(path)))
    }

    /// Makes a call and reads its answer.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        call: Result<Call>,
    ) -> Result<T> {
        Ok(self.answered(caller, call)?.0)
    }

    /// As [`Remote::ask`], of a call that commits.
    pub(super) fn commit(&self, caller: &Caller, call: Result<Call>) -> Result<CommitReceipt> {
        let (answer, headers): (CommitAnswer, _) = self.answered(caller, call)?;
        let replayed = headers.get(REPLAYED_HEADER).is_some_and(|value| value == "true");
        Ok(answer.receipt(replayed))
    }

    /// As [`Remote::ask`], for as long as the answer is wanted: then the call is dropped, which closes its connection, and
    /// the other end stops too. `stopped` is the error for that.
    pub(super) fn ask_while<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        call: Result<Call>,
        (wanted, stopped): (&dyn Fn() -> bool, fn() -> Error),
    ) -> Result<T> {
        let request = signed(call?, caller, None)?;
        self.inner.engine.wait(async {
            tokio::select! {
                biased;
                answered = self.document(request) => Ok(answered?.0),
                () = unwanted(wanted) => Err(stopped()),
            }
        })
    }

    fn answered<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        call: Result<Call>,
    ) -> Result<(T, HeaderMap)> {
        let request = signed(call?, caller, None)?;
        self.inner.engine.wait(self.document(request))
    }

    /// Sends a request and reads the document that answers it.
    async fn document<T: DeserializeOwned>(
        &self,
        request: Request<Body>,
    ) -> Result<(T, HeaderMap)> {
        let does = Does::of(request.method());
        let answered = async {
            let response = self.send(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = whole(does, response).await?;
            let document = serde_json::from_slice(&bytes).map_err(|error| {
                unintelligible(&format!("{error}, in an answer of status {status}"))
            })?;
            Ok((document, headers))
        };
        self.watched(does, answered).await
    }

    /// Waits until the log is longer than `position`, at most for `timeout`, and gives its length.
    pub(super) fn wait_beyond(&self, position: u64, timeout: Duration) -> Result<u64> {
        let wait_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let call = Call::get(&["position"]).query(&PositionParams { beyond: position, wait_ms });
        let nobody = Caller::peer("", 0, Restrict::Default);
        let end: PositionReport = self.ask(&nobody, call)?;
        end.position.parse().map_err(|_| unintelligible("a position that is no number"))
    }

    /// Makes a call that answers nothing but that it went well.
    pub(super) fn tell(&self, caller: &Caller, call: Result<Call>) -> Result<()> {
        let request = signed(call?, caller, None)?;
        let does = Does::of(request.method());
        self.inner.engine.wait(
            self.watched(does, async { whole(does, self.send(request).await?).await.map(drop) }),
        )
    }

    /// Sends a request; an answer that is no success is an error.
    async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>> {
        let does = Does::of(request.method());
        let sent = self.inner.client.request(request).await;
        accepted(does, sent.map_err(|error| lost(&self.inner.daemon, does, &error))?).await
    }

    /// Waits for a call as long as it takes, while the process at the other end lives: one that was stopped, or hangs,
    /// would keep the command for ever. It is asked over a connection of its own, on a thread of its own, so that it
    /// makes no difference how long the call keeps this one.
    async fn watched<T, E: From<Error>>(
        &self,
        does: Does,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        tokio::pin!(call);
        loop {
            tokio::select! {
                biased;
                done = &mut call => return done,
                () = tokio::time::sleep(PATIENCE) => {}
            }
            let (tell, told) = tokio::sync::oneshot::channel();
            let inner = self.inner.clone();
            std::thread::spawn(move || tell.send(probe::answers(&inner.socket, PATIENCE)));
            tokio::select! {
                biased;
                done = &mut call => return done,
                lives = told => if lives == Ok(false) {
                    return Err(stuck(&self.inner.daemon, does).into());
                }
            }
        }
    }
}

/// Waits until an answer is wanted no more.
async fn unwanted(wanted: &dyn Fn() -> bool) {
    while wanted() {
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// An answer, unless it is an error.
async fn accepted(does: Does, response: Response<Incoming>) -> Result<Response<Incoming>> {
    if response.status().is_success() {
        return Ok(response);
    }
    Err(refusal(does, response).await)
}

/// The request of a call, on behalf of a caller.
fn signed(call: Call, caller: &Caller, stream: Option<Body>) -> Result<Request<Body>> {
    // There is no host behind a socket, and the protocol wants one.
    let uri = format!("http://localhost{}", call.uri);
    let mut request = Request::builder().method(call.method).uri(uri);
    let headers = [
        (ACCEPT.as_str(), call.accept.to_owned()),
        (CLIENT_HEADER, env!("CARGO_PKG_VERSION").to_owned()),
        (RESTRICT_HEADER, caller.restrict.to_string()),
    ];
    for (name, value) in headers.into_iter().chain(call.headers) {
        request = request.header(name, value);
    }
    if caller.show_hidden {
        request = request.header(HIDDEN_HEADER, "true");
    }
    request = match caller.token_text() {
        Some(token) => {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(unsendable)?;
            value.set_sensitive(true);
            request.header(AUTHORIZATION, value)
        }
        // A name may hold what a header may not: it travels as a query value does.
        None => request.header(USER_HEADER, encoded(&caller.actor.user)),
    };
    let body = match (stream, call.body) {
        (Some(stream), _) => stream,
        (None, Some(json)) => {
            request = request.header(CONTENT_TYPE, "application/json");
            full(json)
        }
        (None, None) => full(Vec::new()),
    };
    request.body(body).map_err(unsendable)
}

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed()
}

/// `text` with all bytes that are not plain percent-encoded.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

async fn whole(does: Does, response: Response<Incoming>) -> Result<Bytes> {
    let collected = response.into_body().collect().await;
    Ok(collected.map_err(|error| cut_off(does, &error))?.to_bytes())
}

/// The error that an answer tells of.
async fn refusal(does: Does, response: Response<Incoming>) -> Error {
    let number = |name: &str| response.headers().get(name)?.to_str().ok()?.parse::<usize>().ok();
    let exit_code = number(EXIT_HEADER).and_then(|code| u8::try_from(code).ok());
    let (operation, status) = (number(OPERATION_HEADER), response.status());
    let version = response.headers().get(ETAG).and_then(|tag| {
        tag.to_str().ok()?.strip_prefix("\"v")?.strip_suffix('"')?.parse::<u64>().ok()
    });
    let bytes = match whole(does, response).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(mut problem) => {
            // How a call travels is not its user's business: parameters are flags to that one.
            problem.errors.retain(|detail| detail.code != PARAMETER);
            let exit_code = exit_code.unwrap_or_default();
            Failure { problem, exit_code, operation, version }.into()
        }
        Err(_) => unintelligible(&format!("an answer of status {status}")),
    }
}
