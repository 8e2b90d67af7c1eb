//! The hashes from a leaf to the root, or what is wrong with the leaf.

use super::{frame, position, which};
use crate::tui::canvas::{Canvas, Piece, piece, plain};
use crate::tui::model::{Model, Part, Proven};
use crate::tui::overlays;
use crate::tui::text::{pad, wrap};
use crate::tui::theme::Meaning;
use crate::tui::update::verify::copy::proof_name;
use crate::tui::views::lines::scrolled;
use crate::tui::words::{age, ends, instant, quantity, thousands};
use crate::wire::{Fault, HashStep, ProofCheck};
use ratatui::layout::Rect;

/// Steps that are shown at the beginning where not all are.
const FIRST: usize = 4;

/// Lines below and above the steps.
const AROUND: usize = 9;

/// Cells from which on a step is written out.
const WIDE: u16 = 62;

type Line = Vec<Piece>;

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let focus = model.verify.focus == Part::Steps;
    let title = match (which(model), model.verify.selected()) {
        (Some(which), Some(fault)) => match position(fault) {
            Some(at) => format!("{which}: leaf {}", thousands(at)),
            None => which,
        },
        _ if area.width >= WIDE => "proof  (RFC 6962, SHA-256)".to_owned(),
        _ => "proof".to_owned(),
    };
    let foot = if model.verify.fault.is_some() { "w save report" } else { "y copy  w save" };
    let inside = frame(canvas, area, boxed, (&title, foot), focus);
    if let (None, Some(error)) = (model.verify.fault, &model.verify.unproven) {
        if focus {
            canvas.cursor = Some((inside.x, inside.y).into());
        }
        return overlays::error(canvas, inside, error);
    }
    scrolled(canvas, inside, &lines(model, inside), model.verify.scroll, focus);
}

/// The lines of the part, in a box of this size: how far it can be scrolled.
pub(crate) fn lines(model: &Model, inside: Rect) -> Vec<Line> {
    match (model.verify.selected(), &model.verify.proven) {
        (Some(fault), _) => of_fault(model, fault, inside),
        (None, Some(proven)) => of_proof(model, proven, inside),
        (None, None) if model.verify.subject.is_none() => {
            vec![vec![piece("no event is proven", Meaning::Dim)]]
        }
        (None, None) => Vec::new(),
    }
}

fn fact(name: &str, value: Piece) -> Line {
    vec![piece(pad(name, 12), Meaning::Dim), value]
}

fn of_fault(model: &Model, fault: &Fault, inside: Rect) -> Vec<Line> {
    let glyphs = model.look.glyphs;
    let cells = usize::from(inside.width);
    let mut lines: Vec<Line> = Vec::new();
    let text = format!("{} {}", glyphs.fault, fault.message);
    lines.extend(wrap(&text, cells).into_iter().map(|line| vec![piece(line, Meaning::Danger)]));
    lines.push(Line::new());
    if let Some(at) = position(fault) {
        lines.push(fact("position", piece(format!("#{}", thousands(at)), Meaning::Number)));
    }
    if let Some(aggregate) = &fault.aggregate {
        lines.push(fact("aggregate", piece(aggregate.clone(), Meaning::Id)));
    }
    if let Some(version) = fault.version {
        lines.push(fact("version", piece(thousands(version), Meaning::Number)));
    }
    // Whoever compares hashes with another place wants all of them, where there is room.
    let hash = |hash: &String| if cells >= 76 { hash.clone() } else { ends(hash, glyphs.cut) };
    if let Some(stored) = &fault.stored {
        lines.push(fact("stored", piece(hash(stored), Meaning::Hash)));
    }
    if let Some(recomputed) = &fault.recomputed {
        let mut line = fact("recomputed", piece(hash(recomputed), Meaning::Hash));
        line.push(piece(format!("  {}", glyphs.fault), Meaning::Danger));
        lines.push(line);
    }
    lines.push(Line::new());
    if let Some(log) = &model.verify.log {
        let log = &log.verdict;
        let good = match log.good_up_to.parse::<u64>() {
            Ok(at) if at > 0 => format!("up to {} (#{})", log.good_up_to_commit, thousands(at)),
            _ => "nothing for certain".to_owned(),
        };
        lines.push(fact("good", plain(good)));
        if let Some(anchor) = &log.anchor {
            let says = if anchor.ok {
                "has the root that it had".to_owned()
            } else {
                let had = if inside.width < WIDE { "had" } else { "had the root" };
                format!("{had} {}", ends(&anchor.root, glyphs.cut))
            };
            let at = anchor.position.parse().map_or(anchor.position.clone(), thousands);
            let meaning = if anchor.ok { Meaning::Text } else { Meaning::Danger };
            lines.push(fact("anchor", piece(format!("#{at} {says}"), meaning)));
        }
        lines.push(fact("kept", piece(log.kept.clone(), Meaning::Ok)));
    } else {
        lines.push(fact("kept", piece("dbx changed nothing", Meaning::Ok)));
    }
    lines.push(Line::new());
    let hint = "`dbx doctor` says what can be repaired, and how";
    lines.extend(wrap(hint, cells).into_iter().map(|line| vec![piece(line, Meaning::Dim)]));
    lines
}

fn check<'a>(proven: &'a Proven, name: &str) -> Option<&'a ProofCheck> {
    proven.verdict.checks.iter().find(|check| check.name == name)
}

fn of_proof(model: &Model, proven: &Proven, inside: Rect) -> Vec<Line> {
    let (glyphs, cells) = (model.look.glyphs, usize::from(inside.width));
    let log = &proven.proof.log;
    let place = format!("leaf {} of {}", thousands(log.index + 1), thousands(log.size));
    let mut lines = vec![vec![plain(place)], Line::new()];
    let steps = steps(model, proven, inside);
    let room = usize::from(inside.height).saturating_sub(AROUND).max(FIRST + 2);
    if model.verify.unfolded || steps.len() <= room {
        lines.extend(steps);
    } else {
        let hidden = steps.len() - FIRST - 1;
        let more = format!("{}  {} more  (z unfolds)", glyphs.more, thousands(hidden as u64));
        lines.extend(steps.iter().take(FIRST).cloned());
        lines.push(vec![piece(more, Meaning::Dim)]);
        lines.extend(steps.last().cloned());
    }
    lines.push(Line::new());
    lines.extend(ends_of(model, proven));
    lines.push(Line::new());
    lines.extend(verified(model, proven));
    for name in ["leaf", "aggregate"] {
        if let Some(check) = check(proven, name) {
            let claim = wrap(&check.claim, cells.saturating_sub(2));
            for (at, text) in claim.into_iter().enumerate() {
                let mut line = if at == 0 { sign(model, check.ok) } else { vec![plain("  ")] };
                line.push(piece(text, Meaning::Dim));
                lines.push(line);
            }
        }
    }
    if let Some(event) = &proven.verdict.event {
        lines.push(Line::new());
        lines.push(vec![
            plain(format!("{}  ", event.event_type)),
            piece(instant(&event.created_at), Meaning::Dim),
            piece(format!("  by {}", event.issued_by.user), Meaning::Dim),
        ]);
    }
    lines.push(Line::new());
    let file = proof_name(&proven.name, proven.version);
    let hint = wrap("check it yourself, without this store:", cells);
    lines.extend(hint.into_iter().map(|line| vec![piece(line, Meaning::Dim)]));
    lines.push(vec![piece(format!("  dbx verify --proof {file}.proof.json"), Meaning::Key)]);
    lines
}

fn sign(model: &Model, ok: bool) -> Line {
    let glyphs = model.look.glyphs;
    let (sign, meaning) =
        if ok { (glyphs.ok, Meaning::Ok) } else { (glyphs.fault, Meaning::Danger) };
    vec![piece(format!("{sign} "), meaning)]
}

/// What the hashes lead to, what they should, and whether that is the same.
fn ends_of(model: &Model, proven: &Proven) -> Vec<Line> {
    let cut = model.look.glyphs.cut;
    let mut lines = Vec::new();
    let of_root = check(proven, "root").or_else(|| check(proven, "log"));
    if let Some(check) = of_root {
        let shown = |hash: &Option<String>| match hash {
            Some(hash) => piece(ends(hash, cut), Meaning::Hash),
            None => piece("nothing", Meaning::Dim),
        };
        let computed = check_computed(proven, check);
        lines.push(vec![piece("computed  ", Meaning::Dim), shown(&computed)]);
        let mut expected = vec![piece("expected  ", Meaning::Dim), shown(&check.expected)];
        expected.push(piece("  root of the log", Meaning::Dim));
        lines.push(expected);
    }
    let mut line = sign(model, proven.verdict.ok);
    let (text, meaning) = if proven.verdict.ok {
        ("the proof holds", Meaning::Ok)
    } else {
        ("the proof does not hold", Meaning::Danger)
    };
    line.push(piece(text, meaning));
    lines.push(line);
    let reasons = proven.verdict.checks.iter().filter_map(|check| check.reason.clone());
    lines.extend(reasons.map(|reason| vec![piece(format!("  {reason}"), Meaning::Danger)]));
    lines
}

fn check_computed(proven: &Proven, of_root: &ProofCheck) -> Option<String> {
    let of_log = || check(proven, "log").and_then(|check| check.computed.clone());
    of_root.computed.clone().or_else(of_log)
}

/// What recomputing the aggregate found, where that was done.
fn verified(model: &Model, proven: &Proven) -> Vec<Line> {
    let Some(checked) = &model.verify.aggregate else { return Vec::new() };
    let verdict = &checked.verdict;
    let same = verdict.aggregate_type == proven.name.aggregate_type
        && verdict.aggregate_id == proven.name.id;
    if !same {
        return Vec::new();
    }
    let mut line = sign(model, verdict.ok);
    let ago = match age(model.now, &checked.at.to_string()).as_str() {
        "now" => "now".to_owned(),
        age => format!("{age} ago"),
    };
    let what = if verdict.ok { "every hash is right" } else { "there are faults" };
    let events = quantity(verdict.count, "event", "events");
    line.push(plain(format!("{events}, {what}")));
    line.push(piece(format!("  {ago}"), Meaning::Dim));
    let mut lines = vec![line];
    if let Some(reason) = &verdict.states_left_out {
        let text = format!("! states were not looked at: {reason}");
        lines.push(vec![piece(text, Meaning::Warn)]);
    }
    lines
}

/// Each hash with what it is over: what came from below is plain, what the proof says of the other side is a hash.
fn steps(model: &Model, proven: &Proven, inside: Rect) -> Vec<Line> {
    let cut = model.look.glyphs.cut;
    let wide = inside.width >= WIDE;
    let of = |name: &str| check(proven, name).map(|check| check.steps.as_slice());
    let all = of("leaf").into_iter().chain(of("log")).flatten();
    let count = all.clone().count();
    // Where the cursor of the tree is: it counts from the root.
    let selected = count.checked_sub(model.verify.cursor + 1);
    let mut before = String::new();
    let mut lines = Vec::new();
    for (number, step) in all.enumerate() {
        let at = if selected == Some(number) { Meaning::Title } else { Meaning::Dim };
        let mut line = vec![piece(format!("{number:<3}"), at)];
        if wide {
            line.push(piece("SHA256(", Meaning::Dim));
        }
        let hash = match step {
            HashStep::Body { bytes, hash } => {
                line.push(piece(format!("body, {} bytes", thousands(*bytes)), Meaning::Text));
                hash
            }
            HashStep::Leaf { bytes, hash } => {
                if wide {
                    line.push(piece("0x00 | ", Meaning::Dim));
                }
                line.push(plain(format!("header, {} bytes", thousands(*bytes))));
                hash
            }
            HashStep::Node { left, right, hash } => {
                let side = |hash: &String| {
                    let meaning = if *hash == before { Meaning::Text } else { Meaning::Hash };
                    piece(ends(hash, cut), meaning)
                };
                if wide {
                    line.push(piece("0x01 | ", Meaning::Dim));
                }
                line.extend([side(left), piece(" | ", Meaning::Dim), side(right)]);
                hash
            }
        };
        line.push(piece(if wide { ") = " } else { " = " }, Meaning::Dim));
        line.push(piece(ends(hash, cut), at_or_hash(at)));
        before.clone_from(hash);
        lines.push(line);
    }
    lines
}

fn at_or_hash(at: Meaning) -> Meaning {
    if at == Meaning::Title { at } else { Meaning::Text }
}
