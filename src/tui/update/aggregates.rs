//! What happens in the view of aggregates.

use super::motion::{self, Move};
use crate::domain::Filter;
use crate::tui::model::{Group, GroupRow, Model, Name, Pane};
use crate::tui::msg::Effect;
use crate::tui::theme::Meaning;
use crate::tui::views::aggregates::layout;
use crate::tui::window::{PAGE, Total, Window};
use crate::tui::words::quantity;
use crate::tui::worker::{AggregatesAnswer as Answer, AggregatesAsk as Ask, AggregatesPage, Slot};
use crate::wire::{AggregateVerdict, ListQuery, Sort};
use std::time::Duration;

/// How long a row is selected before what is beside the list is read: who holds `j` looks at none on the way.
const DEBOUNCE: Duration = Duration::from_millis(40);

/// How long one types before what matches is counted to its end.
const COUNT_DELAY: Duration = Duration::from_millis(120);

/// How many of an aggregate's last events are shown: what fits into their pane on a high screen.
const RECENT: u64 = 30;

/// Asks for what is to be seen and not there.
pub(super) fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let (layout, elapsed) = (layout(model), model.elapsed);
    let height = layout.rows();
    // How many there are may be known only after the first pages came: the end of the list is to be gone to then too.
    let open_end = matches!(model.aggregates.list.total(), Total::AtLeast(_));
    let shown = model.aggregates.shown == model.aggregates.revision;
    if open_end && shown && model.aggregates.list.is_loaded() {
        let count = model.aggregates.count(model.status.as_ref());
        if let Some(count) = count.filter(|count| *count > model.aggregates.list.total().rows()) {
            model.aggregates.list.know(count);
        }
    }
    model.aggregates.list.settle(height);
    let mut wanted: Vec<(Slot, Ask, Duration)> = Vec::new();
    page(model, height, &mut wanted);
    if !wanted.iter().any(|(slot, ..)| *slot == Slot::Count) {
        away(model, effects);
    }
    last_events(model, height, &mut wanted);
    if layout.events.is_some() {
        recent(model, &mut wanted);
    }
    let status = model.status.as_ref();
    if status.is_some_and(|status| status.stage.operations > 0)
        || !model.aggregates.staged.is_empty()
    {
        wanted.push((Slot::Staged, Ask::Staged { epoch: model.epoch }, Duration::ZERO));
    }
    for (slot, ask, delay) in wanted {
        let ask = crate::tui::worker::Ask::Aggregates(ask);
        effects.extend(model.asks.want(slot, ask, delay, elapsed));
    }
}

/// Stops what goes over the store for a list that is not looked at.
pub(super) fn away(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.asks.running(Slot::Count).is_some() {
        model.asks.forget(Slot::Count);
        effects.push(Effect::Cancel(Slot::Count));
    }
}

fn page(model: &Model, height: usize, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let view = &model.aggregates;
    let same = view.shown == view.revision;
    let page = if same { view.list.wanted(height.max(1), model.epoch) } else { Some(0) };
    if let Some(page) = page.filter(|_| model.error.is_none()) {
        let query = paged(view.query(), page, &view.cursors);
        let (epoch, revision) = (model.epoch, view.revision);
        let again = same && view.list.holds(page);
        let ask = Ask::Page { query, page, epoch, revision, again };
        wanted.push((Slot::Page, ask, Duration::ZERO));
    }
    let open_end = matches!(view.list.total(), Total::AtLeast(_)) && view.list.is_loaded();
    if open_end && view.whole_filter().is_some() && view.shown == view.revision {
        let ask = Ask::Count { query: view.query(), epoch: model.epoch, revision: view.revision };
        wanted.push((Slot::Count, ask, COUNT_DELAY));
    }
}

/// A query for one page: behind the cursor of the nearest page before it that is known. Where rows change their places as
/// the log grows, the row before a page tells nothing about where it begins.
fn paged(
    query: ListQuery,
    page: usize,
    cursors: &std::collections::BTreeMap<usize, String>,
) -> ListQuery {
    let known = (query.sort == Sort::Id).then(|| cursors.range(..=page).next_back()).flatten();
    match known {
        Some((known, cursor)) => {
            ListQuery { after: Some(cursor.clone()), skip: (page - known) * PAGE, ..query }
        }
        None => ListQuery { skip: page * PAGE, ..query },
    }
}

fn last_events(model: &Model, height: usize, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let view = &model.aggregates;
    let rows = view.list.top..view.list.top + height;
    let mut records: Vec<_> = rows.filter_map(|row| view.list.get(row)).collect();
    // Where the list is not on the screen, the preview still tells of the last event.
    records.extend(view.selected().filter(|_| height == 0));
    let missing: Vec<(Name, u64)> = records
        .into_iter()
        .filter(|record| view.last_event(record).is_none())
        .map(|record| (Name::of(record), record.version))
        .collect();
    if !missing.is_empty() {
        wanted.push((Slot::Rows, Ask::LastEvents(missing), Duration::ZERO));
    }
}

fn recent(model: &Model, wanted: &mut Vec<(Slot, Ask, Duration)>) {
    let Some(record) = model.aggregates.selected() else { return };
    let (name, version) = (Name::of(record), record.version);
    let known = model.aggregates.recent.as_ref();
    if known.is_some_and(|recent| recent.name == name && recent.version == version) {
        return;
    }
    wanted.push((Slot::Preview, Ask::Recent { name, version, events: RECENT }, DEBOUNCE));
}

/// Takes in what was read.
pub(super) fn answer(model: &mut Model, answer: Answer) {
    match answer {
        Answer::Page(page) => page_came(model, page),
        Answer::LastEvents(events) => model.aggregates.remember(events),
        Answer::Recent(recent) => model.aggregates.recent = Some(*recent),
        // That of a list before says nothing about this one.
        Answer::Count(_, _, revision) if revision != model.aggregates.revision => {}
        Answer::Count(rows, all, _) => {
            model.aggregates.matches = Some((rows, all));
            if all {
                model.aggregates.list.know(rows);
            }
        }
        Answer::Named(found) => super::palette::found(model, found),
        Answer::Staged(names) => model.aggregates.staged = names.into_iter().collect(),
        Answer::Verified(verdicts) => {
            verified(model, &verdicts);
            super::verify::found(model, verdicts);
        }
        Answer::Proof(text) => model.copy = Some(text),
    }
}

fn page_came(model: &mut Model, page: AggregatesPage) {
    let view = &mut model.aggregates;
    if page.revision != view.revision {
        return;
    }
    model.error = None;
    if view.shown != view.revision {
        view.shown = view.revision;
        view.list = Window::default();
    }
    if view.list.total() == Total::AtLeast(0) || !matches!(view.list.total(), Total::Known(_)) {
        view.took = Some(page.took);
    }
    let (cursor, name) = (view.list.cursor, view.selected().map(Name::of));
    let more = page.next.is_some();
    if let Some(start) = page.start {
        view.cursors.insert(page.index, start);
    }
    let behind = page.index + 1;
    let before = match page.next.clone() {
        Some(next) => view.cursors.insert(behind, next),
        None => view.cursors.remove(&behind),
    };
    if before != page.next {
        // The page behind this one begins elsewhere now.
        view.list.expire(behind);
    }
    let beyond = page.rows.is_empty() && page.index > 0;
    view.list.put(page.index, page.rows, more, page.epoch);
    if beyond && !view.cursors.is_empty() {
        // Rows came in before it, and where pages were known to begin they begin no more.
        view.cursors.clear();
        view.list.expire(page.index);
    }
    if let Some(count) = view.count(model.status.as_ref()).filter(|_| more) {
        view.list.know(count);
    }
    // What is new above the selected row does not change which one that is.
    let moved = name.filter(|_| cursor > 0).and_then(|name| {
        let mut rows = view.list.rows();
        rows.find(|(_, record)| Name::of(record) == name).map(|(row, _)| row)
    });
    if let Some(row) = moved {
        view.list.cursor = row;
    }
}

pub(super) fn verified(model: &mut Model, verdicts: &[AggregateVerdict]) {
    let mut faulty = Vec::new();
    let mut events = 0;
    for verdict in verdicts {
        let (aggregate_type, id) = (verdict.aggregate_type.clone(), verdict.aggregate_id.clone());
        let name = Name { aggregate_type, id };
        events += verdict.count;
        if let Some(fault) = verdict.faults.first() {
            faulty.push(format!("{name}: {}", fault.message));
        }
        model.aggregates.verdicts.insert(name, (verdict.count, verdict.ok));
    }
    let size = quantity(events, "event", "events");
    match (faulty.as_slice(), verdicts) {
        ([], [one]) => {
            let name = format!("{}/{}", one.aggregate_type, one.aggregate_id);
            model.say(Meaning::Ok, format!("{name}: {size}, every hash is right"));
        }
        ([], many) => {
            let text = format!("{} aggregates, {size}, every hash is right", many.len());
            model.say(Meaning::Ok, text);
        }
        (faulty, _) => {
            for fault in faulty {
                model.say(Meaning::Danger, fault.clone());
            }
        }
    }
}

/// Shows a group.
pub(super) fn show(model: &mut Model, group: Group) {
    super::open(model, crate::tui::model::View::Aggregates);
    if model.aggregates.group != group {
        model.aggregates.group = group;
        model.aggregates.restart();
        model.error = None;
    }
}

/// Shows only what a filter lets through; one that cannot be read changes nothing but what the filter bar says.
pub(super) fn filter(model: &mut Model, text: &str) {
    match Filter::parse_at(text, model.now) {
        Ok(_) => {
            model.aggregates.filter_error = None;
            if model.aggregates.filter.trim() != text.trim() {
                text.clone_into(&mut model.aggregates.filter);
                model.aggregates.restart();
                model.error = None;
            }
        }
        Err(error) => model.aggregates.filter_error = Some(error),
    }
}

/// The filter with its last word completed: a field of the language, or of the states in memory.
pub(super) fn complete(model: &Model, text: &str) -> Option<String> {
    const FIELDS: [&str; 8] = ["type", "id", "v", "event", "actor", "corr", "at", "is"];
    let from = text.rfind([' ', '(', '|', '-']).map_or(0, |at| at + 1);
    let word = text.get(from..).filter(|word| !word.is_empty() && !word.contains(':'))?;
    let view = &model.aggregates;
    let states = view.list.rows().filter_map(|(_, record)| record.state.as_object());
    let keys = states.flat_map(|state| state.keys().map(String::as_str));
    let plain = |key: &&str| key.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut found: Vec<&str> =
        FIELDS.into_iter().chain(keys.filter(plain)).filter(|key| key.starts_with(word)).collect();
    found.sort_unstable();
    found.dedup();
    let first = found.first()?;
    let same = |length: &usize| {
        let head = first.get(..*length);
        head.is_some() && found.iter().all(|key| key.get(..*length) == head)
    };
    let common = (word.len()..=first.len()).rev().find(same)?;
    let ending = if found.len() == 1 { ":" } else { "" };
    Some(format!("{}{}{ending}", text.get(..from)?, first.get(..common)?))
}

/// The places of the groups among the rows of their list.
fn group_places(model: &Model) -> Vec<(usize, Group)> {
    let rows = model.aggregates.groups(model.status.as_ref());
    let place = |(at, row)| match row {
        GroupRow::Group(group, _) => Some((at, group)),
        GroupRow::Heading(_) | GroupRow::Gap => None,
    };
    rows.into_iter().enumerate().filter_map(place).collect()
}

pub(super) fn go(model: &mut Model, way: Move) {
    let layout = layout(model);
    match model.aggregates.focus {
        Pane::List => {
            let list = &mut model.aggregates.list;
            list.go(way.from(list.cursor, list.total().rows(), layout.rows()));
            model.aggregates.scroll = 0;
        }
        Pane::Types => {
            let places = group_places(model);
            let shown = &model.aggregates.group;
            let now = places.iter().position(|(_, group)| group == shown).unwrap_or(0);
            let height = layout.types.map_or(1, |area| usize::from(area.height.saturating_sub(2)));
            let next = way.from(now, places.len(), height);
            if let Some((at, group)) = places.into_iter().nth(next) {
                let top = &mut model.aggregates.groups_top;
                *top = (*top).clamp((at + 1).saturating_sub(height.max(1)), at);
                show(model, group);
            }
        }
        Pane::Preview => {
            let inside = layout.state.map(|area| ratatui::layout::Rect {
                width: area.width.saturating_sub(4),
                height: area.height.saturating_sub(2),
                ..area
            });
            let lines = model.aggregates.selected().zip(inside).map(|(record, inside)| {
                let lines = crate::tui::views::aggregates::lines(model, record, inside).len();
                (lines, usize::from(inside.height))
            });
            let (lines, height) = lines.unwrap_or_default();
            model.aggregates.scroll = way.scroll(model.aggregates.scroll, lines, height);
        }
    }
}

pub(super) fn pane(model: &mut Model, by: isize) {
    model.aggregates.focus = motion::next(&Pane::ALL, model.aggregates.focus, by);
}

pub(super) fn focus(model: &mut Model, pane: u8) {
    if let Some(pane) = Pane::ALL.into_iter().find(|other| other.number() == pane) {
        model.aggregates.focus = pane;
    }
}

pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    if model.aggregates.focus == Pane::Types {
        model.aggregates.focus = Pane::List;
    } else if let Some(record) = model.aggregates.selected() {
        let (name, version) = (Name::of(record), record.version);
        super::timeline::open(model, name, version);
    }
    Vec::new()
}

pub(super) fn leave(model: &mut Model) -> bool {
    let view = &mut model.aggregates;
    match view.focus {
        Pane::Preview => view.focus = Pane::List,
        _ if !view.marks.is_empty() => view.marks.clear(),
        _ if view.is_filtered() => filter(model, ""),
        Pane::List if view.group != Group::All => show(model, Group::All),
        Pane::Types => view.focus = Pane::List,
        Pane::List => return false,
    }
    true
}

pub(super) fn click(model: &mut Model, row: usize) -> Vec<Effect> {
    match model.aggregates.focus {
        Pane::Types => {
            let places = group_places(model);
            if let Some((_, group)) = places.into_iter().find(|(at, _)| *at == row) {
                show(model, group);
            }
        }
        Pane::List if model.aggregates.list.cursor == row => return enter(model),
        Pane::List => model.aggregates.list.go(row),
        Pane::Preview => {}
    }
    Vec::new()
}
