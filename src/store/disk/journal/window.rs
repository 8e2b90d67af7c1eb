//! A file seen through a buffer of fixed size: any place can be read, none of it all at once.

use super::super::DiskError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How much is read at a time, in bytes.
const BLOCK: usize = 256 << 10;

pub(super) struct Window {
    file: File,
    path: PathBuf,
    len: u64,
    start: u64,
    buffer: Vec<u8>,
}

impl Window {
    pub(super) fn open(path: &Path) -> Result<Self, DiskError> {
        let file = File::open(path).map_err(DiskError::io("open", path))?;
        let len = file.metadata().map_err(DiskError::io("look at", path))?.len();
        Ok(Self { file, path: path.to_owned(), len, start: 0, buffer: Vec::new() })
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What the buffer holds from `at` on, after reading if it holds nothing; empty only at the end of the file.
    pub(super) fn chunk(&mut self, at: u64) -> Result<&[u8], DiskError> {
        if self.buffered(at).is_empty() {
            self.fill(at)?;
        }
        Ok(self.buffered(at))
    }

    /// The `N` bytes at `at`, or nothing where the file ends before.
    pub(super) fn bytes<const N: usize>(&mut self, at: u64) -> Result<Option<[u8; N]>, DiskError> {
        if self.buffered(at).len() < N {
            self.fill(at)?;
        }
        Ok(self.buffered(at).first_chunk::<N>().copied())
    }

    /// Where the first byte at or behind `at` that is not zero stands.
    pub(super) fn next_data(&mut self, at: u64) -> Result<Option<u64>, DiskError> {
        let mut at = at;
        loop {
            let chunk = self.chunk(at)?;
            if chunk.is_empty() {
                return Ok(None);
            }
            if let Some(index) = position_of(chunk, |byte| byte != 0) {
                return Ok(Some(at + index));
            }
            at += size(chunk);
            // The tail of a preallocated journal is a hole: the file system knows where it ends.
            match skip_hole(&self.file, at) {
                Some(next) => at = next.max(at),
                None => return Ok(None),
            }
        }
    }

    fn buffered(&self, at: u64) -> &[u8] {
        let skip = at.checked_sub(self.start).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.buffer.get(skip..)).unwrap_or_default()
    }

    fn fill(&mut self, at: u64) -> Result<(), DiskError> {
        self.start = at;
        self.buffer.clear();
        if at >= self.len {
            return Ok(());
        }
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| {
            // Not past the length of the beginning, so that all answers are about the same file.
            let left = self.len.saturating_sub(at).min(BLOCK as u64);
            self.file.by_ref().take(left).read_to_end(&mut self.buffer)
        });
        read.map(drop).map_err(DiskError::io("read", &self.path))
    }
}

/// The index of the first byte that `is` something.
pub(super) fn position_of(chunk: &[u8], is: impl Fn(u8) -> bool) -> Option<u64> {
    let index = chunk.iter().position(|byte| is(*byte))?;
    u64::try_from(index).ok()
}

/// The length of a chunk as an offset.
pub(super) fn size(chunk: &[u8]) -> u64 {
    u64::try_from(chunk.len()).unwrap_or(u64::MAX)
}

/// Where the next data at or behind `at` begins, by the file system's account; `at` itself where it cannot tell.
/// `None`: there is nothing but a hole up to the end.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn skip_hole(file: &File, at: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
        Ok(next) => Some(next),
        Err(rustix::io::Errno::NXIO) => None,
        Err(_) => Some(at),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn skip_hole(_file: &File, at: u64) -> Option<u64> {
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_blocks_and_finds_data_behind_holes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.jnl");
        let file = File::create(&path).unwrap();
        file.set_len(48 << 20).unwrap();
        drop(file);
        let block = BLOCK as u64;
        for at in [block - 2, 3 * block, 40 << 20] {
            let mut file = File::options().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(at)).unwrap();
            std::io::Write::write_all(&mut file, b"data").unwrap();
        }
        let mut window = Window::open(&path).unwrap();
        assert_eq!(window.next_data(0).unwrap(), Some(block - 2));
        assert_eq!(window.bytes::<4>(block - 2).unwrap(), Some(*b"data"));
        assert_eq!(window.next_data(block + 2).unwrap(), Some(3 * block));
        assert_eq!(window.next_data(3 * block + 4).unwrap(), Some(40 << 20));
        assert_eq!(window.next_data((40 << 20) + 4).unwrap(), None);
        assert_eq!(window.bytes::<4>((48 << 20) - 3).unwrap(), None);
        assert_eq!(window.chunk(48 << 20).unwrap(), b"");
        assert_eq!(window.chunk(u64::MAX).unwrap(), b"");
    }
}
