//! Integer-keyed CBOR maps, written and read in one strict form, so that a record has exactly one encoding.

use super::{FORMAT, FormatError};
use minicbor::decode::Decoder;
use minicbor::encode::Encoder;
use std::convert::Infallible;

type EncodeResult = Result<(), minicbor::encode::Error<Infallible>>;

/// Writes a map of `entries` entries; `body` writes them, keys ascending, after the format's own entry 0.
pub(super) fn write_map(
    entries: u64,
    body: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> EncodeResult,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    let mut encoder = Encoder::new(&mut out);
    let written = (|| {
        encoder.map(entries + 1)?.u8(0)?.u64(FORMAT)?;
        body(&mut encoder)
    })();
    // Writing to memory cannot fail, and minicbor has no other reason to.
    debug_assert!(written.is_ok(), "CBOR into memory");
    out
}

/// Reads a map whose keys ascend from the format's own entry 0, handing every other entry to `entry`.
pub(super) struct MapReader<'b> {
    record: &'static str,
    pub(super) decoder: Decoder<'b>,
    left: u64,
    last_key: u64,
    len: usize,
}

impl<'b> MapReader<'b> {
    pub(super) fn new(record: &'static str, bytes: &'b [u8]) -> Result<Self, FormatError> {
        let mut reader =
            Self { record, decoder: Decoder::new(bytes), left: 0, last_key: 0, len: bytes.len() };
        let entries = reader.take(Decoder::map)?;
        let Some(entries @ 1..) = entries else {
            return Err(reader.bad("a map of known length is expected"));
        };
        reader.shortest(0, entries, 0)?;
        reader.left = entries - 1;
        let key = reader.u64()?;
        if key != 0 {
            return Err(reader.bad("the first entry is not the format"));
        }
        let found = reader.u64()?;
        if found != FORMAT {
            return Err(FormatError::NewerFormat { record, found });
        }
        Ok(reader)
    }

    pub(super) fn bad(&self, reason: impl Into<String>) -> FormatError {
        FormatError::malformed(self.record, reason)
    }

    fn take<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<T, FormatError> {
        let record = self.record;
        read(&mut self.decoder).map_err(|error| FormatError::malformed(record, error.to_string()))
    }

    /// The key of the next entry; `None` at the end, which must be the end of the bytes too.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Option<u64>, FormatError> {
        if self.left == 0 {
            if self.decoder.position() != self.len {
                return Err(self.bad("bytes after the record"));
            }
            return Ok(None);
        }
        self.left -= 1;
        let key = self.u64()?;
        if key <= self.last_key {
            return Err(self.bad("keys do not ascend"));
        }
        self.last_key = key;
        Ok(Some(key))
    }

    /// Checks that the item that began at `start` and ends here said `number` in as few bytes as can be, `content` bytes
    /// of text apart.
    fn shortest(&self, start: usize, number: u64, content: usize) -> Result<(), FormatError> {
        if self.decoder.position() == start + head_bytes(number) + content {
            Ok(())
        } else {
            Err(self.bad("a number is not in its shortest form"))
        }
    }

    /// What `read` makes of the rest, and goes past it; what it does not take is left for the decoder, which knows what to
    /// say about it.
    #[inline]
    fn quick<T>(&mut self, read: impl FnOnce(&mut Cursor<'b>) -> Option<T>) -> Option<T> {
        let input = self.decoder.input();
        let mut cursor = Cursor(input.get(self.decoder.position()..)?);
        let found = read(&mut cursor)?;
        self.decoder.set_position(input.len() - cursor.0.len());
        Some(found)
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Result<u64, FormatError> {
        if let Some(number) = self.quick(Cursor::number) {
            return Ok(number);
        }
        let start = self.decoder.position();
        let number = self.take(Decoder::u64)?;
        self.shortest(start, number, 0)?;
        Ok(number)
    }

    pub(super) fn u32(&mut self) -> Result<u32, FormatError> {
        u32::try_from(self.u64()?).map_err(|_| self.bad("a number is too large"))
    }

    pub(super) fn i64(&mut self) -> Result<i64, FormatError> {
        let start = self.decoder.position();
        if let Some(number) = self.quick(|at| i64::try_from(at.number()?).ok()) {
            return Ok(number);
        }
        let number = self.take(Decoder::i64)?;
        // A negative number is stored as what is missing to -1.
        let stored = if number < 0 { !number } else { number };
        self.shortest(start, stored.unsigned_abs(), 0)?;
        Ok(number)
    }

    pub(super) fn bool(&mut self) -> Result<bool, FormatError> {
        self.take(Decoder::bool)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, FormatError> {
        let start = self.decoder.position();
        if let Some(text) = self.quick(Cursor::text) {
            return Ok(text);
        }
        let text = self.take(Decoder::str)?;
        self.shortest(start, text.len() as u64, text.len())?;
        Ok(text)
    }

    pub(super) fn bytes(&mut self) -> Result<&'b [u8], FormatError> {
        if let Some(bytes) = self.quick(Cursor::bytes) {
            return Ok(bytes);
        }
        let start = self.decoder.position();
        let bytes = self.take(Decoder::bytes)?;
        self.shortest(start, bytes.len() as u64, bytes.len())?;
        Ok(bytes)
    }

    /// Goes past a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), FormatError> {
        self.take(Decoder::skip)
    }

    pub(super) fn hash(&mut self) -> Result<crate::domain::Hash, FormatError> {
        let bytes = self.bytes()?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| self.bad("a hash has 32 bytes"))?;
        Ok(bytes.into())
    }

    pub(super) fn array(&mut self) -> Result<u64, FormatError> {
        let start = self.decoder.position();
        let length = self.take(Decoder::array)?;
        let length = length.ok_or_else(|| self.bad("an array of known length is expected"))?;
        self.shortest(start, length, 0)?;
        Ok(length)
    }

    /// Refuses an entry that this format does not have.
    pub(super) fn unknown<T>(&self, key: u64) -> Result<T, FormatError> {
        Err(self.bad(format!("unknown entry {key}")))
    }

    /// The value of an entry that must be there.
    pub(super) fn need<T>(&self, value: Option<T>, key: u64) -> Result<T, FormatError> {
        value.ok_or_else(|| self.bad(format!("entry {key} is missing")))
    }
}

/// How many bytes the shortest head of an item takes whose argument is `number` (RFC 8949 section 4.2.1).
#[inline]
const fn head_bytes(number: u64) -> usize {
    match number {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

/// Reads what is in the form that dbx writes, and nothing else: where something is not, whoever asks falls back on a
/// [`MapReader`].
pub(super) struct Cursor<'b>(pub(super) &'b [u8]);

impl<'b> Cursor<'b> {
    /// The argument of an item of this major type (RFC 8949 section 3), in its shortest form.
    #[inline]
    pub(super) fn argument(&mut self, major: u8) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        if first >> 5 != major {
            return None;
        }
        let (number, rest) = match first & 0x1f {
            small @ 0..24 => (u64::from(small), rest),
            24 => rest.split_first().map(|(number, rest)| (u64::from(*number), rest))?,
            25 => {
                rest.split_first_chunk().map(|(n, rest)| (u16::from_be_bytes(*n).into(), rest))?
            }
            26 => {
                rest.split_first_chunk().map(|(n, rest)| (u32::from_be_bytes(*n).into(), rest))?
            }
            27 => rest.split_first_chunk().map(|(n, rest)| (u64::from_be_bytes(*n), rest))?,
            _ => return None,
        };
        if self.0.len() - rest.len() != head_bytes(number) {
            return None;
        }
        self.0 = rest;
        Some(number)
    }

    /// A number that is not negative.
    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        self.argument(0)
    }

    #[inline]
    fn content(&mut self, major: u8) -> Option<&'b [u8]> {
        let len = usize::try_from(self.argument(major)?).ok()?;
        let (content, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(content)
    }

    #[inline]
    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        self.content(2)
    }

    #[inline]
    pub(super) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.content(3)?).ok()
    }

    /// Goes past a key below 24 if it is the next one.
    #[inline]
    pub(super) fn key(&mut self, key: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        if *first != key {
            return None;
        }
        self.0 = rest;
        Some(())
    }
}
