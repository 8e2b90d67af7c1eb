//! The terminal: taken over, listened to, and given back as it was, whatever happens.

use super::msg::Msg;
use super::theme::Theme;
use crate::workspace::Env;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute, style};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal as Cells};
use std::io::{self, Stdout, Write as _};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a terminal may take to say its background. Most that can, do so in a few milliseconds.
const ANSWER: Duration = Duration::from_millis(100);

/// How long the listener waits for a key before it looks whether it is to pause.
const LISTEN: Duration = Duration::from_millis(50);

/// The theme for this terminal, where nobody named one.
pub(super) fn theme(env: &Env) -> Theme {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    if env.get("NO_COLOR").is_some() || env.get("TERM").as_deref() == Some("dumb") {
        return Theme::None;
    }
    let colors = env.get("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
    if !colors {
        return Theme::Ansi;
    }
    let mut options = QueryOptions::default();
    options.timeout = ANSWER;
    match theme_mode(options) {
        Ok(ThemeMode::Dark) => Theme::Dark,
        Ok(ThemeMode::Light) => Theme::Light,
        Err(_) => Theme::Ansi,
    }
}

/// The terminal while the dashboard has it.
#[derive(Debug)]
pub(super) struct Terminal {
    cells: Cells<CrosstermBackend<Stdout>>,
    mouse: bool,
    listening: Arc<Listening>,
    /// Whether a bug was met, in whichever thread.
    failed: Arc<AtomicBool>,
}

/// Whether keys are read.
#[derive(Debug, Default)]
struct Listening {
    paused: AtomicBool,
    ended: AtomicBool,
    /// Held while a key is read: who has it knows that none is.
    reading: Mutex<()>,
}

impl Terminal {
    /// Takes the terminal over, and sends what comes from it.
    pub(super) fn enter(mouse: bool, messages: Sender<Msg>) -> io::Result<Self> {
        // What was said about a bug is said on the screen that stays.
        let (before, told) = (panic::take_hook(), messages.clone());
        let failed = Arc::new(AtomicBool::new(false));
        let met = failed.clone();
        panic::set_hook(Box::new(move |info| {
            met.store(true, Ordering::Release);
            restore();
            before(info);
            // Whichever thread it was: a terminal that was given back is not to be drawn on.
            let _ = told.send(Msg::Terminate);
        }));
        // crossterm wipes reverse and bold where it believes that colours are off; themes decide that here.
        style::force_color_output(true);
        take(mouse)?;
        let cells = Cells::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| restore())?;
        let listening = Arc::new(Listening::default());
        let (heard, of_signals) = (listening.clone(), messages.clone());
        std::thread::spawn(move || listen(&heard, &messages));
        std::thread::spawn(move || signals(&of_signals));
        Ok(Self { cells, mouse, listening, failed })
    }

    /// Whether a bug was met: the terminal was given back then, and what was met was said on it.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn size(&self) -> io::Result<Rect> {
        let size = self.cells.size()?;
        Ok(Rect::new(0, 0, size.width, size.height))
    }

    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.cells.draw(render).map(drop)
    }

    /// Draws all of the next frame, not only what changed.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        // Not by `Terminal::clear`: that asks the terminal where its cursor is, which not every one answers, and whose
        // answer the listener would read.
        let size = self.size()?;
        self.cells.resize(size)
    }

    /// Gives the terminal away for as long as `work` takes.
    pub(super) fn aside<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        self.listening.paused.store(true, Ordering::Relaxed);
        let reading = self.listening.reading.lock().unwrap_or_else(PoisonError::into_inner);
        restore();
        let result = work();
        let taken = take(self.mouse);
        // What was typed meanwhile was for somebody else.
        while taken.is_ok() && event::poll(Duration::ZERO).unwrap_or(false) {
            if event::read().is_err() {
                break;
            }
        }
        drop(reading);
        self.listening.paused.store(false, Ordering::Relaxed);
        taken?;
        self.clear()?;
        Ok(result)
    }

    /// Gives the terminal back.
    pub(super) fn leave(&mut self) {
        self.listening.ended.store(true, Ordering::Relaxed);
        // A key that is read from here on would be missing in the shell. Where the terminal is gone, crossterm never comes
        // back from looking for one.
        let until = Instant::now() + 2 * LISTEN;
        while self.listening.reading.try_lock().is_err() && Instant::now() < until {
            std::thread::sleep(LISTEN / 10);
        }
        restore();
    }
}

/// Sends a sequence that the terminal understands.
pub(super) fn say(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether the terminal is the dashboard's.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn take(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::Release);
    enable_raw_mode()?;
    let mut out = io::stdout();
    // What a dashboard left there that was killed is not part of this one's first picture.
    execute!(out, EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Everything back to how a shell wants it. What cannot be undone is no reason not to undo the rest.
fn restore() {
    // Once: what was printed since would be written over.
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste);
    let _ = execute!(out, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

fn listen(listening: &Listening, messages: &Sender<Msg>) {
    while !listening.ended.load(Ordering::Relaxed) {
        if listening.paused.load(Ordering::Relaxed) {
            std::thread::sleep(LISTEN);
            continue;
        }
        let reading = listening.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let read = match event::poll(LISTEN) {
            Ok(true) => event::read().map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        drop(reading);
        let sent = match read {
            Ok(Some(event)) => messages.send(Msg::Input(event)).is_ok(),
            Ok(None) => true,
            // The terminal is gone.
            Err(_) => {
                let _ = messages.send(Msg::Terminate);
                false
            }
        };
        if !sent {
            return;
        }
    }
}

/// Ends the dashboard properly when the system says so: a window that is closed, a machine that goes down.
#[cfg(unix)]
fn signals(messages: &Sender<Msg>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
        return;
    };
    runtime.block_on(async {
        let (Ok(mut terminate), Ok(mut hangup)) =
            (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
        else {
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    });
    let _ = messages.send(Msg::Terminate);
}

#[cfg(not(unix))]
fn signals(_: &Sender<Msg>) {}

/// Stops the process until the shell says `fg`.
#[cfg(unix)]
pub(super) fn suspend() {
    use rustix::process::{Signal, getpid, kill_process};
    // It returns when the process goes on; where it cannot be stopped, it just goes on.
    let _ = kill_process(getpid(), Signal::TSTP);
}

#[cfg(not(unix))]
pub(super) fn suspend() {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use std::io::Read as _;
    use std::sync::mpsc;

    /// Says to the test below where its bug is: without it, it is not on a terminal of its own.
    const BUG: &str = "DBX_TEST_BUG";

    /// What a dashboard does that meets a bug.
    fn meet(bug: &str) {
        let (sender, inbox) = mpsc::channel();
        let mut terminal = Terminal::enter(true, sender).unwrap();
        terminal.draw(|frame| frame.render_widget("drawn", frame.area())).unwrap();
        if bug == "drawing" {
            terminal.draw(|_| panic!("a bug in drawing")).unwrap();
        }
        assert!(std::thread::spawn(|| panic!("a bug elsewhere")).join().is_err());
        assert!(terminal.has_failed());
        let heard = inbox.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(heard, Msg::Terminate), "{heard:?}");
        terminal.leave();
    }

    /// Runs the test below on a terminal; gives how it ended, and what the terminal was sent.
    fn met(bug: &str) -> (bool, String) {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        let test = "tui::terminal::tests::a_bug_gives_the_terminal_back_before_it_is_told";
        command.args(["--exact", test]);
        command.arg("--nocapture");
        command.env(BUG, bug);
        command.env_remove("RUST_BACKTRACE");
        let before = pair.master.get_termios().unwrap();
        let mut child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let sent = std::thread::spawn(move || {
            let mut sent = Vec::new();
            // A terminal whose other end is gone says so with an error.
            let _ = reader.read_to_end(&mut sent);
            String::from_utf8(sent).unwrap()
        });
        let ended = child.wait().unwrap();
        assert_eq!(pair.master.get_termios().unwrap(), before, "lines are edited and echoed again");
        drop(pair.slave);
        (ended.success(), sent.join().unwrap())
    }

    #[test]
    fn a_bug_gives_the_terminal_back_before_it_is_told() {
        if let Some(bug) = Env::process().get(BUG) {
            return meet(&bug);
        }
        for (bug, ends_well) in [("drawing", false), ("elsewhere", true)] {
            let (success, sent) = met(bug);
            assert_eq!(success, ends_well, "{sent}");
            let after = |start: usize, text: &str| {
                let found = sent[start..].find(text).map(|at| start + at);
                found.unwrap_or_else(|| panic!("{text:?} after {start} in {sent:?}"))
            };
            let drawn = after(0, "drawn");
            let told = after(drawn, if ends_well { "a bug elsewhere" } else { "a bug in drawing" });
            for sequence in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l", "\x1b[?1000l"] {
                assert!(after(drawn, sequence) < told, "{sequence:?} comes before: {sent:?}");
            }
            for sequence in ["\x1b[?1049h", "\x1b[?25l", "\x1b[?2004h", "\x1b[?1000h"] {
                assert!(!sent[told..].contains(sequence), "{sequence:?} comes no more: {sent:?}");
            }
        }
    }
}
