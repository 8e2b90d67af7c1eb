//! The journals, batch by batch.

use super::{Examination, Found, plural};
use crate::store::Options;
use crate::store::disk::DiskError;
use crate::store::disk::journal::{self, Verdict};
use crate::store::doctor::plan::Journals;
use crate::store::error::StoreError;
use crate::wire::{Health, HealthCheck, RepairKind};

pub(super) fn journals(
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
