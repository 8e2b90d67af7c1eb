use super::context::Context;
use super::failure::{Exit, Failure, Outcome};
use super::output::{Meaning, Painter, Unit, visible};
use crate::error::Error;
use crate::service::{LOCK_WAIT, Local, OpenOptions};
use crate::wire::{DoctorReport, Health, HealthCheck, Repair, RepairKind, Repaired};
use crate::workspace::Config;
use clap::Args;

/// Look at everything that can be wrong with the workspace, and repair it
///
/// Checks rights, locks, files, journals, every record and every hash, and says of each fault what repairs it. It never
/// changes anything by itself: `--repair` asks before each repair, and needs `--yes` where there is no terminal. What
/// was there before a repair, and events that it cannot keep, are saved in `.dbx/salvage/`.
///
/// Exits with 5 when there is a fault left, and with 4 when another process has the store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dbx doctor
  dbx doctor --repair --dry-run
  dbx doctor --repair --yes")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct DoctorArgs {
    /// Repair what can be repaired, one thing after the other
    #[arg(long)]
    repair: bool,
    /// Say what `--repair` would do, and do nothing
    #[arg(long, requires = "repair")]
    dry_run: bool,
    /// Also take a log for the right one that is not the one which was there when the store was last closed
    #[arg(long, requires = "repair")]
    accept: bool,
    /// Do not ask
    #[arg(short, long, requires = "repair")]
    yes: bool,
}

pub(super) fn run(context: &mut Context, args: &DoctorArgs) -> Outcome {
    let (options, config) = options(context)?;
    let mut report = examined(context, &options, config.as_ref())?;
    let mut done = Vec::new();
    if args.repair && !args.dry_run {
        if !context.ui.json() {
            show(context, &report)?;
        }
        let mut tried: Vec<RepairKind> = Vec::new();
        while let Some(repair) = next(&report, args, &tried) {
            tried.push(repair.kind);
            ask(context, &repair, args)?;
            let repaired = repaired(context, &options, repair.kind)?;
            if !context.ui.json() {
                told(context, &repaired)?;
            }
            done.push(repaired);
            report = examined(context, &options, config.as_ref())?;
        }
    }
    let exit = match (report.locked, report.ok) {
        (true, _) => Exit::Unavailable,
        (_, ok) => Exit::good_or(ok, Exit::Fault),
    };
    let repaired = !done.is_empty();
    report.done = done;
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(exit);
    }
    if !args.repair || args.dry_run || repaired {
        if repaired {
            context.ui.line(String::new())?;
        }
        show(context, &report)?;
    }
    if args.dry_run {
        would(context, &report, args)?;
    }
    hints(context, &report, args);
    Ok(exit)
}

/// How the store would be opened; with the defaults, and why, where the configuration has errors.
fn options(context: &Context) -> Result<(OpenOptions, Option<Error>), Failure> {
    let paths = context.paths()?;
    match context.options(paths.clone(), LOCK_WAIT) {
        // The keys of the dashboard are its own business, and wrong ones keep it from starting.
        Ok(options) => Ok((options, super::tui::wrong(&paths))),
        Err(Failure::Error(error) | Failure::Source(error, _))
            if error.code().starts_with("dbx::config") =>
        {
            Ok((OpenOptions::new(paths, Config::default(), "dbx doctor"), Some(error)))
        }
        Err(failure) => Err(failure),
    }
}

fn examined(
    context: &Context,
    options: &OpenOptions,
    config: Option<&Error>,
) -> Result<DoctorReport, Failure> {
    let bar = std::sync::Mutex::new(context.ui.progress("verifying", Unit::Events));
    let draw = |done, of| {
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, Some(of));
        }
    };
    let mut report = Local::doctor(&context.reader(), options, &draw)?;
    let line = match config {
        None => HealthCheck::new("config", Health::Ok, "can be read"),
        Some(error) => HealthCheck::new("config", Health::Fault, wrong(error))
            .help("put `.dbx/config.toml` right: `dbx config` and `dbx tui` point at each error"),
    };
    report.ok &= config.is_none();
    report.checks.insert(1, line);
    Ok(report)
}

/// What is wrong with the configuration, with the first place where it is.
fn wrong(error: &Error) -> String {
    match error.detail_list().first() {
        Some(first) => format!("{}: {}", error.message(), first.message),
        None => error.message().to_owned(),
    }
}

fn repaired(
    context: &Context,
    options: &OpenOptions,
    kind: RepairKind,
) -> Result<Repaired, Failure> {
    let bar = std::sync::Mutex::new(context.ui.progress("rebuilding", Unit::Events));
    let draw = |done, of| {
        if let Ok(bar) = bar.try_lock() {
            bar.at(done, Some(of));
        }
    };
    Ok(Local::doctor_repair(&context.reader(), options, kind, &draw)?)
}

/// The repair to do next: each is tried once, so that one which does not help is not tried for ever.
fn next(report: &DoctorReport, args: &DoctorArgs, tried: &[RepairKind]) -> Option<Repair> {
    let allowed = |repair: &&Repair| args.accept || repair.kind != RepairKind::Accept;
    report.repairs.iter().filter(allowed).find(|repair| !tried.contains(&repair.kind)).cloned()
}

fn ask(context: &mut Context, repair: &Repair, args: &DoctorArgs) -> Result<(), Failure> {
    if !context.ui.json() {
        context.ui.line(String::new())?;
        plan(context, repair)?;
    }
    context.ui.confirm("do this?", args.yes)
}

/// What a repair does and loses.
fn plan(context: &mut Context, repair: &Repair) -> Result<(), Failure> {
    let paint = context.ui.paint();
    context.ui.line(format!("{} {}", paint.paint(Meaning::Accent, "→"), visible(&repair.what)))?;
    if !repair.loses.is_empty() {
        context.ui.line(format!(
            "  {}",
            paint.paint(Meaning::Warn, "what this store will not hold any more:")
        ))?;
        for lost in &repair.loses {
            context.ui.line(format!("    {}", visible(lost)))?;
        }
    }
    Ok(())
}

fn told(context: &mut Context, repaired: &Repaired) -> Result<(), Failure> {
    let paint = context.ui.paint();
    context.ui.line(format!("{} {}", paint.paint(Meaning::Ok, "✓"), visible(&repaired.what)))?;
    for kept in &repaired.kept {
        let kept = visible(&shown(context, kept));
        context.ui.line(format!("  {} {kept}", paint.dim("kept")))?;
    }
    Ok(())
}

/// A path as seen from the workspace.
fn shown(context: &Context, path: &str) -> String {
    let relative = context
        .paths()
        .map(|paths| paths.relative(std::path::Path::new(path)).display().to_string());
    relative.unwrap_or_else(|_| path.to_owned())
}

fn show(context: &mut Context, report: &DoctorReport) -> Result<(), Failure> {
    let paint = context.ui.paint();
    let width = report.checks.iter().map(|check| check.check.len()).max().unwrap_or(0);
    for check in &report.checks {
        context.ui.lines(lines(check, width, paint))?;
    }
    let count =
        |status: Health| report.checks.iter().filter(|check| check.status == status).count();
    let (faults, warnings) = (count(Health::Fault), count(Health::Warning));
    let verdict = match (report.locked, faults, warnings) {
        (true, ..) => paint.paint(Meaning::Warn, "not everything could be looked at"),
        (_, 0, 0) => paint.paint(Meaning::Ok, "all is well"),
        (_, 0, warnings) => paint.paint(Meaning::Warn, plural(warnings, "warning", "warnings")),
        (_, faults, 0) => paint.paint(Meaning::Danger, plural(faults, "fault", "faults")),
        (_, faults, warnings) => {
            let faults = paint.paint(Meaning::Danger, plural(faults, "fault", "faults"));
            let warnings = paint.paint(Meaning::Warn, plural(warnings, "warning", "warnings"));
            format!("{faults}, {warnings}")
        }
    };
    context.ui.line(String::new())?;
    context.ui.line(verdict)
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn lines(check: &HealthCheck, width: usize, paint: Painter) -> Vec<String> {
    let (sign, meaning) = match check.status {
        Health::Ok => ("✓", Meaning::Ok),
        Health::Warning => ("!", Meaning::Warn),
        Health::Fault => ("✗", Meaning::Danger),
        Health::Unknown => ("?", Meaning::Warn),
    };
    let name = paint.strong(format!("{:<width$}", check.check));
    let mut lines =
        vec![format!("{} {name}  {}", paint.paint(meaning, sign), visible(&check.message))];
    let indent = " ".repeat(width + 4);
    lines.extend(
        check.details.iter().map(|detail| format!("{indent}{}", paint.dim(visible(detail)))),
    );
    if let Some(help) = &check.help {
        lines.push(format!("{indent}{} {}", paint.paint(Meaning::Accent, "→"), visible(help)));
    }
    lines
}

/// What the repairs would be, in order.
fn would(context: &mut Context, report: &DoctorReport, args: &DoctorArgs) -> Result<(), Failure> {
    let allowed = |repair: &&Repair| args.accept || repair.kind != RepairKind::Accept;
    let repairs: Vec<Repair> = report.repairs.iter().filter(allowed).cloned().collect();
    context.ui.line(String::new())?;
    if repairs.is_empty() {
        return context.ui.line("nothing would be repaired");
    }
    context.ui.line("`dbx doctor --repair` would")?;
    repairs.iter().try_for_each(|repair| plan(context, repair))
}

fn hints(context: &mut Context, report: &DoctorReport, args: &DoctorArgs) {
    let accepts = report.repairs.iter().any(|repair| repair.kind == RepairKind::Accept);
    if accepts && !args.accept {
        context.ui.hint(
            "put the right store back from a backup, or take this one for it with `dbx doctor --repair --accept`",
        );
    } else if !args.repair && !report.repairs.is_empty() {
        context.ui.hint("`dbx doctor --repair --dry-run` says what a repair would do");
    } else if !report.ok && !report.locked && report.repairs.is_empty() {
        context.ui.hint("`dbx restore` brings back a backup");
    }
    let saved =
        report.done.iter().flat_map(|done| &done.kept).find(|path| path.ends_with(".ndjson"));
    if let Some(saved) = saved {
        let saved = shown(context, saved);
        context.ui.hint(format!(
            "`dbx import {saved}` appends the saved events again; look through them first"
        ));
    }
}
