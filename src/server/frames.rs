//! Answers that take their time: frames to a command, one document to everybody else.

use super::app::App;
use super::reply::{Refused, Told};
use crate::error::{Error, Kind, Result};
use crate::service::Local;
use crate::wire::{FRAMES, Failure, Frame, FrameKind};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// How many frames may be on their way before the call waits for its client.
const FRAMES_AHEAD: usize = 16;

/// The other end went away.
#[derive(Debug)]
pub(super) struct Gone;

/// Where a call puts what it has to say before its end.
#[derive(Debug, Clone)]
pub(super) struct Frames {
    to: mpsc::Sender<Result<Bytes, Infallible>>,
}

impl Frames {
    /// Sends a frame, waiting for a slow client.
    ///
    /// # Errors
    /// [`Gone`].
    pub(super) fn send(&self, frame: &Frame) -> Result<(), Gone> {
        self.to.blocking_send(Ok(frame.encode())).map_err(|_| Gone)
    }

    /// Says how far the call is, unless the client is behind with reading: false where it went away.
    pub(super) fn progress(&self, at: &impl Serialize) -> bool {
        use mpsc::error::TrySendError;
        let Ok(frame) = Frame::json(FrameKind::Progress, at) else { return true };
        !matches!(self.to.try_send(Ok(frame.encode())), Err(TrySendError::Closed(_)))
    }

    /// With the end that the client has.
    #[cfg(test)]
    pub(super) fn pair() -> (Self, mpsc::Receiver<Result<Bytes, Infallible>>) {
        let (to, from) = mpsc::channel(FRAMES_AHEAD);
        (Self { to }, from)
    }

    /// Whether the client went away.
    pub(super) fn is_gone(&self) -> bool {
        self.to.is_closed()
    }

    fn end<T: Serialize>(&self, result: Result<T>) {
        let json = |error: serde_json::Error| {
            Error::new(Kind::Internal, "dbx::serve::json", error.to_string())
        };
        let last = result.and_then(|done| Frame::json(FrameKind::Result, &done).map_err(json));
        let last = last.or_else(|error| Frame::json(FrameKind::Error, &Failure::from(&error)));
        if let Ok(frame) = last {
            // Whoever went away needs no end.
            let _ = self.send(&frame);
        }
    }
}

/// Whether the client reads frames.
pub(super) fn wanted(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == FRAMES)
}

/// Calls the service, which may send frames before its result.
pub(super) fn answer<T: Serialize + Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Local, &Frames) -> Result<T> + Send + 'static,
) -> Response {
    let turn = match app.desk.long_turn() {
        Ok(turn) => turn,
        Err(error) => return Refused::from(error).into_response(),
    };
    let (to, from) = mpsc::channel(FRAMES_AHEAD);
    let (app, frames, told) = (app.clone(), Frames { to }, Told::default());
    let late = told.clone();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let result = work(&app.local, &frames).inspect_err(|error| {
            app.note(error);
            late.is(error.code());
        });
        // Whoever reads the end may look at once whether the store is still in use.
        drop(app);
        frames.end(result);
    });
    let mut response = Body::from_stream(ReceiverStream::new(from)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAMES));
    response.extensions_mut().insert(told);
    response
}

/// As [`answer`] where the client reads frames; else one document when all is done.
pub(super) async fn answer_or_document<T: Serialize + Send + 'static>(
    app: &Arc<App>,
    headers: &HeaderMap,
    work: impl FnOnce(&Local, Option<&Frames>) -> Result<T> + Send + 'static,
) -> Result<Response, Refused> {
    if wanted(headers) {
        return Ok(answer(app, |local, frames| work(local, Some(frames))));
    }
    let done = app.long_call(move |local| work(local, None)).await?;
    Ok(axum::Json(done).into_response())
}
