//! Chunks: the values of the log, one or more envelopes under one checksum.

use super::FormatError;
use std::ops::Range;

/// The most envelopes that a writer puts into one chunk. Readers accept up to [`READ_EVENTS_MAX`].
pub(crate) const CHUNK_EVENTS_MAX: usize = 16;

/// A chunk takes no further envelope beyond this many bytes; a larger envelope has a chunk of its own.
pub(crate) const CHUNK_BYTES_MAX: usize = 16 * 1024;

/// The most envelopes that a chunk of format 1 may hold.
pub(crate) const READ_EVENTS_MAX: usize = 256;

const FIXED_BYTES: usize = 16;
const CRC_BYTES: usize = 4;
const ENVELOPE_HEAD_BYTES: usize = 6;
const ROOT_BYTES: usize = 32;

/// Collects envelopes into a chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkBuilder {
    ends: Vec<u32>,
    envelopes: Vec<u8>,
}

impl ChunkBuilder {
    /// How many envelopes it holds.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether another envelope of `bytes` bytes belongs into the next chunk.
    pub(crate) fn is_full_for(&self, bytes: usize) -> bool {
        !self.ends.is_empty()
            && (self.ends.len() >= CHUNK_EVENTS_MAX
                || self.envelopes.len() + bytes > CHUNK_BYTES_MAX)
    }

    /// Adds an envelope.
    ///
    /// # Errors
    /// A header or body that is too long for its length field; nothing is added then.
    pub(crate) fn push(
        &mut self,
        header: &[u8],
        body: &[u8],
        merkle_root: &[u8; ROOT_BYTES],
    ) -> Result<(), FormatError> {
        let too_long = |_| FormatError::malformed("envelope", "too long");
        let header_len = u16::try_from(header.len()).map_err(too_long)?;
        let body_len = u32::try_from(body.len()).map_err(too_long)?;
        let end =
            self.envelopes.len() + ENVELOPE_HEAD_BYTES + header.len() + body.len() + ROOT_BYTES;
        self.ends.push(u32::try_from(end).map_err(too_long)?);
        self.envelopes.extend_from_slice(&header_len.to_le_bytes());
        self.envelopes.extend_from_slice(&body_len.to_le_bytes());
        self.envelopes.extend_from_slice(header);
        self.envelopes.extend_from_slice(body);
        self.envelopes.extend_from_slice(merkle_root);
        Ok(())
    }

    /// The chunk's bytes, with `first` as the position of its first envelope.
    pub(crate) fn finish(self, first: u64) -> Result<Vec<u8>, FormatError> {
        let too_long = |_| FormatError::malformed("chunk", "too long");
        let count = u16::try_from(self.ends.len()).map_err(too_long)?;
        let total = 8 + self.ends.len() * 4 + self.envelopes.len() + CRC_BYTES;
        let mut out = Vec::with_capacity(8 + total);
        out.extend_from_slice(&[1, 0]);
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&u32::try_from(total).map_err(too_long)?.to_le_bytes());
        out.extend_from_slice(&first.to_le_bytes());
        for end in &self.ends {
            out.extend_from_slice(&end.to_le_bytes());
        }
        out.extend_from_slice(&self.envelopes);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        Ok(out)
    }
}

/// A chunk whose checksum and structure were checked.
#[derive(Debug)]
pub(crate) struct Chunk<B> {
    bytes: B,
    first: u64,
    count: usize,
}

/// The parts of one envelope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) header: &'a [u8],
    pub(crate) body: &'a [u8],
    pub(crate) merkle_root: &'a [u8; ROOT_BYTES],
}

impl<B: AsRef<[u8]>> Chunk<B> {
    /// Checks everything that can be checked without reading the envelopes.
    pub(crate) fn parse(bytes: B) -> Result<Self, FormatError> {
        let bad = |reason: &str| FormatError::malformed("chunk", reason);
        let all = bytes.as_ref();
        let format = *all.first().ok_or_else(|| bad("empty"))?;
        if format != 1 {
            return Err(FormatError::NewerFormat { record: "chunk", found: format.into() });
        }
        if all.get(1) != Some(&0) {
            return Err(bad("unknown flags"));
        }
        let count = usize::from(u16::from_le_bytes(array(all, 2).ok_or_else(|| bad("cut off"))?));
        let total = u32::from_le_bytes(array(all, 4).ok_or_else(|| bad("cut off"))?);
        let first = u64::from_le_bytes(array(all, 8).ok_or_else(|| bad("cut off"))?);
        if u64::from(total) + 8 != all.len() as u64 || all.len() < FIXED_BYTES + CRC_BYTES {
            return Err(bad("its length is not the stored one"));
        }
        let crc_at = all.len() - CRC_BYTES;
        let crc = u32::from_le_bytes(array(all, crc_at).ok_or_else(|| bad("cut off"))?);
        if crc32c::crc32c(all.get(..crc_at).unwrap_or_default()) != crc {
            return Err(FormatError::Checksum);
        }
        if count == 0 || count > READ_EVENTS_MAX || FIXED_BYTES + count * 4 > crc_at {
            return Err(bad("impossible number of envelopes"));
        }
        let chunk = Self { bytes, first, count };
        let mut start = 0;
        for slot in 0..count {
            let end = chunk.end(slot).ok_or_else(|| bad("cut off"))?;
            if end < start + ENVELOPE_HEAD_BYTES + ROOT_BYTES {
                return Err(bad("envelopes overlap"));
            }
            start = end;
        }
        if FIXED_BYTES + count * 4 + start != crc_at {
            return Err(bad("its envelopes do not fill it"));
        }
        Ok(chunk)
    }

    /// The bytes, as they are stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The position of the first envelope.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// How many envelopes it holds.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The position of the last envelope: there is always one.
    pub(crate) fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    fn end(&self, slot: usize) -> Option<usize> {
        let end = u32::from_le_bytes(array(self.bytes.as_ref(), FIXED_BYTES + slot * 4)?);
        usize::try_from(end).ok()
    }

    /// The envelope in `slot`, from 0.
    pub(crate) fn envelope(&self, slot: usize) -> Result<Envelope<'_>, FormatError> {
        let bad = |reason: &str| FormatError::malformed("envelope", reason);
        let base = FIXED_BYTES + self.count * 4;
        let start = match slot {
            0 => 0,
            _ => self.end(slot - 1).ok_or_else(|| bad("no such slot"))?,
        };
        let end =
            self.end(slot).filter(|_| slot < self.count).ok_or_else(|| bad("no such slot"))?;
        let bytes =
            self.bytes.as_ref().get(base + start..base + end).ok_or_else(|| bad("cut off"))?;
        let header_len =
            usize::from(u16::from_le_bytes(array(bytes, 0).ok_or_else(|| bad("cut off"))?));
        let body_len = u32::from_le_bytes(array(bytes, 2).ok_or_else(|| bad("cut off"))?) as usize;
        let header: Range<usize> = ENVELOPE_HEAD_BYTES..ENVELOPE_HEAD_BYTES + header_len;
        let body = header.end..header.end + body_len;
        if body.end + ROOT_BYTES != bytes.len() {
            return Err(bad("its parts do not fill it"));
        }
        let merkle_root = bytes.get(body.end..).and_then(|root| root.try_into().ok());
        Ok(Envelope {
            header: bytes.get(header).ok_or_else(|| bad("cut off"))?,
            body: bytes.get(body).ok_or_else(|| bad("cut off"))?,
            merkle_root: merkle_root.ok_or_else(|| bad("cut off"))?,
        })
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}
