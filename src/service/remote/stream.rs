//! Calls whose answers come in frames.

use super::connector::Socket;
use super::{
    Body, Call, Does, RUN_HEADER, Remote, accepted, cut_off, gone, signed, unintelligible, whole,
};
use crate::error::{Error, Kind, Result};
use crate::service::caller::Caller;
use crate::wire::{Failure, FrameKind, FrameReader};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame as BodyFrame;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Uri};
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::io::{self, Read};
use tokio::sync::mpsc;
use tower::Service as _;
use uuid::Uuid;

/// How many bytes of a request body are read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What comes before the end of an answer.
#[derive(Debug)]
pub(in crate::service) enum Piece<P> {
    /// How far the call is.
    Progress(P),
    /// A file begins.
    File(String),
    /// Contents.
    Data(Bytes),
}

/// Whether a call goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Going {
    /// It does.
    On,
    /// The other end is to stop, and then says itself how far it came.
    Stop,
}

/// The body of a request: what is read from it is sent as it is read.
pub(in crate::service) struct Source<'a> {
    /// The media type.
    pub(in crate::service) media: &'static str,
    /// Where the bytes come from.
    pub(in crate::service) read: &'a mut dyn Read,
}

type Feed = mpsc::Sender<io::Result<BodyFrame<Bytes>>>;

impl Remote {
    /// Makes a call that is answered in frames: `on` is given every piece. An error of it ends the call at once, whatever
    /// the other end does meanwhile; [`Going::Stop`] tells that end to stop, whose last word is waited for. Ends with the
    /// result.
    ///
    /// # Errors
    /// Those of the call, of `on`, of `source`, and of a connection that is lost.
    pub(in crate::service) fn stream<P, T, E>(
        &self,
        caller: &Caller,
        call: Result<Call>,
        source: Option<Source<'_>>,
        mut on: impl FnMut(Piece<P>) -> Result<Going, E>,
    ) -> Result<T, E>
    where
        P: DeserializeOwned,
        T: DeserializeOwned,
        E: From<Error>,
    {
        let run = Uuid::new_v4().to_string();
        let mut call = call?.in_frames().header(RUN_HEADER, Some(&run));
        let (body, mut feeding) = match source {
            None => (None, None),
            Some(source) => {
                call.headers.push((CONTENT_TYPE.as_str(), source.media.to_owned()));
                let (feed, from) = mpsc::channel(2);
                let stream = tokio_stream::wrappers::ReceiverStream::new(from);
                (Some(BodyExt::boxed(StreamBody::new(stream))), Some((source.read, feed)))
            }
        };
        let request = signed(call, caller, body)?;
        let stop = || signed(Call::post(&["daemon", "runs", &run, "stop"]), caller, None);
        let does = Does::of(request.method());
        self.inner.engine.wait(async {
            let (sender, connection) = self.connected(does).await?;
            let streamed = self.streamed((sender, request), &mut feeding, stop, &mut on);
            // A connection of its own, which is closed with the call: the other end sees that nobody listens any more.
            let carried = async {
                let _ = connection.await;
                std::future::pending::<Infallible>().await
            };
            tokio::select! {
                biased;
                ended = self.watched(does, streamed) => ended,
                never = carried => match never {},
            }
        })
    }

    async fn connected(&self, does: Does) -> Result<(SendRequest<Body>, Connection<Socket, Body>)> {
        let mut connector = self.inner.connector.clone();
        let socket = connector.call(Uri::from_static("http://localhost/")).await;
        let socket = socket.map_err(|_| gone(&self.inner.daemon))?;
        http1::handshake(socket).await.map_err(|error| cut_off(does, &error))
    }

    async fn streamed<P, T, E>(
        &self,
        (mut sender, mut request): (SendRequest<Body>, Request<Body>),
        feeding: &mut Option<(&mut dyn Read, Feed)>,
        stop: impl Fn() -> Result<Request<Body>>,
        on: &mut impl FnMut(Piece<P>) -> Result<Going, E>,
    ) -> Result<T, E>
    where
        P: DeserializeOwned,
        T: DeserializeOwned,
        E: From<Error>,
    {
        let does = Does::of(request.method());
        // As it is on the wire: the path, and the host beside it.
        let path = request.uri().path_and_query().map(|path| Uri::from(path.clone()));
        *request.uri_mut() = path.unwrap_or_default();
        request.headers_mut().insert(HOST, HeaderValue::from_static("localhost"));
        let sent = async {
            let sent = sender.send_request(request).await;
            accepted(does, sent.map_err(|error| cut_off(does, &error))?).await
        };
        tokio::pin!(sent);
        // The other end may answer before all of the body is there, and says so early where it refuses.
        let response = loop {
            tokio::select! {
                biased;
                response = &mut sent => break response?,
                fed = feed(feeding), if feeding.is_some() => fed?,
            }
        };
        let mut body = response.into_body();
        let mut frames = FrameReader::default();
        let mut stopped = false;
        loop {
            while let Some(frame) =
                frames.next_frame().map_err(|error| unintelligible(&error.to_string()))?
            {
                if stopped && frame.kind == FrameKind::Progress {
                    continue;
                }
                match take(frame.kind, frame.bytes, on)? {
                    Taken::Last(done) => return Ok(done),
                    Taken::More(Going::On) => {}
                    Taken::More(Going::Stop) => {
                        stopped = true;
                        whole(does, self.send(stop()?).await?).await?;
                    }
                }
            }
            tokio::select! {
                biased;
                more = body.frame() => match more {
                    None => return Err(cut_off(does, &"the answer has no end").into()),
                    Some(Err(error)) => return Err(cut_off(does, &error).into()),
                    Some(Ok(more)) => {
                        if let Some(bytes) = more.data_ref() {
                            frames.push(bytes);
                        }
                    }
                },
                fed = feed(feeding), if feeding.is_some() => fed?,
            }
        }
    }
}

/// Reads the next piece of a body and hands it over, once there is room for it.
async fn feed(feeding: &mut Option<(&mut dyn Read, Feed)>) -> Result<()> {
    if !fed(feeding).await? {
        *feeding = None;
    }
    Ok(())
}

/// Whether there may be more.
async fn fed(feeding: &mut Option<(&mut dyn Read, Feed)>) -> Result<bool> {
    let Some((source, feed)) = feeding else { return Ok(false) };
    // Whoever no longer listens says why in the answer.
    let Ok(room) = feed.reserve().await else { return Ok(false) };
    let mut bytes = vec![0; PIECE_BYTES];
    match source.read(&mut bytes) {
        Ok(0) => Ok(false),
        Ok(length) => {
            bytes.truncate(length);
            room.send(Ok(BodyFrame::data(bytes.into())));
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => {
            let message = format!("the input cannot be read: {error}");
            room.send(Err(error));
            Err(Error::new(Kind::Invalid, "dbx::input::io", message))
        }
    }
}

/// What a frame was.
enum Taken<T> {
    /// The last one.
    Last(T),
    /// One that others follow.
    More(Going),
}

/// Takes one frame.
fn take<P: DeserializeOwned, T: DeserializeOwned, E: From<Error>>(
    kind: FrameKind,
    bytes: Bytes,
    on: &mut impl FnMut(Piece<P>) -> Result<Going, E>,
) -> Result<Taken<T>, E> {
    let bad = |error: serde_json::Error| unintelligible(&error.to_string());
    let piece = match kind {
        FrameKind::Progress => Piece::Progress(serde_json::from_slice(&bytes).map_err(bad)?),
        FrameKind::File => Piece::File(String::from_utf8_lossy(&bytes).into_owned()),
        FrameKind::Data => Piece::Data(bytes),
        FrameKind::Result => return Ok(Taken::Last(serde_json::from_slice(&bytes).map_err(bad)?)),
        FrameKind::Error => {
            let failure: Failure = serde_json::from_slice(&bytes).map_err(bad)?;
            return Err(Error::from(failure).into());
        }
    };
    on(piece).map(Taken::More)
}
