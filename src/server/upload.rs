//! The body of a request as something to read, for calls that take more than memory should hold.

use axum::body::Body;
use bytes::{Buf, Bytes};
use futures_util::StreamExt as _;
use std::io::{self, BufRead, Read};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many pieces are read before the call takes them.
const PIECES_AHEAD: usize = 4;

/// How long the rest of a body is still taken, and thrown away, when the call needs no more of it. A client that sends all
/// before it reads would otherwise see its connection closed, and not why.
const REST_WITHIN: Duration = Duration::from_secs(30);

/// The body of a request. It is read on a thread that may block.
#[derive(Debug)]
pub(super) struct Upload {
    from: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Upload {
    /// Begins to take a body.
    pub(super) fn new(body: Body) -> Self {
        let (to, from) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(take(body, to));
        Self { from, piece: Bytes::new() }
    }
}

async fn take(body: Body, to: mpsc::Sender<io::Result<Bytes>>) {
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let broken = piece.is_err();
        if to.send(piece.map_err(io::Error::other)).await.is_err() {
            let rest = async { while pieces.next().await.is_some_and(|piece| piece.is_ok()) {} };
            // Whoever sends for longer does not want the answer.
            let _ = tokio::time::timeout(REST_WITHIN, rest).await;
            return;
        }
        if broken {
            return;
        }
    }
}

impl BufRead for Upload {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.from.blocking_recv() {
                None => break,
                Some(piece) => self.piece = piece?,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        self.piece.advance(amount.min(self.piece.len()));
    }
}

impl Read for Upload {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let length = from.len().min(into.len());
        if let (Some(from), Some(into)) = (from.get(..length), into.get_mut(..length)) {
            into.copy_from_slice(from);
        }
        self.consume(length);
        Ok(length)
    }
}
