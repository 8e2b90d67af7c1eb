//! Where the lines of the log go: JSON to the files in `.dbx/log/`, and to standard error where somebody looks.
//!
//! | target | what it is about |
//! | --- | --- |
//! | `dbx::serve` | the server itself: starting, stopping, faults |
//! | `dbx::serve::end` | why it ended, in the file only: standard error gets the whole error |
//! | `dbx::request` | one line for each request |
//! | `dbx::schema` | what became of `schema.dbx` |
//!
//! The library writes no line unless its host listens: this is for a process that serves and does nothing else.

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::workspace::{LogFile, Paths};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

/// What is logged where nobody says it.
const FILTER: &str = "info";

/// The target of the error that the process ends with.
const END: &str = "dbx::serve::end";

/// How to log.
#[derive(Debug)]
pub struct LogOptions<'a> {
    /// The workspace.
    pub paths: &'a Paths,
    /// The time in front of each line.
    pub clock: Arc<dyn Clock>,
    /// What is logged: a level, or `target=level` with commas between, as `info,dbx::request=warn`.
    pub filter: Option<&'a str>,
    /// Whether everything goes to standard error too.
    pub echo: Echo,
}

/// What standard error gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// Nothing.
    None,
    /// Lines for people.
    Text {
        /// Whether they are painted.
        color: bool,
    },
    /// The lines of the file.
    Json,
}

/// A log that is being written.
#[derive(Debug)]
pub struct Logging {
    file: Arc<LogFile>,
}

impl Logging {
    /// Logs from here on, for the whole process. Only the first in a process does.
    ///
    /// # Errors
    /// The file cannot be opened, the filter not be read, or the process logs already.
    pub fn start(options: &LogOptions<'_>) -> Result<Self> {
        let filter = filter(options.filter.unwrap_or(FILTER))?;
        let file = LogFile::open(options.paths).map_err(|error| {
            let path = options.paths.log.display();
            let message = format!("cannot write the log in `{path}`: {error}");
            Error::new(crate::workspace::files::io_kind(&error), "dbx::serve::log", message)
                .help("check who owns the folder and whether the disk is full")
        })?;
        let file = Arc::new(file);
        let layers = vec![json(Lines(file.clone()), &options.clock)];
        let layers = layers.into_iter().chain(echo(options)).collect::<Vec<_>>();
        tracing_subscriber::registry().with(layers).with(filter).try_init().map_err(|error| {
            Error::new(Kind::Internal, "dbx::serve::log", format!("cannot log: {error}"))
        })?;
        Ok(Self { file })
    }

    /// Opens the file again, for whoever moved it away.
    ///
    /// # Errors
    /// It cannot be opened; the log goes on where it was.
    pub fn reopen(&self) -> io::Result<()> {
        self.file.reopen()
    }
}

/// Reads a filter. A word alone is a level: what else it could be is a target that nobody has.
fn filter(text: &str) -> Result<EnvFilter> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let known = |part: &str| {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
        levels.contains(&level.trim().to_ascii_lowercase().as_str())
    };
    let wrong = text.split(',').find(|part| !known(part));
    let read = EnvFilter::try_new(text).ok().filter(|_| wrong.is_none());
    read.ok_or_else(|| {
        let message = format!("`{}` is no log filter", wrong.unwrap_or(text).trim());
        Error::new(Kind::Invalid, "dbx::serve::log", message)
            .help("use a level (error, warn, info, debug), or `target=level` as in `info,dbx::request=warn`")
    })
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

fn json<W>(writer: W, clock: &Arc<dyn Clock>) -> Boxed
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .log_internal_errors(false)
        .with_timer(Time(clock.clone()))
        .with_writer(writer)
        .boxed()
}

fn echo(options: &LogOptions<'_>) -> Option<Boxed> {
    match options.echo {
        Echo::None => None,
        Echo::Json => Some(
            json(io::stderr, &options.clock)
                .with_filter(filter_fn(|line| line.target() != END))
                .boxed(),
        ),
        Echo::Text { color } => Some(
            tracing_subscriber::fmt::layer()
                .with_ansi(color)
                // Whoever read them went away, and there is nobody to complain to.
                .log_internal_errors(false)
                .with_timer(Time(options.clock.clone()))
                .with_writer(io::stderr)
                .with_filter(filter_fn(|line| line.target() != END))
                .boxed(),
        ),
    }
}

/// The time by the clock that events are dated by.
struct Time(Arc<dyn Clock>);

impl FormatTime for Time {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{}", self.0.now())
    }
}

/// The file, for the one line that is written at a time.
struct Lines(Arc<LogFile>);

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Line<'w>;

    fn make_writer(&'w self) -> Line<'w> {
        Line(&self.0)
    }
}

/// One line on its way into the file.
struct Line<'w>(&'w LogFile);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_filter_is_made_of_levels_and_targets() {
        for good in ["info", "WARN", "info,dbx::request=warn", "dbx::schema=debug", "off"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["loud", "", "info,", "info;warn", "dbx::request", "dbx::request=loud", "7=7"] {
            assert_eq!(filter(bad).unwrap_err().code(), "dbx::serve::log", "{bad}");
        }
    }
}
