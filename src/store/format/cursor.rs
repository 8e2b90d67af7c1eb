//! Cursors of consumers as they are stored.

use super::cbor::{MapReader, write_map};
use super::{FormatError, event};
use crate::domain::{Actor, EventId, Position, Timestamp};

/// How far a consumer is: the value of `mt` "o/".
///
/// The id of the event says where it stands: positions are given again where an older backup takes the place of a
/// history, ids never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorEntry {
    /// The last position that the consumer is done with; 0 for none.
    pub position: Position,
    /// The id of the event at that position; 0 for none.
    pub event_id: EventId,
    /// When it was moved.
    pub moved_at: Timestamp,
    /// Who moved it.
    pub moved_by: Actor,
}

impl CursorEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(4, |out| {
            out.u8(1)?.u64(self.position.get())?.u8(2)?.u64(self.event_id.get())?;
            out.u8(3)?.i64(self.moved_at.as_micros())?.u8(4)?;
            event::write_actor(out, &self.moved_by)
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("cursor", bytes)?;
        let (mut position, mut event_id, mut moved_at, mut moved_by) = (None, None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => position = Some(Position(map.u64()?)),
                2 => event_id = Some(EventId(map.u64()?)),
                3 => moved_at = Some(Timestamp::from_micros(map.i64()?)),
                4 => moved_by = Some(event::actor(&mut map)?),
                other => return map.unknown(other),
            }
        }
        Ok(Self {
            position: map.need(position, 1)?,
            event_id: map.need(event_id, 2)?,
            moved_at: map.need(moved_at, 3)?,
            moved_by: map.need(moved_by, 4)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_cursor_reads_back(
            numbers in any::<(u64, u64, i64)>(),
            who in (".{0,8}", ".{0,8}", any::<Option<u32>>()),
        ) {
            let entry = CursorEntry {
                position: Position(numbers.0),
                event_id: EventId(numbers.1),
                moved_at: Timestamp::from_micros(numbers.2),
                moved_by: Actor { group: who.0, user: who.1, uid: who.2 },
            };
            let bytes = entry.encode();
            prop_assert_eq!(CursorEntry::decode(&bytes).unwrap(), entry);
            prop_assert!(CursorEntry::decode(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    /// The bytes are those of format 1, for ever.
    #[test]
    fn the_bytes_are_pinned() {
        let entry = CursorEntry {
            position: Position(7),
            event_id: EventId(300),
            moved_at: Timestamp::from_micros(5),
            moved_by: Actor { group: "g".into(), user: "u".into(), uid: None },
        };
        let expected = b"\xa5\x00\x01\x01\x07\x02\x19\x01\x2c\x03\x05\x04\x82\x61g\x61u";
        assert_eq!(entry.encode(), expected);
    }
}
