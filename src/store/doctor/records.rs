//! Reading every record of a keyspace, whatever in it cannot be read.

use crate::store::error::StoreError;
use fjall::{Keyspace, Readable, Slice, Snapshot};

/// What a keyspace gave.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// How many records can be read.
    pub(super) records: u64,
    /// Why some cannot.
    pub(super) damage: Option<String>,
}

/// Hands every record that can be read to `visit`: from the beginning up to damage, and from the end back to it. So of two
/// damaged places what lies between them is passed over.
///
/// # Errors
/// What is not damage, and what `visit` says.
pub(super) fn each(
    snapshot: &Snapshot,
    keyspace: &Keyspace,
    visit: &mut dyn FnMut(Slice, Slice) -> Result<(), StoreError>,
) -> Result<Reading, StoreError> {
    let mut found = Reading::default();
    let mut last: Option<Slice> = None;
    for guard in snapshot.iter(keyspace) {
        match guard.into_inner().map_err(StoreError::from) {
            Ok((key, value)) => {
                last = Some(key.clone());
                found.records += 1;
                visit(key, value)?;
            }
            Err(error) if error.is_damage() => {
                found.damage = Some(error.to_string());
                break;
            }
            Err(error) => return Err(error),
        }
    }
    if found.damage.is_some() {
        for guard in snapshot.iter(keyspace).rev() {
            match guard.into_inner().map_err(StoreError::from) {
                // Beyond the damage, which a table may have told by a record that was read before.
                Ok((key, _)) if last.as_ref().is_some_and(|last| key <= *last) => break,
                Ok((key, value)) => {
                    found.records += 1;
                    visit(key, value)?;
                }
                Err(error) if error.is_damage() => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}
