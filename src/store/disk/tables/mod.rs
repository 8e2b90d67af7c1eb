//! fjall's tables and the lists of them, read before fjall does.
//!
//! fjall opens a keyspace whole or not at all: one table that is missing, cut, or damaged at its end keeps every other from
//! being read, and some damage makes it panic, or ask for more memory than there is, which ends the process. So dbx looks
//! first at what fjall would trust ([`inspect`]), and names the file. What a damaged table still holds is read block by
//! block ([`records`]), by fjall's own decoder, which gets no block that would make it panic too.
//!
//! # The files (lsm-tree 3.1.10: `version/persist.rs`, `version/recovery.rs`; sfa 1.0.0; little-endian)
//!
//! ```text
//! keyspaces/N/current    id u64 | xxh3-128 of the file v<id> u128 | 00
//! keyspaces/N/v<id>      an archive; its section `tables` is
//!                        levels u8 of: runs u8 of: tables u32 of: id u64 | 00 | xxh3-128 of the table u128 | seqno u64
//! keyspaces/N/tables/ID  an archive; its section `data` begins at 0 and holds blocks
//!
//! archive = sections | toc | "SFA!" | 01 | 00 | xxh3-128 of the toc u128 | place of the toc u64 | its length u64
//! toc     = "TOC!" | count u32 | count of: place u64 | length u64 | length of the name u16 | name
//! block   = "LSM" 03 | kind u8 | xxh3-128 of the data u128 | its length u32 | uncompressed u32 | checksum u32 | data
//! ```

mod archive;
mod blocks;
mod manifest;
mod sound;

pub use blocks::{Gap, records};
pub use manifest::{BadFile, Depth, Folder, inspect};

#[cfg(test)]
mod tests;
