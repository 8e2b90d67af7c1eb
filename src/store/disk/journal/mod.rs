//! fjall's journal, read before fjall does.
//!
//! fjall cuts a journal at the first entry that it cannot read and opens successfully, whatever stood behind; and it
//! refuses to open at all for one wrong byte in a batch that was never acknowledged. So dbx reads the journals first,
//! and tells a torn tail from damage.
//!
//! # The format (fjall 3.1.13, `src/journal/entry.rs`; little-endian)
//!
//! ```text
//! batch  = start entry{count} end
//! start  = 01 | count u32 | seqno u64                                                                    13 bytes
//! entry  = 02 | value type u8 | compression u8 | keyspace u64 | key len u16 | value len u32 | stored len u32
//!             | key | stored value                                                                       21 bytes and up
//!        | 04 | keyspace u64                                                        (a keyspace cleared)  9 bytes
//! end    = 03 | xxh3-64 of the bytes of all entries u64 | "FJL" 03                                       13 bytes
//! ```
//!
//! A value type is 0 (value), 1 (tombstone), 2 (weak tombstone) or 4 (indirection, never in a journal); a compression is
//! 0 (none, both lengths are equal) or 1 (lz4 block; the checksum covers the stored, compressed bytes). Files are named
//! `<n>.jnl`; the highest is the one written to, the others are sealed and were synced before the next was begun. A
//! fresh file is 64 MiB of zeros.
//!
//! # What the checksum does not cover
//!
//! The start: its `count` is checked by counting. Its `seqno` decides which of two values of a key is the newer, and is
//! checked here against its neighbours: numbers rise from batch to batch, over all files, by no more than
//! [`SEQNO_JUMP_MAX`], and none is below the floor that ANCHOR keeps. A wrong number that passes changes nothing: it
//! keeps the order of the batches. A file that ends early at the very end of a batch looks whole: only ANCHOR's position
//! and root tell.

mod batch;
mod files;
mod items;
mod scan;
#[cfg(test)]
mod tests;
mod window;

pub use batch::Fault;
pub use files::{JournalFile, Journals, cut, list, salvage};
pub use items::{Claim, Claims, Item, claims, items_behind};
pub use scan::{JournalScan, Scan, Verdict, scan, scan_file};

/// The most by which the sequence number may rise from one batch to the next. fjall takes numbers for flushes,
/// compactions and new keyspaces too, a few each, so that there are gaps, but none of four thousand million.
pub const SEQNO_JUMP_MAX: u64 = 1 << 32;
