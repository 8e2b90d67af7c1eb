//! Starting a daemon in the background: this program again, in a process group of its own.

use super::flags::ServeFlags;
use super::line;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, file_error};
use crate::error::{Error, Kind};
use crate::service::Service;
use crate::wire::{self, Daemon, Problem};
use crate::workspace::Paths;
use crate::workspace::log::{log_file, open_private, start_file};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a daemon may take until it is ready. It scans the journals in that time, which takes long after a power loss.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How often it is asked.
const LOOK: Duration = Duration::from_millis(10);

/// How many lines of the log are shown where it did not come up.
const TAIL: usize = 10;

/// The most bytes of what it printed that are read.
const PRINTED_MAX: u64 = 64 * 1024;

/// What came of it.
pub(super) enum Started {
    /// It runs.
    Now(Daemon),
    /// Another one was there first.
    Before(Daemon),
}

/// Starts a daemon and waits until it is ready.
pub(super) fn start(
    context: &mut Context,
    paths: &Paths,
    flags: &ServeFlags,
) -> Result<Started, Failure> {
    let logged = std::fs::metadata(log_file(paths)).map_or(0, |file| file.len());
    let mut child = spawn(paths, flags)?;
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        if let Some(status) = child.try_wait()? {
            let told = told(&mut child);
            return ended(context, paths, (status, &told), logged);
        }
        match Service::owner(paths) {
            Ok(Some(owner)) if owner.daemon().pid == child.id() => {
                return Ok(Started::Now(owner.daemon().clone()));
            }
            // Somebody else's answers and errors are for the child to find out.
            _ if Instant::now() < deadline => std::thread::sleep(LOOK),
            _ => return Err(late(&child).into()),
        }
    }
}

fn spawn(paths: &Paths, flags: &ServeFlags) -> Result<Child, Failure> {
    let program = std::env::current_exe()?;
    let path = start_file(paths);
    let printed = open_private(&path, true).map_err(|error| file_error(&path, &error))?;
    let child = Command::new(&program)
        .arg("-C")
        .arg(&paths.root)
        .args(["--json", "serve", "start", "--detached"])
        .args(flags.words())
        .current_dir(&paths.root)
        .stdin(Stdio::null())
        // What it says of its end takes no room on a disk that may have none.
        .stdout(Stdio::piped())
        .stderr(printed)
        // What stops the foreground of a terminal does not reach it there.
        .process_group(0)
        .spawn();
    Ok(child.map_err(|error| file_error(&program, &error))?)
}

fn late(child: &Child) -> Error {
    let seconds = READY_WITHIN.as_secs();
    let message = format!("process {} was not ready after {seconds} s", child.id());
    Error::new(Kind::Unavailable, "dbx::serve::slow", message)
        .kept("it goes on starting")
        .help("`dbx serve logs -f` says what it does, `dbx serve stop` ends it")
}

/// Says to the process that started this one why it ends. Where nobody listens any more there is nobody to say it to.
pub(super) fn tell(error: &Error) {
    let problem = serde_json::to_string(&Problem::from(error)).unwrap_or_default();
    let _ = writeln!(io::stdout(), "{problem}");
}

/// What a process that ended said so.
fn told(child: &mut Child) -> String {
    let mut told = String::new();
    if let Some(from) = child.stdout.take() {
        // What it did not say may stand in the file.
        let _ = from.take(PRINTED_MAX).read_to_string(&mut told);
    }
    told
}

/// What a daemon that came to its end before it was ready says of itself.
fn ended(
    context: &mut Context,
    paths: &Paths,
    (status, told): (ExitStatus, &str),
    logged: u64,
) -> Result<Started, Failure> {
    let mut printed = told.to_owned();
    let file = File::open(start_file(paths))?;
    file.take(PRINTED_MAX).read_to_string(&mut printed)?;
    let error = error_of(&printed, status);
    if error.code() == "dbx::serve::running"
        && let Some(owner) = Service::owner(paths)?
    {
        return Ok(Started::Before(owner.daemon().clone()));
    }
    for line in tail(paths, logged).unwrap_or_default() {
        context.ui.say(line::text(&line, context.ui.paint()));
    }
    Err(error.into())
}

/// The error that it printed; what it printed, where that is none.
fn error_of(printed: &str, status: ExitStatus) -> Error {
    let exit_code = status.code().and_then(|code| u8::try_from(code).ok());
    let problem = printed.lines().find_map(|line| serde_json::from_str::<Problem>(line).ok());
    if let (Some(problem), Some(exit_code)) = (problem, exit_code) {
        return wire::Failure { problem, exit_code, operation: None, version: None }.into();
    }
    let last: Vec<&str> = printed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = match last.as_slice() {
        [] => String::new(),
        lines => format!(", and said: {}", lines.join(" ")),
    };
    let message = format!("the daemon ended before it was ready ({status}){said}");
    Error::new(Kind::Internal, "dbx::serve::ended", message)
        .kept("what was acknowledged is on disk")
        .help("`dbx serve start --foreground` shows what happens")
}

/// The last lines that were logged beyond so many bytes.
fn tail(paths: &Paths, beyond: u64) -> io::Result<Vec<String>> {
    let mut file = File::open(log_file(paths))?;
    // A file that was turned over meanwhile has nothing else in it.
    let beyond = if file.metadata()?.len() < beyond { 0 } else { beyond };
    file.seek(SeekFrom::Start(beyond))?;
    let lines = BufReader::new(file).lines().collect::<io::Result<Vec<String>>>()?;
    let first = lines.len().saturating_sub(TAIL);
    Ok(lines.into_iter().skip(first).collect())
}
