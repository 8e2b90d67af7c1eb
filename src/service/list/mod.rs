//! Lists of aggregates.
//!
//! ```text
//! page      one page, for which so many aggregates are looked at and no more
//! whole     such pages put together until one is as long as was asked for
//! cursor    where a page begins
//! subject   an aggregate, as a filter sees it
//! ```

mod cursor;
mod page;
mod subject;
mod whole;

pub(super) use page::stopped;
pub(super) use whole::whole;

#[cfg(test)]
mod tests;
