//! Answers that are long: bytes as they come, in frames for a command and as they are for everybody else.
//!
//! What ends early is cut off, so that nobody takes it for the whole: an answer in frames lacks its last one, a body in
//! chunks its last chunk. An error before the first byte is an answer of its own.

use super::app::App;
use super::frames::Frames;
use super::reply::{Refused, Told};
use crate::error::{Error, Kind, Result};
use crate::service::{ExportError, ExportSink, Local};
use crate::wire::{Frame, FrameKind};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// How many bytes are gathered before they are sent.
const PIECE_BYTES: usize = 64 * 1024;

/// How many pieces may be on their way before the call waits for its client.
const PIECES_AHEAD: usize = 4;

/// A sink that sends frames.
pub(super) struct FrameSink<'f> {
    frames: &'f Frames,
    gathered: Vec<u8>,
}

impl<'f> FrameSink<'f> {
    pub(super) fn new(frames: &'f Frames) -> Self {
        Self { frames, gathered: Vec::new() }
    }

    fn send(&self, kind: FrameKind, bytes: Vec<u8>) -> io::Result<()> {
        let frame = Frame { kind, bytes: bytes.into() };
        self.frames.send(&frame).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for FrameSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // One write may be longer than a frame.
        for piece in std::mem::take(&mut self.gathered).chunks(crate::wire::FRAME_BYTES_MAX) {
            self.send(FrameKind::Data, piece.to_vec())?;
        }
        Ok(())
    }
}

impl ExportSink for FrameSink<'_> {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        self.flush()?;
        Ok(self.send(FrameKind::File, name.as_bytes().to_vec())?)
    }
}

/// What a call ended with that wrote into a sink here: where the sink failed, its client went away.
pub(super) fn ended<T>(result: Result<T, ExportError>) -> Result<T> {
    result.map_err(|error| match error {
        ExportError::Service(error) => error,
        ExportError::Output(error) => {
            Error::new(Kind::Unavailable, "dbx::serve::gone", error.to_string())
        }
    })
}

/// A piece of a body, or how it ended.
enum Piece {
    Bytes(Bytes),
    End(Option<Error>),
}

/// A sink whose bytes are the body. Files that begin are not told apart.
pub(super) struct BodySink {
    to: mpsc::Sender<Piece>,
    gathered: Vec<u8>,
    gone: bool,
}

impl Write for BodySink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.gathered);
        // Said once: what writes an end while it is dropped would complain of it on standard error.
        if bytes.is_empty() || self.gone {
            return Ok(());
        }
        self.to.blocking_send(Piece::Bytes(bytes.into())).map_err(|_| {
            self.gone = true;
            io::ErrorKind::BrokenPipe.into()
        })
    }
}

impl ExportSink for BodySink {
    fn begin(&mut self, _: &str) -> Result<(), ExportError> {
        Ok(())
    }
}

/// Answers with what `work` writes, under these headers.
///
/// # Errors
/// Those of `work` before it wrote much.
pub(super) async fn answer<const N: usize>(
    app: &Arc<App>,
    headers: [(HeaderName, HeaderValue); N],
    work: impl FnOnce(&Local, &mut BodySink) -> Result<(), ExportError> + Send + 'static,
) -> Result<Response, Refused> {
    let (to, mut from) = mpsc::channel(PIECES_AHEAD);
    let (turn, told) = (app.desk.long_turn()?, Told::default());
    let (app, late) = (app.clone(), told.clone());
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut sink = BodySink { to, gathered: Vec::new(), gone: false };
        let done = work(&app.local, &mut sink).and_then(|()| Ok(sink.flush()?));
        let failed = ended(done).inspect_err(|error| app.note(error)).err();
        if let Some(error) = &failed {
            late.is(error.code());
        }
        // Whoever reads the end may look at once whether the store is still in use.
        drop(app);
        // Whoever went away needs no end.
        let _ = sink.to.blocking_send(Piece::End(failed));
    });
    let first = match from.recv().await {
        Some(Piece::End(Some(error))) => return Err(error.into()),
        Some(first) => first,
        None => return Err(ended_early().into()),
    };
    let pieces = futures_util::stream::once(async { first }).chain(ReceiverStream::new(from));
    let pieces = pieces.map(Some).chain(futures_util::stream::once(async { None }));
    // The end has to be said: a body without it was cut off, by whatever fault.
    let late = told.clone();
    let bytes = pieces.scan(false, move |whole, piece| {
        let next = match piece {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::End(None)) => {
                *whole = true;
                Some(Ok(Bytes::new()))
            }
            Some(Piece::End(Some(error))) => Some(Err(io::Error::other(error))),
            None if *whole => None,
            None => {
                late.is(ended_early().code());
                Some(Err(io::Error::other(ended_early())))
            }
        };
        std::future::ready(next)
    });
    let mut response =
        (axum::response::AppendHeaders(headers), Body::from_stream(bytes)).into_response();
    response.extensions_mut().insert(told);
    Ok(response)
}

fn ended_early() -> Error {
    Error::new(Kind::Internal, "dbx::serve::panic", "the call ended by a fault of dbx")
        .help("the log of the daemon says where; please report it")
}
