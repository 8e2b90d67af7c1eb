//! Where an export goes: one file, a folder, standard output, packed or not.

use super::files::Folder;
use crate::cli::failure::Failure;
use crate::cli::output::exact_stdout;
use crate::cli::pending::Pending;
use crate::service::{ExportError, ExportSink, ZipSink};
use std::io::{self, Write};

/// One stream of bytes.
pub(super) enum Out {
    /// A file in the making.
    File(Pending),
    /// Standard output, and what went wrong with it.
    Stdout(Box<dyn Write>, Option<io::Error>),
}

impl Out {
    pub(super) fn stdout() -> Self {
        Self::Stdout(Box::new(exact_stdout()), None)
    }

    fn keep(self) -> Result<(), Failure> {
        match self {
            Self::File(file) => Ok(file.keep()?),
            Self::Stdout(mut stdout, None) => Ok(stdout.flush()?),
            Self::Stdout(_, Some(error)) => Err(error.into()),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            // The zip writer complains on standard error where it cannot write its end: let it believe that it could.
            Self::Stdout(_, Some(_)) => Ok(bytes.len()),
            Self::Stdout(stdout, failed) => stdout.write(bytes).inspect_err(|error| {
                if error.kind() != io::ErrorKind::Interrupted {
                    *failed = Some(error.kind().into());
                }
            }),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(_, Some(_)) => Ok(()),
            Self::Stdout(stdout, None) => stdout.flush(),
        }
    }
}

/// Where an export goes.
pub(super) enum Target {
    /// One stream that is the only file.
    Plain(Out),
    /// A folder of files.
    Folder(Folder),
    /// A zip of files.
    Zip(Box<ZipSink<Out>>),
}

impl Target {
    pub(super) fn zip(out: Out) -> Self {
        Self::Zip(Box::new(ZipSink::new(out)))
    }

    /// Gives everything its name.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Plain(out) => out.keep(),
            Self::Folder(folder) => Ok(folder.keep()?),
            Self::Zip(zip) => zip.finish()?.keep(),
        }
    }

    /// What an export ended with, and nothing of it stays.
    pub(super) fn failed(self, error: ExportError) -> Failure {
        match error {
            ExportError::Service(error)
                if error.kept_text().is_none() && !matches!(self, Self::Plain(Out::Stdout(..))) =>
            {
                error.kept("nothing was written under the name that was asked for").into()
            }
            error => error.into(),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Folder(folder) => folder.write(bytes),
            Self::Zip(zip) => zip.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Folder(folder) => folder.flush(),
            Self::Zip(zip) => zip.flush(),
        }
    }
}

impl ExportSink for Target {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Folder(folder) => Ok(folder.begin(name)?),
            Self::Zip(zip) => zip.begin(name),
        }
    }
}
