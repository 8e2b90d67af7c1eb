//! The copy of a store that is examined, with everything of it that can be opened.

use super::gather::{Gathered, Gatherer};
use crate::store::disk::format_file::ENCRYPTION;
use crate::store::disk::journal::{self, Claims, Item, Scan, Verdict, items_behind};
use crate::store::disk::tables::{Depth, Folder, inspect};
use crate::store::disk::{Anchor, Format, SALVAGE, preflight};
use crate::store::error::StoreError;
use crate::store::keyspaces::{Keyspaces, NAMES};
use crate::store::spare::Spare;
use crate::store::view::View;
use crate::store::{Options, keys, ring};
use std::collections::BTreeMap;
use std::path::Path;

/// A store that was opened from a copy. It goes with the value.
pub(in crate::store) struct Copy {
    // The order of dropping: the database before its files.
    pub(in crate::store) keyspaces: Keyspaces,
    /// Keyspaces whose files are not what they should be: empty in the copy but for what was gathered.
    pub(in crate::store) broken: Vec<Broken>,
    /// What is wrong with the engine's own list of keyspaces.
    pub(super) failed: Option<String>,
    /// What was gathered record by record.
    pub(super) gathered: Vec<Gathered>,
    /// What damaged batches of the journals did that nothing else knows.
    pub(super) claimed: Vec<Claimed>,
    numbers: Vec<Numbered>,
    pub(in crate::store) spare: Spare,
}

/// A keyspace that is not opened.
#[derive(Debug, Clone)]
pub(in crate::store) struct Broken {
    pub(in crate::store) name: &'static str,
    /// What is wrong with its files, one thing each.
    pub(super) why: Vec<String>,
}

/// Damaged bytes of a journal.
#[derive(Debug)]
pub(super) struct Claimed {
    /// The file.
    pub(super) journal: String,
    /// What they say; of entries only those whose records are not known from elsewhere to be newer.
    pub(super) claims: Claims,
}

/// Keyspaces that follow from no other.
const PRIMARY: [&str; 3] = ["ev", "mt", "ky"];

impl Copy {
    /// Copies the store and opens the copy. With [`Depth::Bytes`], what of the log, the records beside it and the keys is not
    /// as it was written is gathered record by record; else it is left out.
    pub(in crate::store) fn open(
        options: &Options,
        format: Option<&Format>,
        scan: &Scan,
        depth: Depth,
    ) -> Result<Self, StoreError> {
        let to = options.dot.join(SALVAGE);
        let looked = Looked::at(&options.store, format, depth);
        let whole = match format {
            Some(format) => preflight::check(&options.store, format).is_ok(),
            None => true,
        };
        let (mut opened, mut failed) = (None, None);
        if whole && looked.all_good() {
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
            None => piecewise(options, &looked, scan)?,
        };
        let failed = match looked.list.bad.first() {
            Some(bad) => Some(bad.to_string()),
            None => failed.filter(|_| broken.is_empty()),
        };
        let (gathered, claimed) = (Vec::new(), Vec::new());
        let numbers = ids(format);
        let mut copy = Self { keyspaces, broken, failed, gathered, claimed, numbers, spare };
        if depth == Depth::Bytes {
            copy.gather(options, &looked, scan)?;
        }
        copy.add_behind_damage(format, scan)?;
        copy.unlock(options, format)?;
        Ok(copy)
    }

    /// Whether the files of a keyspace are not what they should be.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|broken| broken.name == name)
    }

    /// Gathers what no other record leads to, where its files are broken. Behind damage of a journal, which of two values
    /// is the newer only their sequence numbers tell, but for the log, where nothing is written twice.
    fn gather(
        &mut self,
        options: &Options,
        looked: &Looked,
        scan: &Scan,
    ) -> Result<(), StoreError> {
        let torn = scan.damaged().next().is_some();
        let called_for = |name: &str| self.is_broken(name) || (torn && name != "ev");
        let wanted: Vec<_> = looked
            .folders
            .iter()
            .filter(|((name, _), _)| PRIMARY.contains(name) && called_for(name))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let from = Gatherer::new(&self.keyspaces, &self.spare)?;
        let mut gathered = Vec::new();
        for (numbered, folder) in wanted {
            gathered.push(from.gather(*numbered, &options.store, folder, scan)?);
        }
        let mut claimed = Vec::new();
        for journal in scan.damaged() {
            let (Verdict::BadLastBatch { offset, .. } | Verdict::DamagedMiddle { offset, .. }) =
                journal.verdict
            else {
                continue;
            };
            let name = journal.file.path.file_name().unwrap_or_default().to_string_lossy();
            for mut claims in journal::claims(&journal.file.path, offset)? {
                let mut entries = Vec::new();
                for claim in std::mem::take(&mut claims.entries) {
                    let of = looked.name(claim.keyspace);
                    let known = of.filter(|of| gathered.iter().any(|one| one.name == *of));
                    if match known {
                        Some(of) => from.is_behind(of, &claim)?,
                        None => true,
                    } {
                        entries.push(claim);
                    }
                }
                claims.entries = entries;
                claimed.push(Claimed { journal: name.clone().into_owned(), claims });
            }
        }
        (self.gathered, self.claimed) = (gathered, claimed);
        Ok(())
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

    /// The keyspace with a number.
    pub(super) fn name_of(&self, id: u64) -> Option<&'static str> {
        let found = self.numbers.iter().find(|(_, number)| *number == id);
        found.map(|(name, _)| *name)
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
            .filter(|(name, _)| {
                !self.is_broken(name) && !self.gathered.iter().any(|one| one.name == *name)
            })
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

/// What a look at the folders of all keyspaces found.
struct Looked {
    /// That of the engine's own list of keyspaces.
    list: Folder,
    folders: Vec<(Numbered, Folder)>,
}

impl Looked {
    fn at(store: &Path, format: Option<&Format>, depth: Depth) -> Self {
        let look = |id: u64| inspect(&store.join("keyspaces").join(id.to_string()), depth);
        let folders = ids(format).into_iter().map(|one| (one, look(one.1))).collect();
        Self { list: look(0), folders }
    }

    fn all_good(&self) -> bool {
        self.list.bad.is_empty() && self.bad().is_empty()
    }

    fn bad(&self) -> Vec<Numbered> {
        let bad = self.folders.iter().filter(|(_, folder)| !folder.bad.is_empty());
        bad.map(|(numbered, _)| *numbered).collect()
    }

    fn name(&self, id: u64) -> Option<&'static str> {
        self.folders.iter().map(|(numbered, _)| *numbered).find(|one| one.1 == id).map(|one| one.0)
    }

    /// What is wrong with keyspaces that are left out.
    fn broken(&self, skipped: &[Numbered]) -> Vec<Broken> {
        let why = |one: &Numbered| {
            let folder = self.folders.iter().find(|(numbered, _)| numbered == one);
            let bad = folder.map(|(_, folder)| folder.bad.as_slice()).unwrap_or_default();
            let why: Vec<String> = bad.iter().map(ToString::to_string).collect();
            if why.is_empty() { vec!["its files are damaged".to_owned()] } else { why }
        };
        skipped.iter().map(|one| Broken { name: one.0, why: why(one) }).collect()
    }
}

type Pieces = (Keyspaces, Spare, Vec<Broken>);

/// Opens the store without the keyspaces that keep it from being opened: those whose files are known to be bad; beyond them
/// one as a rule, those that can be made from the log first; else several. Where that does not help, it is the engine's own
/// list of keyspaces.
fn piecewise(options: &Options, looked: &Looked, scan: &Scan) -> Result<Pieces, StoreError> {
    let to = options.dot.join(SALVAGE);
    let ids: Vec<Numbered> = looked.folders.iter().map(|(numbered, _)| *numbered).collect();
    let bad = looked.bad();
    if looked.list.bad.is_empty() {
        for skipped in candidates(&ids, &bad) {
            let numbers: Vec<u64> = skipped.iter().map(|(_, id)| *id).collect();
            let spare = Spare::without(&options.store, &to, scan, &numbers)?;
            match Keyspaces::open(spare.path()) {
                Ok(keyspaces) => return Ok((keyspaces, spare, looked.broken(&skipped))),
                Err(error) if error.is_damage() => {}
                Err(error) => return Err(error),
            }
        }
    }
    // The engine's own list of keyspaces, then; and where that is not all, without any file of theirs.
    let good: Vec<_> = ids.iter().copied().filter(|one| !bad.contains(one)).collect();
    for taken in [good, Vec::new()] {
        let left_out: Vec<_> = ids.iter().copied().filter(|one| !taken.contains(one)).collect();
        let spare = Spare::graft(&options.store, &to, scan, &taken)?;
        match Keyspaces::open(spare.path()) {
            Ok(keyspaces) => return Ok((keyspaces, spare, looked.broken(&left_out))),
            Err(error) if error.is_damage() => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Damaged("no file of the storage engine can be used".into()))
}

type Numbered = (&'static str, u64);

/// Which keyspaces to leave out, in the order of trying; those that are `bad` in any case.
fn candidates(ids: &[Numbered], bad: &[Numbered]) -> Vec<Vec<Numbered>> {
    let with_bad = |names: &[&str]| -> Vec<Numbered> {
        let left_out = |one: &&Numbered| names.contains(&one.0) || bad.contains(one);
        ids.iter().filter(left_out).copied().collect()
    };
    let derived = ["st", "ag", "ix", "tr", "dx"];
    let mut sets = vec![with_bad(&[])];
    sets.extend(["st", "ag", "ix", "tr", "dx", "mt", "ky", "ev"].map(|name| with_bad(&[name])));
    sets.push(with_bad(&derived));
    for more in [&["mt"][..], &["mt", "ky"], &["mt", "ky", "ev"]] {
        sets.push(with_bad(&[&derived[..], more].concat()));
    }
    sets.dedup();
    sets
}
