//! The use cases, and the only door to the store.
//!
//! A surface asks a [`Service`] in the types of [`wire`](crate::wire) and gets an answer or an
//! [`Error`](crate::error::Error) in them; whether the store is open in this process is nothing that it sees.

mod aggregates;
mod archive;
mod backup;
mod caller;
mod check;
mod checkpoint;
mod commit;
mod destroy;
mod doctor;
mod embed;
mod erase;
mod errors;
mod events;
mod export;
mod figures;
mod found;
mod gate;
mod handle;
mod history;
mod holder;
mod impact;
mod import;
mod list;
mod local;
mod log;
mod open;
mod outbox;
mod prepare;
mod process;
mod prove;
mod record;
mod remote;
mod resolve;
mod room;
mod schema;
mod schema_check;
mod serving;
mod stage;
mod status;
#[cfg(test)]
mod testing;
mod timeline;
pub mod token;
mod verify;

pub use backup::{BackupSource, RestoreProgress, check_backups};
pub use caller::{Caller, Restrict};
pub use check::{Trusted, check_proof};
pub use export::{ExportError, ExportFormat, ExportProgress, ExportQuery, ExportSink, ZipSink};
pub use figures::{Figures, Written};
pub use handle::{OwnerReport, Service};
pub use holder::Holder;
pub use import::{ImportOptions, ImportProgress};
pub use local::Local;
pub use open::{LOCK_WAIT, OpenOptions};
pub(crate) use outbox::TextPage;
pub use remote::{
    CLIENT_HEADER, EXIT_HEADER, HIDDEN_HEADER, KEY_HEADER, OPERATION_HEADER, REPLAYED_HEADER,
    RESTRICT_HEADER, RUN_HEADER, Remote, USER_HEADER,
};
pub(crate) use remote::{GONE, LOST};
pub use resolve::{RESOLVE_DEPTH, RESOLVE_DEPTH_MAX};
pub(crate) use room::PAGE_BYTES;
pub(crate) use schema::MOVED as SCHEMA_MOVED;
pub use serving::{Ended, Serve, Serving};
