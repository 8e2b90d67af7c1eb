//! `.dbx/log/`: what a daemon wrote down, in files that stay small.
//!
//! ```text
//! dbx.log      one JSON object per line, the newest last
//! dbx.log.1    what was `dbx.log` before it reached its size
//! …
//! dbx.log.5    the oldest, which the next turn removes
//! start.log    what the last daemon printed that was started in the background: nothing, where all went well
//! ```

use super::files::create_private_dir;
use super::paths::Paths;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The size beyond which a file is turned over, in bytes.
pub const LOG_BYTES_MAX: u64 = 8 << 20;

/// How many older files are kept.
pub const LOGS_KEPT: usize = 5;

/// The file that is being written.
pub fn log_file(paths: &Paths) -> PathBuf {
    paths.log.join("dbx.log")
}

/// What a daemon printed that runs in the background.
pub fn start_file(paths: &Paths) -> PathBuf {
    paths.log.join("start.log")
}

/// The files that there are, the oldest first, the one that is being written last.
pub fn log_files(paths: &Paths) -> Vec<PathBuf> {
    let newest = log_file(paths);
    let older = (1..=LOGS_KEPT).rev().map(|number| turned(&newest, number));
    older.chain([newest.clone()]).filter(|path| path.is_file()).collect()
}

/// A file that nobody but its owner may read, to append to or to begin anew.
///
/// # Errors
/// The folder cannot be made, or the file not opened.
pub fn open_private(path: &Path, anew: bool) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_private_dir(folder)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(!anew).truncate(anew);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `dbx.log` as `dbx.log.3`.
fn turned(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// A log that is being written: each write is one whole line, and lands in one file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    bytes_max: u64,
    kept: usize,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Opens the log of a workspace, to go on behind what is there.
    ///
    /// # Errors
    /// The folder cannot be made, or the file not opened.
    pub fn open(paths: &Paths) -> io::Result<Self> {
        Self::with(log_file(paths), LOG_BYTES_MAX, LOGS_KEPT)
    }

    fn with(path: PathBuf, bytes_max: u64, kept: usize) -> io::Result<Self> {
        let open = Mutex::new(Open::at(&path)?);
        Ok(Self { path, bytes_max, kept, open })
    }

    /// Opens the file of the log's name again, for whoever moved or removed it.
    ///
    /// # Errors
    /// It cannot be opened; the log goes on in the old file.
    pub fn reopen(&self) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = Open::at(&self.path)?;
        Ok(())
    }

    /// Gives every older file the next name, and begins anew. What cannot be renamed is written on: a log that is too
    /// large is better than none.
    fn turn(&self) -> io::Result<Open> {
        for number in (1..self.kept).rev() {
            match fs::rename(turned(&self.path, number), turned(&self.path, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, turned(&self.path, 1))?;
        Open::at(&self.path)
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = open_private(path, false)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }
}

impl Write for &LogFile {
    /// Writes all of `line` or fails.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let length = line.len() as u64;
        if open.bytes > 0
            && open.bytes + length > self.bytes_max
            && let Ok(anew) = self.turn()
        {
            *open = anew;
        }
        open.file.write_all(line)?;
        open.bytes += length;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(log: &LogFile, number: usize) {
        let mut to = log;
        to.write_all(format!("line {number:02}\n").as_bytes()).unwrap();
    }

    #[test]
    fn files_turn_at_their_size_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/dbx.log");
        // Two lines of eight bytes fit into a file.
        let log = LogFile::with(path.clone(), 20, 2).unwrap();
        (1..=9).for_each(|number| line(&log, number));
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&path), "line 09\n");
        assert_eq!(read(&turned(&path, 1)), "line 07\nline 08\n");
        assert_eq!(read(&turned(&path, 2)), "line 05\nline 06\n");
        assert!(!turned(&path, 3).exists());
        // One that is opened again counts what is there already.
        let log = LogFile::with(path.clone(), 20, 2).unwrap();
        line(&log, 10);
        line(&log, 11);
        assert_eq!(read(&path), "line 11\n");
        assert_eq!(read(&turned(&path, 1)), "line 09\nline 10\n");
    }

    #[test]
    fn a_line_beyond_the_size_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dbx.log");
        let log = LogFile::with(path.clone(), 4, 1).unwrap();
        line(&log, 1);
        line(&log, 2);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 02\n");
        assert_eq!(fs::read_to_string(turned(&path, 1)).unwrap(), "line 01\n");
    }

    #[test]
    fn a_log_that_was_moved_away_begins_anew_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        create_private_dir(&paths.dot).unwrap();
        let log = LogFile::open(&paths).unwrap();
        line(&log, 1);
        let moved = folder.path().join("moved");
        fs::rename(log_file(&paths), &moved).unwrap();
        line(&log, 2);
        log.reopen().unwrap();
        line(&log, 3);
        assert_eq!(fs::read_to_string(moved).unwrap(), "line 01\nline 02\n");
        assert_eq!(fs::read_to_string(log_file(&paths)).unwrap(), "line 03\n");
        assert_eq!(log_files(&paths), [log_file(&paths)]);
    }

    #[test]
    fn nobody_else_reads_it_and_the_oldest_is_named_first() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        create_private_dir(&paths.dot).unwrap();
        let log = LogFile::with(log_file(&paths), 10, LOGS_KEPT).unwrap();
        (1..=3).for_each(|number| line(&log, number));
        let files = log_files(&paths);
        let texts: Vec<String> =
            files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert_eq!(texts, ["line 01\n", "line 02\n", "line 03\n"]);
        for path in files {
            assert_eq!(super::super::files::mode_beyond_owner(&path).unwrap(), 0);
        }
    }
}
