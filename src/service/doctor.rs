//! What is wrong with a workspace, and repairing it: needs the store alone, and opens it in no state.

use super::caller::Caller;
use super::export::import_line;
use super::record::Eyes;
use super::{Local, OpenOptions};
use crate::error::{Error, Kind, Result};
use crate::schema::Schema;
use crate::store::{self, Progress, Salvage};
use crate::wire::{DoctorReport, Health, HealthCheck, Repair, RepairKind, Repaired};
use crate::workspace::files::mode_beyond_owner;
use crate::workspace::{CheckpointKey, Paths, TokenKey};
use std::path::PathBuf;

impl Local {
    /// Looks at everything that can be wrong with a workspace, whatever state its files are in. `progress` is told how
    /// many events of how many were verified.
    ///
    /// # Errors
    /// What keeps it from looking, such as a disk without room for the copy that is examined. Damage is in the report.
    pub fn doctor(
        caller: &Caller,
        options: &OpenOptions,
        progress: Progress<'_>,
    ) -> Result<DoctorReport> {
        owner(caller)?;
        let paths = &options.paths;
        let mut checks =
            vec![HealthCheck::new("workspace", Health::Ok, paths.root.display().to_string())];
        let mut repairs = Vec::new();
        permissions(paths, &mut checks, &mut repairs)?;
        checks.push(keys(paths));
        let exam = store::examine(&options.store(), progress)?;
        checks.extend(exam.checks);
        repairs.extend(exam.repairs);
        for check in &mut checks {
            let command = repairs.iter().find(|repair| Some(repair.kind) == check.repair);
            if let Some(repair) = command {
                check.help.get_or_insert_with(|| format!("`{}`", repair.command));
            } else {
                check.repair = None;
            }
        }
        let well = |check: &HealthCheck| matches!(check.status, Health::Ok | Health::Warning);
        Ok(DoctorReport {
            workspace: paths.root.display().to_string(),
            ok: checks.iter().all(well),
            checks,
            repairs,
            done: Vec::new(),
            locked: exam.locked,
        })
    }

    /// Does one repair that [`Local::doctor`] offers. What was there before is kept in `.dbx/salvage/`.
    ///
    /// # Errors
    /// The repair is not called for, another process has the store, or what the disk says; what was there is still there
    /// then.
    pub fn doctor_repair(
        caller: &Caller,
        options: &OpenOptions,
        kind: RepairKind,
        progress: Progress<'_>,
    ) -> Result<Repaired> {
        owner(caller)?;
        if kind == RepairKind::Permissions {
            return close(&options.paths);
        }
        let schema = Schema::default();
        let eyes = Eyes::new(&schema, caller);
        let salvage = Salvage { line: &|event| import_line(eyes.event(event)).to_string() };
        Ok(store::repair(&options.store(), kind, &salvage, progress)?)
    }
}

/// Refuses everybody with a token: whether it holds is written in the store, which may be what is broken.
fn owner(caller: &Caller) -> Result<()> {
    if caller.rights().is_none() {
        return Ok(());
    }
    let message =
        "the token does not allow to look into the files of the store: only their owner may";
    Err(Error::new(Kind::Forbidden, "dbx::token::forbidden", message)
        .kept("nothing was read or written")
        .help("run it without a token, as the user whose files they are"))
}

/// Whether the keys can be used; those that are made when they are first needed may be missing.
fn keys(paths: &Paths) -> HealthCheck {
    let (mut details, mut help, mut status) = (Vec::new(), None, Health::Warning);
    let token = TokenKey::load(&paths.token_key()).err().map(Error::from);
    for fault in [token, CheckpointKey::find(paths).err()].into_iter().flatten() {
        // Open to others is said, and repaired, in a line of its own.
        if fault.code() != "dbx::key::mode" {
            details.push(fault.message().to_owned());
            if fault.code() != "dbx::key::missing" {
                status = Health::Fault;
            }
            help = help.or_else(|| fault.help_text().map(str::to_owned));
        }
    }
    if details.is_empty() {
        return HealthCheck::new("keys", Health::Ok, "can be read");
    }
    let mut line = HealthCheck::new("keys", status, "some cannot be used").details(details);
    line.help = help;
    line
}

/// Files and folders that nobody but the owner may use, and what of their rights goes beyond that.
fn open_to_others(paths: &Paths) -> Result<Vec<(PathBuf, u32)>> {
    let mut private = vec![paths.dot.clone(), paths.keys.clone(), paths.cli_token.clone()];
    private.extend([paths.config.clone(), paths.store.clone()]);
    if let Ok(entries) = paths.keys.read_dir() {
        private.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    let mut found = Vec::new();
    for path in private.into_iter().filter(|path| path.exists()) {
        let beyond = mode_beyond_owner(&path).map_err(|error| failed(&path, &error))?;
        if beyond != 0 {
            found.push((path, beyond));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn failed(path: &std::path::Path, error: &std::io::Error) -> Error {
    let message = format!("`{}` cannot be used: {error}", path.display());
    Error::new(Kind::Unavailable, "dbx::doctor::file", message)
        .kept("nothing was changed")
        .help("check who owns it")
}

fn permissions(
    paths: &Paths,
    checks: &mut Vec<HealthCheck>,
    repairs: &mut Vec<Repair>,
) -> Result<()> {
    let open = open_to_others(paths)?;
    if open.is_empty() {
        let message = "keys, token and store are the owner's alone".to_owned();
        checks.push(HealthCheck::new("permissions", Health::Ok, message));
        return Ok(());
    }
    let secret = |path: &PathBuf| path.starts_with(&paths.keys) || *path == paths.cli_token;
    let status =
        if open.iter().any(|(path, _)| secret(path)) { Health::Fault } else { Health::Warning };
    let count = match open.len() {
        1 => "1 file or folder is".to_owned(),
        count => format!("{count} files or folders are"),
    };
    let mut found =
        HealthCheck::new("permissions", status, format!("{count} open to others than the owner"));
    found.details = open
        .iter()
        .map(|(path, beyond)| {
            format!("{} (others have {beyond:03o})", paths.relative(path).display())
        })
        .collect();
    found.repair = Some(RepairKind::Permissions);
    checks.push(found);
    repairs.push(Repair {
        kind: RepairKind::Permissions,
        what: "take all rights to them away from others than the owner".into(),
        loses: Vec::new(),
        command: "dbx doctor --repair".into(),
    });
    Ok(())
}

fn close(paths: &Paths) -> Result<Repaired> {
    let open = open_to_others(paths)?;
    for (path, _) in &open {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
            let mut rights = metadata.permissions();
            rights.set_mode(rights.mode() & !0o077);
            std::fs::set_permissions(path, rights).map_err(|error| failed(path, &error))?;
        }
        #[cfg(not(unix))]
        let _ = path;
    }
    let names: Vec<String> =
        open.iter().map(|(path, _)| format!("`{}`", paths.relative(path).display())).collect();
    let what = format!("{} closed to others than the owner", names.join(", "));
    Ok(Repaired { kind: RepairKind::Permissions, what, kept: Vec::new() })
}
