//! The rows about a daemon: the same store, over its socket and over TCP.
//!
//! Server and clients share this machine, so that each figure holds the work of both ends; the clients do as little as
//! they can: requests are put together by hand and of the answers only the ends are looked for.

use crate::Bench;
use crate::clients::{self, Look};
use crate::dbx::{Dbx, Server};
use crate::table::{Bar, per_second};
use crate::workload::{self, Chance, payload};
use crate::writes;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Over how many aggregates writes are spread.
const ACCOUNTS: u64 = 10_000;

/// How many events the log has that is read.
const EVENTS: u64 = 100_000;

/// How many events are in a page of one aggregate.
const PAGE: usize = 128;

/// Which way to the server.
#[derive(Debug, Clone, Copy)]
enum Door {
    Socket,
    Tcp,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Socket => "the socket",
            Self::Tcp => "TCP",
        }
    }
}

/// A connection that is kept.
struct Connection {
    reader: BufReader<Box<dyn Read>>,
    writer: Box<dyn Write>,
    /// What every request says.
    common: String,
}

impl Connection {
    fn open(server: &Server, door: Door) -> Self {
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
        Self { reader, writer, common: common(server) }
    }

    fn get(&mut self, path: &str, accept: &str) -> (String, Vec<u8>) {
        let request = format!("GET {path} HTTP/1.1\r\n{}accept: {accept}\r\n\r\n", self.common);
        self.writer.write_all(request.as_bytes()).unwrap();
        self.answer()
    }

    /// Head and body of an answer, which has to be a good one.
    fn answer(&mut self) -> (String, Vec<u8>) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.reader.read_line(&mut head).unwrap() > 0, "the connection was closed");
        }
        let body = match header(&head, "content-length") {
            Some(length) => {
                let mut body = vec![0; length.parse().unwrap()];
                self.reader.read_exact(&mut body).unwrap();
                body
            }
            None => self.chunks(),
        };
        assert!(head.starts_with("HTTP/1.1 20"), "{head}{}", String::from_utf8_lossy(&body));
        (head, body)
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let start = body.len();
            body.resize(start + size + 2, 0);
            self.reader.read_exact(&mut body[start..]).unwrap();
            body.truncate(start + size);
            if size == 0 {
                return body;
            }
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Both directions of a connection.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

/// A connection that is kept, of one of many clients on a thread.
struct Line {
    stream: Box<dyn Duplex>,
    common: String,
    answer: Vec<u8>,
}

impl Line {
    async fn open(server: &Server, door: Door) -> Self {
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
        Self { stream, common: common(server), answer: Vec::with_capacity(4096) }
    }

    /// Posts a document and takes the answer, which has to be a good one.
    async fn post(&mut self, path: &str, body: &str) {
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

/// What every request to a server says.
fn common(server: &Server) -> String {
    format!("host: localhost\r\nauthorization: Bearer {}\r\n", server.token)
}

fn request(path: &str, common: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\n{common}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn run(bench: &mut Bench) {
    if bench.wants("served: appends") {
        appends(bench);
    }
    if bench.wants("served: reads") {
        reads(bench);
    }
}

/// Clients that append one event each time.
fn append(server: &Server, door: Door, clients: usize, time: Duration) -> Look {
    clients::run_together(clients, time, async |number| {
        let mut line = Line::open(server, door).await;
        let mut chance = Chance::new(number as u64 + 1);
        async move || {
            let (id, payload) = (workload::id(chance.below(ACCOUNTS)), payload(&mut chance));
            let (kind, event) = (workload::TYPE, workload::EVENT);
            line.post("/v1/events", &format!(
                r#"{{"aggregate_type":"{kind}","aggregate_id":"{id}","event_type":"{event}","payload":{payload}}}"#
            )).await;
        }
    })
}

fn waits(look: &Look) -> String {
    format!("p50 {:.2} ms, p99 {:.2} ms", look.wait(0.5), look.wait(0.99))
}

fn appends(bench: &mut Bench) {
    bench.say("served: appends");
    let time = bench.scale.sustained / 4;
    let sqlite = writes::sqlite_appends(bench, 64, time);
    for clients in [1, 16, 64] {
        let db = Dbx::create(&bench.fresh("within"));
        let within = writes::dbx(&db, clients, 1, time);
        db.close();
        for door in [Door::Socket, Door::Tcp] {
            let server = Server::start(&bench.fresh("served"));
            let look = append(&server, door, clients, time);
            server.stop();
            let what =
                format!("append over {}, {clients} connections, over in process", door.name());
            let bar = match (door, clients) {
                (Door::Socket, 64) => Bar::AtLeast(0.5, " x"),
                _ => Bar::None,
            };
            let (ours, theirs) = (per_second(look.rate, ""), per_second(within.rate, ""));
            bench.table.ratio(&what, ours.clone(), theirs, look.rate / within.rate, bar);
            let what = format!("append over {}, {clients} connections, waiting", door.name());
            bench.table.figure(&what, waits(&look), look.wait(0.99), Bar::None);
            if matches!((door, clients), (Door::Socket, 64)) {
                let what =
                    "append over the socket, 64 connections, over SQLite (a transaction each)";
                let bar = Bar::AtLeast(2.4, " x");
                bench.table.ratio(what, ours, per_second(sqlite, ""), look.rate / sqlite, bar);
            }
        }
    }
}

fn reads(bench: &mut Bench) {
    bench.say("served: reads");
    let folder = bench.fresh("served-reads");
    let db = Dbx::create(&folder);
    fill(&db, EVENTS.min(bench.scale.events));
    db.close();
    let server = Server::open(&folder);
    let time = bench.scale.look;
    for door in [Door::Socket, Door::Tcp] {
        let state = clients::run(16, time, |number| {
            let mut connection = Connection::open(&server, door);
            let mut chance = Chance::new(number as u64 + 1);
            move || {
                let id = workload::id(chance.below(ACCOUNTS));
                let path = format!("/v1/aggregates/{}/{id}", workload::TYPE);
                connection.get(&path, "application/json");
            }
        });
        let what = format!("state over {}, 16 connections", door.name());
        let shown = format!("{}, {}", per_second(state.rate, ""), waits(&state));
        bench.table.figure(&what, shown, state.rate, Bar::None);
        let page = clients::run(4, time, |number| {
            let mut connection = Connection::open(&server, door);
            let (mut chance, end) = (Chance::new(number as u64 + 1), server.position());
            move || {
                let after = chance.below(end - PAGE as u64);
                let path = format!("/v1/events?after={after}&take={PAGE}");
                connection.get(&path, "application/json");
            }
        });
        let what = format!("page of {PAGE} events over {}, 4 connections", door.name());
        let shown = format!("{}, {}", per_second(page.rate, ""), waits(&page));
        bench.table.figure(&what, shown, page.rate, Bar::None);
        for (form, accept) in [("JSON", "application/json"), ("NDJSON", "application/x-ndjson")] {
            let rate = drain(&server, door, accept);
            let what = format!("outbox over {}, from the first event, {form}", door.name());
            let bar = match accept {
                "application/x-ndjson" => Bar::AtLeast(150_000.0, "/s"),
                _ => Bar::None,
            };
            bench.table.figure(&what, per_second(rate, "events"), rate, bar);
        }
    }
    server.stop();
}

/// Writes until the log has so many events, each aggregate being there.
fn fill(db: &Dbx, events: u64) {
    let mut chance = Chance::new(7);
    for start in (0..events.max(ACCOUNTS)).step_by(500) {
        let one = |number: u64| {
            crate::dbx::operation((start + number) % ACCOUNTS, &payload(&mut chance), None)
        };
        db.commit((0..500).map(one).collect());
    }
}

/// Pulls everything, as a consumer does that starts anew, and gives the events a second.
fn drain(server: &Server, door: Door, accept: &str) -> f64 {
    let mut connection = Connection::open(server, door);
    let start = Instant::now();
    let (mut after, end) = (0, server.position());
    while after < end {
        let path = format!("/v1/outbox?after={after}&take=1000");
        let (head, body) = connection.get(&path, accept);
        // Where to go on is looked for, and nothing else is done with what came.
        let next = if let Some(next) = header(&head, "dbx-next") {
            next.to_owned()
        } else {
            let body = std::str::from_utf8(&body).unwrap();
            let (_, rest) = body.rsplit_once(r#""next":""#).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let next: u64 = next.parse().unwrap();
        assert!(next > after, "it goes on");
        after = next;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of events")]
    let rate = end as f64 / start.elapsed().as_secs_f64();
    rate
}
