//! A reader of server-sent events, as WHATWG HTML section 9.2 says that a stream is read.

use super::{Client, Connection, Reply, Request};
use serde_json::Value;

/// One block of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) id: Option<u64>,
    /// The type; none for that of events of the log.
    pub(crate) event: Option<String>,
    pub(crate) data: Option<String>,
    pub(crate) comment: bool,
    pub(crate) retry: Option<u64>,
}

impl Block {
    /// The record of an event of the log.
    pub(crate) fn record(&self) -> Option<Value> {
        let data = self.data.as_ref().filter(|_| self.event.is_none())?;
        Some(serde_json::from_str(data).unwrap())
    }

    pub(crate) fn is(&self, event: &str) -> bool {
        self.event.as_deref() == Some(event)
    }
}

/// An open stream.
pub(crate) struct Stream {
    connection: Connection,
    pub(crate) head: Reply,
    bytes: Vec<u8>,
    /// What a client would send to go on.
    pub(crate) last_id: Option<u64>,
}

impl Stream {
    /// Opens a stream that has to be one.
    #[track_caller]
    pub(crate) fn open(client: &Client, target: &str, last_id: Option<u64>) -> Self {
        let stream = Self::ask(client, target, last_id);
        assert_eq!(stream.head.status, 200);
        assert_eq!(stream.head.header("content-type"), Some("text/event-stream"));
        stream
    }

    #[track_caller]
    pub(crate) fn ask(client: &Client, target: &str, last_id: Option<u64>) -> Self {
        let mut request = Request::new("GET", target).header("accept", "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", &id.to_string());
        }
        request.headers.extend(client.headers().iter().cloned());
        let mut connection = Connection::open(client.door());
        connection.write(&request.bytes()).unwrap();
        let head = connection.head().expect("an answer");
        Self { connection, head, bytes: Vec::new(), last_id }
    }

    /// The next block; `None` at the end of the stream.
    pub(crate) fn block(&mut self) -> Option<Block> {
        let end = loop {
            match self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                Some(end) => break end,
                None => self.bytes.extend(self.connection.chunk()?),
            }
        };
        let text: Vec<u8> = self.bytes.drain(..end + 2).collect();
        let mut block = Block::default();
        for line in std::str::from_utf8(&text).unwrap().lines().filter(|line| !line.is_empty()) {
            let (field, value) = line.split_once(':').unwrap();
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => block.comment = true,
                "id" => block.id = Some(value.parse().unwrap()),
                "event" => block.event = Some(value.to_owned()),
                "data" => assert_eq!(block.data.replace(value.to_owned()), None),
                "retry" => block.retry = Some(value.parse().unwrap()),
                other => panic!("a field {other}"),
            }
        }
        self.last_id = block.id.or(self.last_id);
        Some(block)
    }

    /// The next event of the log, passing over everything else.
    pub(crate) fn event(&mut self) -> Option<Value> {
        loop {
            if let Some(record) = self.block()?.record() {
                return Some(record);
            }
        }
    }

    /// The positions of the events up to the place where the stream says that it caught up.
    pub(crate) fn caught_up(&mut self) -> Vec<u64> {
        let mut positions = Vec::new();
        loop {
            let block = self.block().expect("the stream goes on");
            if block.is("caught_up") {
                return positions;
            }
            positions.extend(block.record().map(|record| position(&record)));
        }
    }
}

/// The position of a record.
pub(crate) fn position(record: &Value) -> u64 {
    record["position"].as_str().unwrap().parse().unwrap()
}
