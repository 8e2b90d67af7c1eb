//! What the file changes against the schema in force, part by part, and what that does.

use super::waiting;
use crate::schema::ChangeKind;
use crate::tui::canvas::{Canvas, Hit, Piece, piece, pieces_width, plain};
use crate::tui::model::{ChangeRow, Compared, Connection, Declared, Model, SchemaPart, Verdict};
use crate::tui::overlays;
use crate::tui::text::{fit, pad, width, wrap};
use crate::tui::theme::Meaning;
use crate::tui::views::frame;
use crate::tui::words::quantity;
use ratatui::layout::Rect;

/// Cells from which on a change is one row of a table.
const WIDE: u16 = 56;

/// Cells of the columns behind what changes: the verdict, and what is stored.
const VERDICT: u16 = 10;
const DATA: u16 = 12;

/// What a verdict looks like.
fn meaning(verdict: Verdict) -> Meaning {
    match verdict {
        Verdict::Additive => Meaning::Ok,
        Verdict::Risky => Meaning::Warn,
        Verdict::Breaking | Verdict::Invalid => Meaning::Danger,
    }
}

fn sign(row: &ChangeRow) -> Piece {
    let meaning = match row.kind {
        ChangeKind::Added => Meaning::Added,
        ChangeKind::Removed => Meaning::Removed,
        ChangeKind::Changed => Meaning::Changed,
    };
    piece(format!("{} ", row.sign()), meaning)
}

/// Words of the model with the arrow of the screen.
fn arrows(text: &str, model: &Model) -> String {
    text.replace('→', model.look.glyphs.arrow)
}

/// How much of what is stored a change concerns; `None` where that is nothing by its kind.
fn data(model: &Model, row: &ChangeRow) -> Option<String> {
    if row.breaks.is_empty() {
        return found(model, row);
    }
    let Some(impacts) = &model.schema.impacts else {
        return Some(model.look.glyphs.cut.to_owned());
    };
    let of = row.impacts(impacts);
    let events = of.iter().map(|impact| impact.events).max()?;
    let aggregates = of.iter().map(|impact| impact.aggregates).max()?;
    Some(match (events, aggregates) {
        (0, 0) => "none stored".to_owned(),
        (0, aggregates) => quantity(aggregates, "aggregate", "aggregates"),
        (events, _) => quantity(events, "event", "events"),
    })
}

/// How many events were found that a change concerns which breaks nothing; `None` where nobody looked.
fn found(model: &Model, row: &ChangeRow) -> Option<String> {
    let view = &model.schema;
    let (at, found) = view.affected.as_ref()?;
    let of = view.compared.as_ref()?.rows.get(*at)?;
    let about = of.aggregate == row.aggregate && of.declared == row.declared;
    let count = u64::try_from(found.events.len()).unwrap_or(u64::MAX);
    if !about || count == 0 {
        return None;
    }
    Some(if found.more { format!("{count}+ events") } else { quantity(count, "event", "events") })
}

pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect, boxed: bool) {
    let view = &model.schema;
    let focus = view.focus == SchemaPart::Changes;
    let title = match view.compared.as_ref().map(Compared::version) {
        None => "working vs applied".to_owned(),
        Some(0) => "working vs nothing applied".to_owned(),
        Some(version) => format!("working vs applied ({version})"),
    };
    let any = view.current().is_some_and(|compared| !compared.rows.is_empty());
    let foot = format!("{} who is affected", canvas.glyphs().keys.enter);
    let inside = frame(canvas, area, boxed, (&title, if any { &foot } else { "" }), focus);
    let place = (inside.x, inside.y, inside.width);
    let error = match (&view.failed, &model.connection) {
        (Some(error), _) => Some(error),
        (None, Connection::Offline(error, _)) if view.compared.is_none() => Some(error),
        _ => None,
    };
    if let Some(error) = error {
        return overlays::error(canvas, inside, error);
    }
    if view.seen.is_some() && view.checked().is_none() {
        return lines(canvas, inside, &[vec![piece("nothing to compare", Meaning::Dim)]]);
    }
    let Some(compared) = view.current() else {
        return waiting(model, canvas, place, "comparing");
    };
    if compared.rows.is_empty() {
        return lines(canvas, inside, &same(model, compared, inside.width));
    }
    let sums = sums(model, compared, inside.width);
    let below = u16::try_from(sums.len() + 1).unwrap_or(u16::MAX).min(inside.height / 2);
    let list = Rect { height: inside.height - below, ..inside };
    let used = table(model, canvas, list, compared, focus);
    let y = (list.y + used + 1).min(inside.bottom().saturating_sub(below.saturating_sub(1)));
    lines(canvas, Rect { y, height: inside.bottom() - y, ..inside }, &sums);
}

fn lines(canvas: &mut Canvas<'_>, area: Rect, lines: &[Vec<Piece>]) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        canvas.line(area.x, y, area.width, line);
    }
}

/// What is said where no part is different.
fn same(model: &Model, compared: &Compared, cells: u16) -> Vec<Vec<Piece>> {
    let cells = usize::from(cells.saturating_sub(2));
    let ok = model.look.glyphs.ok;
    let version = compared.version();
    let (sign, text) = if compared.is_applied() {
        (
            piece(format!("{ok} "), Meaning::Ok),
            format!("the file is schema {version}, which is in force"),
        )
    } else if compared.legible.is_none() {
        let text = "what stands where cannot be told: the errors come first".to_owned();
        (piece(format!("{} ", model.look.glyphs.fault), Meaning::Danger), text)
    } else {
        (
            piece(format!("{ok} "), Meaning::Ok),
            format!("it means the same as schema {version} in other words"),
        )
    };
    let mut found: Vec<Vec<Piece>> =
        wrap(&text, cells).into_iter().map(|line| vec![plain("  "), plain(line)]).collect();
    if let Some(first) = found.first_mut().and_then(|line| line.first_mut()) {
        *first = sign;
    }
    found.extend(stays(model, compared));
    found
}

/// That what is in force stays so, where the file has errors.
fn stays(model: &Model, compared: &Compared) -> Option<Vec<Piece>> {
    let errors = model.schema.checked().map_or(0, |checked| checked.errors);
    let version = compared.version();
    let text = format!("schema {version} stays in force");
    (errors > 0 && version > 0).then(|| vec![piece(text, Meaning::Ok)])
}

/// How many changes are what, and what applying them would do.
fn sums(model: &Model, compared: &Compared, cells: u16) -> Vec<Vec<Piece>> {
    let mut line = Vec::new();
    for verdict in Verdict::ALL {
        let count = compared.count(verdict);
        if count > 0 || verdict == Verdict::Additive {
            let word = verdict.as_str().to_lowercase();
            line.push(piece(
                format!("{word} "),
                if count > 0 { meaning(verdict) } else { Meaning::Dim },
            ));
            line.push(plain(format!("{count} ")));
        }
    }
    let mut found = vec![line];
    if let Some(stays) = stays(model, compared) {
        found.push(stays);
        return found;
    }
    let next = compared.version() + 1;
    let text = match (compared.breaks(), cells >= WIDE) {
        (false, _) => format!("A applies it as schema {next}"),
        (true, true) => format!("A would make it schema {next}; `--allow-breaking` is needed"),
        (true, false) => format!("A asks before schema {next}"),
    };
    found.push(vec![piece(text, Meaning::Dim)]);
    found
}

/// A line of the changes, and which of them it is of.
type Listed = (Option<usize>, Vec<Piece>);

/// The lines around the selected change, as many as a screen may show.
fn listed(model: &Model, compared: &Compared, list: Rect, names: usize) -> Vec<Listed> {
    let (wide, height) = (list.width >= WIDE, usize::from(list.height));
    let from = model.schema.change.saturating_sub(height);
    let near = compared.rows.iter().enumerate().skip(from).take(2 * height + 1);
    let mut all: Vec<Listed> = Vec::new();
    for (at, row) in near {
        if wide {
            all.push((Some(at), in_table(model, row, list.width, names)));
        } else {
            let lines = in_lines(model, row, list.width, at == model.schema.change);
            all.extend(lines.into_iter().map(|line| (Some(at), line)));
        }
    }
    if from + 2 * height + 1 >= compared.rows.len() {
        let unchanged = compared.unchanged.iter().take(height).map(|name| {
            let name = if wide { pad(name, names) } else { name.clone() };
            (None, vec![piece(format!("{name}  no change"), Meaning::Dim)])
        });
        all.extend(unchanged);
    }
    all
}

/// Draws the changes, and gives how many rows they take.
fn table(
    model: &Model,
    canvas: &mut Canvas<'_>,
    list: Rect,
    compared: &Compared,
    focus: bool,
) -> u16 {
    let changed = compared.rows.iter().map(|row| &row.aggregate);
    let names = changed.chain(&compared.unchanged).map(|name| width(name)).max();
    let names = names.unwrap_or(0).clamp(9, 16);
    let mut area = list;
    if list.width >= WIDE && list.height > 2 {
        let head = header(list.width, names);
        canvas.line(list.x + 2, list.y, list.width.saturating_sub(2), &head);
        area = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let all = listed(model, compared, area, names);
    let of = |(at, _): &Listed| *at == Some(model.schema.change);
    let until = all.iter().rposition(of).unwrap_or(0);
    let first = all.iter().position(of);
    let top = (until + 1).saturating_sub(usize::from(area.height).max(1));
    let mut used = 0;
    for (y, (index, (at, line))) in (area.y..area.bottom()).zip(all.iter().enumerate().skip(top)) {
        let row = Rect { y, height: 1, ..area };
        canvas.line(area.x + 2, y, area.width.saturating_sub(2), line);
        if let Some(at) = at {
            canvas.hit(row, Hit::Row(SchemaPart::Changes.number(), *at));
        }
        if Some(index) == first {
            canvas.select(row, focus);
        }
        used = y + 1 - list.y;
    }
    used
}

fn columns(cells: u16, names: usize) -> usize {
    usize::from(cells.saturating_sub(2 + VERDICT + DATA)).saturating_sub(names + 3)
}

fn header(cells: u16, names: usize) -> Vec<Piece> {
    let change = pad("CHANGE", columns(cells, names));
    let verdict = pad("VERDICT", usize::from(VERDICT));
    let text = format!("{}  {change} {verdict}DATA", pad("AGGREGATE", names));
    vec![piece(text, Meaning::Dim)]
}

/// A change as a row of a table.
fn in_table(model: &Model, row: &ChangeRow, cells: u16, names: usize) -> Vec<Piece> {
    let cut = model.look.glyphs.cut;
    let room = columns(cells, names).saturating_sub(2);
    let part = fit(&row.part(), room, cut).into_owned();
    let left = room.saturating_sub(width(&part));
    let what = arrows(&row.what, model);
    let what = fit(&what, left.saturating_sub(2), cut);
    let what = if what.is_empty() { String::new() } else { format!("  {what}") };
    let data = data(model, row).unwrap_or_else(|| model.look.glyphs.dash.to_owned());
    let name = fit(&row.aggregate, names, cut);
    vec![
        piece(format!("{}  ", pad(&name, names)), Meaning::Id),
        sign(row),
        plain(part),
        piece(format!("{} ", pad(&what, left)), Meaning::Dim),
        piece(pad(row.verdict.as_str(), usize::from(VERDICT)), meaning(row.verdict)),
        plain(data),
    ]
}

/// A change where there is little room: the part and the verdict, and below it what changes and what it concerns.
fn in_lines(model: &Model, row: &ChangeRow, cells: u16, selected: bool) -> Vec<Vec<Piece>> {
    let (cut, dot) = (model.look.glyphs.cut, model.look.glyphs.dot);
    let verdict = row.verdict.as_str();
    let room = usize::from(cells.saturating_sub(2)).saturating_sub(3 + width(verdict));
    let name = match &row.declared {
        Declared::Aggregate => row.aggregate.clone(),
        Declared::Field(name) | Declared::Event(name) => format!("{}.{name}", row.aggregate),
    };
    let name = pad(&fit(&name, room, cut), room);
    let mut lines =
        vec![vec![sign(row), plain(format!("{name} ")), piece(verdict, meaning(row.verdict))]];
    let data = data(model, row);
    if !selected && data.is_none() {
        return lines;
    }
    let words: Vec<String> = [arrows(&row.what, model), data.unwrap_or_default()]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect();
    if !words.is_empty() {
        lines.push(vec![piece(format!("    {}", words.join(&format!(" {dot} "))), Meaning::Dim)]);
    }
    lines
}

/// A change in a line of the overlay that asks.
pub(crate) fn line(model: &Model, row: &ChangeRow, cells: u16) -> Vec<Piece> {
    let mut line =
        vec![sign(row), piece(format!("{} ", row.aggregate), Meaning::Id), plain(row.part())];
    let what = arrows(&row.what, model);
    if !what.is_empty() {
        line.push(piece(format!("  {what}"), Meaning::Dim));
    }
    let data = data(model, row).map(|data| format!("  {data}")).unwrap_or_default();
    let verdict = format!("  {}{data}", row.verdict.as_str());
    let room = usize::from(cells).saturating_sub(width(&verdict));
    let mut left = room;
    for (text, _) in &mut line {
        *text = fit(text, left, model.look.glyphs.cut).into_owned().into();
        left = left.saturating_sub(width(text));
    }
    let gap = room.saturating_sub(pieces_width(&line));
    line.push(plain(" ".repeat(gap)));
    line.push(piece(verdict, meaning(row.verdict)));
    line
}
