//! fjall's database and the keyspaces in it.

use super::error::StoreError;
use super::ring::Ring;
use super::writer::Space;
use fjall::config::{BlockSizePolicy, CompressionPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions};
use std::path::Path;
use std::sync::Arc;

/// The names of the keyspaces, in the order in which they are created.
pub(crate) const NAMES: [&str; 8] = ["ev", "mt", "ky", "st", "ag", "ix", "tr", "dx"];

/// The block cache: every reader shares it, and the memory bar of an idle owner is 64 MiB.
const CACHE_BYTES: u64 = 32 << 20;

/// Memtables: a large one for the log, small ones beside it; the memory bar decides.
const LOG_MEMTABLE_BYTES: u64 = 64 << 20;
const MEMTABLE_BYTES: u64 = 8 << 20;

/// Journals beyond this are forced out by flushing; fjall's least.
const JOURNAL_BYTES: u64 = 64 << 20;

/// The open database. Cloning is cheap; the database stays open until the last clone is gone.
#[derive(Clone)]
pub(crate) struct Keyspaces {
    pub(crate) db: Database,
    pub(crate) ev: Keyspace,
    pub(crate) mt: Keyspace,
    pub(crate) ky: Keyspace,
    pub(crate) st: Keyspace,
    pub(crate) ag: Keyspace,
    pub(crate) ix: Keyspace,
    pub(crate) tr: Keyspace,
    pub(crate) dx: Keyspace,
    /// The keys of an encrypted store.
    pub(crate) ring: Option<Arc<Ring>>,
    /// One for each clone: who else has the database open in this process.
    handles: Arc<()>,
}

impl Keyspaces {
    /// Opens the database in `path`, or makes one where there is none. What must hold before that is checked by
    /// [`disk`](super::disk): fjall throws away what it cannot read.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let db = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(2)
            .manual_journal_persist(true)
            // The opening scan checks the bytes as they are stored; fjall would hash what it compresses again.
            .journal_compression(CompressionType::None)
            .open()?;
        let open = |name: &str| {
            let memtable = if name == "ev" { LOG_MEMTABLE_BYTES } else { MEMTABLE_BYTES };
            db.keyspace(name, || {
                KeyspaceCreateOptions::default()
                    .max_memtable_size(memtable)
                    .data_block_size_policy(BlockSizePolicy::all(4 << 10))
                    .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
            })
        };
        Ok(Self {
            ev: open("ev")?,
            mt: open("mt")?,
            ky: open("ky")?,
            st: open("st")?,
            ag: open("ag")?,
            ix: open("ix")?,
            tr: open("tr")?,
            dx: open("dx")?,
            ring: None,
            handles: Arc::new(()),
            db,
        })
    }

    /// Every keyspace with its name, in the order of [`NAMES`].
    pub(crate) fn all(&self) -> [(&'static str, &Keyspace); 8] {
        let [ev, mt, ky, st, ag, ix, tr, dx] = NAMES;
        [
            (ev, &self.ev),
            (mt, &self.mt),
            (ky, &self.ky),
            (st, &self.st),
            (ag, &self.ag),
            (ix, &self.ix),
            (tr, &self.tr),
            (dx, &self.dx),
        ]
    }

    /// The keyspace of a record.
    pub(super) fn of(&self, space: Space) -> &Keyspace {
        match space {
            Space::Ev => &self.ev,
            Space::Mt => &self.mt,
            Space::Ky => &self.ky,
            Space::St => &self.st,
            Space::Ag => &self.ag,
            Space::Ix => &self.ix,
            Space::Tr => &self.tr,
            Space::Dx => &self.dx,
        }
    }

    /// Whether this is the only handle of the database in the process.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.handles) == 1
    }

    /// Name and fjall's number of every keyspace, for FORMAT.
    pub(crate) fn ids(&self) -> Vec<(String, u64)> {
        self.all().into_iter().map(|(name, keyspace)| (name.to_owned(), keyspace.id())).collect()
    }
}
