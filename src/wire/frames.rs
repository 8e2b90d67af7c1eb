//! A long answer in pieces: how far it is, what it brings, and at the end what came of it.
//!
//! Exports, backups, imports and verifications take their time, and their end is only known when it is there. Between a
//! command and the process that has the store they are answered as frames, one after the other:
//!
//! ```text
//! frame     = kind:u8 length:u32 bytes      length in bytes, little-endian
//! P         progress, a JSON document of the call
//! F         the name of the file that begins here, UTF-8
//! D         contents
//! R         the result, a JSON document: the last frame of a call that ended well
//! E         an error, a Failure as JSON: the last frame of a call that did not
//! ```
//!
//! An answer without its last frame was cut off, and nothing of it is to be relied on.

use bytes::{Buf, Bytes, BytesMut};
use serde::Serialize;

/// The media type of such an answer.
pub const FRAMES: &str = "application/vnd.dbx.frames";

/// The most bytes of one frame's contents.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

const HEAD_BYTES: usize = 5;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// How far the call is.
    Progress,
    /// A file begins.
    File,
    /// Contents.
    Data,
    /// What came of it.
    Result,
    /// Why nothing did.
    Error,
}

impl FrameKind {
    const ALL: [Self; 5] = [Self::Progress, Self::File, Self::Data, Self::Result, Self::Error];

    fn byte(self) -> u8 {
        match self {
            Self::Progress => b'P',
            Self::File => b'F',
            Self::Data => b'D',
            Self::Result => b'R',
            Self::Error => b'E',
        }
    }
}

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// What it holds.
    pub bytes: Bytes,
}

impl Frame {
    /// A frame of a JSON document.
    ///
    /// # Errors
    /// The document cannot be written as JSON.
    pub fn json(kind: FrameKind, document: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { kind, bytes: serde_json::to_vec(document)?.into() })
    }

    /// The frame as it travels. Contents beyond [`FRAME_BYTES_MAX`] are refused at the other end: cut them first.
    pub fn encode(&self) -> Bytes {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let mut out = BytesMut::with_capacity(HEAD_BYTES + self.bytes.len());
        out.extend_from_slice(&[self.kind.byte()]);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.bytes);
        out.freeze()
    }
}

/// Puts frames together from bytes as they come in.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: BytesMut,
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not in frames")]
pub struct BadFrame;

impl FrameReader {
    /// Takes in what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, if all of it is there.
    ///
    /// # Errors
    /// [`BadFrame`].
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BadFrame> {
        let Some((head, rest)) = self.buffer.split_first_chunk::<HEAD_BYTES>() else {
            return Ok(None);
        };
        let [kind, length @ ..] = *head;
        let kind = FrameKind::ALL.into_iter().find(|one| one.byte() == kind).ok_or(BadFrame)?;
        let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| BadFrame)?;
        if length > FRAME_BYTES_MAX {
            return Err(BadFrame);
        }
        if rest.len() < length {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        Ok(Some(Frame { kind, bytes: self.buffer.split_to(length).freeze() }))
    }

    /// Whether bytes of an unfinished frame are left.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            frames in prop::collection::vec((0usize..5, prop::collection::vec(any::<u8>(), 0..40)), 0..8),
            step in 1usize..17,
        ) {
            let frames: Vec<Frame> = frames
                .into_iter()
                .map(|(kind, bytes)| Frame { kind: FrameKind::ALL[kind], bytes: bytes.into() })
                .collect();
            let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().to_vec()).collect();
            let mut reader = FrameReader::default();
            let mut out = Vec::new();
            for piece in bytes.chunks(step) {
                reader.push(piece);
                while let Some(frame) = reader.next_frame().unwrap() {
                    out.push(frame);
                }
            }
            prop_assert!(reader.is_empty());
            prop_assert_eq!(out, frames);
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in [&b"HTTP/1.1"[..], &[b'D', 0xff, 0xff, 0xff, 0xff]] {
            let mut reader = FrameReader::default();
            reader.push(bytes);
            assert_eq!(reader.next_frame(), Err(BadFrame));
        }
    }
}
