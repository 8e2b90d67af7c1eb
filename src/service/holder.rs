//! The process that has the store, as the lock names it: what is asked when nobody answers at the socket.

use super::Service;
use super::process::Process;
use crate::error::{Error, Kind, Result};
use crate::store::disk::{Holder as Signed, LOCK, is_held};
use crate::wire::Daemon;
use crate::workspace::Paths;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often it is looked whether a process is gone.
const LOOK: Duration = Duration::from_millis(10);

/// The process that has the store of a workspace.
#[derive(Debug)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// Since when, where it says so.
    pub since: Option<String>,
    /// What it was started as, such as `dbx import`, where it says so.
    pub command: Option<String>,
    process: Process,
    lock: PathBuf,
}

impl Service {
    /// The process that has the store, whether or not it answers; `None` where nobody has it.
    ///
    /// # Errors
    /// The lock cannot be looked at, or does not say whose it is.
    pub fn holder(paths: &Paths) -> Result<Option<Holder>> {
        let lock = paths.dot.join(LOCK);
        // Whoever has just taken it signs it a moment later.
        for _ in 0..100 {
            if !is_held(&lock).map_err(crate::store::StoreError::from)? {
                return Ok(None);
            }
            let signed = Signed::read(&lock);
            let process = signed.as_ref().and_then(|signed| Process::find(signed.pid));
            if let (Some(signed), Some(process)) = (signed, process)
                && process.has_open(&lock) != Some(false)
            {
                return Ok(Some(Holder {
                    pid: signed.pid,
                    since: Some(signed.since.to_string()),
                    command: Some(signed.command),
                    process,
                    lock,
                }));
            }
            std::thread::sleep(LOOK);
        }
        let message = format!("the store is in use, and `{}` does not say by whom", lock.display());
        Err(Error::new(Kind::Unavailable, "dbx::store::locked", message)
            .kept("nothing was done")
            .help(format!("`fuser {}` names the process", lock.display())))
    }

    /// What `daemon.json` says: a daemon that ran last and did not say that it ended, or one that runs. Nothing that rests
    /// on it may be more than a hint.
    pub fn last_daemon(paths: &Paths) -> Option<Daemon> {
        super::remote::announced(paths)
    }

    /// A process by its number, as the one that has the store; `None` where there is none.
    pub fn process(paths: &Paths, pid: u32) -> Option<Holder> {
        let (process, lock) = (Process::find(pid)?, paths.dot.join(LOCK));
        Some(Holder { pid, since: None, command: None, process, lock })
    }
}

impl Holder {
    /// Whether it was started as a daemon.
    pub fn is_daemon(&self) -> bool {
        self.command.as_deref().is_some_and(|command| command.starts_with("dbx serve start"))
    }

    /// Asks it to end, which a daemon does when it has finished what is under way.
    ///
    /// # Errors
    /// It is somebody else's.
    pub fn terminate(&self) -> Result<()> {
        self.told(self.process.terminate())
    }

    /// Ends it at once, if it has the lock open: nobody else is ever ended. What was acknowledged is on disk.
    ///
    /// # Errors
    /// It is somebody else's, or has nothing to do with the store.
    pub fn kill(&self) -> Result<()> {
        if self.process.has_open(&self.lock) == Some(false) && !self.process.is_gone() {
            let message = format!("process {} does not have the store", self.pid);
            return Err(Error::new(Kind::Conflict, "dbx::serve::not_ours", message)
                .kept("it was left alone"));
        }
        self.told(self.process.kill())
    }

    /// Waits until it is gone, and with it its lock; false where it is still there when the time is over.
    pub fn wait(&self, timeout: Duration) -> bool {
        let start = Instant::now();
        loop {
            if self.process.is_gone() && !self.has_the_lock() {
                return true;
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(LOOK.min(left));
        }
    }

    /// Whether the lock is still its own: the last threads of a process that was ended may keep its files open a moment
    /// longer than it is to be seen, and with them its socket.
    fn has_the_lock(&self) -> bool {
        let named = || Signed::read(&self.lock).is_none_or(|signed| signed.pid == self.pid);
        is_held(&self.lock).unwrap_or(false) && named()
    }

    fn told(&self, result: rustix::io::Result<()>) -> Result<()> {
        match result {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => {
                let message = format!("process {} cannot be told to end: {error}", self.pid);
                Err(Error::new(Kind::Forbidden, "dbx::serve::signal", message)
                    .kept("it goes on")
                    .help("do it as the user whose process it is"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::store::disk::StoreLock;

    #[test]
    fn the_holder_is_named_while_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        std::fs::create_dir(&paths.dot).unwrap();
        assert!(Service::holder(&paths).unwrap().is_none());
        let now = Timestamp::from_micros(1_795_183_200_000_000);
        let lock = paths.dot.join(LOCK);
        let held = StoreLock::acquire(&lock, Duration::ZERO, "dbx serve start", now).unwrap();
        let holder = Service::holder(&paths).unwrap().unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(holder.is_daemon() && !holder.wait(Duration::ZERO));
        drop(held);
        assert!(Service::holder(&paths).unwrap().is_none());
        // Something that has nothing to do with the store is not ended, whatever is asked.
        let mut other =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let found = Service::process(&paths, other.id()).unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(found.kill().unwrap_err().code(), "dbx::serve::not_ours");
        }
        drop(other.stdin.take());
        assert!(other.wait().unwrap().success());
    }

    #[test]
    fn a_lock_that_names_nobody_is_no_reason_to_end_somebody() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        std::fs::create_dir(&paths.dot).unwrap();
        let lock = paths.dot.join(LOCK);
        let file = std::fs::File::create(&lock).unwrap();
        file.try_lock().unwrap();
        let mut other =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let text = format!("pid={}\nsince=2026-11-20T14:00:00Z\ncommand=x\n", other.id());
        std::fs::write(&lock, text).unwrap();
        if cfg!(target_os = "linux") {
            let error = Service::holder(&paths).unwrap_err();
            assert_eq!(error.code(), "dbx::store::locked");
        }
        drop(other.stdin.take());
        assert!(other.wait().unwrap().success());
    }
}
