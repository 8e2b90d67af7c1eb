use super::{line, without_token};
use crate::cli::args::Take;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome, file_error};
use crate::cli::interrupt;
use crate::workspace::Paths;
use crate::workspace::log::{log_file, log_files};
use clap::Args;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Show what the daemon wrote down
///
/// One line for each request, and what else happened; `DBX_LOG` decides how much. The files are in `.dbx/log/`, 8 MiB
/// each, and the last 5 are kept. `--json` prints the lines as they are: one JSON object each.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx serve logs
  dbx serve logs -f
  dbx serve logs -n all | grep warn
  dbx serve logs --json -n all | jq 'select(.status >= 500)'")]
pub(crate) struct LogsArgs {
    /// Go on with what is written from now on, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines, or `all`
    #[arg(short = 'n', long, value_name = "N", default_value = "200")]
    lines: Take,
}

pub(super) fn run(context: &mut Context, args: &LogsArgs) -> Outcome {
    let paths = context.paths()?;
    without_token(context)?;
    let (lines, open) = last(&paths, args.lines.limit())?;
    if !args.follow {
        if lines.is_empty() {
            context.ui.say("nothing was written down yet");
        }
        context.ui.page();
    }
    lines.iter().try_for_each(|line| print(context, line))?;
    if args.follow {
        return follow(context, &log_file(&paths), open);
    }
    Ok(Exit::Ok)
}

fn print(context: &mut Context, line: &str) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.raw(format!("{line}\n").as_bytes());
    }
    let text = line::text(line, context.ui.paint());
    context.ui.line(text)
}

/// The last lines of all files, and the newest file behind them.
fn last(
    paths: &Paths,
    limit: Option<usize>,
) -> Result<(VecDeque<String>, Option<BufReader<File>>), Failure> {
    let (mut lines, mut open) = (VecDeque::new(), None);
    for path in log_files(paths) {
        let file = match File::open(&path) {
            // It was turned over in this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.map_err(|error| file_error(&path, &error))?,
        };
        let mut reader = BufReader::new(file);
        while let Some(line) = whole_line(&mut reader)? {
            lines.push_back(line);
            if limit.is_some_and(|limit| lines.len() > limit) {
                lines.pop_front();
            }
        }
        open = Some(reader).filter(|_| path == log_file(paths));
    }
    Ok((lines, open))
}

/// The next line, if all of it is there; the reader stands where it stood otherwise.
fn whole_line(reader: &mut BufReader<File>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let length = reader.read_until(b'\n', &mut bytes)?;
    if bytes.pop() == Some(b'\n') {
        return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
    }
    let back = i64::try_from(length).unwrap_or(i64::MAX);
    reader.seek_relative(-back)?;
    Ok(None)
}

/// Prints what comes, from one file to the next.
fn follow(context: &mut Context, path: &Path, mut open: Option<BufReader<File>>) -> Outcome {
    interrupt::listen();
    while !interrupt::stopped() {
        context.ui.flush()?;
        if let Some(reader) = &mut open {
            // Whether it was turned over is asked first: what is written before that is read below.
            let done = is_another(reader, path);
            while let Some(line) = whole_line(reader)? {
                print(context, &line)?;
            }
            if !done {
                std::thread::sleep(LOOK);
                continue;
            }
        }
        match File::open(path) {
            Ok(file) => open = Some(BufReader::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => std::thread::sleep(LOOK),
            Err(error) => return Err(file_error(path, &error).into()),
        }
    }
    Ok(Exit::Interrupted)
}

/// Whether the name belongs to another file by now.
fn is_another(reader: &BufReader<File>, path: &Path) -> bool {
    let file = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (reader.get_ref().metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => file(open) != file(named),
        _ => false,
    }
}
