//! What a restored store keeps of the one that it replaces: history goes back, but neither comes a token back that was
//! revoked since, nor the contents of an aggregate that was erased since.

use crate::domain::{AggregateKey, Erasure};
use crate::store::disk::format_file::{Folder, inspect};
use crate::store::disk::{Anchor, journal, preflight};
use crate::store::error::StoreError;
use crate::store::format::ErasureEntry;
use crate::store::keyspaces::Keyspaces;
use crate::store::view::View;
use crate::store::writer::Space;
use crate::store::{Options, keys};
use fjall::PersistMode;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What was decided after a backup was taken, and must hold where it is restored.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// Records of tokens and of their use.
    tokens: Vec<(Vec<u8>, Vec<u8>)>,
    erasures: Vec<(AggregateKey, Erasure)>,
}

impl Carried {
    /// What the store that is there says, where it is the same one. `None` where it cannot be read.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn of(options: &Options, store: Uuid) -> Result<Option<Self>, StoreError> {
        match Self::read(options, store) {
            Ok(carried) => Ok(Some(carried)),
            Err(error) if error.is_damage() => Ok(None),
            Err(StoreError::Disk(error)) if error.is_corruption() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(options: &Options, store: Uuid) -> Result<Self, StoreError> {
        let format = match inspect(&options.dot)? {
            Folder::Store(format) if format.store == store => format,
            _ => return Ok(Self::default()),
        };
        let anchor = Anchor::open(&options.dot, format.store)?;
        preflight::check(&options.store, &format)?;
        // The engine would cut what it cannot read.
        if journal::scan(&options.store, anchor.state().journal_floor)?.damaged().next().is_some() {
            return Err(StoreError::Inconsistent("the journals are damaged".into()));
        }
        let view = View::new(&Keyspaces::open(&options.store)?);
        let mut carried = Self { tokens: Vec::new(), erasures: view.erasures()? };
        view.records(Space::Mt, |key, value| {
            if key.starts_with(keys::TOKEN_PREFIX) || key.starts_with(keys::TOKEN_USE_PREFIX) {
                carried.tokens.push((key.to_vec(), value.to_vec()));
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(carried)
    }

    /// Adds erasures that somebody names.
    pub(super) fn also(&mut self, erasures: Vec<(AggregateKey, Erasure)>) {
        self.erasures.extend(erasures);
    }

    /// Writes it into a store that is being restored, before anything is derived there. Gives how many aggregates were
    /// erased that its backup still had.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn put(self, keyspaces: &Keyspaces) -> Result<u64, StoreError> {
        let view = View::new(keyspaces);
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::Buffer));
        for (key, value) in self.tokens {
            batch.insert(&keyspaces.mt, key, value);
        }
        let (mut erased, mut seen) = (0, BTreeSet::new());
        for (name, erasure) in self.erasures {
            let key = keys::data_key(&name);
            if !seen.insert(name.clone()) || view.key_record(&key)?.is_none() {
                continue;
            }
            batch.remove(&keyspaces.ky, key);
            batch.insert(&keyspaces.mt, keys::erasure(&name), ErasureEntry(erasure).encode());
            // Files hold the wrapped key until the next opening has cleaned them.
            batch.insert(&keyspaces.ky, keys::UNFINISHED, b"");
            erased += 1;
        }
        batch.commit()?;
        Ok(erased)
    }
}
