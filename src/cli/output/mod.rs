//! The only place that prints: data on standard output, everything else on standard error.

mod entry;
mod excerpt;
mod fold;
mod pager;
mod problem;
mod progress;
mod style;
mod table;
mod terminal;
mod time;
mod value;

pub(crate) use entry::{
    commit_entry, commit_line, erased_by, event_entry, event_line, fault_line, issuer,
};
pub(crate) use problem::{Finding, Findings};
pub(crate) use progress::{Progress, Unit};
pub(crate) use style::{Meaning, Painter, visible};
pub(crate) use table::{Align, Cell, Table};
pub(crate) use terminal::{ColorChoice, Terminal};
pub(crate) use time::{ago, seconds};
pub(crate) use value::{change_lines, pretty, quantity, short, thousands};

use self::fold::fold;
use super::failure::{Failure, Outcome};
use crate::domain::Json;
use crate::error::{Error, Kind};
use crate::workspace::Env;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, BufRead as _, Write};
use std::process::Child;

/// How a run speaks.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Options {
    /// Documents and records instead of text.
    pub(crate) json: bool,
    /// When to paint.
    pub(crate) color: ColorChoice,
    /// Nothing on standard error but errors.
    pub(crate) quiet: bool,
    /// Whole hashes, and what is otherwise left out.
    pub(crate) verbose: bool,
    /// Never start a pager.
    pub(crate) no_pager: bool,
}

/// The conversation with whoever called.
#[derive(Debug)]
pub(crate) struct Ui {
    options: Options,
    terminal: Terminal,
    env: Env,
    out: Sink,
}

#[derive(Debug)]
enum Sink {
    Stdout(io::BufWriter<anstream::AutoStream<io::Stdout>>),
    Pager { child: Child, input: Option<io::BufWriter<std::process::ChildStdin>> },
}

impl Ui {
    /// A conversation on the process's own streams.
    pub(crate) fn new(options: Options, env: &Env) -> Self {
        let terminal = Terminal::detect(options.color, env);
        // Colour is decided above; the stream only translates it for consoles that need that.
        let stdout = anstream::AutoStream::new(io::stdout(), terminal.stdout_choice());
        let out = Sink::Stdout(io::BufWriter::new(stdout));
        Self { options, terminal, env: env.clone(), out }
    }

    /// Whether documents are wanted.
    pub(crate) fn json(&self) -> bool {
        self.options.json
    }

    /// Whether whole hashes are wanted.
    pub(crate) fn verbose(&self) -> bool {
        self.options.verbose
    }

    /// Whether standard output is a terminal.
    pub(crate) fn interactive(&self) -> bool {
        self.terminal.stdout
    }

    /// Whether there is a terminal to draw on and to be typed into.
    pub(crate) fn has_screen(&self) -> bool {
        self.terminal.stdin && self.terminal.stdout && !self.options.json
    }

    /// Whether the terminal shows more than ASCII.
    pub(crate) fn unicode(&self) -> bool {
        self.terminal.unicode
    }

    /// Whether colours were asked for, or not; `None` where nobody said.
    pub(crate) fn color_choice(&self) -> Option<bool> {
        match self.options.color {
            ColorChoice::Auto => None,
            ColorChoice::Always => Some(true),
            ColorChoice::Never => Some(false),
        }
    }

    /// The columns of the terminal; `None` where nothing may be cut.
    pub(crate) fn width(&self) -> Option<usize> {
        self.terminal.width
    }

    /// The painter of standard output.
    pub(crate) fn paint(&self) -> Painter {
        Painter { on: self.terminal.color_stdout && !self.options.json }
    }

    /// Whether what goes to standard error is painted.
    pub(crate) fn paints_aside(&self) -> bool {
        self.stderr_paint().on
    }

    /// Sends what follows through the pager, where standard output is a terminal.
    pub(crate) fn page(&mut self) {
        if !self.terminal.stdout || self.options.json || self.options.no_pager {
            return;
        }
        let child = pager::command(&self.env).and_then(|command| pager::start(&command, &self.env));
        if let Some(mut child) = child {
            let input = child.stdin.take().map(io::BufWriter::new);
            self.out = Sink::Pager { child, input };
        }
    }

    /// Prints a line of text.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.writer()?, "{text}").map_err(Failure::from)
    }

    /// Prints lines of text.
    pub(crate) fn lines<T: Display>(
        &mut self,
        lines: impl IntoIterator<Item = T>,
    ) -> Result<(), Failure> {
        lines.into_iter().try_for_each(|line| self.line(line))
    }

    /// Prints a table.
    pub(crate) fn table(&mut self, mut table: Table) -> Result<(), Failure> {
        self.rows(&mut table)
    }

    /// Prints the rows that a table has got so far and takes them out of it.
    pub(crate) fn rows(&mut self, table: &mut Table) -> Result<(), Failure> {
        let lines = table.drain(self.paint(), self.width());
        self.lines(lines)
    }

    /// Prints bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer()?.write_all(bytes).map_err(Failure::from)
    }

    /// Prints the one document of a command: on one line, or indented for a person at a terminal.
    pub(crate) fn document<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serialised(value)?;
        let indented = if self.terminal.stdout { Json::parse(&text).ok() } else { None };
        self.json_line(indented.map_or(text, |json| json.to_pretty()))
    }

    /// Prints one record of a stream, on one line.
    pub(crate) fn record<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serialised(value)?;
        self.json_line(text)
    }

    /// Prints JSON; a pipe gets its bytes as they are.
    fn json_line(&mut self, text: String) -> Result<(), Failure> {
        let shown = if self.terminal.stdout { style::visible_json(&text) } else { text };
        self.line(shown)
    }

    /// Hands over what was printed so far, for streams that wait for more.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.writer()?.flush().map_err(Failure::from)
    }

    /// Says something that is not data, unless that was forbidden.
    pub(crate) fn say(&mut self, text: impl Display) {
        if !self.options.quiet && !self.options.json {
            // On a terminal both streams are one: what was printed before comes before. If it cannot be written, that
            // is said where the next thing is printed.
            let _ = self.flush();
            let text = self.folded(&text.to_string(), 0);
            self.print_aside(&format!("{text}\n"));
        }
    }

    /// Warns. Not with `--json`: then standard error is for the one problem.
    pub(crate) fn warn(&self, text: impl Display) {
        if !self.options.quiet && !self.options.json {
            self.alarm(text);
        }
    }

    /// As [`Ui::warn`], of what would be lost if it were not said: whatever is left out of the output otherwise.
    pub(crate) fn alarm(&self, text: impl Display) {
        let word = self.stderr_paint().paint(Meaning::Warn, "warning");
        let text = self.folded(&text.to_string(), "warning: ".len());
        self.print_aside(&format!("{word}: {text}\n"));
    }

    /// Says what to type next.
    pub(crate) fn hint(&mut self, text: impl Display) {
        let word = self.stderr_paint().paint(Meaning::Accent, "hint");
        let text = self.folded(&text.to_string(), "hint: ".len());
        self.say(format!("{word}: {text}"));
    }

    /// A text behind so many columns, in lines that fit the terminal; as it is where it goes elsewhere or brings its own
    /// lines or colours.
    fn folded(&self, text: &str, indent: usize) -> String {
        match self.width().filter(|_| self.terminal.stderr) {
            Some(width) if !text.contains(['\n', '\x1b']) => fold(text, indent, indent, width),
            _ => text.to_owned(),
        }
    }

    /// A bar for work that may take long.
    pub(crate) fn progress(&self, verb: &str, unit: Unit) -> Progress {
        let visible = self.terminal.stderr && !self.options.quiet && !self.options.json;
        Progress::new(visible, verb, unit)
    }

    /// Asks before something that cannot be taken back. Without a terminal to ask on it fails and names the flag.
    pub(crate) fn confirm(&mut self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let agrees = |answer: &str| matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes");
        self.ask(&format!("{question} [y/N] "), agrees)
    }

    /// Asks before something that cannot be taken back at all: the answer is `word`, and nothing else will do. Without a
    /// terminal to ask on it fails and names the flag.
    pub(crate) fn confirm_by_name(
        &mut self,
        question: &str,
        word: &str,
        yes: bool,
    ) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        self.ask(&format!("{question}\ntype {word} to go on: "), |answer| answer == word)
    }

    /// Asks, and fails where the answer is not the one that is wanted.
    fn ask(&mut self, prompt: &str, wanted: impl Fn(&str) -> bool) -> Result<(), Failure> {
        if !self.terminal.stdin || !self.terminal.stderr || self.options.json {
            return Err(Error::new(
                Kind::Invalid,
                "dbx::cli::confirm",
                "this needs a confirmation",
            )
            .kept("nothing was changed")
            .help("there is no terminal to ask on: pass `--yes`")
            .into());
        }
        self.flush()?;
        self.print_aside(prompt);
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if wanted(answer.trim()) {
            return Ok(());
        }
        Err(Error::new(Kind::Negative, "dbx::cli::declined", "stopped at your request")
            .kept("nothing was changed")
            .into())
    }

    /// Ends the conversation: hands everything over, waits for the pager, reports a failure, gives the exit code.
    pub(crate) fn finish(mut self, outcome: Outcome) -> u8 {
        let outcome = match (outcome, self.flush()) {
            (Ok(_), Err(failure)) => Err(failure),
            (outcome, _) => outcome,
        };
        if let Sink::Pager { child, input } = &mut self.out {
            drop(input.take());
            // The pager's own exit says nothing about the command.
            let _ = child.wait();
        }
        match outcome {
            Ok(exit) => exit.code(),
            Err(failure) => self.report(&failure),
        }
    }

    /// Shows a failure and gives its exit code.
    pub(crate) fn report(&self, failure: &Failure) -> u8 {
        if let Some(text) = problem::render(failure, self.options.json, &self.terminal) {
            self.print_aside(&text);
        }
        failure.code()
    }

    /// Shows findings about a source, for people, on standard output.
    pub(crate) fn findings(&mut self, findings: &Findings) -> Result<(), Failure> {
        let (width, color) = (self.terminal.prose_width(), self.terminal.color_stdout);
        let text = problem::findings(findings, width, color, self.terminal.unicode);
        self.raw(text.as_bytes())
    }

    /// Prints an error's own text on standard error.
    pub(crate) fn complain(&self, text: &str) {
        self.print_aside(text);
    }

    fn stderr_paint(&self) -> Painter {
        Painter { on: self.terminal.color_stderr && !self.options.json }
    }

    fn print_aside(&self, text: &str) {
        let mut stderr = anstream::AutoStream::new(io::stderr(), self.terminal.stderr_choice());
        // There is nobody left to tell when this fails.
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.flush();
    }

    fn writer(&mut self) -> io::Result<&mut dyn Write> {
        match &mut self.out {
            Sink::Stdout(stdout) => Ok(stdout),
            Sink::Pager { input: Some(input), .. } => Ok(input),
            Sink::Pager { input: None, .. } => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Standard output without anything that changes bytes, for data that is no text. Nothing else may print meanwhile.
pub(crate) fn exact_stdout() -> impl Write {
    io::BufWriter::with_capacity(64 * 1024, io::stdout())
}

fn serialised<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Kind::Internal, "dbx::cli::json", error.to_string()))
}
