//! `schema.dbx` as a text: read whole or not at all, and replaced only where nobody else did so meanwhile.

use super::files::{self, Access};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The most bytes of a schema file that are read.
pub const BYTES_MAX: u64 = 4 << 20;

/// Reads the file.
///
/// # Errors
/// It is not there, cannot be read, is no file, is not UTF-8, or is longer than [`BYTES_MAX`]: the beginning of a schema
/// may be one, and is another.
pub fn read(path: &Path) -> io::Result<String> {
    // Before it is opened: a pipe would keep whoever opens it until somebody writes.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > BYTES_MAX) {
        let message = format!("it is larger than {} MiB", BYTES_MAX >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("it is not UTF-8: line {line} has a byte that no text has");
        io::Error::new(ErrorKind::InvalidData, message)
    })
}

/// Writes `after` where the file still is `before`; false where it is something else by now, and nothing was written.
/// A link stays a link: what it leads to is replaced.
///
/// # Errors
/// The file cannot be read or written.
pub fn replace(path: &Path, before: &str, after: &str) -> io::Result<bool> {
    let path = path.canonicalize()?;
    if read(&path)? != before {
        return Ok(false);
    }
    files::write_atomic(&path, after.as_bytes(), Access::Shared)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.dbx");
        let longest = "#".repeat(usize::try_from(BYTES_MAX).unwrap());
        fs::write(&path, &longest).unwrap();
        assert_eq!(read(&path).unwrap(), longest);
        fs::write(&path, longest + "#").unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(folder.path()).unwrap_err().to_string(), "it is no file");
        fs::write(&path, b"# one\n# \xff").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("line 2"));
        fs::remove_file(&path).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn what_somebody_else_wrote_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schema.dbx");
        fs::write(&path, "one").unwrap();
        assert!(replace(&path, "one", "two").unwrap());
        assert!(!replace(&path, "one", "three").unwrap());
        assert_eq!(read(&path).unwrap(), "two");
    }
}
