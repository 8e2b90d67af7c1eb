//! A file that is seen under its name only when all of it is written.

use crate::cli::failure::file_error;
use crate::error::{Error, Kind};
use crate::workspace::files::TEMPORARY_PREFIX;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file in the making, beside the place that it is for. It is gone with the value unless it was kept.
#[derive(Debug)]
pub(crate) struct Pending {
    path: PathBuf,
    /// The path as the user wrote it.
    shown: PathBuf,
    temporary: PathBuf,
    /// Absent when all of it is written.
    file: Option<BufWriter<File>>,
    force: bool,
    /// The code of the error that the name is taken.
    taken: &'static str,
    kept: bool,
}

fn taken(shown: &Path, code: &'static str) -> Error {
    let message = format!("`{}` is there already", shown.display());
    Error::new(Kind::Conflict, code, message)
        .kept("it was left as it is")
        .help("choose another name, or replace it with `--force`")
}

impl Pending {
    /// Begins the file. `shown` is its path as the user wrote it; `taken` is the code of the error that something has the
    /// name, which `force` replaces.
    pub(crate) fn new(
        path: &Path,
        shown: &Path,
        force: bool,
        code: &'static str,
    ) -> Result<Self, Error> {
        let wrong = |error: io::Error| file_error(shown, &error);
        if path.is_dir() {
            let message = format!("`{}` is a folder", shown.display());
            return Err(crate::cli::usage::error(message).help("name a file"));
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(taken(shown, code));
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
            taken: code,
            kept: false,
        })
    }

    /// Puts all of it on disk.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let done = file.flush().and_then(|()| file.get_ref().sync_all());
        done.map_err(|error| file_error(&self.shown, &error))
    }

    /// All of it, to read it back before it has its name.
    pub(crate) fn read_back(&mut self) -> Result<File, Error> {
        self.close()?;
        File::open(&self.temporary).map_err(|error| file_error(&self.shown, &error))
    }

    /// Gives the file its name.
    pub(crate) fn keep(mut self) -> Result<(), Error> {
        let shown = self.shown.clone();
        let wrong = |error: io::Error| file_error(&shown, &error);
        self.close()?;
        if !self.force && self.path.symlink_metadata().is_ok() {
            return Err(taken(&shown, self.taken));
        }
        fs::rename(&self.temporary, &self.path).map_err(wrong)?;
        self.kept = true;
        // The name is durable only with its folder. Not every system lets a folder be synced, and the file is there.
        let folder = self.path.parent().unwrap_or(Path::new("."));
        drop(File::open(folder).and_then(|folder| folder.sync_all()));
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
