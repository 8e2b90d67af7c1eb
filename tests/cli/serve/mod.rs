//! The daemon, as processes: each test starts real ones and ends them.
#![cfg(unix)]

mod lives;
mod logs;
mod schema;
mod watched;

use crate::common::{Daemon, Output, PATIENCE, Sandbox, snap, until};
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// A sandbox whose daemon ends with it.
struct Served {
    sandbox: Sandbox,
}

impl Served {
    /// A workspace whose daemon runs in the background.
    fn new(flags: &[&str]) -> Self {
        let served = Self::of(super::shop());
        served.start(flags);
        served
    }

    /// The only daemon of a workspace, and the first one that writes a log.
    fn of(sandbox: Sandbox) -> Self {
        let sandbox = sandbox.unshared();
        for log in std::fs::read_dir(sandbox.path(".dbx/log")).into_iter().flatten() {
            std::fs::remove_file(log.unwrap().path()).unwrap();
        }
        Self { sandbox }
    }

    /// `dbx serve …`, on any free port.
    fn serve(&self, args: &[&str]) -> Output {
        self.serve_env(&[], args)
    }

    fn serve_env(&self, env: &[(&str, &str)], args: &[&str]) -> Output {
        let env = [&[("DBX_PORT", "0")], env].concat();
        self.sandbox.dbx_env(&env, &[&["serve"], args].concat())
    }

    #[track_caller]
    fn start(&self, flags: &[&str]) -> Output {
        self.serve(&[&["start"], flags].concat()).ok()
    }

    /// A daemon in the foreground that is ready.
    fn foreground(&self) -> Daemon {
        Daemon::start(&mut self.sandbox.command(&["serve", "start", "--foreground"]))
    }

    /// What `serve status --json` says of a daemon that runs.
    fn status(&self) -> Option<serde_json::Value> {
        let output = self.serve(&["status", "--json"]);
        (output.code == 0).then(|| output.json())
    }

    fn pid(&self) -> i32 {
        self.status().unwrap()["pid"].as_i64().unwrap().try_into().unwrap()
    }

    fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Asks over TCP.
    fn tcp(&self, request: &str) -> String {
        let address = self.status().unwrap()["address"].as_str().unwrap().to_owned();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head(request).as_bytes()).unwrap();
        read(stream)
    }

    /// Asks at the socket, without waiting for the answer.
    fn socket(&self, request: &str) -> UnixStream {
        let mut stream = UnixStream::connect(self.sandbox.path(".dbx/dbx.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head(request).as_bytes()).unwrap();
        stream
    }

    /// How many requests have no answer yet, the one that asks this included.
    fn in_flight(&self) -> u64 {
        let metrics = self.tcp("GET /metrics");
        let mut lines = metrics.lines();
        let value = lines.find_map(|line| line.strip_prefix("dbx_http_requests_in_flight "));
        value.unwrap().parse().unwrap()
    }

    /// The lines of the log.
    fn log(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.sandbox.path(".dbx/log/dbx.log"));
        let text = text.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn logs(&self, message: &str) -> bool {
        self.log().iter().any(|line| line["message"].as_str().unwrap().contains(message))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.sandbox.path(".dbx").exists() {
            self.serve(&["stop", "--force", "--timeout", "0"]);
        }
    }
}

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// The first line of a request and more headers, as a whole head.
fn head(request: &str) -> String {
    let (line, headers) = request.split_once('\n').unwrap_or((request, ""));
    let headers: Vec<String> = headers.lines().map(|line| format!("{line}\r\n")).collect();
    let headers = headers.concat();
    format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
}

/// Everything until the other end closes.
fn read(mut stream: impl std::io::Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Compares an output without what differs from run to run.
#[track_caller]
fn calm(name: &str, output: &Output) {
    let mut text = Output { ..output.clone() };
    for (pattern, shown) in [
        (r#""home":"[0-9]+:[0-9]+""#, r#""home":"[folder]""#),
        (r"process [0-9]+", "process [pid]"),
        (r"\b127\.0\.0\.1:[0-9]+", "127.0.0.1:[port]"),
        (r"(memory +)[0-9.]+ MiB", "${1}[size]"),
        (r#"("memory_bytes":)[0-9]+"#, "${1}0"),
        (r#"("(requests|connections|uptime_seconds)":)[0-9]+"#, "${1}0"),
        (
            r"(work +)[0-9]+ requests?, [0-9]+ open connections?",
            "${1}[n] requests, [n] connections",
        ),
        (r"(up +)[^,]+,", "${1}[time],"),
        (r"[0-9.]+ (ms|MiB|KiB)\b", "[n] $1"),
        (r"\b[0-9a-f]{32}\b", "[id]"),
        // As many as the machine allows.
        (r"(open_files|connections)=[0-9]+", "$1=[n]"),
    ] {
        let pattern = Regex::new(pattern).unwrap();
        text.stdout = pattern.replace_all(&text.stdout, shown).into_owned();
        text.stderr = pattern.replace_all(&text.stderr, shown).into_owned();
    }
    snap(name, &text);
}
