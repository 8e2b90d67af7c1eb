//! The stage and its operations for people.

use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{
    Align, Cell, Meaning, Painter, Table, ago, change_lines, issuer, pretty, quantity, visible,
};
use crate::domain::{Json, Timestamp};
use crate::wire::{
    Change, ConflictEvent, StageChanged, StageConflict, StageReport, StagedOperation,
};

/// `order/o-1`.
fn place(operation: &StagedOperation) -> String {
    format!("{}/{}", operation.operation.aggregate_type, operation.operation.aggregate_id)
}

/// `v3 → v4`.
fn step(operation: &StagedOperation) -> String {
    format!("v{} → v{}", operation.version.saturating_sub(1), operation.version)
}

/// `aggregate archive` and its like as a person would say them.
fn content(operation: &StagedOperation) -> String {
    let content = operation.operation.payload.as_ref().or(operation.operation.patch.as_ref());
    content.map(Json::to_string).unwrap_or_default()
}

/// Shows what was staged, or would have been.
pub(in crate::cli) fn staged(
    context: &mut Context,
    changed: &StageChanged,
    dry_run: bool,
) -> Outcome {
    let outcome = told(context, changed, if dry_run { "would stage" } else { "staged" })?;
    if dry_run {
        context.ui.say("nothing was staged");
    }
    Ok(outcome)
}

/// Shows what became of the operations that a change was about.
pub(super) fn told(context: &mut Context, changed: &StageChanged, word: &str) -> Outcome {
    if context.ui.json() {
        context.ui.document(changed)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let new: Vec<&StagedOperation> =
        changed.stage.operations.iter().filter(|one| changed.ids.contains(&one.id)).collect();
    match new.as_slice() {
        [one] => {
            context.ui.line(format!(
                "{} {word} {} {} {}  {}",
                paint.paint(Meaning::Ok, "✓"),
                paint.accent(&one.id),
                place(one),
                paint.strong(&one.operation.event_type),
                paint.dim(step(one)),
            ))?;
            let lines = change_lines(&one.changes, paint);
            context.ui.lines(lines.into_iter().map(|line| format!("  {line}")))?;
            effects(context, one)?;
        }
        many => {
            let count = quantity(many.len() as u64, "operation", "operations");
            let ends = many
                .first()
                .zip(many.last())
                .map(|(first, last)| paint.accent(format!("{}..{}", first.id, last.id)));
            let ends = ends.unwrap_or_default();
            context.ui.line(format!("{} {word} {count}  {ends}", paint.paint(Meaning::Ok, "✓")))?;
        }
    }
    others(context, &changed.stage, &changed.ids);
    Ok(Exit::Ok)
}

/// Shows the stage after a change of its order.
pub(super) fn changed(context: &mut Context, changed: &StageChanged, said: &str) -> Outcome {
    if context.ui.json() {
        context.ui.document(changed)?;
        return Ok(Exit::Ok);
    }
    let paint = context.ui.paint();
    let now = quantity(changed.stage.operations.len() as u64, "operation", "operations");
    let now = if changed.stage.operations.is_empty() { "nothing".to_owned() } else { now };
    let line = if changed.changed {
        format!("{} {said}, {now} staged", paint.paint(Meaning::Ok, "✓"))
    } else {
        paint.dim(format!("nothing changed, {now} staged"))
    };
    context.ui.line(line)?;
    others(context, &changed.stage, &[]);
    Ok(Exit::Ok)
}

/// How many operations that a commit would refuse are named in passing.
const WARNED_MAX: usize = 3;

/// Warns of operations that a commit would refuse, but for those that were just talked about.
fn others(context: &Context, stage: &StageReport, but: &[String]) {
    let faulty = |one: &&StagedOperation| {
        !but.contains(&one.id) && (one.conflict.is_some() || one.problem.is_some())
    };
    let others: Vec<&StagedOperation> = stage.operations.iter().filter(faulty).collect();
    if let Some(more @ 1..) = others.len().checked_sub(WARNED_MAX) {
        let more = quantity(more as u64, "staged operation", "staged operations");
        context.ui.warn(format!("a commit would refuse {more} beside these: `dbx stage list`"));
    }
    for one in others.into_iter().take(WARNED_MAX) {
        if let Some(conflict) = &one.conflict {
            let (id, place) = (&one.id, place(one));
            context.ui.warn(format!(
                "{id} was written against {place}@{}, which is at v{} now",
                conflict.base, conflict.head
            ));
        } else if let Some(problem) = &one.problem {
            context.ui.warn(format!("{} would be refused: {}", one.id, visible(&problem.title)));
        }
    }
}

fn effects(context: &mut Context, operation: &StagedOperation) -> Result<(), Failure> {
    let paint = context.ui.paint();
    for effect in &operation.effects {
        let place = format!("{}/{}", effect.aggregate_type, effect.aggregate_id);
        let event = paint.strong(&effect.event_type);
        let version = paint.dim(format!("v{}", effect.version));
        context.ui.line(format!("  with {place} {event}  {version}"))?;
        let lines = change_lines(&effect.changes, paint);
        context.ui.lines(lines.into_iter().map(|line| format!("    {line}")))?;
    }
    Ok(())
}

/// The whole stage as a table.
pub(super) fn table(context: &mut Context, stage: &StageReport) -> Result<(), Failure> {
    let mut table = Table::new(&[("", Align::Left); 6]);
    for one in &stage.operations {
        let check = match (&one.conflict, &one.problem) {
            (Some(conflict), _) => {
                Cell::new(Meaning::Warn, format!("! the log has v{}", conflict.head))
            }
            (None, Some(_)) => Cell::new(Meaning::Danger, "✗ refused"),
            (None, None) => Cell::new(Meaning::Ok, "✓"),
        };
        table.row(vec![
            Cell::new(Meaning::Accent, &one.id),
            Cell::plain(place(one)),
            Cell::new(Meaning::Strong, &one.operation.event_type),
            Cell::plain(step(one)),
            check,
            Cell::dim(content(one)),
        ]);
    }
    context.ui.table(table)
}

/// One operation in full.
pub(super) fn whole(operation: &StagedOperation, now: Timestamp, paint: Painter) -> Vec<String> {
    let mut lines = vec![format!(
        "{}  {} {}  {}",
        paint.accent(&operation.id),
        place(operation),
        paint.strong(&operation.operation.event_type),
        step(operation)
    )];
    let mut fact = |name: &str, value: String| {
        lines.push(format!("  {}  {value}", paint.dim(format!("{name:<6}"))));
    };
    let when = paint.dim(format!("({})", ago(now, &operation.staged_at)));
    fact("staged", format!("{} by {} {when}", operation.staged_at, issuer(&operation.staged_by)));
    let base = match operation.base {
        0 => "none: the aggregate did not exist".to_owned(),
        base => format!("v{base} of the log"),
    };
    fact("base", base);
    for (name, text) in [("note", &operation.operation.note), ("why", &operation.remark)] {
        if let Some(text) = text {
            fact(name, visible(text));
        }
    }
    if let Some(metadata) = &operation.operation.metadata {
        fact("meta", visible(&metadata.to_string()));
    }
    let content = operation.operation.payload.as_ref().or(operation.operation.patch.as_ref());
    if let Some(content) = content {
        lines.push(String::new());
        lines.extend(pretty(content, paint).into_iter().map(|line| format!("  {line}")));
    }
    let title = match operation.conflict {
        Some(_) => "rebased it would change",
        None => "it changes",
    };
    section(&mut lines, title, &operation.changes, paint);
    for effect in &operation.effects {
        let place = format!("{}/{}", effect.aggregate_type, effect.aggregate_id);
        let title = format!("with {place} {} v{}", effect.event_type, effect.version);
        section(&mut lines, &title, &effect.changes, paint);
    }
    if let Some(conflict) = &operation.conflict {
        lines.push(String::new());
        lines.extend(conflict_lines(conflict, now, paint));
    }
    if let Some(problem) = &operation.problem {
        lines.push(String::new());
        let title = format!("✗ it would be refused: {}", visible(&problem.title));
        lines.push(format!("  {}", paint.paint(Meaning::Danger, title)));
        lines.extend(
            problem
                .errors
                .iter()
                .map(|one| format!("      {}  {}", visible(&one.pointer), visible(&one.message))),
        );
    }
    lines
}

fn section(lines: &mut Vec<String>, title: &str, changes: &[Change], paint: Painter) {
    if changes.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {}", paint.dim(title)));
    lines.extend(change_lines(changes, paint).into_iter().map(|line| format!("    {line}")));
}

/// What happened in between, and what both sides changed.
fn conflict_lines(conflict: &StageConflict, now: Timestamp, paint: Painter) -> Vec<String> {
    let title =
        format!("! it was written against v{}, the log has v{}", conflict.base, conflict.head);
    let mut lines = vec![format!("  {}", paint.paint(Meaning::Warn, title))];
    if conflict.more > 0 {
        lines.push(format!("    {}", paint.dim(format!("{} earlier events", conflict.more))));
    }
    lines.extend(conflict.events.iter().map(|event| format!("    {}", between(event, now, paint))));
    section(&mut lines, &format!("yours on v{}", conflict.base), &conflict.yours, paint);
    section(&mut lines, "theirs", &conflict.theirs, paint);
    if !conflict.both.is_empty() {
        let both = visible(&conflict.both.join(", "));
        lines.push(String::new());
        lines.push(format!("  {}", paint.paint(Meaning::Warn, format!("both change {both}"))));
    }
    lines
}

/// An event that came between, in one line.
pub(in crate::cli) fn between(event: &ConflictEvent, now: Timestamp, paint: Painter) -> String {
    let fields = match event.fields.join(", ") {
        fields if fields.is_empty() => String::new(),
        fields => format!("  {}", visible(&fields)),
    };
    format!(
        "{} {}  {} {} {}{fields}",
        paint.accent(format!("v{}", event.version)),
        paint.strong(&event.event_type),
        paint.accent(&event.commit),
        issuer(&event.issued_by),
        paint.dim(ago(now, &event.created_at)),
    )
}
