//! Answers that wait for their clients: so many bytes of them at each door, and no more. Whoever asks for much and takes it
//! slowly, or never, keeps what is ready for it in memory; where many do, the next one is told to come again.
//!
//! A page may be long, so room for a long one is taken before it is made. What else is asked for is weighed when it is there.

use super::app::App;
use super::desk::{Lane, busy};
use super::reply::Refused;
use crate::error::{Error, Result};
use crate::service::{Local, PAGE_BYTES};
use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What room is counted in.
const UNIT_BYTES: usize = 1 << 10;

/// Answers of no more than so many bytes are not counted: there is one for each connection at most.
const SMALL_BYTES: usize = 64 << 10;

/// Room for an answer, for as long as the value is there.
#[derive(Debug)]
pub(super) struct Space(OwnedSemaphorePermit);

/// Says of an answer that room was taken for it.
#[derive(Debug, Clone, Copy)]
struct Weighed;

/// The room for answers of so many bytes.
pub(super) fn shelf(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(units(bytes).min(Semaphore::MAX_PERMITS)))
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT_BYTES)
}

impl Lane {
    /// Room for an answer of so many bytes, if there is some now.
    fn space(&self, bytes: usize) -> Option<Space> {
        let units = u32::try_from(units(bytes)).ok()?;
        self.shelf.clone().try_acquire_many_owned(units).ok().map(Space)
    }
}

impl Space {
    /// Keeps what an answer needs until the last byte of it was sent or thrown away; the rest is free at once.
    pub(super) fn around(mut self, mut response: Response) -> Response {
        let bytes = exactly(&response);
        if bytes <= SMALL_BYTES {
            return response;
        }
        drop(self.0.split(self.0.num_permits().saturating_sub(units(bytes))));
        response.extensions_mut().insert(Weighed);
        let space = Arc::new(self);
        response.map(|body| Body::new(Shelved { body, space }))
    }
}

impl App {
    /// Room for a page, not made yet.
    ///
    /// # Errors
    /// There was none in all the time that a call may wait.
    pub(super) async fn space(&self) -> Result<Space, Error> {
        let lane = self.desk.lane();
        // Where less than a page is allowed, pages come one after the other.
        let units = units(PAGE_BYTES.min(self.options.access.limits.answer_bytes));
        let taken = lane.shelf.clone().acquire_many_owned(u32::try_from(units).unwrap_or(u32::MAX));
        match tokio::time::timeout(self.options.access.limits.turn_within, taken).await {
            Ok(Ok(taken)) => Ok(Space(taken)),
            _ => Err(busy()),
        }
    }

    /// As [`App::call`], of what may answer a whole page.
    pub(super) async fn page<T: Serialize + Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T> + Send + 'static,
    ) -> Result<Response, Refused> {
        let space = self.space().await?;
        let page = self.call(work).await?;
        Ok(space.around(Json(page).into_response()))
    }
}

/// Whether a request only asks: a long answer to it needs room. What was done is never taken back for want of it.
pub(super) fn asks(request: &Request) -> bool {
    request.method() == Method::GET && request.uri().path().starts_with("/v1/")
}

/// Finds room for a long answer to a request that only asks.
pub(super) fn weigh(app: &App, asks: bool, mut response: Response) -> Response {
    let weighed = response.extensions_mut().remove::<Weighed>().is_some();
    let bytes = exactly(&response);
    if !asks || weighed || bytes <= SMALL_BYTES {
        return response;
    }
    match app.desk.lane().space(bytes) {
        Some(space) => space.around(response),
        None => Refused::from(busy()).into_response(),
    }
}

/// How many bytes an answer has that is in memory as a whole; those that come in pieces hold little.
fn exactly(response: &Response) -> usize {
    response.body().size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0)
}

/// A body that has room. The bytes have it too: they wait to be sent when the body is read to its end.
struct Shelved {
    body: Body,
    space: Arc<Space>,
}

struct Shelf {
    bytes: Bytes,
    _space: Arc<Space>,
}

impl AsRef<[u8]> for Shelf {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Shelved {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        polled.map_ok(|frame| {
            frame.map_data(|bytes| Bytes::from_owner(Shelf { bytes, _space: self.space.clone() }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
