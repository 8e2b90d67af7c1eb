//! The examination: one line for each thing that can be wrong.

use super::copy::Copy;
use super::files;
use super::lost::Lost;
use super::plan::{Decision, Files, Journals, repair};
use super::records::each;
use super::report::lines;
use crate::domain::Position;
use crate::store::disk::anchor::State;
use crate::store::disk::format_file::{Folder, inspect};
use crate::store::disk::journal::{self, Scan, Verdict};
use crate::store::disk::{Anchor, DiskError, Format, LOCK, StoreLock, preflight};
use crate::store::error::StoreError;
use crate::store::verify::{self, Check, Progress};
use crate::store::view::View;
use crate::store::{Options, swap};
use crate::wire::{Fault, FaultKind, Health, HealthCheck, LogVerdict, Repair, RepairKind};
use std::collections::BTreeSet;

/// What the doctor found out about a store.
#[derive(Debug, Default)]
pub(crate) struct Examination {
    /// A line for each thing that was looked at.
    pub(crate) checks: Vec<HealthCheck>,
    /// What can be repaired, in the order of doing.
    pub(crate) repairs: Vec<Repair>,
    /// Whether another process has the store.
    pub(crate) locked: bool,
}

impl Examination {
    /// Adds a line.
    pub(super) fn add(&mut self, line: HealthCheck) {
        self.checks.push(line);
    }
}

/// What an examination leaves for a repair.
pub(super) struct Found {
    pub(super) format: Option<Format>,
    pub(super) anchor: Option<State>,
    pub(super) scan: Scan,
    pub(super) copy: Option<Copy>,
    /// The last position up to which the log is good and made of whole commits.
    pub(super) good: Position,
    pub(super) lost: Lost,
    /// Whether anything beside the log is at fault.
    pub(super) beside: bool,
    /// Whether some of the records beside the log cannot be read, which nothing else holds.
    pub(super) records_lost: bool,
    /// Whether all is well but that the log is not as long as ANCHOR knew it.
    pub(super) whole_but_anchor: bool,
}

/// Looks at everything, and changes nothing but what any opening would finish: a swap that was begun.
///
/// # Errors
/// What keeps it from looking, such as a disk without room for the copy; damage is in the answer.
pub(crate) fn examine(
    options: &Options,
    progress: Progress<'_>,
) -> Result<Examination, StoreError> {
    let _lock = match lock(options) {
        Ok(lock) => lock,
        Err(DiskError::Locked { holder }) => {
            let mut exam = Examination { locked: true, ..Examination::default() };
            let by =
                holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
            exam.add(
                HealthCheck::new("lock", Health::Unknown, format!("the store is in use by {by}"))
                    .help("wait until it is done, or stop it, and run `dbx doctor` again"),
            );
            return Ok(exam);
        }
        Err(error) => return Err(error.into()),
    };
    look(options, progress).map(|(exam, _)| exam)
}

pub(super) fn lock(options: &Options) -> Result<StoreLock, DiskError> {
    StoreLock::acquire(
        &options.dot.join(LOCK),
        options.lock_wait,
        &options.command,
        options.clock.now(),
    )
}

/// As [`examine`], for the holder of the lock.
pub(super) fn look(
    options: &Options,
    progress: Progress<'_>,
) -> Result<(Examination, Found), StoreError> {
    swap::settle(options)?;
    let mut exam = Examination::default();
    exam.add(HealthCheck::new("lock", Health::Ok, "nobody else has the store"));
    let mut found = Found {
        format: None,
        anchor: None,
        scan: Scan::default(),
        copy: None,
        good: Position(0),
        lost: Lost::default(),
        beside: false,
        records_lost: false,
        whole_but_anchor: false,
    };
    if !format(options, &mut exam, &mut found)? {
        return Ok((exam, found));
    }
    let anchor_lost = anchor(options, &mut exam, &mut found)?;
    let journals = journals(options, &mut exam, &mut found)?;
    let Some(broken) = keyspaces(options, &mut exam, &mut found)? else {
        files::leftovers(options, &mut exam);
        return Ok((exam, found));
    };
    let state = Files { anchor_lost, journals, broken };
    records(options, &state, &mut exam, &mut found, progress)?;
    files::leftovers(options, &mut exam);
    Ok((exam, found))
}

fn format(
    options: &Options,
    exam: &mut Examination,
    found: &mut Found,
) -> Result<bool, StoreError> {
    match inspect(&options.dot) {
        Ok(Folder::Store(format)) => {
            let message = format!("format 1, store {}, made {}", format.store, format.created);
            exam.add(HealthCheck::new("format", Health::Ok, message));
            found.format = Some(format);
            return Ok(true);
        }
        Ok(_) => {
            exam.add(
                HealthCheck::new(
                    "format",
                    Health::Fault,
                    "there is no store yet, or a half-made one",
                )
                .help("run `dbx init`: it finishes what is missing"),
            );
        }
        Err(error @ (DiskError::FormatMissing { .. } | DiskError::FormatDamaged { .. })) => {
            exam.add(
                HealthCheck::new("format", Health::Fault, error.to_string())
                    .repair(RepairKind::Format),
            );
            exam.repairs.push(repair(
                RepairKind::Format,
                "write `FORMAT` anew, with the identity that `ANCHOR` names",
            ));
            return Ok(true);
        }
        Err(error @ DiskError::Io { .. }) => return Err(error.into()),
        Err(error) => {
            exam.add(HealthCheck::new("format", Health::Fault, error.to_string()).help(
                match error {
                    DiskError::Foreign { .. } => "move that folder away; dbx leaves it as it is",
                    _ => "install the version of dbx that the message names",
                },
            ));
        }
    }
    Ok(false)
}

/// Says whether ANCHOR is lost.
fn anchor(
    options: &Options,
    exam: &mut Examination,
    found: &mut Found,
) -> Result<bool, StoreError> {
    let read = match &found.format {
        Some(format) => Anchor::open(&options.dot, format.store),
        None => Anchor::read(&options.dot),
    };
    match read {
        Ok(anchor) => {
            let state = *anchor.state();
            let close = if state.clean { "closed cleanly" } else { "not closed cleanly" };
            let message = format!("#{} at {}, {close}", state.last, state.written);
            exam.add(HealthCheck::new("anchor", Health::Ok, message));
            found.anchor = Some(state);
            Ok(false)
        }
        Err(error @ DiskError::Io { .. }) => Err(error.into()),
        Err(error) => {
            exam.add(
                HealthCheck::new("anchor", Health::Fault, error.to_string())
                    .repair(RepairKind::Anchor),
            );
            Ok(true)
        }
    }
}

fn journals(
    options: &Options,
    exam: &mut Examination,
    found: &mut Found,
) -> Result<Journals, StoreError> {
    let floor = found.anchor.map_or(0, |anchor| anchor.journal_floor);
    found.scan = match journal::scan(&options.store, floor) {
        Ok(scan) => scan,
        Err(DiskError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Journals::Whole);
        }
        Err(error @ DiskError::Io { .. }) => return Err(error.into()),
        Err(error) => {
            exam.add(
                HealthCheck::new("journals", Health::Fault, error.to_string())
                    .help("move it out of the store's folder; nothing of dbx has that name"),
            );
            return Ok(Journals::Damaged);
        }
    };
    let scan = &found.scan;
    let whole = plural(scan.batches(), "whole batch", "whole batches");
    let files = plural(scan.journals.len() as u64, "file", "files");
    let mut worst = Journals::Whole;
    let mut details = Vec::new();
    for one in &scan.journals {
        let name = one.file.path.file_name().unwrap_or_default().to_string_lossy();
        match one.verdict {
            Verdict::Clean { .. } => {}
            Verdict::TornTail { cut_at } => details.push(format!(
                "{name}: a write that was under way when the process died ends at byte {cut_at}; the next opening cuts it"
            )),
            Verdict::BadLastBatch { offset, fault } => {
                worst = if worst == Journals::Whole { Journals::BadLast } else { worst };
                details.push(format!("{name}: the last batch, at byte {offset}: {fault}"));
            }
            Verdict::DamagedMiddle { offset, fault, valid_after, .. } => {
                worst = Journals::Damaged;
                let behind = plural(valid_after, "whole batch follows", "whole batches follow");
                details.push(format!("{name}: damaged at byte {offset}: {fault}; {behind}"));
            }
        }
    }
    let (status, message) = match (worst, details.is_empty()) {
        (Journals::Whole, true) => (Health::Ok, format!("{whole} in {files}")),
        (Journals::Whole, false) => {
            (Health::Warning, format!("{whole} in {files}, and a torn end"))
        }
        (Journals::BadLast, _) => {
            (Health::Fault, "the last batch is not what was written".to_owned())
        }
        (Journals::Damaged, _) => (Health::Fault, "damaged in the middle".to_owned()),
    };
    exam.add(HealthCheck::new("journals", status, message).details(details).repaired_by(
        match worst {
            Journals::Whole => None,
            Journals::BadLast => Some(RepairKind::Cut),
            Journals::Damaged => Some(RepairKind::Rebuild),
        },
    ));
    Ok(worst)
}

/// Opens the copy. Gives whether files of keyspaces cannot be used, or nothing where there is nothing to look at.
fn keyspaces(
    options: &Options,
    exam: &mut Examination,
    found: &mut Found,
) -> Result<Option<bool>, StoreError> {
    let missing = match &found.format {
        Some(format) => match preflight::check(&options.store, format) {
            Ok(()) => None,
            Err(error @ DiskError::Io { .. }) => return Err(error.into()),
            Err(error) => Some(error),
        },
        None => None,
    };
    if let Some(error @ DiskError::StoreMissing { .. }) = &missing {
        exam.add(
            HealthCheck::new("keyspaces", Health::Fault, error.to_string())
                .help("put it back from a copy or a backup: there is nothing to repair it from"),
        );
        return Ok(None);
    }
    let copy = match Copy::open(options, found.format.as_ref(), &found.scan) {
        Ok(copy) => copy,
        Err(error) if error.is_damage() => {
            exam.add(
                HealthCheck::new("keyspaces", Health::Fault, error.to_string())
                    .help("put the store back from a copy or a backup"),
            );
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let snapshot = copy.keyspaces.db.snapshot();
    let (mut records, mut details) = (0, Vec::new());
    details.extend(missing.iter().map(ToString::to_string));
    if copy.broken.is_empty()
        && let Some(why) = &copy.failed
    {
        details.push(format!("the engine's own list of keyspaces: {why}"));
    }
    for (name, keyspace) in copy.keyspaces.all() {
        if let Some((_, why)) = copy.broken.iter().find(|(broken, _)| *broken == name) {
            details.push(format!("{name} ({}) cannot be opened: {why}", meaning(name)));
            continue;
        }
        let reading = each(&snapshot, keyspace, &mut |_, _| Ok(()))?;
        records += reading.records;
        if let Some(why) = reading.damage {
            let readable = plural(reading.records, "record", "records");
            details.push(format!("{name} ({}): {why}; {readable} can be read", meaning(name)));
        }
    }
    found.records_lost = details.iter().any(|line| line.starts_with("mt "));
    let broken = !details.is_empty();
    let names = copy.keyspaces.all().len() - copy.broken.len();
    let message = if broken {
        "some files cannot be read".to_owned()
    } else {
        let records = plural(records, "record", "records");
        format!("{records} in {names} keyspaces, all readable")
    };
    let status = if broken { Health::Fault } else { Health::Ok };
    exam.add(
        HealthCheck::new("keyspaces", status, message)
            .details(details)
            .repaired_by(broken.then_some(RepairKind::Rebuild)),
    );
    found.copy = Some(copy);
    Ok(Some(broken))
}

/// What a keyspace holds, for people.
fn meaning(name: &str) -> &'static str {
    match name {
        "ev" => "the log",
        "mt" => "records beside the log",
        "ky" => "keys",
        "st" => "the index of versions",
        "ag" => "heads and states",
        "ix" => "the index of references",
        "tr" => "the log's tree",
        _ => "snapshots and the log's end",
    }
}

fn records(
    options: &Options,
    state: &Files,
    exam: &mut Examination,
    found: &mut Found,
    progress: Progress<'_>,
) -> Result<(), StoreError> {
    let Some(copy) = &found.copy else { return Ok(()) };
    let view = copy.view();
    let schema = schema(&view, exam);
    let bad = |line: &HealthCheck| line.check == "schema" && line.status == Health::Fault;
    found.records_lost |= exam.checks.iter().any(bad);
    let check = Check {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        anchor: found.anchor.as_ref(),
        beside: Some(&schema),
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
    let bad_ev = copy.broken.iter().any(|(name, _)| *name == "ev");
    let first = tally.log_first.unwrap_or(verdict.count + 1);
    found.good = verify::whole_commits(&view, first.saturating_sub(1));
    let known = found.anchor.map_or(0, |anchor| anchor.size).max(verdict.count);
    found.lost = Lost::behind(&view, found.good, known, &suspects(&verdict))?;
    found.beside = tally.records + tally.derived > 0;
    found.whole_but_anchor = tally.log == 0
        && !found.beside
        && !state.broken
        && state.journals == Journals::Whole
        && found.anchor.is_some_and(|anchor| anchor.size > verdict.count);
    if let Some(reason) = &verdict.states_left_out {
        exam.add(
            HealthCheck::new("key", Health::Warning, format!("states are not looked at: {reason}"))
                .help("without the key nothing that is sealed can be made anew; put it back first"),
        );
    }
    lines(exam, &verdict, &tally, found.good, rewritten);
    clock(options, &view, exam);
    let decided = Decision { state, tally, unlike, rewritten, bad_ev, count: verdict.count };
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

pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
