//! `.dbx/lock`: one process at a time, from before the first look at `store/` until ANCHOR is written at the close.
//!
//! The lock is the operating system's (`flock` on Unix), so that the kernel releases it when its holder dies, however it
//! dies. The file is never removed: a process that waits for a removed file would lock a file that nobody else sees.
//! While it is held it says by whom:
//!
//! ```text
//! pid=4711
//! since=2026-11-20T14:00:00.000000Z
//! command=dbx serve
//! ```

use super::{DiskError, fs};
use crate::domain::Timestamp;
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a process that waits for the lock sleeps between two attempts.
const RETRY: Duration = Duration::from_millis(10);

/// The most characters of a command that the file keeps.
const COMMAND_CHARS_MAX: usize = 200;

/// The most bytes of the file that are looked at.
const FILE_BYTES_MAX: u64 = 4096;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// When it took the lock.
    pub since: Timestamp,
    /// What it was started as, such as `dbx serve`.
    pub command: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, process {}, since {}", self.command, self.pid, self.since)
    }
}

impl Holder {
    /// Who holds the lock file `path`, if it says so. It may be out of date by the time of the answer.
    pub fn read(path: &Path) -> Option<Self> {
        let mut text = String::new();
        File::open(path).ok()?.take(FILE_BYTES_MAX).read_to_string(&mut text).ok()?;
        let field =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        Some(Self {
            pid: field("pid")?.parse().ok()?,
            since: field("since")?.parse().ok()?,
            command: field("command")?.to_owned(),
        })
    }
}

/// Whether a process holds the lock file `path`. Finding out takes it for a moment where nobody does.
///
/// # Errors
/// [`DiskError::Io`].
pub fn is_held(path: &Path) -> Result<bool, DiskError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(DiskError::io("open", path))?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(DiskError::io("lock", path)(source)),
    }
}

/// The lock on a store. Dropping it releases it.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
    path: PathBuf,
}

impl StoreLock {
    /// Takes the lock file `path` (`.dbx/lock`), trying again every 10 ms for as long as `wait`.
    ///
    /// `command` is what others are told about the holder; it must hold no secret.
    ///
    /// # Errors
    /// [`DiskError::Locked`] when another has it for all that time, [`DiskError::Io`].
    pub fn acquire(
        path: &Path,
        wait: Duration,
        command: &str,
        now: Timestamp,
    ) -> Result<Self, DiskError> {
        let file = fs::private()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(DiskError::io("open", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(DiskError::io("lock", path)(source));
                }
                Err(TryLockError::WouldBlock) => {
                    let left = wait.saturating_sub(start.elapsed());
                    if left.is_zero() {
                        return Err(DiskError::Locked { holder: Holder::read(path) });
                    }
                    std::thread::sleep(RETRY.min(left));
                }
            }
        }
        let mut lock = Self { file, path: path.to_owned() };
        // The name is for others to read and the lock holds without it: a full disk must not keep readers out.
        let _ = lock.sign(command, now);
        Ok(lock)
    }

    /// Whether the lock still keeps others out and the store still is where it was opened. A file that was removed keeps
    /// nobody out, and what is written to its folder, which went with it, is on no disk when the last process closes it.
    /// Where a copy took its place, whatever is done by path would be done to that copy. Two system calls.
    ///
    /// # Errors
    /// [`DiskError::LockGone`], [`DiskError::Io`].
    pub fn check(&self) -> Result<(), DiskError> {
        #[cfg(unix)]
        {
            use std::io::ErrorKind::{NotADirectory, NotFound};
            use std::os::unix::fs::MetadataExt;
            let gone = || DiskError::LockGone { path: self.path.clone() };
            let held = self.file.metadata().map_err(DiskError::io("look at", &self.path))?;
            let there = match self.path.metadata() {
                Err(error) if matches!(error.kind(), NotFound | NotADirectory) => {
                    return Err(gone());
                }
                there => there.map_err(DiskError::io("look at", &self.path))?,
            };
            // As long as the file is held open its number is nobody else's.
            if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
                return Err(gone());
            }
        }
        Ok(())
    }

    /// Not synced: after a power loss nobody holds the lock.
    fn sign(&mut self, command: &str, now: Timestamp) -> std::io::Result<()> {
        let command: String = command
            .chars()
            .take(COMMAND_CHARS_MAX)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let text = format!("pid={}\nsince={now}\ncommand={command}\n", std::process::id());
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for StoreLock {
    fn drop(&mut self) {
        // A file that still names a holder only misleads, so a failure here is no reason to fail; closing the file
        // releases the lock.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_183_200_000_000);

    #[test]
    fn one_at_a_time_and_says_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = StoreLock::acquire(&path, Duration::ZERO, "dbx serve\n--x", NOW).unwrap();
        let error = StoreLock::acquire(&path, Duration::from_millis(25), "dbx log", NOW);
        let Err(DiskError::Locked { holder: Some(holder) }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(holder.pid, std::process::id());
        assert_eq!(holder.since, NOW);
        assert_eq!(holder.command, "dbx serve --x");
        assert!(is_held(&path).unwrap());
        let message = DiskError::Locked { holder: Some(Holder { pid: 7, ..holder }) }.to_string();
        insta::assert_snapshot!(message, @"the store is in use by `dbx serve --x`, process 7, since 2026-11-20T14:00:00.000000Z");
        drop(held);
        assert!(!is_held(&path).unwrap());
        assert!(!is_held(&folder.path().join("none")).unwrap());
        StoreLock::acquire(&path, Duration::ZERO, "dbx log", NOW).unwrap();
    }

    #[test]
    fn a_dead_holder_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::fs::write(&path, "pid=1\nsince=2026-11-20T14:00:00Z\ncommand=a much longer name\n")
            .unwrap();
        let held = StoreLock::acquire(&path, Duration::ZERO, "x", NOW).unwrap();
        assert_eq!(Holder::read(&path).unwrap().command, "x");
        drop(held);
        assert_eq!(Holder::read(&path), None);
    }

    #[test]
    fn waits_for_a_holder_that_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = StoreLock::acquire(&path, Duration::ZERO, "first", NOW).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                StoreLock::acquire(&path, Duration::from_secs(30), "second", NOW).map(drop)
            });
            drop(held);
            waiting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/lock");
        let error = StoreLock::acquire(&path, Duration::ZERO, "x", NOW).unwrap_err();
        assert!(error.to_string().contains("gone/lock"), "{error}");
    }
}
