//! What is staged, one operation in a row, and the last commits below.

use super::{frame, nothing};
use crate::tui::canvas::{Canvas, Hit, Piece, piece, plain};
use crate::tui::model::{Model, StagePane, name_of};
use crate::tui::text::{middle, pad, pad_left, visible, width};
use crate::tui::theme::Meaning;
use crate::tui::update::stage::short;
use crate::tui::views::stage::Layout;
use crate::tui::words::{clock_or_day, quantity, thousands};
use crate::wire::{CommitRecord, StagedOperation};
use ratatui::layout::Rect;

/// Where columns begin and how wide they are.
#[derive(Debug, Clone, Copy)]
struct Columns {
    number: usize,
    name: usize,
    event: usize,
    version: usize,
    /// 0 where there is no room for it.
    checks: usize,
}

/// What stands before the number: the cursor's sign, and whether it is selected.
const BEFORE: usize = 6;

impl Columns {
    fn of(model: &Model, wide: u16, rows: &[&StagedOperation], checks: bool) -> Self {
        let most = |widths: Vec<usize>, least: usize, most: usize| {
            widths.into_iter().max().unwrap_or(0).clamp(least, most)
        };
        let last = model.stage.operations().len().to_string();
        let checks = if checks { 18 } else { 0 };
        let version =
            most(rows.iter().map(|one| width(&versions(model, one)) + 2).collect(), 7, 18);
        let number = width(&last) + 1;
        let around = BEFORE + number + version + if checks > 0 { checks + 2 } else { 0 };
        let room = usize::from(wide).saturating_sub(around);
        let name = most(rows.iter().map(|one| width(&short(&name_of(one)))).collect(), 8, 28);
        // Both are cut alike where there is no room for them.
        let name = name.min((room / 2).max(room.saturating_sub(events(rows) + 2)));
        let event = room.saturating_sub(name + 2);
        Self { number, name, event, version, checks }
    }
}

fn events(rows: &[&StagedOperation]) -> usize {
    rows.iter().map(|one| width(&visible(&one.operation.event_type))).max().unwrap_or(0)
}

/// `v48→49`: as it would be now, which in a conflict is as it would be behind what came in between.
fn versions(model: &Model, one: &StagedOperation) -> String {
    let later = one.conflict.as_ref().map_or(0, |it| it.head.saturating_sub(it.base));
    let to = one.version + later;
    let from = if to <= 1 { "new".to_owned() } else { format!("v{}", to - 1) };
    format!("{from}{}{to}", model.look.glyphs.arrow)
}

/// `staged · 3 of 4 selected`
pub(super) fn title(model: &Model) -> String {
    let view = &model.stage;
    let (chosen, all) = (view.chosen().count(), view.operations().len());
    if all == 0 {
        return "staged".to_owned();
    }
    format!("staged {} {chosen} of {all} selected", model.look.glyphs.dot)
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, layout: Layout) {
    let view = &model.stage;
    let focus = view.focus == StagePane::List;
    let all = view.operations();
    let rows = layout.rows(all.len());
    let foot = match (&view.error, all.len() > rows) {
        (Some(_), _) => "not what there is now: it cannot be read".to_owned(),
        (None, _) if all.is_empty() => String::new(),
        (None, true) => {
            let last = (view.top + rows).min(all.len());
            format!("{}{}{last} of {}", view.top + 1, canvas.glyphs().dash, all.len())
        }
        (None, false) if layout.wide => "Space select  J/K order  a all".to_owned(),
        (None, false) => "Space select  J/K order".to_owned(),
    };
    let inside = frame(canvas, area, layout.boxed, (&title(model), &foot), focus);
    if all.is_empty() {
        for (y, line) in (inside.y..inside.bottom()).zip(nothing(model)) {
            canvas.line(inside.x, y, inside.width, &line);
        }
        let used = u16::try_from(nothing(model).len() + 1).unwrap_or(u16::MAX);
        return commits(model, canvas, below(inside, used));
    }
    let shown: Vec<&StagedOperation> = all.iter().skip(view.top).take(rows).collect();
    let columns = Columns::of(model, inside.width, &shown, layout.wide);
    let mut y = inside.y;
    if layout.wide {
        heads(canvas, inside, columns);
        y += 1;
    }
    for (at, one) in all.iter().enumerate().skip(view.top).take(rows) {
        let line = Rect { y, height: 1, ..inside };
        canvas.line(line.x, y, line.width, &row(model, columns, at, one));
        canvas.hit(line, Hit::Row(StagePane::List.number(), at));
        if at == view.cursor {
            canvas.select(line, focus);
        }
        y += 1;
    }
    if layout.commits(all.len()) > 0 {
        commits(model, canvas, below(inside, y.saturating_sub(inside.y)));
    }
}

/// What is left below so many lines.
fn below(inside: Rect, lines: u16) -> Rect {
    let lines = lines.min(inside.height);
    Rect { y: inside.y + lines, height: inside.height - lines, ..inside }
}

fn heads(canvas: &mut Canvas<'_>, inside: Rect, columns: Columns) {
    let heads = format!(
        "{}{}{}  {}{}  {}",
        " ".repeat(BEFORE),
        pad("#", columns.number),
        pad("AGGREGATE", columns.name),
        pad("EVENT", columns.event),
        pad_left("VERSION", columns.version),
        "CHECKS",
    );
    canvas.put(inside.x, inside.y, inside.width, &heads, Meaning::Dim);
}

fn row(model: &Model, columns: Columns, at: usize, one: &StagedOperation) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    let chosen = model.stage.is_chosen(one);
    let text = if chosen { Meaning::Text } else { Meaning::Dim };
    let sign = match (&one.conflict, &one.problem) {
        (Some(_), _) => (glyphs.warn, Meaning::Warn),
        (None, Some(_)) => (glyphs.fault, Meaning::Danger),
        (None, None) => (" ", Meaning::Text),
    };
    let name = short(&name_of(one));
    let name = pad(&middle(&visible(&name), columns.name, glyphs.cut), columns.name);
    let event = visible(&one.operation.event_type);
    let event = pad(&crate::tui::text::fit(&event, columns.event, glyphs.cut), columns.event);
    let versions = versions(model, one);
    let gap = columns.version.saturating_sub(width(&versions) + width(sign.0));
    let mut line = vec![
        plain("  "),
        piece(if chosen { "[x] " } else { "[ ] " }, text),
        piece(pad(&(at + 1).to_string(), columns.number), Meaning::Dim),
        piece(name, if chosen { Meaning::Id } else { Meaning::Dim }),
        plain("  "),
        piece(event, text),
        piece(sign.0, sign.1),
        plain(" ".repeat(gap)),
        piece(versions, if chosen { Meaning::Number } else { Meaning::Dim }),
    ];
    if columns.checks > 0 {
        line.push(plain("  "));
        line.extend(checks(model, one));
    }
    line
}

/// What a commit would say of it, in a few words.
fn checks(model: &Model, one: &StagedOperation) -> Vec<Piece> {
    let glyphs = model.look.glyphs;
    match (&one.conflict, &one.problem) {
        (Some(conflict), _) => {
            let text = format!("{} conflict: v{}", glyphs.warn, conflict.head);
            vec![piece(text, Meaning::Warn)]
        }
        (None, Some(_)) => vec![piece(format!("{} refused", glyphs.fault), Meaning::Danger)],
        (None, None) => {
            let ok = glyphs.ok;
            let schema = if super::detail::has_schema(model, one) {
                piece(format!("schema {ok}  "), Meaning::Ok)
            } else {
                piece("no schema  ", Meaning::Dim)
            };
            vec![schema, piece(format!("rules {ok}"), Meaning::Ok)]
        }
    }
}

/// The last commits: what those before this one were called.
fn commits(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let commits = &model.stage.commits;
    if commits.is_empty() || area.height < 3 {
        return;
    }
    canvas.put(area.x, area.y + 1, area.width, "recent commits", Meaning::Dim);
    let shown: Vec<&CommitRecord> = commits.iter().take(usize::from(area.height - 2)).collect();
    let names = shown.iter().map(|it| it.commit.len()).max().unwrap_or(0);
    let sizes = shown.iter().map(|commit| sizes(commit)).collect::<Vec<_>>();
    let most = |part: fn(&[String; 3]) -> &String| {
        sizes.iter().map(|parts| width(part(parts))).max().unwrap_or(0)
    };
    let users = most(|[user, ..]| user);
    let (events, places) = (most(|[_, events, _]| events), most(|[.., place]| place));
    for (y, (commit, [user, count, place])) in
        (area.y + 2..area.bottom()).zip(shown.iter().zip(&sizes))
    {
        let right = [
            piece(format!("{}  {}", pad(user, users), pad_left(count, events)), Meaning::Dim),
            piece(format!("  {}", pad_left(place, places)), Meaning::Number),
        ];
        let taken = canvas.line_right(area.x, y, area.width, &right);
        let line = commit_line(model, commit, names);
        canvas.line(area.x, y, area.width.saturating_sub(taken + 2), &line);
    }
}

/// Who made a commit, how many events it has, and where the last of them is.
fn sizes(commit: &CommitRecord) -> [String; 3] {
    let first: u64 = commit.first_position.parse().unwrap_or(0);
    let last = first + commit.count.saturating_sub(1);
    let events = quantity(commit.count, "event ", "events");
    [visible(&commit.issued_by.user).into_owned(), events, format!("#{}", thousands(last))]
}

fn commit_line(model: &Model, commit: &CommitRecord, names: usize) -> Vec<Piece> {
    let when = clock_or_day(model.now, &commit.created_at);
    let when = if when.contains(':') { when.get(..5).unwrap_or(&when).to_owned() } else { when };
    let message = match &commit.message {
        Some(message) => plain(message.lines().next().unwrap_or_default().to_owned()),
        None if commit.message_sealed => piece("sealed", Meaning::Dim),
        None => piece("no message", Meaning::Dim),
    };
    vec![
        piece(pad(&commit.commit, names), Meaning::Id),
        piece(format!("  {when:<9}  "), Meaning::Dim),
        message,
    ]
}
