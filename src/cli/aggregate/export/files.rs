//! A folder of files that are seen under their names only when all of them are written.

use crate::cli::failure::file_error;
use crate::cli::pending::Pending;
use crate::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The code of the error that a name is taken.
pub(super) const TAKEN: &str = "dbx::export::exists";

/// A folder of files.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    shown: PathBuf,
    force: bool,
    files: Vec<Pending>,
    /// Whether the folder itself is new, and goes again if nothing comes of it.
    made: bool,
}

impl Folder {
    pub(super) fn new(path: &Path, shown: &Path, force: bool) -> Result<Self, Error> {
        let made = match fs::create_dir(path) {
            Ok(()) => true,
            Err(_) if path.is_dir() => false,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let message = format!("`{}` is no folder", shown.display());
                return Err(crate::cli::usage::error(message)
                    .help("tables go into a folder: name another one, or pass `--zip`"));
            }
            Err(error) => return Err(file_error(shown, &error)),
        };
        let (path, shown) = (path.to_owned(), shown.to_owned());
        Ok(Self { path, shown, force, files: Vec::new(), made })
    }

    /// Begins the next file.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), Error> {
        if let Some(last) = self.files.last_mut() {
            last.close()?;
        }
        let next = Pending::new(&self.path.join(name), &self.shown.join(name), self.force, TAKEN)?;
        self.files.push(next);
        Ok(())
    }

    /// Gives all files their names.
    pub(super) fn keep(mut self) -> Result<(), Error> {
        self.made = false;
        std::mem::take(&mut self.files).into_iter().try_for_each(Pending::keep)
    }
}

impl Write for Folder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.files.last_mut() {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.last_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.files.clear();
        if self.made {
            // Somebody else's files in it keep it there.
            let _ = fs::remove_dir(&self.path);
        }
    }
}
