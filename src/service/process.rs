//! Another process of this machine: whether it still runs, and telling it to end.
//!
//! A number alone names whoever has it next. On Linux a handle holds on to the process itself (`pidfd_open(2)`), and
//! `/proc` says when it began.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, test_kill_process};

/// A process that was there when it was looked for.
#[derive(Debug)]
pub(super) struct Process {
    pid: Pid,
    #[cfg(target_os = "linux")]
    handle: Option<rustix::fd::OwnedFd>,
    /// When it began, in ticks since the machine did; `None` where `/proc` does not say so.
    began: Option<u64>,
}

impl Process {
    /// The process of this number, if there is one.
    pub(super) fn find(number: u32) -> Option<Self> {
        let pid = Pid::from_raw(i32::try_from(number).ok()?)?;
        #[cfg(target_os = "linux")]
        let handle = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok();
        let began = stat(pid).map(|(_, began)| began);
        let found = Self {
            pid,
            #[cfg(target_os = "linux")]
            handle,
            began,
        };
        (!found.is_gone()).then_some(found)
    }

    /// Whether it ended. One that waits for its parent to take note has.
    pub(super) fn is_gone(&self) -> bool {
        match (self.began, stat(self.pid)) {
            (Some(began), Some((state, now))) => began != now || matches!(state, b'Z' | b'X'),
            (Some(_), None) => true,
            (None, _) => test_kill_process(self.pid) == Err(Errno::SRCH),
        }
    }

    /// Whether it has the file `path` open; `None` where the system does not say so.
    pub(super) fn has_open(&self, path: &std::path::Path) -> Option<bool> {
        use std::os::unix::fs::MetadataExt as _;
        let file = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let wanted = file(std::fs::metadata(path).ok()?);
        let folder = format!("/proc/{}/fd", self.pid.as_raw_nonzero());
        let open = std::fs::read_dir(folder).ok()?;
        let open = open.filter_map(|entry| std::fs::metadata(entry.ok()?.path()).ok());
        Some(open.map(file).any(|file| file == wanted))
    }

    /// Asks it to end.
    ///
    /// # Errors
    /// It is gone, or somebody else's.
    pub(super) fn terminate(&self) -> rustix::io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// As [`Process::terminate`].
    pub(super) fn kill(&self) -> rustix::io::Result<()> {
        self.signal(Signal::KILL)
    }

    fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(handle) = &self.handle {
            return rustix::process::pidfd_send_signal(handle, signal);
        }
        rustix::process::kill_process(self.pid, signal)
    }
}

/// The state of a process and when it began (`proc_pid_stat(5)`, fields 3 and 22).
fn stat(pid: Pid) -> Option<(u8, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.bytes().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    #[test]
    fn a_process_is_found_until_it_ends() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let found = Process::find(child.id()).unwrap();
        assert!(!found.is_gone());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = std::fs::File::create(&path).unwrap();
        let own = Process::find(std::process::id()).unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(own.has_open(&path), Some(true));
            assert_eq!(found.has_open(&path), Some(false));
        }
        drop(file);
        found.kill().unwrap();
        // It is gone before anybody asked for its end.
        let end = Instant::now() + Duration::from_secs(60);
        while !found.is_gone() {
            assert!(Instant::now() < end, "it was killed");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(found.is_gone());
        assert!(Process::find(child.id()).is_none());
        assert!(Process::find(0).is_none() && Process::find(u32::MAX).is_none());
    }
}
