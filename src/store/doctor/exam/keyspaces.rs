//! The files of the keyspaces, and every record in them.

use super::{Examination, Found, plural};
use crate::store::Options;
use crate::store::disk::tables::Depth;
use crate::store::disk::{DiskError, preflight};
use crate::store::doctor::copy::Copy;
use crate::store::doctor::gather::Gathered;
use crate::store::doctor::records::each;
use crate::store::error::StoreError;
use crate::wire::{Health, HealthCheck, RepairKind};

/// Opens the copy. Gives whether files of keyspaces cannot be used, or nothing where there is nothing to look at.
pub(super) fn keyspaces(
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
    let copy = match Copy::open(options, found.format.as_ref(), &found.scan, Depth::Bytes) {
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
    // A list of tables that is missing is said with its keyspace.
    let listed = |error: &&DiskError| matches!(error, DiskError::Missing { path } if path.ends_with("current"));
    details.extend(missing.iter().filter(|error| !listed(error)).map(ToString::to_string));
    details.extend(copy.failed.iter().map(|why| format!("the engine's own list: {why}")));
    for (name, keyspace) in copy.keyspaces.all() {
        let of = format!("{name} ({})", meaning(name));
        if let Some(broken) = copy.broken.iter().find(|broken| broken.name == name) {
            details.extend(broken.why.iter().map(|why| format!("{of}: {why}")));
            let Some(gathered) = copy.gathered.iter().find(|one| one.name == name) else {
                continue;
            };
            let reading = each(&snapshot, keyspace, &mut |_, _| Ok(()))?;
            records += reading.records;
            details.push(format!("{of}: {}", readable(reading.records, gathered)));
            continue;
        }
        let reading = each(&snapshot, keyspace, &mut |_, _| Ok(()))?;
        records += reading.records;
        if let Some(why) = reading.damage {
            let readable = plural(reading.records, "record", "records");
            details.push(format!("{of}: {why}; {readable} can be read"));
        }
    }
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

/// Where the records of a keyspace come from whose tables the engine cannot use as they are.
fn readable(records: u64, gathered: &Gathered) -> String {
    let records = plural(records, "record", "records");
    let (tables, of) = (gathered.tables, plural(gathered.of, "table", "tables"));
    let gaps = match gathered.gaps.len() as u64 {
        0 => String::new(),
        gaps => format!(", all but {}", plural(gaps, "stretch", "stretches")),
    };
    format!("{records} can be read, from {tables} of {of}{gaps} and from the journals")
}

/// What a keyspace holds, for people.
fn meaning(name: &str) -> &'static str {
    match name {
        "ev" => "the log",
        "mt" => "records beside the log",
        "ky" => "keys",
        "st" => "the index of versions",
        "ag" => "heads and states",
        "ix" => "the indexes of references and of what is archived",
        "tr" => "the log's tree",
        _ => "snapshots and the log's end",
    }
}
