//! Files that are seen under their names only when all of them are written.

use crate::cli::failure::file_error;
use crate::error::{Error, Kind};
use crate::workspace::files::TEMPORARY_PREFIX;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file in the making, beside the place that it is for. It is gone with the value unless it was kept.
#[derive(Debug)]
pub(super) struct Pending {
    path: PathBuf,
    /// The path as the user wrote it.
    shown: PathBuf,
    temporary: PathBuf,
    /// Absent when all of it is written.
    file: Option<BufWriter<File>>,
    force: bool,
    kept: bool,
}

fn taken(shown: &Path) -> Error {
    let message = format!("`{}` is there already", shown.display());
    Error::new(Kind::Conflict, "dbx::export::exists", message)
        .kept("it was left as it is")
        .help("choose another name, or replace it with `--force`")
}

impl Pending {
    /// Begins the file. `shown` is its path as the user wrote it.
    pub(super) fn new(path: &Path, shown: &Path, force: bool) -> Result<Self, Error> {
        let wrong = |error: io::Error| file_error(shown, &error);
        if path.is_dir() {
            let message = format!("`{}` is a folder", shown.display());
            return Err(crate::cli::usage::error(message).help("name a file"));
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(taken(shown));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let message = format!("there is no folder for `{}`", shown.display());
            return Err(Error::new(Kind::Invalid, "dbx::cli::file", message));
        }
        let name = format!("{TEMPORARY_PREFIX}{}", uuid::Uuid::new_v4().simple());
        let temporary = folder.join(name);
        let file = File::create_new(&temporary).map_err(wrong)?;
        Ok(Self {
            path: path.to_owned(),
            shown: shown.to_owned(),
            temporary,
            file: Some(BufWriter::with_capacity(256 * 1024, file)),
            force,
            kept: false,
        })
    }

    /// Puts all of it on disk.
    fn close(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        file.flush()?;
        file.get_ref().sync_all()
    }

    /// Gives the file its name.
    pub(super) fn keep(mut self) -> Result<(), Error> {
        let shown = self.shown.clone();
        let wrong = |error: io::Error| file_error(&shown, &error);
        self.close().map_err(wrong)?;
        if !self.force && self.path.symlink_metadata().is_ok() {
            return Err(taken(&shown));
        }
        fs::rename(&self.temporary, &self.path).map_err(wrong)?;
        self.kept = true;
        Ok(())
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.kept {
            drop(self.file.take());
            // What is left has no use, and whoever drops it knows of an error that matters more.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

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
            last.close().map_err(|error| file_error(&last.shown, &error))?;
        }
        let next = Pending::new(&self.path.join(name), &self.shown.join(name), self.force)?;
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
