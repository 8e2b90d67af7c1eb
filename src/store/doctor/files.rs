//! What processes that were killed leave behind.

use super::exam::{Examination, plural};
use super::plan::repair;
use crate::store::Options;
use crate::store::disk::SALVAGE;
use crate::store::disk::fs::NEW_SUFFIX;
use crate::wire::{Health, HealthCheck, RepairKind};
use crate::workspace::files::TEMPORARY_PREFIX;
use std::path::{Path, PathBuf};

/// Looks for half-written files, and for what earlier repairs kept.
pub(super) fn leftovers(options: &Options, exam: &mut Examination) {
    let found = found(options);
    let shown: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    if found.is_empty() {
        exam.add(HealthCheck::new("leftovers", Health::Ok, "nothing half-written is left behind"));
    } else {
        let count = plural(found.len() as u64, "file or folder", "files or folders");
        let message = format!("{count} that a process left that was killed");
        exam.add(
            HealthCheck::new("leftovers", Health::Warning, message)
                .details(shown)
                .repair(RepairKind::Leftovers),
        );
        exam.repairs.push(repair(RepairKind::Leftovers, "remove what was left half-written"));
    }
    let kept = names(&options.dot.join(SALVAGE)).len();
    if kept > 0 {
        let message = format!(
            "{} of earlier damage",
            plural(kept as u64, "file or folder", "files or folders")
        );
        exam.add(
            HealthCheck::new("salvage", Health::Warning, message)
                .help("when you need them no more, remove `.dbx/salvage/`"),
        );
    }
}

/// Files and folders that nobody needs any more.
pub(super) fn found(options: &Options) -> Vec<PathBuf> {
    let dot = &options.dot;
    let mut found = Vec::new();
    let folders = [dot.parent(), Some(dot.as_path()), Some(&dot.join("keys"))];
    for folder in folders.into_iter().flatten() {
        let ours = names(folder).into_iter().filter(|name| name.starts_with(TEMPORARY_PREFIX));
        found.extend(ours.map(|name| folder.join(name)));
    }
    // The new content of a file that stands: without it, the new one may be all that there is.
    for name in ["FORMAT", "ANCHOR"] {
        let new = dot.join(format!("{name}{NEW_SUFFIX}"));
        if new.exists() && dot.join(name).exists() {
            found.push(new);
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names.retain(|name| name != "view");
    names
}
