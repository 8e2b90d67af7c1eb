//! What recomputing the log found, or how far it is.

use super::{frame, head, layers};
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, Run, Running};
use crate::tui::overlays;
use crate::tui::theme::Meaning;
use crate::tui::words::{age, duration, ends, quantity, thousands};
use ratatui::layout::Rect;
use std::time::Duration;

/// Cells from which on the report says more in a line.
const WIDE: u16 = 110;

/// Cells below which it says less.
const NARROW: u16 = 50;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let faults = model.verify.fault_count();
    let title = match (&model.verify.run, faults) {
        (Some(_), _) => "integrity: checking".to_owned(),
        (None, 0) => "integrity".to_owned(),
        (None, faults) => format!("integrity: {}", quantity(faults, "FAULT", "FAULTS")),
    };
    let foot = match (&model.verify.run, faults) {
        (Some(_), _) => "Esc stops",
        (None, 0) => "R all  r this",
        (None, _) => "n next fault",
    };
    let inside = frame(canvas, area, boxed, (&title, foot), false);
    let [first, third] = [root(model, inside.width), tree(model, inside.width)];
    let line = |canvas: &mut Canvas<'_>, row: u16, pieces: &[Piece]| {
        if row < inside.height {
            canvas.line(inside.x, inside.y + row, inside.width, pieces);
        }
    };
    line(canvas, 0, &first);
    line(canvas, 2, &third);
    if inside.height < 2 {
        return;
    }
    match &model.verify.run {
        Some(Run { what: Running::Aggregate(name), .. }) => {
            let text = format!("verifying {name}");
            overlays::spinner(model, canvas, (inside.x, inside.y + 1, inside.width), &text);
        }
        Some(run) => line(canvas, 1, &running(model, run, inside.width)),
        None => line(canvas, 1, &events(model, inside.width)),
    }
}

/// How long ago something was.
fn ago(model: &Model, at: crate::domain::Timestamp) -> String {
    match age(model.now, &at.to_string()).as_str() {
        "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    }
}

/// The root, and whether it is the recorded one.
fn root(model: &Model, cells: u16) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let mut line = vec![piece("root   ", Meaning::Dim)];
    let Some(status) = &model.status else {
        line.push(piece("not known yet", Meaning::Dim));
        return line;
    };
    let recorded = ends(&status.root, glyphs.cut);
    let Some(log) = &model.verify.log else {
        line.push(piece(recorded, Meaning::Hash));
        match model.read_only() {
            Some(reason) => line.push(piece(format!("  {reason}"), Meaning::Danger)),
            None => line.push(piece("  not recomputed yet", Meaning::Dim)),
        }
        if cells >= NARROW {
            line.extend(sized(model.events().unwrap_or(0)));
        }
        return line;
    };
    let verdict = &log.verdict;
    let grown = model.events().unwrap_or(0).saturating_sub(verdict.count);
    if verdict.root == status.root || grown > 0 {
        line.push(piece(ends(&verdict.root, glyphs.cut), Meaning::Hash));
        let (sign, meaning) =
            if verdict.ok { (glyphs.ok, Meaning::Ok) } else { (glyphs.fault, Meaning::Danger) };
        line.push(piece(format!("  {sign} "), meaning));
        line.push(plain("recomputed"));
    } else {
        line.push(piece("computed ", Meaning::Dim));
        line.push(piece(head(&verdict.root, model), Meaning::Hash));
        line.push(piece(format!("  {} recorded ", glyphs.fault), Meaning::Danger));
        line.push(piece(recorded, Meaning::Hash));
    }
    if cells >= NARROW {
        line.extend(sized(verdict.count));
    }
    if grown > 0 {
        line.push(piece(format!("  +{} since", thousands(grown)), Meaning::Warn));
    }
    let mut when = format!("   {}", ago(model, log.at));
    if cells >= WIDE {
        let micros = u64::try_from(log.took.as_micros()).unwrap_or(u64::MAX);
        when = format!("      checked {}, took {}", ago(model, log.at), duration(micros));
    }
    line.push(piece(when, Meaning::Dim));
    line
}

fn sized(size: u64) -> [Piece; 2] {
    [piece("   size ", Meaning::Dim), piece(thousands(size), Meaning::Number)]
}

/// How many events and states are good.
fn events(model: &Model, cells: u16) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let layers = layers::layers(model);
    let Some(leaves) = layers.first() else { return Vec::new() };
    let wide = usize::from(cells.saturating_sub(48)).min(60);
    let mut line = vec![piece("events ", Meaning::Dim)];
    if leaves.nodes == 0 {
        line.push(piece("none that can be read", Meaning::Danger));
        return line;
    }
    if wide >= 8 {
        line.extend(layers::bar(leaves, wide, false, glyphs));
        line.push(plain(" "));
    }
    let good = leaves.done.saturating_sub(leaves.faults);
    let numbers = format!("{}/{} ", thousands(good), thousands(leaves.nodes));
    line.push(piece(numbers, Meaning::Number));
    line.push(leaves.sign(glyphs));
    if let Some(log) = &model.verify.log {
        let states = layers::states(model);
        let what = match (&log.verdict.states_left_out, log.verdict.refolded) {
            (None, true) => {
                line.push(piece("   states ", Meaning::Dim));
                line.push(piece(thousands(states.nodes), Meaning::Number));
                line.push(plain(" "));
                line.push(states.sign(glyphs));
                return line;
            }
            (Some(reason), _) => format!("   states were not looked at: {reason}"),
            (None, false) => "   states were not looked at".to_owned(),
        };
        line.push(piece(what, Meaning::Warn));
    }
    line
}

/// How fast something goes and when it is done: `12,000/s, 3 s left`.
fn speed(done: u64, of: u64, time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if done == 0 || millis == 0 {
        return String::new();
    }
    let rate = done.saturating_mul(1_000) / millis;
    let left = of.saturating_sub(done).saturating_mul(millis) / done / 1_000;
    format!("{}/s, {} s left", thousands(rate), thousands(left))
}

/// How far the log is recomputed.
fn running(model: &Model, run: &Run, cells: u16) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let (name, layer, since) = match run.states {
        Some((since, ..)) => ("states ", Some(layers::states(model)), since),
        None => ("events ", layers::layers(model).into_iter().next(), run.since),
    };
    let Some(layer) = layer else { return Vec::new() };
    let wide = usize::from(cells.saturating_sub(54)).min(60);
    let mut line = vec![piece(name, Meaning::Dim)];
    if wide >= 8 {
        line.extend(layers::bar(&layer, wide, true, glyphs));
        line.push(plain(" "));
    }
    let numbers = format!("{}/{}", thousands(layer.done), thousands(layer.nodes));
    line.push(piece(numbers, Meaning::Number));
    let percent = layer.done.saturating_mul(100).checked_div(layer.nodes).unwrap_or(0);
    line.push(plain(format!("  {percent}%")));
    let time = model.elapsed.saturating_sub(since);
    // The first event may be long done when the first aggregate is folded: both have a speed of their own.
    let speed = if run.states.is_none() && layer.done >= layer.nodes {
        // The first aggregates are told of together, some thousands of them.
        "refolding states".to_owned()
    } else {
        speed(layer.done, layer.nodes, time)
    };
    if !speed.is_empty() {
        line.push(piece(format!("  {speed}"), Meaning::Dim));
    }
    line
}

/// The levels of the tree, and whether the log only grew.
fn tree(model: &Model, cells: u16) -> Vec<Piece> {
    let mut line = Vec::new();
    let consistency = consistency(model, cells >= WIDE);
    if cells < WIDE || consistency.is_empty() {
        line.push(piece("tree   ", Meaning::Dim));
        let layers = layers::layers(model);
        let last = layers.len().saturating_sub(1);
        let some = if cells >= WIDE { last } else { 3 };
        for (at, layer) in layers.iter().enumerate() {
            if at == some && at < last {
                line.push(piece(format!("{}  ", model.look.glyphs.cut), Meaning::Dim));
            }
            if at < some || at == last {
                line.push(plain(format!("{} ", layer.name)));
                line.push(layer.sign(model.look.glyphs));
                line.push(plain("  "));
            }
        }
    }
    line.extend(consistency);
    line
}

fn consistency(model: &Model, wide: bool) -> Vec<Piece> {
    let (glyphs, view) = (model.look.glyphs, &model.verify);
    let Some(consistent) = &view.consistent else { return Vec::new() };
    let (sign, meaning) = match consistent.reason {
        None => (glyphs.ok, Meaning::Ok),
        Some(_) => (glyphs.fault, Meaning::Danger),
    };
    let (old, new) = (thousands(consistent.old_size), thousands(consistent.new_size));
    let name = if wide { "consistency  " } else { "  only grew " };
    let mut line = vec![
        piece(name, Meaning::Dim),
        piece(format!("{old} {} {new} ", glyphs.arrow), Meaning::Number),
        piece(sign, meaning),
    ];
    if wide {
        let text = consistent.reason.clone().unwrap_or_else(|| {
            format!("the log of {old} events is the beginning of the log of {new}")
        });
        line.push(piece(format!("  {text}"), Meaning::Dim));
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::tui::msg::Msg;
    use crate::tui::testing::shop;
    use crate::tui::update::verify::{cannot_check, no_fault};
    use crate::wire::StatusReport;

    #[test]
    fn a_damaged_store_is_not_said_to_be_without_fault() {
        let mut stage = shop::open(80, 24);
        stage.press("3");
        assert!(no_fault(&stage.model).is_some_and(|why| why.contains("nothing was verified")));
        let read_only = Some("journal 3 is damaged".to_owned());
        let status = StatusReport { position: "0".into(), read_only, ..shop::status() };
        stage.send(Msg::Status(Box::new(status)));
        let screen = stage.screen();
        assert!(screen.contains("none that can be read") && !screen.contains("0/0"), "{screen}");
        assert!(screen.contains("journal 3 is damaged") && !screen.contains("No events yet"));
        assert_eq!(cannot_check(&stage.model), None, "looking for the fault is of use");
        assert!(no_fault(&stage.model).is_some_and(|why| why.contains("journal 3 is damaged")));
    }
}
