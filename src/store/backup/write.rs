//! Writing a backup.

use super::{BackupError, BackupSummary};
use crate::domain::{CommitNumber, Hash, Position};
use crate::proof::{EMPTY_ROOT, Frontier, Hasher, leaf_hash};
use crate::store::error::StoreError;
use crate::store::format::{
    BackupHeader, BackupTrailer, Base, End, FrameKind, IdempotencyEntry, backup_preamble,
    decode_header, encode_frame, push_record,
};
use crate::store::keys;
use crate::store::open::restore as tree_at;
use crate::store::view::{RawEvent, View, raw};
use crate::store::writer::Space;
use crate::store::{LogNodes, Store};
use std::io::Write;
use std::ops::ControlFlow;

/// A frame ends behind so many bytes: what a backup needs of memory, unless a single record is larger.
const FRAME_BYTES: usize = 1 << 20;

/// Told how many events of how many are done; answers whether to go on.
pub(crate) type BackupProgress<'a> = &'a mut dyn FnMut(u64, u64) -> bool;

impl Store {
    /// Writes what the store holds at this moment into `sink`, or what came after `base`. Writers go on meanwhile.
    ///
    /// The root of the log is recomputed from the events as they go out. A store that opened for reading only is written
    /// as far as its log goes, and the backup says so.
    ///
    /// # Errors
    /// Damage to the store, a log that is not the one of the base, or what the sink says. What is in the sink then is
    /// no backup.
    pub(crate) fn backup(
        &self,
        base: Option<&BackupSummary>,
        sink: &mut dyn Write,
        progress: BackupProgress<'_>,
    ) -> Result<BackupSummary, BackupError> {
        let view = self.view()?;
        let damage = self.read_only().map(str::to_owned);
        // Of a damaged store the log itself says where it ends.
        let end = if damage.is_some() { end_of(&view)? } else { view.end()? };
        let base = base.map(|base| self.base(&view, &end, base)).transpose()?;
        let header = BackupHeader {
            store: self.format.store,
            store_created: self.format.created,
            taken: self.options.clock.now(),
            written_by: env!("CARGO_PKG_VERSION").to_owned(),
            features: self.format.features.iter().cloned().collect(),
            chunk_max: self.format.chunk_max_seen,
            base,
            damage,
        };
        let mut out = Out { sink, hash: Hasher::new(), bytes: 0 };
        out.write(&backup_preamble())?;
        out.frame(FrameKind::Header, &header.encode())?;
        let mt = out.records(&view, FrameKind::Mt, header.base.as_ref())?;
        let ky = out.records(&view, FrameKind::Ky, header.base.as_ref())?;
        let root = out.log(&view, header.base.as_ref(), end.position, progress)?;
        if header.damage.is_none() && root != end.root {
            let message = format!("the events give the root {root}, but {} is recorded", end.root);
            return Err(StoreError::Inconsistent(message).into());
        }
        let before = header.base.as_ref().map_or(Position(0), |base| base.position);
        let trailer = BackupTrailer {
            position: end.position,
            root,
            commit: end.commit,
            events: end.position.get() - before.get(),
            mt,
            ky,
            digest: out.hash.clone().finish(),
        };
        out.frame(FrameKind::Trailer, &trailer.encode())?;
        out.sink.flush().map_err(BackupError::Write)?;
        Ok(BackupSummary { header, trailer, bytes: out.bytes })
    }

    /// What an increment goes on from, once it is certain that this log does.
    fn base(&self, view: &View, end: &End, base: &BackupSummary) -> Result<Base, BackupError> {
        let BackupTrailer { position, root, commit, .. } = base.trailer;
        if base.header.store != self.format.store {
            let (own, other) = (self.format.store, base.header.store);
            let message =
                format!("the earlier backup is of the store `{other}`, and this is `{own}`");
            return Err(BackupError::OtherStore(message));
        }
        if position > end.position {
            return Err(BackupError::Rewritten(format!(
                "the earlier backup ends at #{position}, and this log at #{}: it was rolled back or cut",
                end.position
            )));
        }
        let nodes = LogNodes::at(view, end.position.get())?;
        let now = if position.get() == 0 { EMPTY_ROOT } else { nodes.root_at(position.get())? };
        if now != root {
            return Err(BackupError::Rewritten(format!(
                "the {position} events of the earlier backup have the root {root}, and here they have {now}: they were rewritten"
            )));
        }
        let peaks = tree_at(view, position.get())?.frontier().peaks().to_vec();
        let proof = nodes.consistency(position.get())?;
        Ok(Base { position, root, commit, peaks, proof })
    }
}

/// The end of the log by its last event alone.
fn end_of(view: &View) -> Result<End, StoreError> {
    let Some(chunk) = view.last_chunk()? else { return Ok(End::default()) };
    let slot = chunk.count().saturating_sub(1);
    let last: RawEvent<'_> = raw(view, &chunk, slot)?;
    let header = decode_header(last.header_bytes())
        .map_err(StoreError::record(format_args!("event #{}", last.position())))?;
    Ok(End { position: last.position(), commit: header.commit, ..End::default() })
}

/// Whether a record of `mt` belongs into an increment: commits and idempotency keys only grow, so those of before are in
/// the base; of everything else there is little, and it may have changed.
fn is_since(base: &Base, key: &[u8], value: &[u8]) -> Result<bool, StoreError> {
    if let Some(number) = key.strip_prefix(keys::COMMIT_PREFIX) {
        let number = number.try_into().map(u64::from_be_bytes);
        return Ok(number.map_or(true, |number| CommitNumber(number) > base.commit));
    }
    if key.starts_with(keys::IDEMPOTENCY_PREFIX) {
        let entry =
            IdempotencyEntry::decode(value).map_err(StoreError::record("an idempotency key"))?;
        return Ok(entry.first > base.position);
    }
    Ok(true)
}

/// The stream, hashed as it goes out.
struct Out<'s> {
    sink: &'s mut dyn Write,
    hash: Hasher,
    bytes: u64,
}

impl Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.sink.write_all(bytes).map_err(BackupError::Write)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn frame(&mut self, kind: FrameKind, payload: &[u8]) -> Result<(), BackupError> {
        let frame = encode_frame(kind, payload).map_err(StoreError::record("the backup"))?;
        self.write(&frame)
    }

    /// Writes the records of a keyspace and says how many there are.
    fn records(
        &mut self,
        view: &View,
        kind: FrameKind,
        base: Option<&Base>,
    ) -> Result<u64, BackupError> {
        let space = if kind == FrameKind::Mt { Space::Mt } else { Space::Ky };
        let (mut payload, mut count) = (Vec::new(), 0);
        view.records(space, |key, value| {
            if let (Some(base), Space::Mt) = (base, space)
                && !is_since(base, key, value)?
            {
                return Ok(());
            }
            count += 1;
            push_record(&mut payload, key, value).map_err(StoreError::record("a record"))?;
            if payload.len() >= FRAME_BYTES {
                self.frame(kind, &payload)?;
                payload.clear();
            }
            Ok::<_, BackupError>(())
        })?;
        if !payload.is_empty() {
            self.frame(kind, &payload)?;
        }
        Ok(count)
    }

    /// Writes the log behind the base and gives the root that it has at its end.
    fn log(
        &mut self,
        view: &View,
        base: Option<&Base>,
        last: Position,
        progress: BackupProgress<'_>,
    ) -> Result<Hash, BackupError> {
        let before = base.map_or(Position(0), |base| base.position);
        let peaks = base.map_or_else(Vec::new, |base| base.peaks.clone());
        let mut tree = Frontier::from_parts(before.get(), peaks)
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        let of = last.get() - before.get();
        let mut payload = Vec::new();
        view.chunks(before.next(), |chunk| {
            if chunk.first() != tree.size() + 1 {
                let (expected, found) = (tree.size() + 1, chunk.first());
                let message = format!("#{expected} was expected, the log goes on at #{found}");
                return Err(StoreError::Inconsistent(message).into());
            }
            for slot in 0..chunk.count() {
                tree.push(leaf_hash(raw(view, &chunk, slot)?.header_bytes()));
            }
            payload.extend_from_slice(chunk.bytes());
            if payload.len() >= FRAME_BYTES {
                self.frame(FrameKind::Log, &payload)?;
                payload.clear();
                if !progress(tree.size() - before.get(), of) {
                    return Err(BackupError::Stopped);
                }
            }
            Ok::<_, BackupError>(ControlFlow::Continue(()))
        })?;
        if !payload.is_empty() {
            self.frame(FrameKind::Log, &payload)?;
        }
        if tree.size() != last.get() {
            let found = tree.size();
            let message = format!("the log ends at #{found}, but its end is recorded as #{last}");
            return Err(StoreError::Inconsistent(message).into());
        }
        Ok(tree.root())
    }
}
