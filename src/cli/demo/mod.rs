//! A workspace to look around in.

mod clock;
mod story;
mod words;

use self::clock::Stepping;
use super::context::Context;
use super::failure::{Exit, Failure, Outcome, file_error};
use super::output::{Align, Cell, Meaning, Table, Unit, quantity};
use super::usage;
use crate::domain::Timestamp;
use crate::service::{Caller, LOCK_WAIT, Restrict, Service};
use crate::wire::{CommitRequest, StatusReport};
use crate::workspace::files::{self, Access};
use crate::workspace::{self, InitOptions, Paths, Template};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Make a workspace with two weeks of believable events to look around in
///
/// On a terminal, opens the dashboard on it.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The folder; made if it does not exist
    #[arg(value_name = "DIR", default_value = "dbx-demo")]
    directory: PathBuf,
    /// Say what to look at, and do not open the dashboard
    #[arg(long)]
    no_tui: bool,
}

const SCHEMA: &str = include_str!("../../../templates/demo.dbx");

#[derive(Debug, Serialize)]
struct DemoDocument {
    workspace: String,
    events: u64,
    commits: u64,
    aggregates: u64,
    created: bool,
}

pub(super) fn run(context: &mut Context, args: &DemoArgs) -> Outcome {
    let root = context.file(&args.directory)?;
    let fresh = check(&root, &args.directory)?;
    let report = if fresh { make(context, &root)? } else { look(context, &root)? };
    let document = DemoDocument {
        workspace: report.workspace.clone(),
        events: report.position.parse().unwrap_or(0),
        commits: report.commits,
        aggregates: report.types.iter().map(|count| count.aggregates).sum(),
        created: fresh,
    };
    if context.ui.json() {
        context.ui.document(&document)?;
        return Ok(Exit::Ok);
    }
    show(context, &document, &args.directory)?;
    if context.ui.has_screen() && !args.no_tui {
        context.ui.flush()?;
        return super::tui::look_around(context, Paths::at(&root));
    }
    Ok(Exit::Ok)
}

/// Whether the folder is free; an error where it holds anything but a demo.
fn check(root: &Path, shown: &Path) -> Result<bool, Failure> {
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(file_error(shown, &error).into()),
    };
    if entries.count() == 0 {
        return Ok(true);
    }
    let paths = Paths::at(root);
    let ours = std::fs::read_to_string(&paths.schema_file).is_ok_and(|text| text == SCHEMA);
    if ours && paths.format.exists() {
        return Ok(false);
    }
    Err(usage::error(format!("`{}` is not empty and is not a demo", shown.display()))
        .kept("it was left as it is")
        .help("name another folder: `dbx demo DIR`")
        .into())
}

fn make(context: &Context, root: &Path) -> Result<StatusReport, Failure> {
    std::fs::create_dir_all(root).map_err(|error| file_error(root, &error))?;
    let options = InitOptions { template: Template::None, nested: true };
    let made = workspace::init(root, options, &context.env).map_err(crate::error::Error::from)?;
    let paths = made.paths;
    files::write_atomic(&paths.schema_file, SCHEMA.as_bytes(), Access::Shared)
        .map_err(|error| file_error(&paths.schema_file, &error))?;
    let now = context.clock()?.now();
    let commits = story::tell(now);
    let clock = Arc::new(Stepping::at(commits.first().map_or(now, |commit| commit.at)));
    let options = || -> Result<_, Failure> {
        let mut options = context.options(paths.clone(), LOCK_WAIT)?;
        options.clock = clock.clone();
        Ok(options)
    };
    Service::create(&options()?)?;
    let service = Service::open(options()?)?;
    service.schema_apply(&context.local(), SCHEMA)?;
    write(context, &service, &clock, commits)?;
    clock.set(now);
    service.token_bootstrap_file(&context.local(), workspace::Ttl::DAY)?;
    let report = service.status(&context.local())?;
    service.close()?;
    Ok(report)
}

fn write(
    context: &Context,
    service: &Service,
    clock: &Stepping,
    commits: Vec<story::Commit>,
) -> Result<(), Failure> {
    let bar = context.ui.progress("writing", Unit::Lines);
    for (done, commit) in (1..).zip(commits) {
        clock.set(commit.at);
        let request = CommitRequest {
            operations: commit.operations,
            message: commit.message,
            idempotency_key: None,
            dry_run: false,
        };
        service.commit(&caller(commit.user), &request)?;
        bar.at(done, None);
    }
    Ok(())
}

/// The people of the demo are made up, and so is their number.
fn caller(user: &str) -> Caller {
    let mut caller = Caller::local(user, Restrict::Strict);
    caller.actor.uid = None;
    caller
}

fn look(context: &Context, root: &Path) -> Result<StatusReport, Failure> {
    let paths = Paths::at(root);
    let reader = context.reader_in(&paths)?;
    let service = Service::open(context.options(paths, LOCK_WAIT)?)?;
    let report = service.status(&reader)?;
    service.close()?;
    Ok(report)
}

fn show(context: &mut Context, document: &DemoDocument, shown: &Path) -> Result<(), Failure> {
    let paint = context.ui.paint();
    let word = paint.paint(Meaning::Ok, "✓");
    let size = format!(
        "{} of {} in {}",
        quantity(document.events, "event", "events"),
        quantity(document.aggregates, "aggregate", "aggregates"),
        quantity(document.commits, "commit", "commits"),
    );
    let verb = if document.created { "made" } else { "there is already" };
    let workspace = paint.strong(&document.workspace);
    context.ui.line(format!("{word} {verb} {workspace}: {size}"))?;
    context.ui.line("")?;
    context.ui.line("Look around:")?;
    let mut table = Table::new(&[("", Align::Left); 3]);
    for (command, what) in NEXT {
        let command = command.replace("DIR", &shown.display().to_string());
        table.row(vec![Cell::plain(""), Cell::new(Meaning::Accent, command), Cell::dim(what)]);
    }
    context.ui.table(table)
}

const NEXT: [(&str, &str); 7] = [
    ("cd DIR", ""),
    ("dbx log -n 10", "what happened last"),
    ("dbx aggregate list order --where status:paid", "what waits to be packed"),
    ("dbx show order/o-1001@2", "an earlier version"),
    ("dbx aggregate replay order/o-1001", "how it came about"),
    ("dbx blame order/o-1001", "which event set what"),
    ("dbx verify", "that nothing was changed since"),
];

/// The instant `seconds` before `now`.
fn before(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - seconds * 1_000_000)
}
