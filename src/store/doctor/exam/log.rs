//! The log, what follows from it, and what stands beside it.

use super::{Examination, Found};
use crate::domain::Position;
use crate::store::doctor::beside::Beside;
use crate::store::doctor::lost::Lost;
use crate::store::doctor::plan::{Decision, Files, Journals};
use crate::store::doctor::report::lines;
use crate::store::error::StoreError;
use crate::store::verify::{self, Check, Progress};
use crate::store::view::View;
use crate::store::{Options, open};
use crate::wire::{Fault, FaultKind, Health, HealthCheck, LogVerdict};
use std::collections::BTreeSet;

pub(super) fn records(
    options: &Options,
    state: &Files,
    exam: &mut Examination,
    found: &mut Found,
    progress: Progress<'_>,
) -> Result<(), StoreError> {
    let Some(copy) = &found.copy else { return Ok(()) };
    let view = copy.view();
    let schema = schema(&view, exam);
    let check = Check {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        anchor: found.anchor.as_ref(),
        beside: Some(&schema),
        wanted: verify::TO_THE_END,
    };
    let (verdict, tally) = verify::examine(&view, &check, progress, &|_, _| {})?;
    let unlike = verdict.anchor.as_ref().is_some_and(|anchor| !anchor.ok);
    // A log whose own bytes fit each other, but not the trees that were kept of it, was rewritten: which of the two is
    // right nobody can tell, unless ANCHOR vouches for the log.
    let vouched = verdict.anchor.as_ref().is_some_and(|anchor| anchor.ok);
    let rewritten = tally.log == 0 && tally.trees_broken && !vouched && verdict.count > 0 && {
        let shorter = found.anchor.is_some_and(|anchor| anchor.size > verdict.count);
        !shorter && !state.broken && state.journals == Journals::Whole
    };
    let bad_ev = copy.is_broken("ev");
    let first = tally.log_first.unwrap_or(verdict.count + 1);
    found.good = verify::whole_commits(&view, first.saturating_sub(1));
    let known = found.anchor.map_or(0, |anchor| anchor.size).max(verdict.count);
    found.beside_lost = Beside::of(copy, found.good)?;
    let gone = found.anchor.map_or(0, |anchor| match view.changes() {
        Ok(there) => anchor.changes_gone(there),
        Err(_) => 0,
    });
    let undone = gone > 0 && !state.broken && state.journals == Journals::Whole;
    if undone {
        exam.add(HealthCheck::new("beside", Health::Fault, open::undone(gone)));
        found.beside_lost.undone(gone, &view);
    }
    found.lost = Lost::behind(&view, found.good, known, &suspects(&verdict))?;
    found.beside = tally.records + tally.derived > 0;
    found.whole_but_anchor = tally.log == 0
        && !found.beside
        && !state.broken
        && state.journals == Journals::Whole
        && (undone || found.anchor.is_some_and(|anchor| anchor.size > verdict.count));
    found.undone = undone;
    if let Some(reason) = &verdict.states_left_out {
        exam.add(
            HealthCheck::new("key", Health::Warning, format!("states are not looked at: {reason}"))
                .help("without the key nothing that is sealed can be made anew; put it back first"),
        );
    }
    lines(exam, &verdict, &tally, found.good, rewritten);
    if view.is_erasing().unwrap_or_default() {
        let message = "not finished: keys that were to be destroyed may still be in the files";
        exam.add(
            HealthCheck::new("erasure", Health::Warning, message)
                .help("any other command that opens the store goes on with it, and says what keeps it from that"),
        );
    }
    clock(options, &view, exam);
    let count = verdict.count;
    let decided = Decision { state, tally, unlike, rewritten, bad_ev, count };
    decided.repairs(exam, found);
    Ok(())
}

fn suspects(verdict: &LogVerdict) -> BTreeSet<u64> {
    use FaultKind::{AggregateRoot, BodyChanged, LogTree};
    let of_log = |fault: &&Fault| matches!(fault.kind, AggregateRoot | BodyChanged | LogTree);
    verdict
        .faults
        .iter()
        .filter(of_log)
        .filter_map(|fault| fault.position.as_ref()?.parse().ok())
        .collect()
}

/// The first schema that an event says it was written under. Events of undeclared types name none.
fn named_by_the_log(view: &View) -> Option<u64> {
    let last = view.last_position().ok()?.get();
    (1..=last).find_map(|position| {
        let named = view.with_event(Position(position), |event| Ok(event.header()?.schema_version));
        named.ok().flatten().filter(|version| *version > 0)
    })
}

fn schema(view: &View, exam: &mut Examination) -> crate::schema::Schema {
    let in_force = match view.schema_in_force() {
        Ok(Some((version, entry))) => match crate::schema::compile(&entry.source).schema {
            Some(schema) => {
                exam.add(HealthCheck::new(
                    "schema",
                    Health::Ok,
                    format!("@{version} is in force and compiles"),
                ));
                return schema;
            }
            None => Err(format!("@{version} is in force and does not compile any more")),
        },
        Ok(None) => match named_by_the_log(view) {
            None => Ok("none was applied".to_owned()),
            Some(version) => {
                Err(format!("events were written under schema @{version}, but there is none"))
            }
        },
        Err(error) => Err(error.to_string()),
    };
    match in_force {
        Ok(message) => exam.add(HealthCheck::new("schema", Health::Ok, message)),
        Err(message) => {
            exam.add(HealthCheck::new("schema", Health::Fault, message).help(
                "when the store is repaired, `dbx schema apply` puts `schema.dbx` in force again",
            ));
        }
    }
    crate::schema::Schema::default()
}

fn clock(options: &Options, view: &View, exam: &mut Examination) {
    let Ok(end) = view.end() else { return };
    let now = options.clock.now();
    if end.created_at > now {
        exam.add(
            HealthCheck::new(
                "clock",
                Health::Warning,
                format!("it is {now} by the clock, but the last event is of {}", end.created_at),
            )
            .help("set the clock; until then events get the time of the last one"),
        );
    } else {
        exam.add(HealthCheck::new("clock", Health::Ok, "not behind the last event"));
    }
}
