//! fjall's tables under damage, beside a reader of their format that shares nothing with dbx's and fjall's: what is read is
//! what the whole blocks hold, block for block, and where others were is said.
//!
//! A checksum that fits is no promise either: what a block says under it is read too, or is refused.

use dbx::store::disk::DiskError;
use dbx::store::disk::tables::records;
use std::cell::OnceCell;
use std::path::Path;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_128;

/// A table that fjall wrote, of the records that [`known`] counts.
const WHOLE: &[u8] = include_bytes!("seeds/table/whole");
const WHOLE_RECORDS: u64 = 40;
const WHOLE_REMOVED: u64 = 7;

const MAGIC: &[u8] = b"LSM\x03";
const HEAD_BYTES: usize = 33;
/// Where in a head its own checksum is: behind everything that it is over.
const HEAD_SUM: usize = 29;
const BLOCK_END_BYTES: usize = 31;
const ARCHIVE_END_BYTES: usize = 38;
const TOC_BYTES_MAX: usize = 64 << 10;

/// A key, its sequence number, and its value; `None` where it was removed.
type Found = (Vec<u8>, u64, Option<Vec<u8>>);
type Gaps = Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// A number that says what, and its bytes: a table, or what the only block of one holds.
pub fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let in_memory = || tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(in_memory).path();
        if kind % 2 == 0 {
            // As it is, and with checksums made right, so that only its sense can be wrong.
            check(folder, bytes);
            check(folder, &sealed(bytes, false));
            check(folder, &sealed(bytes, true));
        } else {
            check(folder, &block(bytes));
        }
    });
}

fn check(folder: &Path, bytes: &[u8]) {
    let (table, scratch) = (folder.join("table"), folder.join("part"));
    std::fs::write(&table, bytes).unwrap();
    let mut found: Vec<Found> = Vec::new();
    let gaps = records::<DiskError>(&table, &scratch, &mut |item| {
        let value = (!item.is_tombstone()).then(|| item.value.to_vec());
        found.push((item.key.user_key.to_vec(), item.key.seqno, value));
        Ok(())
    });
    let gaps = gaps.expect("damage is no error").into_iter().map(|gap| (gap.after, gap.before));
    assert!(!scratch.exists());
    let gaps: Gaps = gaps.collect();
    let (entries, between) = expected(bytes);
    assert_eq!((&found, &gaps), (&entries, &between));
    if bytes == &WHOLE[1..] {
        let found: Vec<_> = found.into_iter().map(|(key, _, value)| (key, value)).collect();
        assert_eq!((found, gaps), (known(), Gaps::new()));
    }
}

/// What is in the whole table.
fn known() -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let value = |number: u64| {
        let odd = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
        [&odd[..], "a record ".repeat((number % 5) as usize).as_bytes()].concat()
    };
    (0..WHOLE_RECORDS)
        .map(|number| {
            let left = (number != WHOLE_REMOVED).then(|| value(number));
            (number.to_be_bytes().to_vec(), left)
        })
        .collect()
}

/// What is to be read from these bytes, and between which keys nothing is.
fn expected(bytes: &[u8]) -> (Vec<Found>, Gaps) {
    let (mut found, mut gaps, mut last) = (Vec::new(), Gaps::new(), None);
    let (mut at, mut end, mut whole) = (0, 0, false);
    while at < bytes.len() {
        let head = Head::read(&bytes[at..]);
        if head.as_ref().is_some_and(|head| head.kind != 0) {
            whole = at == end;
            break;
        }
        if let Some(head) = head
            && let Some(entries) = head.content(&bytes[at..]).and_then(|content| entries(&content))
        {
            if at > end {
                gaps.push((last, Some(entries[0].0.clone())));
            }
            last = entries.last().map(|(key, ..)| key.clone());
            found.extend(entries);
            at += HEAD_BYTES + head.length;
            end = at;
        } else {
            let next = bytes[at + 1..].windows(MAGIC.len()).position(|window| window == MAGIC);
            let Some(next) = next else { break };
            at += 1 + next;
        }
    }
    if data_end(bytes).map_or(!whole, |data| data != end as u64) {
        gaps.push((last, None));
    }
    (found, gaps)
}

/// The beginning of a block.
struct Head {
    kind: u8,
    sum: u128,
    length: usize,
    uncompressed: usize,
}

impl Head {
    /// What it says, if it is whole itself.
    fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..HEAD_BYTES)?;
        let sum = xxh3_128(&head[..HEAD_SUM]).to_le_bytes();
        let right = head.starts_with(MAGIC) && head[4] < 4 && head[HEAD_SUM..] == sum[..4];
        right.then(|| Self::said(head))
    }

    fn said(head: &[u8]) -> Self {
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap()) as usize;
        let sum = u128::from_le_bytes(head[5..21].try_into().unwrap());
        Self { kind: head[4], sum, length: number(21), uncompressed: number(25) }
    }

    /// What is in its block.
    fn content(&self, block: &[u8]) -> Option<Vec<u8>> {
        let stored = block[HEAD_BYTES..].get(..self.length)?;
        let content = (xxh3_128(stored) == self.sum).then(|| unpacked(stored))??;
        (content.len() == self.uncompressed).then_some(content)
    }
}

/// The first `N` bytes, which are gone from `rest` then.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    rest.split_off(..N)?.try_into().ok()
}

/// What an LZ4 block holds.
fn unpacked(mut rest: &[u8]) -> Option<Vec<u8>> {
    fn length(nibble: u8, rest: &mut &[u8]) -> Option<usize> {
        let mut length = usize::from(nibble);
        let mut more = nibble == 15;
        while more {
            let [next] = take(rest)?;
            length += usize::from(next);
            more = next == 255;
        }
        Some(length)
    }
    let mut out = Vec::new();
    loop {
        let [token] = take(&mut rest)?;
        let literals = length(token >> 4, &mut rest)?;
        out.extend_from_slice(rest.split_off(..literals)?);
        if rest.is_empty() {
            return Some(out);
        }
        let back = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let from = out.len().checked_sub(back).filter(|_| back > 0)?;
        for at in from..from + 4 + length(token & 15, &mut rest)? {
            out.push(out[at]);
        }
    }
}

/// The number at the beginning, seven bits a byte; it has `bits` at most.
fn varint(rest: &mut &[u8], bits: u32) -> Option<u64> {
    let mut number: u128 = 0;
    for shift in (0..bits).step_by(7) {
        let [next] = take(rest)?;
        number |= u128::from(next & 0x7F) << shift;
        if next < 0x80 {
            return u64::try_from(number).ok().filter(|number| bits == 64 || number >> bits == 0);
        }
    }
    None
}

/// The entries of a block of data, of which there is one at least.
fn entries(content: &[u8]) -> Option<Vec<Found>> {
    let (mut rest, end) = content.split_at_checked(content.len().checked_sub(BLOCK_END_BYTES)?)?;
    let (interval, step) = (usize::from(end[0]), end[1]);
    let count = u32::from_le_bytes(end[27..].try_into().unwrap());
    let (mut found, mut base) = (Vec::<Found>::new(), Vec::new());
    loop {
        let [kind] = take(&mut rest)?;
        if kind == 255 {
            break;
        }
        let number = varint(&mut rest, 64)?;
        let first = found.len().is_multiple_of(Some(interval).filter(|every| *every > 0)?);
        let shared = if first { 0 } else { usize::try_from(varint(&mut rest, 16)?).ok()? };
        let own = usize::try_from(varint(&mut rest, 16)?).ok()?;
        let key = [base.get(..shared)?, rest.split_off(..own)?].concat();
        let value = match kind {
            0 => {
                let length = usize::try_from(varint(&mut rest, 32)?).ok()?;
                Some(rest.split_off(..length)?.to_vec())
            }
            1 | 2 => None,
            _ => return None,
        };
        if first {
            base.clone_from(&key);
        }
        found.push((key, number, value));
    }
    let fits = |key: &[u8]| !key.is_empty() && u16::try_from(key.len()).is_ok();
    let sound = matches!(step, 2 | 4) && found.len() == count as usize;
    (sound && !found.is_empty() && found.iter().all(|(key, ..)| fits(key))).then_some(found)
}

/// Where the table says that its blocks of data end, if it is whole there.
fn data_end(bytes: &[u8]) -> Option<u64> {
    let (bytes, mut end) = bytes.split_at_checked(bytes.len().checked_sub(ARCHIVE_END_BYTES)?)?;
    let begin: [u8; 6] = take(&mut end)?;
    let sum = u128::from_le_bytes(take(&mut end)?);
    let at = u64::from_le_bytes(take(&mut end)?);
    let mut toc = bytes.get(usize::try_from(at).ok()?..)?;
    if &begin != b"SFA!\x01\x00" || toc.len() > TOC_BYTES_MAX || xxh3_128(toc) != sum {
        return None;
    }
    let known = take(&mut toc)? == *b"TOC!";
    let mut data = None;
    for _ in 0..u32::from_le_bytes(take(&mut toc)?) {
        let from = u64::from_le_bytes(take(&mut toc)?);
        let to = from.checked_add(u64::from_le_bytes(take(&mut toc)?)).filter(|to| *to <= at)?;
        let length = usize::from(u16::from_le_bytes(take(&mut toc)?));
        if toc.split_off(..length)? == b"data" {
            data = data.or(Some(to));
        }
    }
    data.filter(|_| known)
}

/// The same table with the checksums that it asks for, and with `lengths` that its blocks have.
fn sealed(bytes: &[u8], lengths: bool) -> Vec<u8> {
    let (mut out, mut at) = (bytes.to_vec(), 0);
    while let Some(next) = out[at..].windows(MAGIC.len()).position(|window| window == MAGIC) {
        at += next;
        let Some((head, behind)) = out[at..].split_at_mut_checked(HEAD_BYTES) else { break };
        let length = Head::said(head).length;
        if let Some(stored) = behind.get(..length) {
            head[5..21].copy_from_slice(&xxh3_128(stored).to_le_bytes());
            if let Some(content) = unpacked(stored).filter(|_| lengths) {
                head[25..29].copy_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
            }
            at += length;
        }
        let sum = xxh3_128(&head[..HEAD_SUM]).to_le_bytes();
        head[HEAD_SUM..].copy_from_slice(&sum[..4]);
        at += HEAD_BYTES;
    }
    if let Some(end) = out.len().checked_sub(ARCHIVE_END_BYTES) {
        let (bytes, end) = out.split_at_mut(end);
        let at = u64::from_le_bytes(end[22..30].try_into().unwrap());
        if let Some(toc) = usize::try_from(at).ok().and_then(|at| bytes.get(at..)) {
            end[6..22].copy_from_slice(&xxh3_128(toc).to_le_bytes());
        }
    }
    out
}

/// A block of data that holds this, without compression.
fn block(content: &[u8]) -> Vec<u8> {
    let mut out = [MAGIC, &[0; HEAD_BYTES - MAGIC.len()]].concat();
    match content.len().checked_sub(15) {
        None => out.push(u8::try_from(content.len() << 4).unwrap()),
        Some(more) => {
            out.push(0xF0);
            out.extend(std::iter::repeat_n(255, more / 255));
            out.push(u8::try_from(more % 255).unwrap());
        }
    }
    out.extend_from_slice(content);
    let length = u32::try_from(out.len() - HEAD_BYTES).unwrap();
    out[21..25].copy_from_slice(&length.to_le_bytes());
    sealed(&out, true)
}
