//! The body of a request, limited by size and by time.

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use hyper::body::{Frame, SizeHint};
use std::convert::Infallible;
use std::error::Error as StdError;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// A body that is given so much time, and so many bytes.
pub(super) struct Bounded {
    body: Body,
    most: usize,
    left: usize,
    end: Pin<Box<Sleep>>,
    /// What each piece may take; where there is none, `end` is that of the whole.
    each: Option<Duration>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is too long or too slow")]
pub(super) enum Fault {
    /// It has more than so many bytes.
    TooLong(usize),
    TooSlow,
}

/// Up to how many bytes a body is small: less than a millisecond of parsing and checking.
const SMALL_BYTES: u64 = 32 << 10;

/// How long the body of a request is, as far as its head says.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodySize(Option<u64>);

impl BodySize {
    /// Whether it is short enough to be worked on by the threads that serve everybody.
    pub(super) fn is_small(self) -> bool {
        self.0.is_some_and(|bytes| bytes <= SMALL_BYTES)
    }
}

impl<S: Sync> FromRequestParts<S> for BodySize {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        Ok(Self(length.and_then(|length| length.parse().ok())))
    }
}

impl Bounded {
    /// All of it has so many bytes at most, and comes in that time.
    pub(super) fn whole(body: Body, most: usize, within: Duration) -> Self {
        Self { body, most, left: most, end: Box::pin(sleep(within)), each: None }
    }

    /// Each piece comes in that time.
    pub(super) fn stream(body: Body, within: Duration) -> Self {
        Self { each: Some(within), ..Self::whole(body, usize::MAX, within) }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some(within) = self.each {
                self.end.as_mut().reset(Instant::now() + within);
            }
            if let Some(Ok(frame)) = &frame
                && let Some(bytes) = frame.data_ref()
            {
                match self.left.checked_sub(bytes.len()) {
                    Some(left) => self.left = left,
                    None => return Poll::Ready(Some(Err(Fault::TooLong(self.most).into()))),
                }
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(Some(Err(Fault::TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Fault {
    /// What an error of a body, or of what wanted to read it, is about; `None` where it is something else.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(fault) = error.downcast_ref::<Self>() {
                return Some(*fault);
            }
            cause = error.source();
        }
        None
    }
}
