//! A client of HTTP/1.1 that does only what these tests need, and shows what really came over the wire.

use crate::common::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Where a server is reached.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// Asks a server, over a new connection each time, with the same headers each time.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    door: Door,
    headers: Vec<(String, String)>,
}

/// A request, as it is put on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, and what stands behind the `?`.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The names in lower case, in the order of the wire.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// One connection, for tests that look at what comes piece by piece.
pub(crate) struct Connection {
    reader: BufReader<Box<dyn Read + Send>>,
    writer: Box<dyn Write + Send>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, headers: Vec::new(), body: None }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body of JSON, and the header that says so.
    #[must_use]
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    #[must_use]
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The bytes of the request. What it says of itself is not doubled, so that a test can lie.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let says =
            |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !says("host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        if let Some(body) = &self.body
            && !says("content-length")
            && !says("transfer-encoding")
        {
            head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend(self.body.iter().flatten());
        bytes
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Asserts the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl Connection {
    #[track_caller]
    pub(crate) fn open(door: &Door) -> Self {
        match door {
            Door::Tcp(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                Self::over(stream.try_clone().unwrap(), stream)
            }
            Door::Socket(path) => {
                let stream = UnixStream::connect(path).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Self::over(stream.try_clone().unwrap(), stream)
            }
        }
    }

    /// A connection to a socket where somebody listens.
    pub(crate) fn try_open(socket: &std::path::Path) -> Option<Self> {
        let stream = UnixStream::connect(socket).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(Self::over(stream.try_clone().unwrap(), stream))
    }

    /// Sends a request; `None` where the answer, of a length that it says itself, did not come whole.
    pub(crate) fn try_send(&mut self, request: &Request) -> Option<Reply> {
        self.write(&request.bytes()).ok()?;
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            let read = self.reader.read_until(b'\n', &mut text).ok()?;
            (read > 0).then_some(())?;
        }
        let head = String::from_utf8(text).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut reply = Reply { status, headers, body: Vec::new() };
        reply.body.resize(reply.header("content-length")?.parse().ok()?, 0);
        self.reader.read_exact(&mut reply.body).ok()?;
        Some(reply)
    }

    /// Over any two halves, such as those of TLS.
    pub(crate) fn over(
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> Self {
        Self { reader: BufReader::new(Box::new(reader)), writer: Box::new(writer) }
    }

    /// Puts bytes on the wire, whatever they are.
    ///
    /// # Errors
    /// The other end does not take them.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }

    /// Sends a request and reads all of its answer.
    #[track_caller]
    pub(crate) fn send(&mut self, request: &Request) -> Reply {
        // A server that refuses early may close before it has read a long body; what it said counts.
        let _ = self.write(&request.bytes());
        let mut reply = self.head().expect("an answer");
        if request.method != "HEAD" {
            reply.body = self.rest(&reply);
        }
        reply
    }

    /// The head of the next answer; `None` where the connection was closed instead.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Option<Reply> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("this is no status line: {first}"));
        let mut headers = Vec::new();
        while let Some(line) = self.line().filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line}"));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Some(Reply { status, headers, body: Vec::new() })
    }

    /// The body that belongs to a head.
    #[track_caller]
    pub(crate) fn rest(&mut self, head: &Reply) -> Vec<u8> {
        if head.status == 304 || head.status == 204 || head.status < 200 {
            return Vec::new();
        }
        if head.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            return std::iter::from_fn(|| self.chunk()).flatten().collect();
        }
        let mut body = Vec::new();
        match head.header("content-length") {
            Some(length) => {
                body.resize(length.parse().unwrap(), 0);
                self.reader.read_exact(&mut body).unwrap();
            }
            None => {
                self.reader.read_to_end(&mut body).unwrap();
            }
        }
        body
    }

    /// The next byte, whatever it is; `None` where there is no more.
    pub(crate) fn first_byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.reader.read_exact(&mut byte).ok().map(|()| byte[0])
    }

    /// The next chunk of a body in chunks; `None` at its end, and where the connection was cut.
    #[track_caller]
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.line()?;
        let size = usize::from_str_radix(size.split(';').next().unwrap().trim(), 16)
            .unwrap_or_else(|error| panic!("{error}: {size}"));
        let mut chunk = vec![0; size];
        self.reader.read_exact(&mut chunk).ok()?;
        self.line();
        (size > 0).then_some(chunk)
    }

    /// A line without its end; `None` where there is no more.
    #[track_caller]
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        match read {
            Ok(0) => None,
            Ok(_) => Some(String::from_utf8(line).unwrap().trim_end().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Client {
    pub(crate) fn new(door: Door) -> Self {
        Self { door, headers: Vec::new() }
    }

    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// What is on every request.
    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The same with a header on every request.
    #[must_use]
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.push((name.to_owned(), value.to_owned()));
        Self { door: self.door.clone(), headers }
    }

    /// The same with a token.
    #[must_use]
    pub(crate) fn bearing(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Reply {
        self.send(Request::new("GET", target))
    }

    #[track_caller]
    pub(crate) fn post(&self, target: &str, body: &Value) -> Reply {
        self.send(Request::new("POST", target).json(body))
    }

    #[track_caller]
    pub(crate) fn put(&self, target: &str, body: &Value) -> Reply {
        self.send(Request::new("PUT", target).json(body))
    }

    #[track_caller]
    pub(crate) fn delete(&self, target: &str) -> Reply {
        self.send(Request::new("DELETE", target))
    }

    #[track_caller]
    pub(crate) fn send(&self, mut request: Request) -> Reply {
        request.headers.extend(self.headers.iter().cloned());
        request.headers.push(("connection".into(), "close".into()));
        Connection::open(&self.door).send(&request)
    }
}
