//! What an examination leads to: which repair is called for, and what it costs.

use super::exam::{Examination, Found, plural};
use crate::store::verify::Tally;
use crate::wire::{Health, Repair, RepairKind};

/// What is known of the files when the records are looked at.
pub(super) struct Files {
    pub(super) anchor_lost: bool,
    pub(super) journals: Journals,
    /// Whether files of keyspaces cannot be used.
    pub(super) broken: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Journals {
    Whole,
    BadLast,
    Damaged,
}

pub(super) fn repair(kind: RepairKind, what: impl Into<String>) -> Repair {
    let command = match kind {
        RepairKind::Accept => "dbx doctor --repair --accept",
        _ => "dbx doctor --repair",
    };
    Repair { kind, what: what.into(), loses: Vec::new(), command: command.into() }
}

/// What nobody can say more of.
const LAST_BATCH: &str =
    "whatever the last batch held: at least one commit that may have been acknowledged";

/// What decides about the repairs of records.
pub(super) struct Decision<'a> {
    pub(super) state: &'a Files,
    pub(super) tally: Tally,
    pub(super) unlike: bool,
    pub(super) rewritten: bool,
    pub(super) bad_ev: bool,
    pub(super) count: u64,
}

impl Decision<'_> {
    /// Adds the repair of records that is called for, and names it in the lines that it is about.
    pub(super) fn repairs(&self, exam: &mut Examination, found: &Found) {
        let faults = exam.checks.iter_mut().filter(|line| line.status == Health::Fault);
        if let Some(offered) = self.offered(found) {
            let about = ["anchor", "journals", "keyspaces", "log", "beside", "derived"];
            for line in faults.filter(|line| about.contains(&line.check.as_str())) {
                line.repair = Some(offered.kind);
            }
            exam.repairs.push(offered);
        } else if self.bad_ev {
            for line in faults {
                line.repair = None;
                line.help = Some(
                    "put the store back from a copy or a backup: nothing of the log can be read"
                        .into(),
                );
            }
        }
    }

    fn offered(&self, found: &Found) -> Option<Repair> {
        // A last batch in which a token may have been revoked is not cut alone: the token has to end with it.
        let broken = self.state.broken || self.state.journals != Journals::Whole;
        let beside = self.tally.records + self.tally.derived > 0;
        let bad_last = self.state.journals == Journals::BadLast;
        if bad_last && !self.state.broken && !found.beside_lost.ends_tokens {
            let mut cut = repair(
                RepairKind::Cut,
                "cut the last batch off the journal, after copying the journal to `.dbx/salvage/`",
            );
            cut.loses = vec![LAST_BATCH.into()];
            cut.loses.extend(found.beside_lost.lines.iter().cloned());
            return Some(cut);
        }
        if self.bad_ev && self.count == 0 {
            return None;
        }
        if self.rewritten
            || found.undone
            || (self.unlike && !broken && self.tally.log == 0)
            || (self.unlike && found.good.get() == 0)
        {
            let mut accept = repair(
                RepairKind::Accept,
                "take the log as it is for the right one, and write everything that follows from it anew",
            );
            accept.loses = lost_by_accepting(found, self.count);
            return Some(accept);
        }
        if broken || self.tally.log > 0 || beside {
            let mut rebuild = Self::rebuild(found);
            if bad_last {
                rebuild.loses.insert(0, LAST_BATCH.into());
            }
            return Some(rebuild);
        }
        let what = "write `ANCHOR` anew: the store is whole as it is";
        self.state.anchor_lost.then(|| repair(RepairKind::Anchor, what))
    }

    fn rebuild(found: &Found) -> Repair {
        let good = found.good.get();
        let what = if found.lost.is_empty() {
            "make states, snapshots and indexes anew from the log, in a new store that takes the place of this one".to_owned()
        } else {
            format!(
                "make a new store from the good beginning of the log, {}, and save what can be read behind it to `.dbx/salvage/`",
                plural(good, "event", "events")
            )
        };
        let mut rebuild = repair(RepairKind::Rebuild, what);
        rebuild.loses = lost(found);
        rebuild
    }
}

/// What is lost beside the log, and of it.
fn lost(found: &Found) -> Vec<String> {
    let mut lines = found.beside_lost.lines.clone();
    lines.extend(found.lost.lines());
    lines
}

fn lost_by_accepting(found: &Found, count: u64) -> Vec<String> {
    if found.good.get() < count {
        return lost(found);
    }
    let mut lines = found.beside_lost.lines.clone();
    match found.anchor {
        Some(anchor) if anchor.size > count => {
            lines.push(format!(
                "#{} to #{}: they were there when the store was last closed",
                count + 1,
                anchor.size
            ));
        }
        _ if lines.is_empty() => {
            lines.push("the knowledge that the log was another one before".into());
        }
        _ => {}
    }
    lines
}
