//! Counters, gauges and histograms of one server, in the text format of Prometheus.
//!
//! The recorder is the server's own and not the process's: two servers in one process do not count each other's
//! requests. Labels are methods, routes, statuses and listeners; never ids.

use super::process;
use crate::server::app::App;
use crate::server::asker::Peer;
use crate::service::{Figures, Written};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

const APPENDED: &str = "dbx_events_appended_total";
const COMMITS: &str = "dbx_commits_total";
const WRITTEN: &str = "dbx_commit_bytes_total";
const SYNC: &str = "dbx_commit_duration_seconds";
const BATCH: &str = "dbx_commit_batch_events";
const REQUESTS: &str = "dbx_http_requests_total";
const DURATION: &str = "dbx_http_request_duration_seconds";
const OPEN: &str = "dbx_http_requests_in_flight";
const BYTES: &str = "dbx_http_response_bytes_total";
const CONNECTIONS: &str = "dbx_connections";
const STREAMS: &str = "dbx_streams";
const FAULTS: &str = "dbx_faults_total";
const PANICS: &str = "dbx_panics_total";
const POSITION: &str = "dbx_log_position";
const LOG_COMMITS: &str = "dbx_log_commits";
const DISK: &str = "dbx_store_bytes";
const SCHEMA: &str = "dbx_schema_version";
const READ_ONLY: &str = "dbx_store_read_only";
const LAG: &str = "dbx_outbox_cursor_lag_events";
const UPTIME: &str = "dbx_uptime_seconds";
const MEMORY: &str = "process_resident_memory_bytes";
const FILES: &str = "process_open_fds";
const BUILD: &str = "dbx_build_info";

/// What each is, for `# HELP`.
const COUNTERS: [(&str, &str); 7] = [
    (APPENDED, "Events that became durable"),
    (COMMITS, "Commits that became durable"),
    (WRITTEN, "Bytes of records that commits wrote"),
    (REQUESTS, "Requests, by method, route and status"),
    (BYTES, "Bytes of answers, by route"),
    (FAULTS, "Requests that met stored bytes which are not what was written"),
    (PANICS, "Requests that ended by a fault of dbx"),
];
const GAUGES: [(&str, &str); 12] = [
    (OPEN, "Requests whose answer is not out yet"),
    (CONNECTIONS, "Open connections, by listener"),
    (STREAMS, "Open streams of events"),
    (POSITION, "The last position of the log"),
    (LOG_COMMITS, "The number of the last commit"),
    (DISK, "Bytes of the store on disk, journals included"),
    (SCHEMA, "The version of the schema in force"),
    (READ_ONLY, "Whether the store takes no writes"),
    (UPTIME, "Seconds since the server listens"),
    (MEMORY, "Bytes of memory in use"),
    (FILES, "Open files"),
    (BUILD, "The version of dbx"),
];
const HISTOGRAMS: [(&str, &str); 3] = [
    (SYNC, "From the decision to write a batch of commits until it was on disk"),
    (BATCH, "Events in a batch of commits that became durable together"),
    (DURATION, "From the head of a request to the last byte of its answer, streams left out"),
];

/// The bounds of latencies in seconds: a read from memory to a disk in trouble.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The bounds of sizes of batches, in events.
const EVENTS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 512.0];

const METADATA: Metadata<'static> = Metadata::new("dbx", Level::INFO, None);

/// The measurements of one server.
pub(in crate::server) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    appended: AtomicU64,
    requests: AtomicU64,
    open: AtomicU64,
    sockets: AtomicU64,
    addresses: AtomicU64,
    streams: AtomicU64,
    writes: Writes,
    /// What is counted for each kind of answer, by its route: looked up by name and labels once, not for every request.
    answers: RwLock<HashMap<String, Kinds>>,
    faults: Counter,
    panics: Counter,
}

/// What is counted for every batch.
struct Writes {
    events: Counter,
    commits: Counter,
    bytes: Counter,
    took: Histogram,
    batch: Histogram,
}

/// The answers of a route, by method and status.
type Kinds = HashMap<(&'static str, u16), Answers>;

/// What is counted for every answer of a kind.
#[derive(Clone)]
struct Answers {
    requests: Counter,
    bytes: Counter,
    /// Streams have none.
    took: Option<Histogram>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// What one request came to.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Measured<'m> {
    /// One of the known methods.
    pub(in crate::server) method: &'static str,
    /// The pattern of the route.
    pub(in crate::server) route: &'m str,
    /// The status; 499 where the client went away before there was one.
    pub(in crate::server) status: u16,
    /// From its head to the last byte.
    pub(in crate::server) took: Duration,
    /// Bytes of the answer's body.
    pub(in crate::server) bytes: u64,
    /// Whether it was a stream, which lasts as long as its client likes.
    pub(in crate::server) stream: bool,
}

impl Metrics {
    pub(in crate::server) fn new() -> Self {
        // It refuses nothing but an empty list of bounds.
        let builder = [(SYNC, &SECONDS[..]), (DURATION, &SECONDS), (BATCH, &EVENTS)]
            .into_iter()
            .try_fold(PrometheusBuilder::new(), |builder, (name, bounds)| {
                builder.set_buckets_for_metric(Matcher::Full(name.into()), bounds)
            })
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        describe(&recorder);
        let counter = |name| recorder.register_counter(&Key::from_name(name), &METADATA);
        let histogram = |name| recorder.register_histogram(&Key::from_name(name), &METADATA);
        let writes = Writes {
            events: counter(APPENDED),
            commits: counter(COMMITS),
            bytes: counter(WRITTEN),
            took: histogram(SYNC),
            batch: histogram(BATCH),
        };
        let (faults, panics) = (counter(FAULTS), counter(PANICS));
        let labels = vec![Label::new("version", env!("CARGO_PKG_VERSION"))];
        recorder.register_gauge(&Key::from_parts(BUILD, labels), &METADATA).set(1.0);
        let zero = || AtomicU64::new(0);
        Self {
            handle: recorder.handle(),
            recorder,
            appended: zero(),
            requests: zero(),
            open: zero(),
            sockets: zero(),
            addresses: zero(),
            streams: zero(),
            writes,
            answers: RwLock::default(),
            faults,
            panics,
        }
    }

    /// Counts a batch.
    pub(in crate::server) fn wrote(&self, written: &Written) {
        let Writes { events, commits, bytes, took, batch } = &self.writes;
        self.appended.fetch_add(written.events, Ordering::Relaxed);
        events.increment(written.events);
        commits.increment(written.commits);
        bytes.increment(written.bytes);
        took.record(written.took.as_secs_f64());
        batch.record(float(written.events));
    }

    /// Counts a request that is over.
    pub(in crate::server) fn answered(&self, request: &Measured<'_>) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let kind = (request.method, request.status);
        let known = {
            let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
            answers.get(request.route).and_then(|kinds| kinds.get(&kind)).cloned()
        };
        let known = known.filter(|known| known.took.is_some() || request.stream);
        let answers = known.unwrap_or_else(|| self.kind_of_answer(request));
        answers.requests.increment(1);
        answers.bytes.increment(request.bytes);
        if let Some(took) = answers.took.filter(|_| !request.stream) {
            took.record(request.took.as_secs_f64());
        }
    }

    /// What is counted for answers like this one, from now on.
    fn kind_of_answer(&self, request: &Measured<'_>) -> Answers {
        let route = || Label::new("route", request.route.to_owned());
        let method = || Label::new("method", request.method);
        let labels = vec![method(), route(), Label::new("status", request.status.to_string())];
        let answers = Answers {
            requests: self.recorder.register_counter(&Key::from_parts(REQUESTS, labels), &METADATA),
            bytes: self
                .recorder
                .register_counter(&Key::from_parts(BYTES, vec![route()]), &METADATA),
            took: (!request.stream).then(|| {
                let key = Key::from_parts(DURATION, vec![method(), route()]);
                self.recorder.register_histogram(&key, &METADATA)
            }),
        };
        let mut known = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        let kinds = known.entry(request.route.to_owned()).or_default();
        kinds.insert((request.method, request.status), answers.clone());
        answers
    }

    /// Counts a request that begins.
    pub(in crate::server) fn asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that met damage.
    pub(in crate::server) fn fault(&self) {
        self.faults.increment(1);
    }

    /// Counts a request that ended by a fault of dbx.
    pub(in crate::server) fn panic(&self) {
        self.panics.increment(1);
    }

    /// How many connections a listener has.
    fn connections(&self, peer: Peer) -> &AtomicU64 {
        match peer {
            Peer::Socket { .. } => &self.sockets,
            Peer::Tcp(_) => &self.addresses,
        }
    }

    /// How many streams are open.
    pub(in crate::server) fn streams(&self) -> &AtomicU64 {
        &self.streams
    }

    /// Requests, connections, streams and appended events, for `serve status`.
    pub(in crate::server) fn totals(&self) -> (u64, u64, u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let connections = read(&self.sockets) + read(&self.addresses);
        (read(&self.requests), connections, read(&self.streams), read(&self.appended))
    }

    /// Brings what was measured into buckets, which has to happen now and then where nobody asks for it.
    pub(in crate::server) fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Everything as text, with what is so at this moment. `lags` are names of cursors and how far they are behind.
    pub(in crate::server) fn render(
        &self,
        figures: &Figures,
        read_only: bool,
        uptime: Duration,
        lags: &[(String, u64)],
    ) -> String {
        let read = |number: &AtomicU64| float(number.load(Ordering::Relaxed));
        for (listener, number) in [("socket", &self.sockets), ("tcp", &self.addresses)] {
            let key = Key::from_parts(CONNECTIONS, vec![Label::new("listener", listener)]);
            self.gauge(&key).set(read(number));
        }
        for (name, value) in [
            (OPEN, read(&self.open)),
            (STREAMS, read(&self.streams)),
            (POSITION, float(figures.position)),
            (LOG_COMMITS, float(figures.commits)),
            (DISK, float(figures.disk_bytes)),
            (SCHEMA, float(figures.schema_version)),
            (READ_ONLY, f64::from(u8::from(read_only))),
            (UPTIME, uptime.as_secs_f64()),
        ] {
            self.gauge(&Key::from_name(name)).set(value);
        }
        for (name, value) in [(MEMORY, process::memory_bytes()), (FILES, process::open_files())] {
            if let Some(value) = value {
                self.gauge(&Key::from_name(name)).set(float(value));
            }
        }
        self.handle.render() + &lagging(lags)
    }

    fn gauge(&self, key: &Key) -> Gauge {
        self.recorder.register_gauge(key, &METADATA)
    }
}

/// How far cursors are behind. The recorder remembers all that it was ever told, and cursors are forgotten.
fn lagging(lags: &[(String, u64)]) -> String {
    if lags.is_empty() {
        return String::new();
    }
    let help = "How many positions a named cursor is behind the log";
    let mut text = format!("# HELP {LAG} {help}\n# TYPE {LAG} gauge\n");
    for (cursor, behind) in lags {
        let name = cursor.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{LAG}{{cursor=\"{name}\"}} {behind}");
    }
    text
}

/// A connection that is open, for as long as this is there.
#[derive(Debug)]
pub(in crate::server) struct Connected {
    app: Arc<App>,
    peer: Peer,
}

impl Connected {
    pub(in crate::server) fn new(app: Arc<App>, peer: Peer) -> Self {
        app.metrics.connections(peer).fetch_add(1, Ordering::Relaxed);
        Self { app, peer }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.app.metrics.connections(self.peer).fetch_sub(1, Ordering::Relaxed);
    }
}

fn describe(recorder: &PrometheusRecorder) {
    for (name, text) in COUNTERS {
        recorder.describe_counter(KeyName::from(name), None, text.into());
    }
    for (name, text) in GAUGES {
        recorder.describe_gauge(KeyName::from(name), None, text.into());
    }
    for (name, text) in HISTOGRAMS {
        recorder.describe_histogram(KeyName::from(name), None, text.into());
    }
}

/// Numbers of this format are floats: beyond 2^53 they are rounded.
#[expect(clippy::cast_precision_loss, reason = "the format has nothing else")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: Figures =
        Figures { position: 7, commits: 3, disk_bytes: 4096, schema_version: 2 };

    fn measured(route: &str, status: u16) -> Measured<'_> {
        let took = Duration::from_millis(3);
        Measured { method: "GET", route, status, took, bytes: 10, stream: false }
    }

    #[test]
    fn two_servers_in_one_process_count_for_themselves() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.asked();
        one.answered(&measured("/v1/aggregates/{type}/{id}", 200));
        one.wrote(&Written { events: 5, commits: 2, bytes: 900, took: Duration::from_millis(4) });
        let lags = [("billing".to_owned(), 4)];
        let text = one.render(&FIGURES, true, Duration::from_secs(90), &lags);
        for line in [
            "dbx_events_appended_total 5",
            "dbx_commits_total 2",
            "dbx_commit_duration_seconds_bucket{le=\"0.0025\"} 0",
            "dbx_commit_duration_seconds_bucket{le=\"0.005\"} 1",
            "dbx_http_requests_total{method=\"GET\",route=\"/v1/aggregates/{type}/{id}\",status=\"200\"} 1",
            "dbx_connections{listener=\"socket\"} 0",
            "dbx_log_position 7",
            "dbx_store_read_only 1",
            "dbx_uptime_seconds 90",
            "dbx_outbox_cursor_lag_events{cursor=\"billing\"} 4",
            "# TYPE dbx_http_request_duration_seconds histogram",
        ] {
            assert!(text.lines().any(|it| it == line), "no `{line}` in:\n{text}");
        }
        assert_eq!(one.totals(), (1, 0, 0, 5));
        let text = one.render(&FIGURES, true, Duration::from_secs(90), &[]);
        assert!(!text.contains(LAG), "a cursor that was forgotten is behind nothing:\n{text}");
        let odd = [("a\"b\\c".to_owned(), 1)];
        let line = r#"dbx_outbox_cursor_lag_events{cursor="a\"b\\c"} 1"#;
        assert!(one.render(&FIGURES, true, Duration::ZERO, &odd).lines().any(|it| it == line));
        let text = other.render(&FIGURES, false, Duration::ZERO, &[]);
        assert!(text.contains("dbx_events_appended_total 0"), "{text}");
        assert!(!text.contains("dbx_http_requests_total{"), "{text}");
    }

    #[test]
    fn a_stream_has_no_duration_and_is_counted() {
        let metrics = Metrics::new();
        metrics.asked();
        metrics.answered(&Measured { stream: true, ..measured("/v1/events", 200) });
        let text = metrics.render(&FIGURES, false, Duration::ZERO, &[]);
        assert!(text.contains("dbx_http_requests_total{"), "{text}");
        assert!(!text.contains("dbx_http_request_duration_seconds_count"), "{text}");
    }
}
