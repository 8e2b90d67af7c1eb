//! A daemon that has the store of a sandbox, so that the commands of a test go through it.
//!
//! With `DBX_TEST_OWNER` set, every command that could be run beside a daemon is: the same tests, with the same outcomes,
//! hold both ways. Commands that need the store alone, and whoever looks into `.dbx/`, have it alone.

use super::process::Daemon;
use rustix::process::Signal;
use std::path::Path;
use std::process::Command;

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
    daemon: Daemon,
    /// The variables by which it was started.
    pub(super) variables: Vec<(String, String)>,
}

impl Owner {
    /// Starts `command`, a daemon in the foreground; `None` where it does not come up, as with a store that is damaged.
    pub(super) fn start(mut command: Command, variables: Vec<(String, String)>) -> Option<Self> {
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let daemon = Daemon::serving(Daemon::begin(&mut command)).ok()?;
        Some(Self { daemon, variables })
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // One that ended by itself would let every command open the store, and the tests would say nothing.
        assert!(self.daemon.runs() || std::thread::panicking(), "the daemon ended");
        if self.daemon.runs() {
            self.daemon.signal(Signal::INT);
            self.daemon.wait();
        }
    }
}

/// Whether there is a store to have.
pub(super) fn is_made(repo: &Path) -> bool {
    repo.join(".dbx/FORMAT").exists()
}
