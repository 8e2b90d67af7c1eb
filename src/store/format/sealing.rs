//! The records of encryption: wrapped keys, and what was erased.

use super::cbor::{MapReader, write_map};
use super::{FormatError, event};
use crate::domain::{Erasure, Position, Timestamp};
use crate::seal::KeyId;

/// A wrapped key: the value of `ky` "s" and "d".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyEntry {
    pub(crate) id: KeyId,
    /// The key, sealed with the master key.
    pub(crate) wrapped: Vec<u8>,
}

impl KeyEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(2, |out| {
            out.u8(1)?.bytes(self.id.as_bytes())?.u8(2)?.bytes(&self.wrapped)?;
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("data key", bytes)?;
        let (mut id, mut wrapped) = (None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => {
                    let bytes = map.bytes()?;
                    let found = KeyId::from_slice(bytes);
                    id = Some(found.ok_or_else(|| map.bad("the id of a key has 16 bytes"))?);
                }
                2 => wrapped = Some(map.bytes()?.to_vec()),
                other => return map.unknown(other),
            }
        }
        Ok(Self { id: map.need(id, 1)?, wrapped: map.need(wrapped, 2)? })
    }
}

/// When and by whom an aggregate was erased: the value of `mt` "e/".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErasureEntry(pub(crate) Erasure);

impl ErasureEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Erasure { position, at, actor } = &self.0;
        write_map(3, |out| {
            out.u8(1)?.u64(position.get())?.u8(2)?.i64(at.as_micros())?;
            out.u8(3)?.array(if actor.uid.is_some() { 3 } else { 2 })?;
            out.str(&actor.group)?.str(&actor.user)?;
            if let Some(uid) = actor.uid {
                out.u32(uid)?;
            }
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("erasure", bytes)?;
        let (mut position, mut at, mut actor) = (None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => position = Some(map.u64()?),
                2 => at = Some(map.i64()?),
                3 => actor = Some(event::actor(&mut map)?),
                other => return map.unknown(other),
            }
        }
        Ok(Self(Erasure {
            position: Position(map.need(position, 1)?),
            at: Timestamp::from_micros(map.need(at, 2)?),
            actor: map.need(actor, 3)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Actor;

    #[test]
    fn what_is_written_is_read() {
        let entry = KeyEntry { id: KeyId::from_slice(&[7; 16]).unwrap(), wrapped: vec![1, 2, 3] };
        assert_eq!(KeyEntry::decode(&entry.encode()), Ok(entry));
        for uid in [None, Some(1000)] {
            let actor = Actor { group: "local".into(), user: "ada".into(), uid };
            let at = Timestamp::from_micros(-7);
            let entry = ErasureEntry(Erasure { position: Position(300), at, actor });
            assert_eq!(ErasureEntry::decode(&entry.encode()), Ok(entry));
        }
    }
}
