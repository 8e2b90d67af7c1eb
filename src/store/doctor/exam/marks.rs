//! FORMAT and ANCHOR: whose store it is, and how far its log was.

use super::{Examination, Found};
use crate::store::Options;
use crate::store::disk::format_file::{Folder, inspect};
use crate::store::disk::{Anchor, DiskError};
use crate::store::doctor::plan::repair;
use crate::store::error::StoreError;
use crate::wire::{Health, HealthCheck, RepairKind};

/// Says whether there is a store to look at.
pub(super) fn format(
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
pub(super) fn anchor(
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
