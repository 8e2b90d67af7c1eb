//! Connections to a socket of the file system, for the HTTP client.

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::UnixStream;
use tower::Service;

/// How long is waited between two attempts at a socket whose queue is full.
const AGAIN: Duration = Duration::from_millis(20);

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
            let stream = connect(&path).await?;
            let uid = stream.peer_cred()?.uid();
            if !trusts(uid, owner) {
                let message =
                    format!("the socket belongs to the user {uid}, the workspace to {owner}");
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
            Ok(Socket(TokioIo::new(stream)))
        })
    }
}

/// Connects once there is room in the queue of a process that has much to do; whether it lives, others find out.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(AGAIN).await;
            }
            done => return done,
        }
    }
}

/// Whether a process of the user `uid` may be at the socket of a workspace of `owner`. Whoever can make a socket where
/// this one should be could otherwise read what is sent and answer anything; the administrator could do so anyway.
fn trusts(uid: u32, owner: u32) -> bool {
    uid == owner || uid == 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixListener;

    #[test]
    fn only_the_owner_and_the_administrator_are_trusted() {
        assert!(trusts(1000, 1000) && trusts(0, 1000));
        assert!(!trusts(1001, 1000) && !trusts(1000, 0));
    }

    #[test]
    fn what_another_user_listens_at_is_not_talked_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let _listener = UnixListener::bind(&path).unwrap();
        let own = rustix::process::getuid().as_raw();
        let talk = |owner| {
            let socket = Connector::new(path.clone(), owner).call(Uri::from_static("http://x/"));
            runtime.block_on(socket).map(drop).map_err(|error| error.kind())
        };
        assert_eq!(talk(own), Ok(()));
        // The administrator, as whom tests may run, is let in everywhere.
        let other = if own == 0 { Ok(()) } else { Err(io::ErrorKind::PermissionDenied) };
        assert_eq!(talk(own + 1), other);
    }
}
