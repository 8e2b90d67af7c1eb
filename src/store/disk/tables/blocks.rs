//! The records of a table, whatever else of it cannot be read.
//!
//! A block says by itself how long it is and holds checksums of both parts, so that neither the end of the table nor its
//! index is needed. Blocks that follow each other are handed to lsm-tree's reader of whole tables; where a block cannot be
//! read, the next one is looked for by how blocks begin.

use super::super::DiskError;
use super::archive::Sections;
use super::sound::{BLOCK_BYTES_MAX, is_sound};
use lsm_tree::coding::Decode as _;
use lsm_tree::table::Scanner;
use lsm_tree::table::block::{BlockType, Header};
use lsm_tree::{CompressionType, InternalValue};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How every block begins.
const MAGIC: [u8; 4] = *b"LSM\x03";

/// How much is looked through at a time for the next block, in bytes.
const LOOKED_BYTES: usize = 256 << 10;

/// How dbx has tables written.
pub(super) const COMPRESSION: CompressionType = CompressionType::Lz4;

/// Records that cannot be read: those between two that can, by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The key before; `None` at the beginning of the table.
    pub after: Option<Vec<u8>>,
    /// The key behind; `None` at the end of the table.
    pub before: Option<Vec<u8>>,
}

/// Blocks of data that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: u64,
    to: u64,
    blocks: usize,
}

/// Hands every record that can be read to `visit`, by ascending key, and says between which keys others were.
/// `scratch` is a file that does not exist, and does not afterwards.
///
/// # Errors
/// [`DiskError::Io`], or what `visit` says. Damage is in the answer.
pub fn records<E: From<DiskError>>(
    table: &Path,
    scratch: &Path,
    visit: &mut dyn FnMut(InternalValue) -> Result<(), E>,
) -> Result<Vec<Gap>, E> {
    let (runs, whole) = runs(table).map_err(DiskError::io("read", table))?;
    let mut gaps = Vec::new();
    let mut last: Option<Vec<u8>> = None;
    let mut expected = 0;
    for run in runs {
        let mut first = (run.from > expected).then_some(());
        expected = run.to;
        let part = if run.from == 0 { table } else { scratch };
        if run.from > 0 {
            copy(table, scratch, run).map_err(DiskError::io("copy", table))?;
        }
        let damaged = |error: lsm_tree::Error| {
            let error = io::Error::new(io::ErrorKind::InvalidData, format!("{error:?}"));
            DiskError::io("read", table)(error)
        };
        for item in Scanner::new(part, run.blocks, COMPRESSION, 0).map_err(damaged)? {
            let item = item.map_err(damaged)?;
            let key = item.key.user_key.to_vec();
            if first.take().is_some() {
                gaps.push(Gap { after: last.clone(), before: Some(key.clone()) });
            }
            last = Some(key);
            visit(item)?;
        }
        if run.from > 0 {
            std::fs::remove_file(scratch).map_err(DiskError::io("remove", scratch))?;
        }
    }
    if !whole {
        gaps.push(Gap { after: last, before: None });
    }
    Ok(gaps)
}

/// Where blocks of data are that can be read, and whether they reach to the end of the data: as the table itself says, or
/// because another kind of block follows the last of them.
fn runs(table: &Path) -> io::Result<(Vec<Run>, bool)> {
    let data = Sections::read(table).ok().and_then(|sections| sections.end_of("data"));
    let mut file = BufReader::new(File::open(table)?);
    let length = file.get_ref().metadata()?.len();
    let mut runs: Vec<Run> = Vec::new();
    let (mut at, mut whole) = (0, false);
    while at < length {
        file.seek(SeekFrom::Start(at))?;
        let header = Header::decode_from(&mut file);
        if header.as_ref().is_ok_and(|header| header.block_type != BlockType::Data) {
            whole = at == runs.last().map_or(0, |run| run.to);
            break;
        }
        let end = match header {
            Ok(header) => end_of_block(&mut file, at, &header, length)?,
            Err(_) => None,
        };
        let Some(end) = end else {
            let Some(next) = next_magic(&mut file, at + 1)? else { break };
            at = next;
            continue;
        };
        match runs.last_mut().filter(|run| run.to == at) {
            Some(run) => (run.to, run.blocks) = (end, run.blocks + 1),
            None => runs.push(Run { from: at, to: end, blocks: 1 }),
        }
        at = end;
    }
    let end = runs.last().map_or(0, |run| run.to);
    Ok((runs, data.map_or(whole, |data| data == end)))
}

/// Where the block at `at` ends, of which this is the header; `None` where it cannot be read.
fn end_of_block(
    file: &mut (impl Read + Seek),
    at: u64,
    header: &Header,
    length: u64,
) -> io::Result<Option<u64>> {
    let bytes = Header::serialized_len() as u64 + u64::from(header.data_length);
    // Both lengths before memory is asked for: a header may say anything.
    let most = header.data_length.max(header.uncompressed_length);
    if most > BLOCK_BYTES_MAX || bytes > length - at {
        return Ok(None);
    }
    let mut block = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    let read = file.take(bytes).read_to_end(&mut block);
    Ok((read.is_ok() && is_sound(&block, header)).then_some(at + bytes))
}

/// Where the next block may begin, from `from` on.
fn next_magic(file: &mut (impl Read + Seek), from: u64) -> io::Result<Option<u64>> {
    let (mut at, mut bytes) = (from, Vec::new());
    loop {
        bytes.clear();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(LOOKED_BYTES as u64).read_to_end(&mut bytes)?;
        if let Some(found) = bytes.windows(MAGIC.len()).position(|window| window == MAGIC) {
            return Ok(Some(at + found as u64));
        }
        if bytes.len() < LOOKED_BYTES {
            return Ok(None);
        }
        // It may begin in these and end in the next.
        at += (LOOKED_BYTES - MAGIC.len()) as u64;
    }
}

fn copy(table: &Path, scratch: &Path, run: Run) -> io::Result<()> {
    let mut from = File::open(table)?;
    from.seek(SeekFrom::Start(run.from))?;
    io::copy(&mut from.take(run.to - run.from), &mut File::create(scratch)?).map(drop)
}
