//! The outbox: the log as consumers pull it, and the cursors that dbx keeps for them.
//!
//! A page starts behind the consumer's place and goes through the log in order. What it leaves out it has looked at:
//! the place where the next page starts lies behind that too, and it is told how many events were left out. Nothing
//! that is committed is passed over, whatever is written meanwhile: a page is read from one snapshot of the store, and
//! the positions of a snapshot have no gaps.
//!
//! ```text
//! pull      the walk through the log that pages and streams share
//! text      events as the text of their records, without building them
//! page      the pages of the outbox, and the same walk over the log as `events` shows it
//! cursor    how far consumers are
//! ```

mod cursor;
mod page;
mod pull;
mod text;

pub(crate) use page::TextPage;
pub(in crate::service) use pull::beyond;
