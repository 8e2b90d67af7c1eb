//! Connections to a socket of the file system, for the HTTP client.

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::UnixStream;
use tower::Service;

/// Connects to one socket, whatever address is asked for.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    path: Arc<PathBuf>,
    owner: u32,
}

impl Connector {
    /// For the socket `path`, whose other end has to be a process of the user `owner` or of the administrator.
    pub(super) fn new(path: PathBuf, owner: u32) -> Self {
        Self { path: Arc::new(path), owner }
    }
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (path, owner) = (self.path.clone(), self.owner);
        Box::pin(async move {
            let stream = UnixStream::connect(path.as_path()).await?;
            let uid = stream.peer_cred()?.uid();
            // Whoever can make a socket where this one should be could otherwise read what is sent and answer anything.
            if uid != owner && uid != 0 {
                let message =
                    format!("the socket belongs to the user {uid}, the workspace to {owner}");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
            Ok(Socket(TokioIo::new(stream)))
        })
    }
}

/// A connected socket.
#[derive(Debug)]
pub(super) struct Socket(TokioIo<UnixStream>);

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }
}
