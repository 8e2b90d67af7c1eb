//! The verdict on each journal: whole, torn at its end, or damaged.

use super::super::DiskError;
use super::batch::{self, Fault, MAGIC};
use super::window::{Window, position_of, size};
use super::{JournalFile, SEQNO_JUMP_MAX, list};
use std::path::Path;

/// What a journal turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every batch is whole, and only zeros follow.
    Clean {
        /// Where the last batch ends, in bytes.
        end: u64,
    },
    /// The last batch lacks its end: a write that was under way when the process or the machine died. It was not
    /// acknowledged, and may be cut without a word.
    TornTail {
        /// Where the last whole batch ends, in bytes.
        cut_at: u64,
    },
    /// The last batch was written to its end, but it is not what was written; nothing whole follows. It may have been
    /// acknowledged.
    BadLastBatch {
        /// Where it begins, in bytes.
        offset: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// Batches that were acknowledged are damaged.
    DamagedMiddle {
        /// Where the first bad batch begins, in bytes.
        offset: u64,
        /// What is wrong with it.
        fault: Fault,
        /// The whole batches before it, in this file.
        good_before: u64,
        /// The whole batches behind it, in this file and those that follow.
        valid_after: u64,
    },
}

/// What was found in one journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalScan {
    /// The file.
    pub file: JournalFile,
    /// The whole batches up to the first fault.
    pub batches: u64,
    /// Where the last of them ends, in bytes.
    pub end: u64,
    /// The sequence number of the last of them.
    pub last_seqno: Option<u64>,
    /// The verdict.
    pub verdict: Verdict,
}

/// What was found in all journals of a store, by ascending number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// One for each journal.
    pub journals: Vec<JournalScan>,
}

impl Scan {
    /// The whole batches in all journals, up to the first fault of each.
    pub fn batches(&self) -> u64 {
        self.journals.iter().map(|journal| journal.batches).sum()
    }

    /// Journals whose torn end is to be cut before fjall opens, with the length that remains.
    pub fn torn(&self) -> impl Iterator<Item = (&JournalFile, u64)> {
        self.journals.iter().filter_map(|journal| match journal.verdict {
            Verdict::TornTail { cut_at } => Some((&journal.file, cut_at)),
            _ => None,
        })
    }

    /// Journals that fjall must not see before a person has decided.
    pub fn damaged(&self) -> impl Iterator<Item = &JournalScan> {
        self.journals.iter().filter(|journal| {
            matches!(journal.verdict, Verdict::BadLastBatch { .. } | Verdict::DamagedMiddle { .. })
        })
    }
}

/// What the next sequence number may be.
#[derive(Debug, Clone, Copy)]
struct Order {
    floor: u64,
    last: Option<u64>,
}

impl Order {
    fn check(self, found: u64) -> Result<(), Fault> {
        let (lowest, highest) = match self.last {
            Some(last) => (last.saturating_add(1), last.saturating_add(SEQNO_JUMP_MAX)),
            None => (self.floor, u64::MAX),
        };
        if (lowest..=highest).contains(&found) {
            Ok(())
        } else {
            Err(Fault::Sequence { found, after: lowest.saturating_sub(1) })
        }
    }
}

/// Reads every journal in the folder of fjall. `floor` is the lowest sequence number that can be in them (ANCHOR's
/// `journal_floor`), 0 where it is not known.
///
/// # Errors
/// [`DiskError::Stray`], [`DiskError::Io`]; damage is a verdict, not an error.
pub fn scan(store: &Path, floor: u64) -> Result<Scan, DiskError> {
    let mut order = Order { floor, last: None };
    let mut journals = Vec::new();
    for file in list(store)? {
        let journal = scan_one(file, order)?;
        order.last = journal.last_seqno.or(order.last);
        journals.push(journal);
    }
    // A sealed journal was synced before the next was begun, so what ends it is not a torn write when the next has
    // batches.
    let mut behind = 0;
    for journal in journals.iter_mut().rev() {
        let whole = journal.batches + journal.verdict.valid_after();
        if behind > 0 {
            journal.verdict = journal.verdict.with_more_behind(journal.batches, behind);
        }
        behind += whole;
    }
    Ok(Scan { journals })
}

/// Reads one journal, as [`scan`] does.
///
/// # Errors
/// [`DiskError::Io`].
pub fn scan_file(path: &Path, floor: u64) -> Result<JournalScan, DiskError> {
    let len = path.metadata().map_err(DiskError::io("look at", path))?.len();
    let id = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).unwrap_or(0);
    let file = JournalFile { id, path: path.to_owned(), len };
    scan_one(file, Order { floor, last: None })
}

impl Verdict {
    fn valid_after(self) -> u64 {
        match self {
            Self::DamagedMiddle { valid_after, .. } => valid_after,
            _ => 0,
        }
    }

    fn with_more_behind(self, good_before: u64, behind: u64) -> Self {
        match self {
            Self::Clean { .. } => self,
            Self::TornTail { cut_at } => Self::DamagedMiddle {
                offset: cut_at,
                fault: Fault::Short,
                good_before,
                valid_after: behind,
            },
            Self::BadLastBatch { offset, fault } => {
                Self::DamagedMiddle { offset, fault, good_before, valid_after: behind }
            }
            Self::DamagedMiddle { offset, fault, good_before, valid_after } => {
                Self::DamagedMiddle {
                    offset,
                    fault,
                    good_before,
                    valid_after: valid_after + behind,
                }
            }
        }
    }
}

fn scan_one(file: JournalFile, mut order: Order) -> Result<JournalScan, DiskError> {
    let mut window = Window::open(&file.path)?;
    let (mut end, mut batches) = (0, 0);
    let mut last_seqno = None;
    let fault = loop {
        if end >= window.len() {
            break None;
        }
        match batch::read(&mut window, end)? {
            Ok(batch) => match order.check(batch.seqno) {
                Ok(()) => {
                    (order.last, last_seqno) = (Some(batch.seqno), Some(batch.seqno));
                    end = batch.end;
                    batches += 1;
                }
                Err(fault) => break Some(fault),
            },
            Err(fault) => break Some(fault),
        }
    };
    let verdict = match fault {
        None => Verdict::Clean { end },
        Some(fault) => judge(&mut window, end, batches, fault)?,
    };
    Ok(JournalScan { file, batches, end, last_seqno, verdict })
}

/// What the bytes from `offset` on are, where no good batch begins.
fn judge(
    window: &mut Window,
    offset: u64,
    good_before: u64,
    fault: Fault,
) -> Result<Verdict, DiskError> {
    if window.next_data(offset)?.is_none() {
        return Ok(Verdict::Clean { end: offset });
    }
    let valid_after = count_batches(window, offset + 1)?;
    // A write that was under way leaves at most one batch. Two end markers, or a batch whose checksum is right and
    // whose number is wrong, are batches that had been finished before.
    let markers = count_markers(window, offset)?;
    let finished = markers > 1 || matches!(fault, Fault::Sequence { .. });
    Ok(if valid_after > 0 || finished {
        Verdict::DamagedMiddle { offset, fault, good_before, valid_after }
    } else if markers == 1 || marker_damaged(window, fault)? {
        Verdict::BadLastBatch { offset, fault }
    } else {
        Verdict::TornTail { cut_at: offset }
    })
}

/// Whether the end marker was there once: a torn write leaves a beginning of it and then nothing but zeros.
fn marker_damaged(window: &mut Window, fault: Fault) -> Result<bool, DiskError> {
    let Fault::Trailer { at } = fault else { return Ok(false) };
    let Some([_, _, _, _, _, _, _, _, _, magic @ ..]) = window.bytes::<13>(at)? else {
        return Ok(false);
    };
    let begun = magic.iter().zip(MAGIC).take_while(|(found, magic)| *found == magic).count();
    let torn = magic.iter().skip(begun).all(|byte| *byte == 0);
    Ok(!torn || window.next_data(at + 13)?.is_some())
}

/// How many whole batches there are from `from` on, wherever they begin.
fn count_batches(window: &mut Window, from: u64) -> Result<u64, DiskError> {
    let (mut at, mut count) = (from, 0);
    loop {
        let Some(data) = window.next_data(at)? else { return Ok(count) };
        at = data;
        let chunk = window.chunk(at)?;
        let Some(skip) = position_of(chunk, |byte| byte == 1 || byte == 0) else {
            at += size(chunk);
            continue;
        };
        at += skip;
        match batch::probe(window, at)? {
            Some(batch) => {
                at = batch.end;
                count += 1;
            }
            None => at += 1,
        }
    }
}

/// How often the four bytes that end a batch occur from `from` on.
fn count_markers(window: &mut Window, from: u64) -> Result<u64, DiskError> {
    let (mut at, mut count) = (from, 0);
    let [first, ..] = MAGIC;
    loop {
        let Some(data) = window.next_data(at)? else { return Ok(count) };
        at = data;
        let chunk = window.chunk(at)?;
        let Some(skip) = position_of(chunk, |byte| byte == first || byte == 0) else {
            at += size(chunk);
            continue;
        };
        at += skip;
        if window.bytes(at)? == Some(MAGIC) {
            count += 1;
        }
        at += 1;
    }
}
