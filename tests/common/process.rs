//! Processes that say something while they run: what is waited for comes, or the test fails.
#![allow(dead_code, reason = "which of these a test needs changes with the tests")]

use super::wait::{PATIENCE, awaited};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// A process, and the lines of one of its outputs. It is killed with the value.
pub(crate) struct Running {
    pub(crate) child: Child,
    said: Receiver<String>,
}

impl Running {
    /// Starts a process whose standard output is read.
    pub(crate) fn out(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let said = lines(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// Starts a process whose errors are read.
    pub(crate) fn err(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = lines(child.stderr.take().unwrap());
        Self { child, said }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, and gives its exit code; -1 where a signal ended it.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> i32 {
        let status = awaited("the process ends", || self.child.try_wait().unwrap());
        status.code().unwrap_or(-1)
    }
}

/// The lines that it says, with their ends, so that one which was cut off shows.
impl Iterator for Running {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match self.said.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("it says nothing more, and does not end"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads by a thread: no other read of a pipe has an end. The process never waits for its reader either.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, said) = channel();
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    said
}

/// A daemon in the foreground that serves.
pub(crate) struct Daemon {
    running: Running,
    /// What it said until it served.
    said: String,
}

impl Daemon {
    /// Starts `dbx serve start --foreground` on any free port, without waiting for anything.
    pub(crate) fn begin(command: &mut Command) -> Running {
        if !command.get_envs().any(|(name, _)| name == "DBX_PORT") {
            command.env("DBX_PORT", "0");
        }
        Running::err(command.stdout(Stdio::null()))
    }

    /// Waits until a daemon serves; otherwise gives its exit code and what it said before it ended.
    #[track_caller]
    pub(crate) fn serving(mut running: Running) -> Result<Self, (i32, String)> {
        let mut said = String::new();
        while let Some(line) = running.next() {
            said += &line;
            if line.contains("serving on") {
                return Ok(Self { running, said });
            }
        }
        Err((running.wait(), said))
    }

    /// Starts one that has to come up.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::serving(Self::begin(command)).unwrap_or_else(|(code, said)| panic!("{code}:\n{said}"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Waits for its end, and gives its exit code.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> i32 {
        self.running.wait()
    }

    /// Whether it runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.running.child.try_wait().unwrap().is_none()
    }

    /// Ends it in peace, as Ctrl-C does, and gives all that it said.
    #[track_caller]
    pub(crate) fn stop(mut self) -> String {
        self.signal(Signal::INT);
        assert_eq!(self.wait(), 0, "a graceful end is a good one");
        let rest: String = self.running.by_ref().collect();
        self.said + &rest
    }

    /// Ends it by SIGKILL: no handler, no destructor, no flush.
    pub(crate) fn kill(self) {
        drop(self);
    }
}
