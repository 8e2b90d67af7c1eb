//! The lines about the records.

use super::exam::{Examination, plural};
use crate::domain::Position;
use crate::store::verify::Tally;
use crate::wire::{Fault, FaultKind, Health, HealthCheck, LogVerdict};

/// How many faults a line names.
const FAULTS_NAMED: usize = 5;

/// The lines about the log, the records beside it and what follows from it.
pub(super) fn lines(
    exam: &mut Examination,
    verdict: &LogVerdict,
    tally: &Tally,
    good: Position,
    rewritten: bool,
) {
    let events = plural(verdict.count, "event", "events");
    let aggregates = plural(verdict.aggregates, "aggregate", "aggregates");
    let root = verdict.root.get(..12).unwrap_or_default();
    let anchor = verdict.anchor.as_ref().is_some_and(|anchor| !anchor.ok);
    let (status, message) = if tally.log > 0 {
        let faults = plural(tally.log, "fault", "faults");
        let good = match good.get() {
            0 => "no event is good for certain".to_owned(),
            good => format!("good up to #{good}"),
        };
        (Health::Fault, format!("{faults} in {events} of {aggregates}; {good}"))
    } else if anchor || rewritten {
        (Health::Fault, format!("{events} of {aggregates}, but not those that were there before"))
    } else {
        (Health::Ok, format!("{events} of {aggregates}, root {root}"))
    };
    let faults_of = |log: bool| -> Vec<String> {
        let of_log = |fault: &&Fault| {
            let place = fault.position.is_some();
            let kind = matches!(fault.kind, FaultKind::Anchor | FaultKind::BodyChanged)
                || (place && matches!(fault.kind, FaultKind::Sequence))
                || (place && fault.kind == FaultKind::AggregateRoot && tally.log > 0)
                || (place && fault.kind == FaultKind::Unreadable && tally.log > 0);
            kind == log
        };
        let mut named: Vec<String> = verdict.faults.iter().filter(of_log).map(sentence).collect();
        let more = named.len().saturating_sub(FAULTS_NAMED);
        named.truncate(FAULTS_NAMED);
        if more > 0 {
            named.push(format!("… and {more} more: `dbx verify` names them"));
        }
        named
    };
    exam.add(HealthCheck::new("log", status, message).details(if status == Health::Ok {
        Vec::new()
    } else {
        faults_of(true)
    }));
    let beside = tally.records + tally.derived;
    let (status, message) = match (beside, tally.log > 0 || anchor) {
        (0, _) => (Health::Ok, "states, snapshots and indexes are what the log says".to_owned()),
        (faults, _) => {
            let faults = plural(faults, "fault", "faults");
            (Health::Fault, format!("{faults} in states, snapshots, indexes or records of commits"))
        }
    };
    exam.add(HealthCheck::new("derived", status, message).details(if beside > 0 {
        faults_of(false)
    } else {
        Vec::new()
    }));
}

fn sentence(fault: &Fault) -> String {
    let position = fault.position.as_ref().map(|position| format!("#{position} "));
    let version = fault.version.map(|version| format!("@{version}"));
    let of = fault.aggregate.as_ref().map(|name| format!("{name}{} ", version.unwrap_or_default()));
    let place = position.unwrap_or_default() + &of.unwrap_or_default();
    if place.is_empty() {
        fault.message.clone()
    } else {
        format!("{}: {}", place.trim_end(), fault.message)
    }
}
