use super::start::place_of;
use super::without_token;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, quantity, seconds, thousands, visible};
use crate::cli::status::size;
use crate::service::Service;
use crate::wire::{Daemon, DaemonReport, WatchedSchema};
use clap::Args;
use serde::Serialize;

/// Say whether a daemon runs, and how it does
///
/// Exits with 1 when none runs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve status
  dbx serve status --json
  dbx serve status --quiet || dbx serve start")]
pub(crate) struct StatusArgs {}

/// None runs.
#[derive(Debug, Serialize)]
struct Nothing {
    running: bool,
    /// The process of one that did not say that it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<u32>,
    /// Why that one ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The process of a dashboard that serves in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboard: Option<u32>,
}

pub(super) fn run(context: &mut Context, _: &StatusArgs) -> Outcome {
    let paths = context.paths()?;
    without_token(context)?;
    let owner = match Service::owner(&paths)? {
        Some(owner) if owner.daemon().dashboard => {
            let dashboard = owner.daemon().clone();
            return none(context, Service::last_daemon(&paths), Some(dashboard));
        }
        Some(owner) => owner,
        None => return none(context, Service::last_daemon(&paths), None),
    };
    let report = owner.report()?;
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, meaning, text) in facts(&report) {
        let cell = meaning.map_or_else(|| Cell::plain(&text), |meaning| Cell::new(meaning, &text));
        table.row(vec![Cell::dim(name), cell]);
    }
    context.ui.table(table)?;
    for finding in &report.schema.findings {
        context.ui.line(format!("  {}", visible(finding)))?;
    }
    Ok(Exit::Ok)
}

/// Says that none runs, and what became of the last one.
fn none(context: &mut Context, before: Option<Daemon>, dashboard: Option<Daemon>) -> Outcome {
    // Where its socket is far from the workspace, a dashboard says so in the same file.
    let before = before.filter(|daemon| !daemon.dashboard);
    let lost = before.as_ref().map(|daemon| daemon.pid);
    let reason = before.and_then(|daemon| daemon.ended);
    if context.ui.json() {
        let dashboard = dashboard.map(|dashboard| dashboard.pid);
        context.ui.document(&Nothing { running: false, lost, reason, dashboard })?;
        return Ok(Exit::No);
    }
    context.ui.say("no daemon runs");
    super::say_dashboard(context, dashboard.as_ref());
    if let Some(pid) = lost {
        let what = match reason {
            Some(reason) => format!("ended by itself: {}", visible(&reason)),
            None => "did not say that it ended".to_owned(),
        };
        context.ui.say(format!("the last one, process {pid}, {what}"));
        context.ui.hint(
            "`dbx serve restart` starts it as it was, `dbx serve logs` shows what it wrote down",
        );
    }
    Ok(Exit::No)
}

type Fact = (&'static str, Option<Meaning>, String);

fn facts(report: &DaemonReport) -> Vec<Fact> {
    let daemon = &report.daemon;
    let since = seconds(&daemon.started_at);
    let mut facts: Vec<Fact> = vec![
        (
            "daemon",
            Some(Meaning::Strong),
            format!("process {}, dbx {}", daemon.pid, daemon.version),
        ),
        ("up", None, format!("{}, since {since}", span(report.uptime_seconds))),
        ("address", Some(Meaning::Accent), place_of(daemon)),
    ];
    if daemon.address.is_some() {
        facts.push(("socket", None, daemon.socket.clone()));
    }
    let appended = quantity(report.appended, "event", "events");
    facts.push(("log", None, format!("#{}, {appended} since the start", report.position)));
    facts.push((
        "work",
        None,
        format!(
            "{}, {}, {}",
            quantity(report.requests, "request", "requests"),
            quantity(report.connections, "open connection", "open connections"),
            quantity(report.streams, "stream", "streams"),
        ),
    ));
    if let Some(bytes) = report.memory_bytes {
        facts.push(("memory", None, size(bytes)));
    }
    facts.push(("restrict", None, daemon.restrict.clone()));
    facts.push(schema(&report.schema));
    if let Some(reason) = &daemon.read_only {
        facts.push(("read-only", Some(Meaning::Danger), reason.clone()));
    }
    facts.push(("written to", None, report.log.clone()));
    facts
}

fn schema(schema: &WatchedSchema) -> Fact {
    let applied = match schema.version {
        0 => "none applied".to_owned(),
        version => format!("@{version} applied"),
    };
    let (meaning, words) = match schema.state.as_str() {
        "applied" => (None, ", schema.dbx is the same"),
        "unapplied" | "changed" => (Some(Meaning::Warn), ", schema.dbx waits to be applied"),
        "breaking" => (Some(Meaning::Warn), ", schema.dbx would break something"),
        "invalid" => (Some(Meaning::Danger), ", schema.dbx has errors"),
        "unreadable" => (Some(Meaning::Danger), ", schema.dbx cannot be read"),
        "missing" => (None, ", there is no schema.dbx"),
        _ => (None, ""),
    };
    let auto = if schema.auto_apply { "; changes that break nothing are applied" } else { "" };
    ("schema", meaning, format!("{applied}{words}{auto}"))
}

/// A span of time in its two largest units.
fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (length, name) in UNITS {
        if left >= length {
            parts.push(format!("{} {name}", thousands(left / length)));
            left %= length;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_in_words() {
        let spans = [0, 1, 59, 60, 61, 3_600, 3_661, 86_400, 90_061, 86_400_000].map(span);
        let words = [
            "0 s",
            "1 s",
            "59 s",
            "1 min",
            "1 min 1 s",
            "1 h",
            "1 h 1 min",
            "1 d",
            "1 d 1 h",
            "1,000 d",
        ];
        assert_eq!(spans, words);
    }
}
