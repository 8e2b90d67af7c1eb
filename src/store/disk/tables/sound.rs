//! Whether a block can be handed to lsm-tree's decoder.
//!
//! Once the checksums are right, the decoder takes the rest for granted: it goes by lengths and counts without asking whether
//! they stay inside of the block, and what LZ4 does not fill of the space that the header asks for is whatever the memory
//! held. Damage leaves no right checksum, but whoever can write to a table can. So every block is walked through first.
//!
//! # A block of data (lsm-tree 3.1.10: `table/data_block/mod.rs`, `table/block/trailer.rs`; little-endian)
//!
//! ```text
//! block  = LZ4 of: records | FF | index | every u8 | width in the index u8 | .. | number of records u32; behind the index 31
//! record = kind u8 | seqno varint | key | unless it is removed: length varint | value
//! key    = length varint | bytes, of the first of `every` records
//!        | how much it shares with that one varint | length of the rest varint | bytes, of the others
//! kind   = 00 (value), 01 (removed), 02 (removed, weakly); 04 (points into a file of values) is in no table of dbx's
//! ```

use super::archive::take;
use super::blocks::COMPRESSION;
use lsm_tree::table::Block;
use lsm_tree::table::block::Header;

/// A block ends with its first record that makes it longer than 4 KiB, and no record of dbx's comes near this.
pub(super) const BLOCK_BYTES_MAX: u32 = 256 << 20;

/// What follows the records and the index of them.
const END_BYTES: usize = 31;

/// What stands where the kind of one more record would.
const END: u8 = 255;

/// The least that LZ4 repeats.
const REPEATED_MIN: u64 = 4;

/// Whether a whole block, with its header, is what lsm-tree would have written.
pub(super) fn is_sound(mut block: &[u8], header: &Header) -> bool {
    let packed = block.get(Header::serialized_len()..).and_then(unpacked_length);
    packed == Some(u64::from(header.uncompressed_length))
        && Block::from_reader(&mut block, COMPRESSION)
            .is_ok_and(|block| records(&block.data).is_some())
}

/// How much an LZ4 block unpacks to; `None` where it is cut off.
fn unpacked_length(packed: &[u8]) -> Option<u64> {
    let (mut rest, mut length) = (packed, 0);
    loop {
        let [token] = take(&mut rest)?;
        let literals = lz4_length(token >> 4, &mut rest)?;
        skip(&mut rest, literals)?;
        length += literals;
        if rest.is_empty() {
            return Some(length);
        }
        // How far back the repeated bytes are, which is looked at when they are unpacked.
        take::<2>(&mut rest)?;
        length += REPEATED_MIN + lz4_length(token & 15, &mut rest)?;
    }
}

fn lz4_length(nibble: u8, rest: &mut &[u8]) -> Option<u64> {
    let (mut length, mut more) = (u64::from(nibble), nibble == 15);
    while more {
        let [next] = take(rest)?;
        length += u64::from(next);
        more = next == u8::MAX;
    }
    Some(length)
}

/// Walks through the records of a block as the decoder does; `None` where that would go astray.
fn records(content: &[u8]) -> Option<()> {
    let (mut rest, end) = content.split_at_checked(content.len().checked_sub(END_BYTES)?)?;
    let [whole_every, 2 | 4, .., c0, c1, c2, c3] = end else { return None };
    let count = u32::from_le_bytes([*c0, *c1, *c2, *c3]);
    let (mut found, mut base) = (0_u32, 0);
    loop {
        let [kind] = take(&mut rest)?;
        if kind == END {
            return (found == count && count > 0).then_some(());
        }
        varint(&mut rest, u64::BITS)?;
        // Every so many keys are whole; those between begin as the last of these does.
        let whole = found.checked_rem(u32::from(*whole_every))? == 0;
        let shared = if whole { 0 } else { varint(&mut rest, u16::BITS)? };
        let own = varint(&mut rest, u16::BITS)?;
        skip(&mut rest, own)?;
        if whole {
            base = own;
        }
        if shared > base || !(1..=u64::from(u16::MAX)).contains(&(shared + own)) {
            return None;
        }
        match kind {
            0 => {
                let value = varint(&mut rest, u32::BITS)?;
                skip(&mut rest, value)?;
            }
            1 | 2 => {}
            // What points into a file of values, which dbx has none of, or nothing that is known.
            _ => return None,
        }
        found = found.checked_add(1)?;
    }
}

/// A number, seven bits a byte, the low ones first.
fn varint(rest: &mut &[u8], bits: u32) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..bits).step_by(7) {
        let [next] = take(rest)?;
        let part = u64::from(next & 0x7F);
        let room = (bits - shift).min(7);
        if part >> room != 0 {
            return None;
        }
        number |= part << shift;
        if next < 0x80 {
            return Some(number);
        }
    }
    None
}

fn skip(rest: &mut &[u8], bytes: u64) -> Option<()> {
    rest.split_off(..usize::try_from(bytes).ok()?).map(drop)
}
