//! The workspace whose store is open in this process.

use super::OpenOptions;
use crate::domain::Timestamp;
use crate::domain::filter::Filter;
use crate::error::{Error, Kind, Result};
use crate::store::{Store, View};
use crate::workspace::{Config, Paths};
use std::sync::{Arc, Mutex};

/// How much of a filter an error repeats.
const FILTER_CHARS_SHOWN: usize = 60;

/// A workspace whose store is open in this process: what a [`Service`](super::Service) calls, and a server serves.
/// Clones are handles of the same one.
#[derive(Debug, Clone)]
pub struct Local {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    store: Store,
    pub(super) options: OpenOptions,
    /// Held by whoever compares the schema in force with another one and applies that: the comparison still holds then.
    pub(super) applying: Mutex<()>,
}

impl Local {
    /// Builds the store of a workspace that has none yet; false where there is one, which stays as it is.
    ///
    /// # Errors
    /// A `.dbx/` that another program made, or whatever the file system says.
    pub fn create(options: &OpenOptions) -> Result<bool> {
        Ok(Store::build(&options.store())?)
    }

    /// As [`Local::create`], where everything that comes into the store is sealed. The master key is made where there
    /// is none. A store that is there and has nothing in it is encrypted from then on; then this is false too.
    ///
    /// # Errors
    /// As [`Local::create`], a key that cannot be used or made, or a store with contents in the clear.
    pub fn create_encrypted(options: &OpenOptions) -> Result<bool> {
        if Store::build_encrypted(&options.store())? {
            return Ok(true);
        }
        Self::encrypt(options)?;
        Ok(false)
    }

    /// Opens a workspace.
    ///
    /// # Errors
    /// Another process has it for longer than the wait, a newer format, missing or foreign files.
    pub fn open(options: OpenOptions) -> Result<Self> {
        let store = Store::open(options.store())?;
        Ok(Self { inner: Arc::new(Inner { store, options, applying: Mutex::default() }) })
    }

    /// Closes the workspace if this is its last handle; otherwise the last handle does when it is dropped.
    ///
    /// # Errors
    /// What kept the store from being left as the next opening wants it; everything acknowledged is on disk.
    pub fn close(self) -> Result<()> {
        match Arc::try_unwrap(self.inner) {
            Ok(inner) => Ok(inner.store.close()?),
            Err(_) => Ok(()),
        }
    }

    /// Where the workspace's files are.
    pub fn paths(&self) -> &Paths {
        &self.inner.options.paths
    }

    /// The configuration in effect.
    pub fn config(&self) -> &Config {
        &self.inner.options.config
    }

    /// Why the store takes no writes and may lack events; `None` where all is well.
    pub fn read_only(&self) -> Option<&str> {
        self.store().read_only()
    }

    /// Why an erasure, or a change of the master key, that an earlier process began could not be finished; `None` where none
    /// is due.
    pub fn unfinished(&self) -> Option<&str> {
        self.store().unfinished()
    }

    /// The time, by the clock that everything in the store is dated by.
    pub fn now(&self) -> Timestamp {
        self.inner.options.clock.now()
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(super) fn view(&self) -> Result<View> {
        Ok(self.inner.store.view()?)
    }

    pub(super) fn payload_bytes_max(&self) -> usize {
        self.config().payload_limit
    }

    /// How many items a page has: what was asked for, at most `page_limit`. [`Room`] says how many bytes.
    ///
    /// # Errors
    /// None were asked for. Whoever goes on behind such a page asks for the same one for ever.
    pub(super) fn page(&self, take: Option<usize>) -> Result<usize> {
        let limit = self.config().page_limit;
        match take {
            Some(0) => Err(Error::new(
                Kind::Invalid,
                "dbx::query::take",
                "a page has at least one item, and `take` asks for 0",
            )
            .kept("nothing was read")
            .help("leave `take` out for as many as a page has")),
            take => Ok(take.unwrap_or(limit).min(limit)),
        }
    }

    /// Reads a filter, with times counted from now.
    pub(super) fn filter(&self, text: Option<&str>) -> Result<Option<Filter>> {
        read_filter(text, self.now())
    }
}

/// Reads a filter, with times counted from `now`; `None` where there is none.
pub(super) fn read_filter(text: Option<&str>, now: Timestamp) -> Result<Option<Filter>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    Filter::parse_at(text, now).map(Some).map_err(|error| {
        let place = text.get(error.span.clone()).unwrap_or_default();
        let mut shown: String = place.chars().take(FILTER_CHARS_SHOWN).collect();
        if shown.len() < place.len() {
            shown.push('…');
        }
        let message = format!("the filter cannot be read at `{shown}`: {error}");
        Error::new(Kind::Invalid, "dbx::query::filter", message).help(error.help.clone())
    })
}
