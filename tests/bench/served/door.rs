//! Connections to a server. They do as little as they can: requests are put together by hand, and of the answers only the
//! ends are looked for.

use crate::dbx::Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Which way to the server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Door {
    Socket,
    Tcp,
}

impl Door {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Socket => "the socket",
            Self::Tcp => "TCP",
        }
    }
}

/// A connection that is kept.
pub(super) struct Connection {
    reader: BufReader<Box<dyn Read>>,
    writer: Box<dyn Write>,
    /// What every request says.
    common: String,
    /// The last answer. Its room is kept: new memory for every page is work that consumers are free to save.
    head: String,
    body: Vec<u8>,
}

impl Connection {
    pub(super) fn open(server: &Server, door: Door) -> Self {
        let (reader, writer): (Box<dyn Read>, Box<dyn Write>) = match door {
            Door::Socket => {
                let stream = UnixStream::connect(&server.socket).unwrap();
                (Box::new(stream.try_clone().unwrap()), Box::new(stream))
            }
            Door::Tcp => {
                let stream = TcpStream::connect(&server.address).unwrap();
                stream.set_nodelay(true).unwrap();
                (Box::new(stream.try_clone().unwrap()), Box::new(stream))
            }
        };
        let reader = BufReader::with_capacity(256 * 1024, reader);
        let (head, body) = (String::new(), Vec::new());
        Self { reader, writer, common: common(server, door), head, body }
    }

    /// Head and body of what is at a path.
    pub(super) fn get(&mut self, path: &str, accept: &str) -> (&str, &[u8]) {
        let request = format!("GET {path} HTTP/1.1\r\n{}accept: {accept}\r\n\r\n", self.common);
        self.writer.write_all(request.as_bytes()).unwrap();
        self.answer();
        (&self.head, &self.body)
    }

    /// Reads an answer, which has to be a good one.
    fn answer(&mut self) {
        self.head.clear();
        while !self.head.ends_with("\r\n\r\n") {
            let read = self.reader.read_line(&mut self.head).unwrap();
            assert!(read > 0, "the connection was closed");
        }
        if let Some(length) = header(&self.head, "content-length") {
            self.body.resize(length.parse().unwrap(), 0);
            self.reader.read_exact(&mut self.body).unwrap();
        } else {
            self.chunks();
        }
        let good = self.head.starts_with("HTTP/1.1 20");
        assert!(good, "{}{}", self.head, String::from_utf8_lossy(&self.body));
    }

    fn chunks(&mut self) {
        self.body.clear();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let start = self.body.len();
            self.body.resize(start + size + 2, 0);
            self.reader.read_exact(&mut self.body[start..]).unwrap();
            self.body.truncate(start + size);
            if size == 0 {
                return;
            }
        }
    }
}

/// What a head says under a name.
pub(super) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Both directions of a connection.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

/// A connection that is kept, of one of many clients on a thread.
pub(super) struct Line {
    stream: Box<dyn Duplex>,
    common: String,
    answer: Vec<u8>,
}

impl Line {
    pub(super) async fn open(server: &Server, door: Door) -> Self {
        let stream: Box<dyn Duplex> = match door {
            Door::Socket => {
                Box::new(tokio::net::UnixStream::connect(&server.socket).await.unwrap())
            }
            Door::Tcp => {
                let stream = tokio::net::TcpStream::connect(&server.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                Box::new(stream)
            }
        };
        Self { stream, common: common(server, door), answer: Vec::with_capacity(4096) }
    }

    /// Posts a document and takes the answer, which has to be a good one.
    pub(super) async fn post(&mut self, path: &str, body: &str) {
        self.stream.write_all(request(path, &self.common, body).as_bytes()).await.unwrap();
        self.answer.clear();
        loop {
            assert!(self.stream.read_buf(&mut self.answer).await.unwrap() > 0, "it was closed");
            let head_end = self.answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            let Some(end) = head_end.map(|at| at + 4) else { continue };
            let head = std::str::from_utf8(&self.answer[..end]).unwrap();
            let length: usize = header(head, "content-length").unwrap().parse().unwrap();
            if self.answer.len() >= end + length {
                assert!(self.answer.starts_with(b"HTTP/1.1 20"), "{head}");
                return;
            }
        }
    }
}

/// What every request to a server says. At the socket it is known who asks.
fn common(server: &Server, door: Door) -> String {
    match door {
        Door::Socket => "host: localhost\r\n".to_owned(),
        Door::Tcp => format!("host: localhost\r\nauthorization: Bearer {}\r\n", server.token),
    }
}

fn request(path: &str, common: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\n{common}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
