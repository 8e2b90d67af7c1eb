//! Several files as one: a zip.

use super::{ExportError, ExportSink};
use crate::error::{Error, Kind};
use std::io::{self, Write};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A sink that packs the files of an export into a zip, which is written as it comes.
pub struct ZipSink<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
}

impl<W: Write> ZipSink<W> {
    /// Writes into `out`. Where the sink is dropped unfinished it writes an end all the same, and complains on standard
    /// error where it cannot.
    pub fn new(out: W) -> Self {
        Self { zip: ZipWriter::new_stream(out) }
    }

    /// Writes the end.
    ///
    /// # Errors
    /// What `out` says.
    pub fn finish(self) -> Result<W, ExportError> {
        Ok(self.zip.finish().map_err(packing)?.into_inner())
    }
}

impl<W: Write> Write for ZipSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.zip.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

impl<W: Write> ExportSink for ZipSink<W> {
    fn begin(&mut self, name: &str) -> Result<(), ExportError> {
        // The same states give the same bytes: no time but the first one of the format. Without the length known before,
        // only the large form takes more than 4 GiB.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .large_file(true);
        self.zip.start_file(name, options).map_err(packing)
    }
}

fn packing(error: zip::result::ZipError) -> ExportError {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        error => Error::new(Kind::Unavailable, "dbx::export::zip", error.to_string()).into(),
    }
}
