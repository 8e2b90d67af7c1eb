//! The frame of a table or of a list of tables: where its sections are.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

const TRAILER_BYTES: u64 = 38;
const TRAILER: [u8; 6] = *b"SFA!\x01\x00";
const TOC: [u8; 4] = *b"TOC!";

/// fjall's have eleven entries at most, of some twenty bytes.
const TOC_BYTES_MAX: u64 = 64 << 10;

/// What is wrong with a file of a keyspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It has no end as fjall writes it: it was cut, or its last bytes were changed.
    #[error("does not end as it must")]
    End,
    /// The table of its sections is not what was written.
    #[error("ends with a table of contents that was changed")]
    Contents,
    /// Its bytes are not those that were written.
    #[error("is not what was written: its checksum differs")]
    Checksum,
    /// It is as it was written, but says something that this version of dbx does not understand.
    #[error("is written in a way that is not known")]
    Unknown,
    /// The operating system cannot read it.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

impl Fault {
    pub(super) fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::UnexpectedEof => Self::End,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}

/// A part of an archive, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    name: Vec<u8>,
    at: u64,
    length: u64,
}

/// Where the sections of an archive are.
#[derive(Debug)]
pub(super) struct Sections(Vec<Section>);

impl Sections {
    /// Reads them off the end of a file, and checks the checksum over them.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        Self::read_from(path).map_err(|error| Fault::io(&error))?
    }

    fn read_from(path: &Path) -> std::io::Result<Result<Self, Fault>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let Some(trailer_at) = length.checked_sub(TRAILER_BYTES) else {
            return Ok(Err(Fault::End));
        };
        let mut trailer = [0; 38];
        file.seek(SeekFrom::Start(trailer_at))?;
        file.read_exact(&mut trailer)?;
        let mut rest = trailer.as_slice();
        if rest.split_off(..6) != Some(&TRAILER[..]) {
            return Ok(Err(Fault::End));
        }
        let (Some(checksum), Some(at)) = (take(&mut rest), take(&mut rest)) else {
            return Ok(Err(Fault::End));
        };
        let (checksum, at) = (u128::from_le_bytes(checksum), u64::from_le_bytes(at));
        let Some(bytes) = trailer_at.checked_sub(at).filter(|bytes| *bytes <= TOC_BYTES_MAX) else {
            return Ok(Err(Fault::Contents));
        };
        let mut toc = Vec::new();
        file.seek(SeekFrom::Start(at))?;
        file.take(bytes).read_to_end(&mut toc)?;
        if xxh3_128(&toc) != checksum {
            return Ok(Err(Fault::Contents));
        }
        let sections = parse(&toc).ok_or(Fault::Unknown);
        let inside = |all: &[Section]| {
            all.iter().all(|one| one.at.checked_add(one.length).is_some_and(|end| end <= at))
        };
        Ok(sections.and_then(|all| if inside(&all) { Ok(Self(all)) } else { Err(Fault::Unknown) }))
    }

    /// Where a section ends.
    pub(super) fn end_of(&self, name: &str) -> Option<u64> {
        let section = self.0.iter().find(|section| section.name == name.as_bytes())?;
        section.at.checked_add(section.length)
    }

    /// The bytes of a section, out of those of the whole file.
    pub(super) fn of<'a>(&self, name: &str, file: &'a [u8]) -> Option<&'a [u8]> {
        let section = self.0.iter().find(|section| section.name == name.as_bytes())?;
        let from = usize::try_from(section.at).ok()?;
        file.get(from..)?.get(..usize::try_from(section.length).ok()?)
    }
}

fn parse(toc: &[u8]) -> Option<Vec<Section>> {
    let mut rest = toc;
    if take(&mut rest)? != TOC {
        return None;
    }
    let count = u32::from_le_bytes(take(&mut rest)?);
    (0..count)
        .map(|_| {
            let (at, length) = (take(&mut rest)?, take(&mut rest)?);
            let name = usize::from(u16::from_le_bytes(take(&mut rest)?));
            let name = rest.split_off(..name)?.to_vec();
            Some(Section { name, at: u64::from_le_bytes(at), length: u64::from_le_bytes(length) })
        })
        .collect()
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
