//! A new master key, and files that hold nothing that the old one opens.
//!
//! Also the end of an erasure: its commit removes the data key, and this removes what is left of it in tables and
//! journals. fjall appends and never overwrites, so that takes a compaction and a close:
//!
//! ```text
//! data_aes256.key.next is written     from here on the next opening goes on with this, if it is interrupted
//! every record of `ky` is rewrapped   a record names the master key that it is wrapped with, and both open until the end
//! memtables are flushed, `ky` `ag` `dx` `ix` compacted
//! the database is closed, its journals are emptied
//! the new key takes the place of the old one, which is overwritten
//! the database is opened again, and the mark of an erasure removed
//! ```

use super::disk::close;
use super::error::StoreError;
use super::format::KeyEntry;
use super::keyspaces::Keyspaces;
use super::open::{self, FLUSH_WAIT};
use super::ring::{Ring, wrapped};
use super::view::View;
use super::writer::Start;
use super::{Options, Store, WriterState, disk, keys};
use crate::seal::Key;
use crate::workspace::Protection;
use fjall::{PersistMode, Readable as _};
use std::ops::Bound;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait for readers of this process to give up their views.
const READERS_WAIT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 10_000 });

/// How long an opening waits for memtables to reach the disk when it goes on with what another process began: on a full
/// disk they never do, and every opening tries again.
const GO_ON_WAIT: Duration = Duration::from_secs(10);

/// How long to sleep between two looks at the readers.
const LOOK: Duration = Duration::from_millis(2);

/// How many records are rewrapped in one batch.
const BATCH: usize = 512;

impl Store {
    /// Turns encryption on in a store that has nothing in it that would stay in the clear.
    ///
    /// # Errors
    /// There is something in it, or the key cannot be made.
    pub fn encrypt(options: Options) -> Result<(), StoreError> {
        let mut store = Self::open(options)?;
        if store.is_encrypted() {
            return store.close();
        }
        if !store.view()?.is_bare()? {
            return Err(StoreError::PlainContents);
        }
        let (master, _) = store.options.keys.ensure()?;
        let record = store_key(&master, store.format.store)?;
        store.change(move |_, _, changes| {
            changes.put(super::writer::Space::Ky, keys::STORE_KEY.to_vec(), record);
            Ok::<_, StoreError>(())
        })?;
        store.format.features.insert(disk::format_file::ENCRYPTION.to_owned());
        store.format.write(&store.options.dot)?;
        store.close()
    }

    /// Replaces the master key by a new one, and empties the files of everything that the old one opened. No event is
    /// touched. Returns when all of it is on disk; what is interrupted is finished by the next opening.
    ///
    /// # Errors
    /// A store that is not encrypted, that takes no writes or that is being read all the time, no key, or what the file
    /// system says.
    pub fn rotate(&self, protection: &Protection) -> Result<(), StoreError> {
        self.renew(FLUSH_WAIT)?;
        Ok(self.options.keys.protect(protection)?)
    }

    /// Finishes what an earlier process began, if that can be done now. A disk that is full must not keep anybody from
    /// reading what is on it: the store opens then with the cleaning still due, and every opening tries again.
    ///
    /// # Errors
    /// After the attempt the store could not be opened any more.
    pub(super) fn go_on_if_possible(&mut self) -> Result<(), StoreError> {
        let Err(error) = self.go_on() else { return Ok(()) };
        // Where not even that can be said, the attempt has left nothing open.
        let Ok(view) = self.view() else { return Err(error) };
        let erasing = view.is_erasing()?;
        let what = if erasing { "an erasure" } else { "the change of the master key" };
        self.unfinished = Some(format!("{what} is not finished: {error}"));
        Ok(())
    }

    /// What an earlier process began and could not be finished at the opening, with the reason: until it is, the files may
    /// hold keys that were to be destroyed.
    pub fn unfinished(&self) -> Option<&str> {
        self.unfinished.as_deref()
    }

    /// Finishes what an earlier process began.
    fn go_on(&self) -> Result<(), StoreError> {
        if self.read_only.is_some() || !self.is_encrypted() {
            return Ok(());
        }
        let view = self.view()?;
        // Without the key it waits for an opening with it.
        if view.opens().is_err() {
            return Ok(());
        }
        self.options.keys.sweep()?;
        let begun = view.is_erasing()? || self.options.keys.is_rotating();
        drop(view);
        if begun { self.renew(GO_ON_WAIT) } else { Ok(()) }
    }

    /// Finishes an erasure whose commit was accepted.
    ///
    /// # Errors
    /// As [`Store::rotate`].
    pub fn finish_erasure(&self) -> Result<(), StoreError> {
        self.renew(FLUSH_WAIT)
    }

    fn renew(&self, flush_wait: Duration) -> Result<(), StoreError> {
        if let Some(reason) = self.read_only() {
            return Err(StoreError::ReadOnly { reason: reason.to_owned() });
        }
        self.shared.check()?;
        let ring = self.keyspaces()?.ring.ok_or(StoreError::NotEncrypted)?;
        ring.held()?;
        // Whoever wants to write waits for this lock, whoever wants to read for the other.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let guard = match std::mem::replace(&mut *writer, WriterState::Closed) {
            WriterState::Idle(start) => Some(start.guard),
            WriterState::Running(mut running) => running.stop(),
            WriterState::Closed => None,
        };
        let mut guard = guard.ok_or(StoreError::Closed)?;
        let mut slot = self.keyspaces.write().unwrap_or_else(PoisonError::into_inner);
        let keyspaces = slot.take().ok_or(StoreError::Closed)?;
        let (keyspaces, done) = if is_left_alone(&keyspaces) {
            let marked = guard.before_write().map_err(StoreError::from);
            // Nobody reads any more, so that none comes back.
            ring.forget_all();
            let done = marked.and_then(|()| clean(keyspaces, &ring, &self.options, flush_wait));
            (open_again(&self.options, &ring)?, done)
        } else {
            (keyspaces, Err(StoreError::BeingRead))
        };
        let done = done.and_then(|()| unmark(&keyspaces));
        let view = View::new(&keyspaces);
        let end = view.end()?;
        let tree = open::restore(&view, end.position.get())?;
        let types = view.types()?.into_iter().map(|(name, number)| (name.to_string(), number));
        let start = Start {
            types: types.collect(),
            keyspaces: keyspaces.clone(),
            end,
            tree,
            worker: self.options.worker,
            cache_heads: self.options.cache_heads,
            clock: self.options.clock.clone(),
            guard,
        };
        *slot = Some(keyspaces);
        *writer = WriterState::Idle(Box::new(start));
        done
    }
}

/// The record of a new key of the store.
pub(super) fn store_key(master: &Key, store: uuid::Uuid) -> Result<Vec<u8>, StoreError> {
    let key = Key::generate().map_err(StoreError::sealed("a new key"))?;
    wrapped(master, store, keys::STORE_KEY, &key)
}

/// Waits until nobody else in the process has the database open.
fn is_left_alone(keyspaces: &Keyspaces) -> bool {
    let start = Instant::now();
    while !keyspaces.is_alone() {
        if start.elapsed() >= READERS_WAIT {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}

fn open_again(options: &Options, ring: &Arc<Ring>) -> Result<Keyspaces, StoreError> {
    let mut keyspaces = Keyspaces::open(&options.store)?;
    keyspaces.ring = Some(ring.clone());
    Ok(keyspaces)
}

fn clean(
    keyspaces: Keyspaces,
    ring: &Ring,
    options: &Options,
    flush_wait: Duration,
) -> Result<(), StoreError> {
    step("marked");
    ring.turn_to(options.keys.begin()?)?;
    step("key");
    rewrap(&keyspaces, ring)?;
    step("rewrapped");
    close::flush(keyspaces.all().into_iter().map(|(_, keyspace)| keyspace), flush_wait)?;
    step("flushed");
    for keyspace in [&keyspaces.ky, &keyspaces.ag, &keyspaces.dx, &keyspaces.ix] {
        keyspace.major_compact()?;
    }
    step("compacted");
    drop(keyspaces);
    close::flush_and_truncate(&options.store)?;
    step("truncated");
    options.keys.finish()?;
    step("finished");
    ring.settle()
}

/// Wraps every key with the present master key. All of them, whatever they are wrapped with: only what is written again
/// lets a compaction drop what was there before.
fn rewrap(keyspaces: &Keyspaces, ring: &Ring) -> Result<(), StoreError> {
    let mut after: Vec<u8> = Vec::new();
    loop {
        let snapshot = keyspaces.db.snapshot();
        let beyond = (Bound::Excluded(after.clone()), Bound::Unbounded);
        let page: Vec<_> = snapshot
            .range::<Vec<u8>, _>(&keyspaces.ky, beyond)
            .take(BATCH)
            .map(fjall::Guard::into_inner)
            .collect::<Result<_, _>>()?;
        drop(snapshot);
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncData));
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = last.to_vec();
        for (place, record) in page {
            if *place == *keys::UNFINISHED {
                continue;
            }
            KeyEntry::decode(&record).map_err(StoreError::record("a data key"))?;
            let key = ring.unwrap(&place, &record)?;
            batch.insert(&keyspaces.ky, &*place, ring.entry(&place, &key)?);
        }
        batch.commit()?;
    }
}

/// Removes the mark of an erasure: it is finished.
fn unmark(keyspaces: &Keyspaces) -> Result<(), StoreError> {
    if View::new(keyspaces).is_erasing()? {
        let mut batch = keyspaces.db.batch().durability(Some(PersistMode::SyncData));
        batch.remove(&keyspaces.ky, keys::UNFINISHED);
        batch.commit()?;
    }
    Ok(())
}

#[cfg(not(test))]
fn step(_name: &'static str) {}

#[cfg(test)]
pub(super) use steps::step;

/// A look at the files between two steps: what a crash there would leave.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::RefCell;

    type Look = Box<dyn FnMut(&'static str)>;

    thread_local! {
        static LOOK: RefCell<Option<Look>> = const { RefCell::new(None) };
    }

    pub(in crate::store) fn step(name: &'static str) {
        LOOK.with_borrow_mut(|look| {
            if let Some(look) = look {
                look(name);
            }
        });
    }

    /// Calls `look` at every step that this thread makes while `run` runs.
    pub(in crate::store) fn watched<T>(
        look: impl FnMut(&'static str) + 'static,
        run: impl FnOnce() -> T,
    ) -> T {
        LOOK.set(Some(Box::new(look)));
        let result = run();
        LOOK.set(None);
        result
    }
}
