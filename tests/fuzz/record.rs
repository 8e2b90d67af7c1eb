//! Stored records: what is read as one is written as the same bytes, and anything else is a typed error.

use dbx::store::{FormatError, Record};

/// A number that says which record, and its bytes.
pub fn run(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let record = Record::ALL[usize::from(*kind) % Record::ALL.len()];
    check(record, bytes);
    if record == Record::Chunk
        && let Some((content, _)) = bytes.split_last_chunk::<4>()
    {
        // Nothing but luck fits a checksum: with the right one, the rest is looked at.
        check(record, &[content, &crc32c::crc32c(content).to_le_bytes()].concat());
    }
    if record == Record::Backup
        && let Some(sealed) = super::backup::sealed(bytes)
    {
        check(record, &sealed);
    }
}

fn check(record: Record, bytes: &[u8]) {
    match record.again(bytes) {
        Ok(again) if record.holds_json() => {
            assert_eq!(record.again(&again).as_ref(), Ok(&again), "{record:?}");
        }
        Ok(again) => assert_eq!(again, bytes, "{record:?} has one encoding"),
        Err(FormatError::NewerFormat { found, .. }) => assert_ne!(found, 1),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
