//! A daemon that has the store of a sandbox, so that the commands of a test go through it.
//!
//! With `DBX_TEST_OWNER` set, every command that could be run beside a daemon is: the same tests, with the same outcomes,
//! hold both ways. Commands that need the store alone, and whoever looks into `.dbx/`, have it alone.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Commands that need the store alone, or make it.
const ALONE: [&str; 6] = ["init", "doctor", "restore", "demo", "serve", "config"];

/// Whether the tests are to go through a daemon.
pub(super) fn wanted() -> bool {
    #[expect(clippy::disallowed_methods, reason = "which way the tests go is said from outside")]
    std::env::var_os("DBX_TEST_OWNER").is_some()
}

/// Whether a command with these arguments can be run beside a daemon.
pub(super) fn shares(args: &[String]) -> bool {
    let command = args.iter().find(|arg| !arg.starts_with('-'));
    // Another folder, or a global flag with a value before the command: what is meant is another store, or not worth
    // finding out.
    let plain = args.first().is_some_and(|first| !first.starts_with('-'));
    plain && command.is_some_and(|command| !ALONE.contains(&command.as_str()))
}

/// A running daemon.
pub(super) struct Owner {
    child: Child,
    /// The variables by which it was started.
    pub(super) variables: Vec<(String, String)>,
}

impl Owner {
    /// Starts `command`, a daemon in the foreground; `None` where it does not come up, as with a store that is damaged.
    pub(super) fn start(mut command: Command, variables: Vec<(String, String)>) -> Option<Self> {
        command.env("DBX_PORT", "0").envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while said.read_line(&mut line).is_ok_and(|length| length > 0) {
            if line.contains("serving on") {
                // Whatever else it says is read, so that it never waits for a reader.
                std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
                return Some(Self { child, variables });
            }
            line.clear();
        }
        let _ = child.wait();
        None
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // One that ended by itself would let every command open the store, and the tests would say nothing.
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none() || std::thread::panicking(), "the daemon ended: {ended:?}");
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.child.wait();
    }
}

/// Whether there is a store to have.
pub(super) fn is_made(repo: &Path) -> bool {
    repo.join(".dbx/FORMAT").exists()
}
