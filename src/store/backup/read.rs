//! Reading a backup: nothing that it says is believed before its bytes give the same.

use super::BackupError;
use crate::domain::{CommitNumber, Hash, Position};
use crate::proof::{EMPTY_ROOT, Frontier, Hasher, body_hash, leaf_hash, verify_consistency};
use crate::store::format::{
    BackupHeader, BackupTrailer, Chunk, FRAME_HEAD_BYTES, FormatError, FrameKind, backup_preamble,
    check_backup_preamble, decode_frame_head, decode_identity, take_chunk, take_record,
};
use std::io::{ErrorKind, Read};

/// What a backup is, once all of it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupSummary {
    pub(crate) header: BackupHeader,
    pub(crate) trailer: BackupTrailer,
    /// Its size.
    pub(crate) bytes: u64,
}

/// What a frame holds, checked.
#[derive(Debug)]
pub(crate) enum Item<'r> {
    /// Records of `mt`.
    Mt(&'r [u8]),
    /// Records of `ky`.
    Ky(&'r [u8]),
    /// Chunks of the log.
    Log(&'r [u8]),
}

/// A backup that is being read. Everything is checked as it comes: checksums, the order of frames, that chunks are dense
/// and their bodies those of their headers; and at the end the counts, the root, the proof and the hash of all bytes.
pub(crate) struct Checked<R> {
    source: R,
    at: u64,
    hash: Hasher,
    header: BackupHeader,
    tree: Frontier,
    commit: CommitNumber,
    mt: u64,
    ky: u64,
    last_kind: FrameKind,
    payload: Vec<u8>,
    trailer: Option<BackupTrailer>,
}

impl<R: Read> Checked<R> {
    /// Reads and checks the header.
    pub(crate) fn open(source: R) -> Result<Self, BackupError> {
        let header = BackupHeader {
            store: uuid::Uuid::nil(),
            store_created: crate::domain::Timestamp::default(),
            taken: crate::domain::Timestamp::default(),
            written_by: String::new(),
            features: Vec::new(),
            chunk_max: 0,
            base: None,
            damage: None,
        };
        let mut reader = Self {
            source,
            at: 0,
            hash: Hasher::new(),
            header,
            tree: Frontier::new(),
            commit: CommitNumber::default(),
            mt: 0,
            ky: 0,
            last_kind: FrameKind::Header,
            payload: Vec::new(),
            trailer: None,
        };
        let preamble = reader.preamble()?;
        reader.hash.update(&preamble);
        let at = reader.at;
        let (kind, _) = reader.frame()?;
        if kind != FrameKind::Header {
            let reason = "a header was expected".to_owned();
            return Err(BackupError::Damaged { at, reason });
        }
        reader.header = BackupHeader::decode(&reader.payload).map_err(BackupError::format(at))?;
        if let Some(base) = &reader.header.base {
            let damaged = |reason: String| BackupError::Damaged { at, reason };
            reader.tree = Frontier::from_parts(base.position.get(), base.peaks.clone())
                .map_err(|error| damaged(error.to_string()))?;
            if reader.tree.root() != base.root {
                return Err(damaged("the peaks of the base are not those of its root".into()));
            }
            reader.commit = base.commit;
        }
        Ok(reader)
    }

    /// The header.
    pub(crate) fn header(&self) -> &BackupHeader {
        &self.header
    }

    /// How many bytes were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.at
    }

    /// What the next frame holds; `None` behind the last, when everything is checked.
    pub(crate) fn next(&mut self) -> Result<Option<Item<'_>>, BackupError> {
        if self.trailer.is_some() {
            return Ok(None);
        }
        let at = self.at;
        let digest = self.hash.clone();
        let (kind, _) = self.frame()?;
        let order = |kind| {
            [FrameKind::Mt, FrameKind::Ky, FrameKind::Log, FrameKind::Trailer]
                .iter()
                .position(|one| *one == kind)
        };
        if kind == FrameKind::Header || order(kind) < order(self.last_kind) {
            let reason = "the frames are not in their order".to_owned();
            return Err(BackupError::Damaged { at, reason });
        }
        self.last_kind = kind;
        match kind {
            FrameKind::Mt => self.mt += count(&self.payload, at)?,
            FrameKind::Ky => self.ky += count(&self.payload, at)?,
            FrameKind::Log => self.log(at)?,
            FrameKind::Header | FrameKind::Trailer => {
                self.end(at, digest.finish())?;
                return Ok(None);
            }
        }
        Ok(Some(match kind {
            FrameKind::Mt => Item::Mt(&self.payload),
            FrameKind::Ky => Item::Ky(&self.payload),
            _ => Item::Log(&self.payload),
        }))
    }

    /// Reads what is left and says what the backup is. `progress` is told how many bytes were read, and may stop it by
    /// answering false.
    pub(crate) fn finish(
        mut self,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<BackupSummary, BackupError> {
        while self.next()?.is_some() {
            if !progress(self.at) {
                return Err(BackupError::Stopped);
            }
        }
        self.summary()
    }

    /// What the backup is, when all of it was read.
    pub(crate) fn summary(self) -> Result<BackupSummary, BackupError> {
        let at = self.at;
        let trailer = self.trailer.ok_or(BackupError::CutShort { at })?;
        Ok(BackupSummary { header: self.header, trailer, bytes: at })
    }

    /// Holds the events of a frame against their headers, and adds them to the tree.
    fn log(&mut self, at: u64) -> Result<(), BackupError> {
        let damaged = |reason: String| BackupError::Damaged { at, reason };
        let mut rest = self.payload.as_slice();
        while let Some(bytes) = take_chunk(&mut rest).map_err(BackupError::format(at))? {
            let chunk = Chunk::parse(bytes).map_err(BackupError::format(at))?;
            let expected = self.tree.size().checked_add(1);
            let expected =
                expected.ok_or_else(|| damaged("no event can follow its base".into()))?;
            if chunk.first() != expected {
                let found = chunk.first();
                return Err(damaged(format!("#{expected} was expected, #{found} follows")));
            }
            for slot in 0..chunk.count() {
                let event = chunk.envelope(slot).map_err(BackupError::format(at))?;
                let identity = decode_identity(event.header).map_err(BackupError::format(at))?;
                if body_hash(event.body) != identity.body_hash {
                    let position = self.tree.size() + 1;
                    let what = "is not the one that its header names";
                    return Err(damaged(format!("the body of event #{position} {what}")));
                }
                self.commit = identity.commit;
                self.tree.push(leaf_hash(event.header));
            }
        }
        Ok(())
    }

    /// Holds the trailer, which is the payload, against everything before it.
    fn end(&mut self, at: u64, digest: Hash) -> Result<(), BackupError> {
        let trailer = BackupTrailer::decode(&self.payload).map_err(BackupError::format(at))?;
        let root = if self.tree.size() == 0 { EMPTY_ROOT } else { self.tree.root() };
        let before = self.header.base.as_ref().map_or(0, |base| base.position.get());
        let events = self.tree.size() - before;
        let consistent = self.header.base.as_ref().is_none_or(|base| {
            let size = self.tree.size();
            // Nothing proves that everything begins with nothing.
            base.position.get() == 0
                || verify_consistency(base.position.get(), &base.root, size, &root, &base.proof)
        });
        let wrong = if trailer.position != Position(self.tree.size()) || trailer.events != events {
            Some(format!(
                "it has {events} events up to #{}, and its trailer says otherwise",
                self.tree.size()
            ))
        } else if trailer.root != root {
            Some(format!("its events give the root {root}, and its trailer says {}", trailer.root))
        } else if !consistent {
            Some("the proof that it goes on from its base does not hold".to_owned())
        } else if (trailer.mt, trailer.ky) != (self.mt, self.ky) {
            Some("its trailer counts other records than there are".to_owned())
        } else if trailer.commit != self.commit {
            Some(format!("its last commit is c{}, and its trailer says otherwise", self.commit))
        } else if trailer.digest != digest {
            Some("the hash in its trailer is not that of its bytes".to_owned())
        } else {
            None
        };
        if let Some(reason) = wrong {
            return Err(BackupError::Damaged { at, reason });
        }
        let mut more = [0];
        match self.source.read(&mut more) {
            Ok(0) => {}
            Ok(_) => {
                let reason = "bytes follow its end".to_owned();
                return Err(BackupError::Damaged { at: self.at, reason });
            }
            Err(error) => return Err(BackupError::Read(error)),
        }
        self.trailer = Some(trailer);
        Ok(())
    }

    /// Reads what every backup begins with. What begins in another way is none, however short it is.
    fn preamble(&mut self) -> Result<[u8; 8], BackupError> {
        let mut found = Vec::new();
        self.source.by_ref().take(8).read_to_end(&mut found).map_err(BackupError::Read)?;
        self.at = found.len() as u64;
        match <[u8; 8]>::try_from(found.as_slice()) {
            Ok(preamble) => match check_backup_preamble(preamble) {
                Ok(()) => Ok(preamble),
                Err(FormatError::NewerFormat { found, .. }) => {
                    Err(BackupError::NewerFormat { found })
                }
                Err(_) => Err(BackupError::NotABackup),
            },
            Err(_) if !found.is_empty() && backup_preamble().starts_with(&found) => {
                Err(BackupError::CutShort { at: self.at })
            }
            Err(_) => Err(BackupError::NotABackup),
        }
    }

    /// Reads a frame into the payload, and checks its checksum.
    fn frame(&mut self) -> Result<(FrameKind, u32), BackupError> {
        let at = self.at;
        let head = self.exactly::<FRAME_HEAD_BYTES>()?;
        let (kind, length) = decode_frame_head(head).ok_or_else(|| BackupError::Damaged {
            at,
            reason: "there is no such kind of frame".into(),
        })?;
        self.payload.clear();
        // Memory follows what is there, whatever the length says.
        let read = self.source.by_ref().take(length.into()).read_to_end(&mut self.payload);
        let read = read.map_err(BackupError::Read)? as u64;
        self.at += read;
        if read < u64::from(length) {
            return Err(BackupError::CutShort { at: self.at });
        }
        let crc = self.exactly::<4>()?;
        let found = crc32c::crc32c_append(crc32c::crc32c(&head), &self.payload);
        if found != u32::from_le_bytes(crc) {
            let reason = "the checksum does not fit".to_owned();
            return Err(BackupError::Damaged { at, reason });
        }
        self.hash.update(&head);
        self.hash.update(&self.payload);
        self.hash.update(&crc);
        Ok((kind, length))
    }

    fn exactly<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) => return Err(BackupError::CutShort { at: self.at }),
                Ok(read) => {
                    filled += read;
                    self.at += read as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(BackupError::Read(error)),
            }
        }
        Ok(bytes)
    }
}

/// How many records a payload holds.
fn count(payload: &[u8], at: u64) -> Result<u64, BackupError> {
    let (mut rest, mut count) = (payload, 0);
    while take_record(&mut rest).map_err(BackupError::format(at))?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Checks that a backup goes on where the one before it ended; `None` before the first.
pub(crate) fn check_chain(
    before: Option<(&str, &BackupSummary)>,
    (name, header): (&str, &BackupHeader),
) -> Result<(), BackupError> {
    let chain = |message| Err(BackupError::Chain(message));
    match (before, &header.base) {
        (None, None) => Ok(()),
        (None, Some(base)) => chain(format!(
            "`{name}` holds only what came after #{}: the backup that ended there goes before it",
            base.position
        )),
        (Some((first, _)), None) => {
            chain(format!("`{name}` is a whole backup and cannot follow `{first}`"))
        }
        (Some((first, summary)), Some(base)) => {
            let (ended, root) = (summary.trailer.position, summary.trailer.root);
            if summary.header.store != header.store {
                return chain(format!("`{first}` and `{name}` are of different stores"));
            }
            if ended != base.position {
                return chain(format!(
                    "`{name}` goes on after #{}, and `{first}` ends at #{ended}: one between them is missing, or the order is wrong",
                    base.position
                ));
            }
            if root != base.root {
                return Err(BackupError::Rewritten(format!(
                    "`{name}` goes on from the root {}, and `{first}` ends with {root}: the log was rewritten between them",
                    base.root
                )));
            }
            Ok(())
        }
    }
}
