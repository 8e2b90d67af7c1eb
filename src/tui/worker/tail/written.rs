//! The end of what a daemon wrote down.

use crate::error::{Error, Kind, Result};
use crate::workspace::Paths;
use crate::workspace::log::log_files;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// How many bytes of it are read: some thousand lines.
const BYTES: u64 = 512 * 1024;

/// The last lines of the log, the newest at the end.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn last_lines(paths: &Paths) -> Result<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    let mut left = BYTES;
    for path in log_files(paths).into_iter().rev() {
        let read = match end_of(&path, left) {
            // It was turned over in this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read.map_err(|error| unreadable(&path, &error))?,
        };
        left = left.saturating_sub(u64::try_from(read.len()).unwrap_or(u64::MAX));
        let older = String::from_utf8_lossy(&read);
        lines.splice(0..0, older.lines().map(str::to_owned));
        if left == 0 {
            break;
        }
    }
    Ok(lines)
}

/// The last bytes of a file that make whole lines.
fn end_of(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    // It may be written to meanwhile: no more than was measured.
    file.take(length.min(most)).read_to_end(&mut bytes)?;
    if length > most {
        let cut = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        bytes.drain(..cut);
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Error::new(Kind::Unavailable, "dbx::tui::log", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_end_of_all_files_in_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        assert!(last_lines(&paths).unwrap().is_empty(), "nothing was written down yet");
        fs::create_dir_all(&paths.log).unwrap();
        fs::write(paths.log.join("dbx.log.1"), "one\ntwo\n").unwrap();
        fs::write(paths.log.join("dbx.log"), "three\nfour\n").unwrap();
        assert_eq!(last_lines(&paths).unwrap(), ["one", "two", "three", "four"]);
        let end = end_of(&paths.log.join("dbx.log"), 8).unwrap();
        assert_eq!(String::from_utf8(end).unwrap(), "four\n", "half a line is none");
    }
}
