//! Who serves the store, and how that does.

use super::frame;
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Connection, Model, Served, Server, TailPane};
use crate::tui::theme::Meaning;
use crate::tui::views::lines::{flow, scrolled};
use crate::tui::words::{bytes, duration, instant, quantity, rate, span, thousands};
use crate::wire::Daemon;
use ratatui::layout::Rect;

/// How wide the line of the last seconds is at most, and at least where there is one.
const SPARK: (usize, usize) = (48, 10);

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let focus = model.tail.focus == TailPane::Daemon;
    let foot = if model.tail.server().is_some() { "m metrics  l log" } else { "l log" };
    let inside = frame(canvas, area, boxed, (owner(model), foot), focus);
    scrolled(canvas, inside, &lines(model, inside), model.tail.daemon_top, focus);
}

/// What has the store and serves it.
pub(super) fn owner(model: &Model) -> &'static str {
    if matches!(model.connection, Connection::Dashboard(_)) { "dashboard" } else { "daemon" }
}

/// All lines of it: how far it can be scrolled.
pub(crate) fn lines(model: &Model, inside: Rect) -> Vec<Vec<Piece>> {
    let wide = usize::from(inside.width);
    // Where there is hardly any room, the best of each group stands in the place of all.
    let low = inside.height < 4;
    let groups = match &model.tail.served {
        None if matches!(model.connection, Connection::Daemon(..) | Connection::Dashboard(_)) => {
            return Vec::new();
        }
        None => return nobody(model, None, wide),
        Some(Err(error)) => {
            let text = format!("{} {error}", model.look.glyphs.fault);
            return vec![
                vec![piece(text, Meaning::Danger)],
                flow(vec![coming(model, wide)], wide).concat(),
            ];
        }
        Some(Ok(Served::Nobody(last))) => return nobody(model, last.as_deref(), wide),
        Some(Ok(Served::By(server))) if low => {
            vec![who(model, server), [vec![coming(model, wide)], brief(server)].concat()]
        }
        Some(Ok(Served::By(server))) => vec![
            who(model, server),
            [vec![coming(model, wide)], latencies(server)].concat(),
            answers(server),
            sizes(server),
        ],
    };
    let lines = groups.into_iter().flat_map(|group| {
        let mut lines = flow(group, wide);
        if low {
            lines.truncate(1);
        }
        lines
    });
    lines.collect()
}

fn fact(name: &str, value: impl Into<String>, meaning: Meaning) -> Vec<Piece> {
    vec![piece(format!("{name} "), Meaning::Dim), piece(value.into(), meaning)]
}

/// `● up 2 h 14 min   pid 4711   127.0.0.1:7070   dbx 0.3.0 = this one ✓   ready ✓`
fn who(model: &Model, server: &Server) -> Vec<Vec<Piece>> {
    let (glyphs, daemon) = (model.look.glyphs, &server.report.daemon);
    let up = span(server.report.uptime_seconds);
    let (sign, ready, meaning) = match server.health.status.as_str() {
        "ok" => (glyphs.ok, "ready", Meaning::Ok),
        "stopping" => (glyphs.warn, "stopping", Meaning::Warn),
        "read_only" => (glyphs.warn, "read only", Meaning::Warn),
        _ => (glyphs.fault, "failed", Meaning::Danger),
    };
    let address = match &daemon.address {
        Some(address) if daemon.tls => format!("https://{address}"),
        Some(address) => format!("http://{address}"),
        None => "its socket alone".to_owned(),
    };
    let same = daemon.version == env!("CARGO_PKG_VERSION");
    let version = if same {
        piece(format!("dbx {} {}", daemon.version, glyphs.ok), Meaning::Text)
    } else {
        piece(format!("dbx {} {}", daemon.version, glyphs.warn), Meaning::Warn)
    };
    vec![
        vec![piece(format!("{} ", glyphs.local), meaning), plain(format!("up {up}"))],
        fact("pid", daemon.pid.to_string(), Meaning::Text),
        vec![piece(address, Meaning::Link)],
        vec![piece(format!("{ready} {sign}"), meaning)],
        vec![version],
        fact("since", instant(&daemon.started_at), Meaning::Text),
        fact("restrict", daemon.restrict.clone(), Meaning::Text),
    ]
}

/// `12/s ▁▂▃▅▂▁▁▂▇▃`
fn coming(model: &Model, wide: usize) -> Vec<Piece> {
    let (view, glyphs) = (&model.tail, model.look.glyphs);
    let (most, least) = SPARK;
    let many = (wide / 4).clamp(least, most);
    let seconds = view.rates.seconds(many, model.elapsed);
    let highest = seconds.iter().copied().max().unwrap_or(0).max(4);
    let bars: String = seconds
        .iter()
        .map(|events| {
            // Something is never as low as nothing, and a few are no peak.
            let level = 1 + (events * 7).div_ceil(highest);
            let level = usize::try_from(level).unwrap_or(8).min(8);
            glyphs.bars.get(level).copied().unwrap_or_default()
        })
        .collect();
    let now = rate(view.rates.tenths(model.elapsed));
    let mut pieces = vec![piece("events ", Meaning::Dim), plain(format!("{now} "))];
    if !model.look.plain {
        pieces.push(piece(bars, Meaning::Focus));
    }
    pieces
}

fn percentile(name: &str, of: Option<(u64, u64)>) -> Vec<Piece> {
    let Some((half, most)) = of else { return Vec::new() };
    vec![
        piece(format!("{name} p50 "), Meaning::Dim),
        plain(duration(half)),
        piece("  p99 ", Meaning::Dim),
        plain(duration(most)),
    ]
}

/// What one wants to know first.
fn brief(server: &Server) -> Vec<Vec<Piece>> {
    let figures = &server.figures;
    let p99 = |name: &str, of: Option<(u64, u64)>| {
        of.map(|(_, most)| fact(&format!("{name} p99"), duration(most), Meaning::Text))
    };
    let failures = figures.failures();
    let mut facts = vec![p99("commit", figures.commit).unwrap_or_default()];
    if failures > 0 {
        facts.push(fact("5xx", thousands(failures), Meaning::Danger));
    }
    facts.extend(figures.disk.map(|disk| fact("disk", bytes(disk), Meaning::Text)));
    facts.extend(p99("answer", figures.answer));
    facts
}

/// How long things take, since the start.
fn latencies(server: &Server) -> Vec<Vec<Piece>> {
    let figures = &server.figures;
    let (batches, events) = figures.batches;
    let tenths = events.saturating_mul(10).checked_div(batches).unwrap_or(0);
    let batch = match tenths {
        0 => Vec::new(),
        _ => fact("batch", format!("{}.{} events", tenths / 10, tenths % 10), Meaning::Text),
    };
    vec![percentile("commit", figures.commit), percentile("answer", figures.answer), batch]
}

/// `http  200 1,911   201 402   409 3   5xx 0`
fn answers(server: &Server) -> Vec<Vec<Piece>> {
    let (report, figures) = (&server.report, &server.figures);
    let mut facts: Vec<Vec<Piece>> = figures
        .statuses
        .iter()
        .filter(|(status, _)| **status < 500)
        .map(|(status, many)| fact(&status.to_string(), thousands(*many), Meaning::Text))
        .collect();
    let failures = figures.failures();
    let meaning = if failures > 0 { Meaning::Danger } else { Meaning::Text };
    facts.push(fact("5xx", thousands(failures), meaning));
    facts.extend(figures.in_flight.map(|many| fact("in flight", thousands(many), Meaning::Text)));
    facts.push(fact("connections", thousands(report.connections), Meaning::Text));
    facts.push(fact("streams", thousands(report.streams), Meaning::Text));
    if let Some(first) = facts.first_mut() {
        first.insert(0, piece("http ", Meaning::Dim));
    }
    facts
}

fn sizes(server: &Server) -> Vec<Vec<Piece>> {
    let (report, figures) = (&server.report, &server.figures);
    let mut facts = Vec::new();
    facts.extend(report.memory_bytes.map(|memory| fact("memory", bytes(memory), Meaning::Text)));
    facts.extend(figures.disk.map(|disk| fact("disk", bytes(disk), Meaning::Text)));
    facts.extend(figures.files.map(|files| fact("open files", thousands(files), Meaning::Text)));
    let appended = quantity(report.appended, "event", "events");
    facts.push(fact("appended", format!("{appended} since the start"), Meaning::Text));
    let schema = match report.schema.version {
        0 => "none".to_owned(),
        version => format!("{version} {}", report.schema.state),
    };
    facts.push(fact("schema", schema, Meaning::Text));
    facts
}

/// That nobody serves, what became of the last one, and what to type.
fn nobody(model: &Model, last: Option<&Daemon>, wide: usize) -> Vec<Vec<Piece>> {
    let glyphs = model.look.glyphs;
    let sign = piece(format!("{} ", glyphs.read_only), Meaning::Dim);
    let mut lines = flow(
        vec![
            vec![sign, plain("no daemon serves this workspace")],
            vec![piece("dbx serve start", Meaning::Key), piece(" starts one", Meaning::Dim)],
        ],
        wide,
    );
    // As long as nobody serves, what came is known from looking now and then.
    let mut facts = vec![coming(model, wide)];
    if let Some(status) = &model.status {
        facts.push(fact("disk", bytes(status.disk_bytes), Meaning::Text));
    }
    lines.extend(flow(facts, wide));
    if let Some(daemon) = last {
        let what = daemon.ended.clone().unwrap_or_else(|| "did not say that it ended".to_owned());
        let text = format!("{} the last one, process {}, {what}", glyphs.warn, daemon.pid);
        let ended = vec![piece(text, Meaning::Warn)];
        let again = vec![
            piece("dbx serve restart", Meaning::Key),
            piece(" starts it as it was", Meaning::Dim),
        ];
        lines.extend(flow(vec![ended, again], wide));
    }
    let why = match model.connection {
        Connection::Local => "this dashboard has the store, and serves it over the socket",
        Connection::Unserved => {
            "the store is opened to read and let go of, so that other commands get their turn"
        }
        _ => "",
    };
    lines.push(vec![piece(why, Meaning::Dim)]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::shop;

    #[test]
    fn a_dashboard_that_has_the_store_is_no_daemon() {
        let mut stage = shop::open(160, 48);
        stage.press("6");
        assert_eq!(owner(&stage.model), "daemon");
        stage.model.connection = Connection::Dashboard(4_711);
        assert!(stage.screen().contains("─ dashboard ─"), "{}", stage.screen());
    }
}
