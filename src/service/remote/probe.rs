//! Whether somebody listens at a socket, and whether it still lives: asked of the system alone, without waiting for it.

use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long is waited between two attempts at a socket whose queue is full.
const AGAIN: Duration = Duration::from_millis(20);

/// Connects. A socket whose queue is full, as that of a process that was stopped is in the end, is tried for so long;
/// the usual call would wait for it for ever.
///
/// # Errors
/// Nobody listens; `TimedOut` where the queue stayed full.
pub(super) fn knock(path: &Path, within: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let start = Instant::now();
    loop {
        // The descriptor is not inherited for long: what is started from here is the pager, before any call is made.
        let descriptor = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
        ioctl_fionbio(&descriptor, true)?;
        match connect(&descriptor, &address) {
            Ok(()) => {
                ioctl_fionbio(&descriptor, false)?;
                return Ok(UnixStream::from(descriptor));
            }
            Err(Errno::AGAIN | Errno::INTR) if start.elapsed() < within => {
                std::thread::sleep(AGAIN);
            }
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether the process at a socket says anything within `within`.
pub(super) fn answers(path: &Path, within: Duration) -> bool {
    let ask = || {
        let mut stream = knock(path, within)?;
        stream.set_read_timeout(Some(within))?;
        stream.set_write_timeout(Some(within))?;
        stream.write_all(
            b"GET /v1/daemon HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )?;
        stream.read_exact(&mut [0])
    };
    match ask() {
        Ok(()) => true,
        // Who closes the connection lives, or has ended: then the connection of the call ends too.
        Err(error) => !matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    const SOON: Duration = Duration::from_millis(50);

    #[test]
    fn who_listens_is_found_and_who_does_not_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let kind = |path: &Path| knock(path, SOON).map(drop).map_err(|error| error.kind());
        assert_eq!(kind(&path), Err(io::ErrorKind::NotFound));
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(kind(&path), Ok(()));
        drop(listener);
        assert_eq!(kind(&path), Err(io::ErrorKind::ConnectionRefused));
        assert!(knock(&dir.path().join("x".repeat(200)), SOON).is_err());
    }

    #[test]
    fn a_full_queue_is_not_waited_for_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let descriptor = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&descriptor, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        rustix::net::listen(&descriptor, 1).unwrap();
        let mut queued = Vec::new();
        let error = loop {
            match knock(&path, SOON) {
                Ok(stream) => queued.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(!queued.is_empty());
        assert!(!answers(&path, SOON));
    }

    #[test]
    fn silence_is_told_from_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        assert!(!answers(&path, SOON));
        std::thread::scope(|scope| {
            // The one that was never accepted is the first.
            let closing = scope.spawn(|| (0..2).for_each(|_| drop(listener.accept().unwrap())));
            assert!(answers(&path, Duration::from_secs(30)));
            closing.join().unwrap();
        });
    }
}
