//! Exchanges with a server as text: what was asked, and everything that was answered.

use super::client::{Client, Reply, Request};
use super::fixture::Serving;
use crate::common::{redact, snap_text};
use dbx::domain::Json;
use regex::Regex;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// What differs from run to run in answers only.
static VARYING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r#"("disk_bytes": )[0-9]+"#, "${1}[n]"),
        (r#"("(?:header|body)": ")[A-Za-z0-9+/=]{40,}"#, "${1}[base64]"),
        (r"127\.0\.0\.1:[0-9]+", "[address]"),
        (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}", "+[key]"),
        (r"[A-Za-z0-9+/]{43}=", "[base64]"),
        (r"— (\S+) [A-Za-z0-9+/=]{40,}", "— $1 [signature]"),
    ]
    .into_iter()
    .map(|(pattern, shown)| (Regex::new(pattern).unwrap(), shown))
    .collect()
});

/// Headers that say the same of every answer, or something else each time.
const QUIET: [&str; 5] =
    ["connection", "content-length", "date", "x-content-type-options", "x-request-id"];

/// Exchanges, one after the other.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Asks for something and writes it down.
    #[track_caller]
    pub(crate) fn get(&mut self, client: &Client, target: &str) -> Reply {
        self.send(client, Request::new("GET", target))
    }

    /// Sends a request and writes it down.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "a request is made where it is sent")]
    pub(crate) fn send(&mut self, client: &Client, request: Request) -> Reply {
        let text = &mut self.0;
        writeln!(text, "> {} {}", request.method, request.target).unwrap();
        for (name, value) in request.headers.iter().filter(|(name, _)| name != "content-type") {
            writeln!(text, "> {name}: {value}").unwrap();
        }
        if let Some(body) = &request.body {
            writeln!(text, "> {}", String::from_utf8_lossy(body).replace('\n', "\n> ")).unwrap();
        }
        let reply = client.send(request.clone());
        super::contract::keeps(client, &request, &reply);
        writeln!(text, "{}", reply.status).unwrap();
        let loud = reply.headers.iter().filter(|(name, _)| !QUIET.contains(&name.as_str()));
        for (name, value) in loud {
            writeln!(text, "{name}: {value}").unwrap();
        }
        match Json::parse(&String::from_utf8_lossy(&reply.body)) {
            Ok(json) => writeln!(text, "{}", json.to_pretty()).unwrap(),
            Err(_) => text.push_str(&String::from_utf8_lossy(&reply.body)),
        }
        text.push('\n');
        reply
    }

    /// Compares all of it with `snapshots/NAME.snap`.
    #[track_caller]
    pub(crate) fn snap(self, name: &str, serving: &Serving) {
        let top = serving.root().canonicalize().unwrap();
        let text = self.0.replace(&*serving.root().to_string_lossy(), "$DIR");
        let text = VARYING
            .iter()
            .fold(text, |text, (pattern, shown)| pattern.replace_all(&text, *shown).into_owned());
        snap_text(name, &redact(&text, &top.to_string_lossy()));
    }
}
