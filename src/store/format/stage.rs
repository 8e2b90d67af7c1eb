//! The records of the stage.

use super::cbor::{MapReader, write_map};
use super::{FormatError, event};
use crate::domain::{Actor, Timestamp};
use minicbor::encode::Encoder;
use std::convert::Infallible;

/// The most operations that an order may name: what a record beyond it says is damage.
const OPERATIONS_MAX: u64 = 1_000;

/// The most orders that are remembered on either side of the present one.
const ORDERS_MAX: u64 = 1_000;

/// The operations of the stage in their order: pairs of an operation's number and of the number of its record.
pub(crate) type OrderEntry = Vec<(u64, u64)>;

/// The stage as a whole: the value of `mt` "g/o".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StageEntry {
    /// Moves with every change and never goes back.
    pub(crate) revision: u64,
    /// The number of the last operation that was staged.
    pub(crate) last_id: u64,
    /// The number of the last record that was written.
    pub(crate) last_record: u64,
    /// What is staged.
    pub(crate) order: OrderEntry,
    /// What was staged before, the latest last.
    pub(crate) undo: Vec<OrderEntry>,
    /// What was staged before it was undone, the latest last.
    pub(crate) redo: Vec<OrderEntry>,
}

type Encoded = Result<(), minicbor::encode::Error<Infallible>>;

/// Neighbours whose numbers ascend by one are one run of three numbers: the first operation, its record, how many. So
/// a hundred orders of operations that were staged in a row take a few bytes each.
fn write_order(out: &mut Encoder<&mut Vec<u8>>, order: &OrderEntry) -> Encoded {
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    for (id, record) in order {
        match runs.last_mut() {
            Some((first, at, count)) if *first + *count == *id && *at + *count == *record => {
                *count += 1;
            }
            _ => runs.push((*id, *record, 1)),
        }
    }
    out.array(3 * runs.len() as u64)?;
    for (id, record, count) in runs {
        out.u64(id)?.u64(record)?.u64(count)?;
    }
    Ok(())
}

fn read_order(map: &mut MapReader<'_>) -> Result<OrderEntry, FormatError> {
    let length = map.array()?;
    if !length.is_multiple_of(3) || length > 3 * OPERATIONS_MAX {
        return Err(map.bad("an order is made of runs of three numbers"));
    }
    let mut order: OrderEntry = Vec::new();
    for _ in 0..length / 3 {
        let (id, record, count) = (map.u64()?, map.u64()?, map.u64()?);
        let fits = count.checked_add(order.len() as u64).is_some_and(|all| all <= OPERATIONS_MAX);
        let (Some(_), Some(_), true) = (id.checked_add(count), record.checked_add(count), fits)
        else {
            return Err(map.bad("a run of an order is too long"));
        };
        let follows = |(before, at): &(u64, u64)| {
            before.checked_add(1) == Some(id) && at.checked_add(1) == Some(record)
        };
        if count == 0 || order.last().is_some_and(follows) {
            return Err(map.bad("the runs of an order are not as long as they can be"));
        }
        order.extend((0..count).map(|more| (id + more, record + more)));
    }
    Ok(order)
}

fn write_orders(out: &mut Encoder<&mut Vec<u8>>, orders: &[OrderEntry]) -> Encoded {
    out.array(orders.len() as u64)?;
    orders.iter().try_for_each(|order| write_order(out, order))
}

fn read_orders(map: &mut MapReader<'_>) -> Result<Vec<OrderEntry>, FormatError> {
    let length = map.array()?;
    if length > ORDERS_MAX {
        return Err(map.bad("too many orders are remembered"));
    }
    (0..length).map(|_| read_order(map)).collect()
}

impl StageEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(6, |out| {
            out.u8(1)?.u64(self.revision)?.u8(2)?.u64(self.last_id)?;
            out.u8(3)?.u64(self.last_record)?.u8(4)?;
            write_order(out, &self.order)?;
            out.u8(5)?;
            write_orders(out, &self.undo)?;
            out.u8(6)?;
            write_orders(out, &self.redo)
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("stage", bytes)?;
        let (mut revision, mut last_id, mut last_record) = (None, None, None);
        let (mut order, mut undo, mut redo) = (None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => revision = Some(map.u64()?),
                2 => last_id = Some(map.u64()?),
                3 => last_record = Some(map.u64()?),
                4 => order = Some(read_order(&mut map)?),
                5 => undo = Some(read_orders(&mut map)?),
                6 => redo = Some(read_orders(&mut map)?),
                other => return map.unknown(other),
            }
        }
        Ok(Self {
            revision: map.need(revision, 1)?,
            last_id: map.need(last_id, 2)?,
            last_record: map.need(last_record, 3)?,
            order: map.need(order, 4)?,
            undo: map.need(undo, 5)?,
            redo: map.need(redo, 6)?,
        })
    }
}

/// One staged operation, which never changes: the value of `mt` "g/s".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StagedEntry {
    pub(crate) aggregate_type: String,
    pub(crate) aggregate_id: String,
    pub(crate) event_type: String,
    /// The version that the aggregate had in the log when the operation was written against it; 0 for none.
    pub(crate) base: u64,
    pub(crate) staged_at: Timestamp,
    pub(crate) actor: Actor,
    /// What the operation says, as `encode_staged` gives it.
    pub(crate) content: Vec<u8>,
}

impl StagedEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        write_map(7, |out| {
            out.u8(1)?.str(&self.aggregate_type)?.u8(2)?.str(&self.aggregate_id)?;
            out.u8(3)?.str(&self.event_type)?.u8(4)?.u64(self.base)?;
            out.u8(5)?.i64(self.staged_at.as_micros())?.u8(6)?;
            event::write_actor(out, &self.actor)?;
            out.u8(7)?.bytes(&self.content)?;
            Ok(())
        })
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut map = MapReader::new("staged operation", bytes)?;
        let (mut aggregate_type, mut aggregate_id, mut event_type) = (None, None, None);
        let (mut base, mut staged_at, mut actor, mut content) = (None, None, None, None);
        while let Some(key) = map.key()? {
            match key {
                1 => aggregate_type = Some(map.text()?.to_owned()),
                2 => aggregate_id = Some(map.text()?.to_owned()),
                3 => event_type = Some(map.text()?.to_owned()),
                4 => base = Some(map.u64()?),
                5 => staged_at = Some(map.i64()?),
                6 => actor = Some(event::actor(&mut map)?),
                7 => content = Some(map.bytes()?.to_vec()),
                other => return map.unknown(other),
            }
        }
        Ok(Self {
            aggregate_type: map.need(aggregate_type, 1)?,
            aggregate_id: map.need(aggregate_id, 2)?,
            event_type: map.need(event_type, 3)?,
            base: map.need(base, 4)?,
            staged_at: Timestamp::from_micros(map.need(staged_at, 5)?),
            actor: map.need(actor, 6)?,
            content: map.need(content, 7)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order() -> impl Strategy<Value = OrderEntry> {
        prop::collection::vec((0..30_u64, 0..40_u64), 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// What is written reads back, and what reads back is written the same: a record has one encoding.
        #[test]
        fn a_stage_reads_back(
            now in order(),
            undo in prop::collection::vec(order(), 0..4),
            redo in prop::collection::vec(order(), 0..4),
        ) {
            let (revision, last_id, last_record) = (7, 30, 40);
            let entry = StageEntry { revision, last_id, last_record, order: now, undo, redo };
            let bytes = entry.encode();
            prop_assert_eq!(StageEntry::decode(&bytes).unwrap(), entry);
            for end in 0..bytes.len() {
                prop_assert!(StageEntry::decode(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn bytes_that_are_no_stage_are_an_error(
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            now in order(),
        ) {
            let entry = StageEntry { revision: 7, order: now, ..StageEntry::default() };
            let mut bytes = entry.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(found) = StageEntry::decode(&bytes) {
                prop_assert_eq!(found.encode(), bytes);
            }
        }
    }

    #[test]
    fn operations_in_a_row_take_three_numbers() {
        let order: OrderEntry = (1..=1_000).map(|number| (number, number + 7)).collect();
        let few = StageEntry { order, ..StageEntry::default() };
        assert!(few.encode().len() < 24, "{}", few.encode().len());
        let more = StageEntry { order: (1..=1_001).map(|n| (n, n)).collect(), ..few };
        assert!(StageEntry::decode(&more.encode()).is_err());
    }
}
