//! How much of the server one client may have, and for how long.

use std::time::Duration;

/// The most bytes of the body of an ordinary request.
pub(super) const BODY_BYTES_MAX: usize = 1 << 20;

/// What JSON may add to the events in it: names, quotes, metadata, the message of a commit.
const AROUND_BYTES: usize = 256 << 10;

/// The most bytes of a body that carries one event: a payload may have a whole MiB.
pub(super) const EVENT_BODY_BYTES_MAX: usize = BODY_BYTES_MAX + AROUND_BYTES;

/// The most bytes of a body that carries a commit: its events may have 8 MiB, and escapes make JSON of them longer.
pub(super) const COMMIT_BODY_BYTES_MAX: usize = 16 << 20;

/// The most bytes of a path with what stands behind the `?`.
pub(super) const TARGET_BYTES_MAX: usize = 16 << 10;

/// The most bytes of the headers of a request: a token has at most 8 KiB.
pub(super) const HEADERS_BYTES_MAX: usize = 32 << 10;

/// The most bytes of a whole head, beyond which nothing is even read. At least what the two above allow together.
pub(super) const HEAD_BYTES_MAX: usize = 64 << 10;

/// The most that is read of what a refused client goes on to send, so that it sees the refusal and no reset.
pub(super) const LINGER_BYTES_MAX: usize = 16 << 20;

/// How much of the server its clients may have, and for how long. The default is for a daemon.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most connections at once at each door: whoever floods the address leaves the socket free.
    pub connections: usize,
    /// How long a client may take for the handshake of TLS.
    pub handshake_within: Duration,
    /// How long a client may take for the head of a request, and to begin one on a connection that it keeps.
    pub head_within: Duration,
    /// How long a client may take for the body of a request. At the address also how long a body without a limit, such
    /// as that of an import, may stand still.
    pub body_within: Duration,
    /// How long a client at the address may take nothing of an answer.
    pub write_within: Duration,
    /// How long what a refused client still sends is read.
    pub linger: Duration,
    /// The most calls of the service at once, from each door.
    pub calls: usize,
    /// The most calls at once that take their time, from each door: exports, imports, verifications.
    pub long_calls: usize,
    /// The most bytes of answers that wait to be sent, at each door; room for one page or more.
    pub answer_bytes: usize,
    /// How long a call may wait until there is room for it.
    pub turn_within: Duration,
    /// How long what is under way may take when the server stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake_within: Duration::from_secs(10),
            head_within: Duration::from_secs(20),
            body_within: Duration::from_secs(60),
            write_within: Duration::from_secs(300),
            linger: Duration::from_secs(2),
            calls: 256,
            long_calls: 64,
            answer_bytes: 256 << 20,
            turn_within: Duration::from_secs(5),
            grace: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// How many threads calls of the service can take at once, with a few for what is nobody's call.
    pub(super) fn threads(&self) -> usize {
        2 * (self.calls + self.long_calls) + 32
    }
}

/// What the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    /// JSON of at most so many bytes.
    Json(usize),
    /// A stream of any length, which its route reads as it comes.
    Stream,
}

impl BodyKind {
    /// What it may be at a path.
    pub(super) fn at(path: &str) -> Self {
        match path {
            "/v1/import" | "/v1/backup" => Self::Stream,
            "/v1/commits" => Self::Json(COMMIT_BODY_BYTES_MAX),
            "/v1/events" => Self::Json(EVENT_BODY_BYTES_MAX),
            path if path == "/v1/stage" || path.starts_with("/v1/stage/") => {
                Self::Json(COMMIT_BODY_BYTES_MAX)
            }
            _ => Self::Json(BODY_BYTES_MAX),
        }
    }
}
