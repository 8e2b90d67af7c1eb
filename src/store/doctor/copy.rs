//! The copy of a store that is examined, with everything of it that can be opened.

use crate::store::disk::format_file::ENCRYPTION;
use crate::store::disk::journal::{Item, Scan, Verdict, items_behind};
use crate::store::disk::{Anchor, Format, SALVAGE, preflight};
use crate::store::error::StoreError;
use crate::store::keyspaces::{Keyspaces, NAMES};
use crate::store::spare::Spare;
use crate::store::view::View;
use crate::store::{Options, keys, ring};
use std::collections::BTreeMap;

/// A store that was opened from a copy. It goes with the value.
pub(in crate::store) struct Copy {
    // The order of dropping: the database before its files.
    pub(in crate::store) keyspaces: Keyspaces,
    /// Keyspaces that could not be opened, and why; they are empty in the copy.
    pub(in crate::store) broken: Vec<(&'static str, String)>,
    /// Why the database could not be opened as it is.
    pub(in crate::store) failed: Option<String>,
    pub(in crate::store) spare: Spare,
}

impl Copy {
    /// Copies the store and opens the copy.
    pub(in crate::store) fn open(
        options: &Options,
        format: Option<&Format>,
        scan: &Scan,
    ) -> Result<Self, StoreError> {
        let to = options.dot.join(SALVAGE);
        let whole = match format {
            Some(format) => preflight::check(&options.store, format).is_ok(),
            None => true,
        };
        let (mut opened, mut failed) = (None, None);
        if whole {
            let spare = Spare::make(&options.store, &to, scan)?;
            match Keyspaces::open(spare.path()) {
                Ok(keyspaces) => opened = Some((keyspaces, spare, Vec::new())),
                // The copy goes before another one takes its place.
                Err(error) if error.is_damage() => failed = Some(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        let (keyspaces, spare, broken) = match opened {
            Some(opened) => opened,
            None => piecewise(options, format, scan)?,
        };
        let mut copy = Self { keyspaces, broken, failed, spare };
        copy.add_behind_damage(format, scan)?;
        copy.unlock(options, format)?;
        Ok(copy)
    }

    /// Finds the keys of an encrypted store. Where FORMAT is gone, the records of keys tell that it is one, and ANCHOR
    /// which.
    fn unlock(&mut self, options: &Options, format: Option<&Format>) -> Result<(), StoreError> {
        let store = match format {
            Some(format) if format.features.contains(ENCRYPTION) => format.store,
            None if self.is_encrypted() => match Anchor::read(&options.dot) {
                Ok(anchor) => anchor.store(),
                Err(_) => return Ok(()),
            },
            _ => return Ok(()),
        };
        ring::unlock(&mut self.keyspaces, store, options)
    }

    /// Whether there are keys to wrap others with.
    pub(super) fn is_encrypted(&self) -> bool {
        self.view().key_record(keys::STORE_KEY).is_ok_and(|record| record.is_some())
    }

    pub(super) fn view(&self) -> View {
        View::new(&self.keyspaces)
    }

    /// Adds what whole batches behind damage hold. In every file behind the first damage the engine's order is that of the
    /// files, so that later entries win here as there.
    fn add_behind_damage(&self, format: Option<&Format>, scan: &Scan) -> Result<(), StoreError> {
        let Some(first) = scan
            .journals
            .iter()
            .position(|journal| matches!(journal.verdict, Verdict::DamagedMiddle { .. }))
        else {
            return Ok(());
        };
        let names: BTreeMap<u64, &str> = ids(format)
            .into_iter()
            .filter(|(name, _)| !self.broken.iter().any(|(broken, _)| broken == name))
            .map(|(name, id)| (id, name))
            .collect();
        let mut failed = None;
        let mut add = |item: Item| {
            let of = names.get(&item.keyspace);
            let keyspace = self.keyspaces.all().into_iter().find(|(name, _)| Some(name) == of);
            let Some((_, keyspace)) = keyspace else { return };
            let added = match item.value {
                Some(value) => keyspace.insert(item.key, value),
                None => keyspace.remove(item.key),
            };
            failed = failed.take().or(added.err());
        };
        for journal in scan.journals.iter().skip(first) {
            let from = match journal.verdict {
                Verdict::DamagedMiddle { offset, .. } => offset,
                _ => 0,
            };
            items_behind(&journal.file.path, from, &mut add)?;
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// The number of each keyspace: as FORMAT says, or else as every store of this format numbers them.
pub(super) fn ids(format: Option<&Format>) -> Vec<(&'static str, u64)> {
    let numbered = |(name, id): (&'static str, u64)| {
        let known = format.and_then(|format| format.keyspaces.get(name).copied());
        (name, known.unwrap_or(id))
    };
    NAMES.into_iter().zip(1..).map(numbered).collect()
}

type Pieces = (Keyspaces, Spare, Vec<(&'static str, String)>);

/// Opens the store without the keyspaces that keep it from being opened: one of them as a rule, those that can be made
/// from the log first; else several. Where that does not help, it is the engine's own list of keyspaces.
fn piecewise(
    options: &Options,
    format: Option<&Format>,
    scan: &Scan,
) -> Result<Pieces, StoreError> {
    let to = options.dot.join(SALVAGE);
    let ids = ids(format);
    let has_current =
        |id: u64| options.store.join("keyspaces").join(id.to_string()).join("current").is_file();
    let missing: Vec<_> = ids.iter().copied().filter(|(_, id)| !has_current(*id)).collect();
    if has_current(0) {
        for skipped in candidates(&ids, &missing) {
            let numbers: Vec<u64> = skipped.iter().map(|(_, id)| *id).collect();
            let spare = Spare::without(&options.store, &to, scan, &numbers)?;
            match Keyspaces::open(spare.path()) {
                Ok(keyspaces) => return Ok((keyspaces, spare, named(&skipped, &missing))),
                Err(error) if error.is_damage() => {}
                Err(error) => return Err(error),
            }
        }
    }
    // The engine's own list of keyspaces, then; were others broken too, there would be little left to repair.
    let good: Vec<_> = ids.iter().copied().filter(|one| !missing.contains(one)).collect();
    let spare = Spare::graft(&options.store, &to, scan, &good)?;
    match Keyspaces::open(spare.path()) {
        Ok(keyspaces) => return Ok((keyspaces, spare, named(&missing, &missing))),
        Err(error) if error.is_damage() => {}
        Err(error) => return Err(error),
    }
    Err(StoreError::Damaged("no file of the storage engine can be used".into()))
}

type Numbered = (&'static str, u64);

/// Which keyspaces to leave out, in the order of trying.
fn candidates(ids: &[Numbered], missing: &[Numbered]) -> Vec<Vec<Numbered>> {
    let with_missing = |names: &[&str]| -> Vec<Numbered> {
        let left_out = |one: &&Numbered| names.contains(&one.0) || missing.contains(one);
        ids.iter().filter(left_out).copied().collect()
    };
    let derived = ["st", "ag", "ix", "tr", "dx"];
    let mut sets = vec![with_missing(&[])];
    sets.extend(["st", "ag", "ix", "tr", "dx", "mt", "ky", "ev"].map(|name| with_missing(&[name])));
    sets.push(with_missing(&derived));
    for more in [&["mt"][..], &["mt", "ky"], &["mt", "ky", "ev"]] {
        sets.push(with_missing(&[&derived[..], more].concat()));
    }
    sets.dedup();
    sets
}

fn named(skipped: &[Numbered], missing: &[Numbered]) -> Vec<(&'static str, String)> {
    let why = |one: &Numbered| {
        let missing = missing.contains(one);
        if missing { "its `current` file is missing" } else { "its files are damaged" }.to_owned()
    };
    skipped.iter().map(|one| (one.0, why(one))).collect()
}
