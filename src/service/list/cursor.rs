//! Where a page of a list begins.

use crate::domain::AggregateKey;
use crate::error::{Error, Kind, Result};
use crate::store::Head;
use crate::wire::Sort;
use std::cmp::Reverse;
use std::fmt;

/// Where an aggregate stands in a list: those with more of what it is sorted by come first, and in the order of ids where
/// that is the same. A place is compared with others and never searched: it is one also where nothing stands any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    order: Reverse<i128>,
    pub(super) name: AggregateKey,
}

impl Place {
    pub(super) fn of(sort: Sort, name: AggregateKey, head: &Head) -> Self {
        let order = match sort {
            Sort::Id => 0,
            Sort::Updated => head.position.get().into(),
            Sort::Created => head.created_at.as_micros().into(),
            Sort::Version => head.version.get().into(),
        };
        Self { order: Reverse(order), name }
    }
}

/// The place behind which a page begins: `order/4` in the order of ids; in every other one with what it is sorted by, as
/// `v12:order/4` by versions. What stands there need not be in the list. Where the page before ended while it passed over
/// what it was to skip, it says how many are left to be passed over: `7~order/4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) skip: usize,
    pub(super) sort: Sort,
    pub(super) place: Place,
}

/// What stands before the number in the cursor of a list that is not in the order of ids.
fn letter(sort: Sort) -> Option<char> {
    match sort {
        Sort::Id => None,
        Sort::Updated => Some('u'),
        Sort::Created => Some('c'),
        Sort::Version => Some('v'),
    }
}

impl Cursor {
    /// Reads the cursor of a list in an order.
    ///
    /// # Errors
    /// It is none, or one of a list in another order.
    pub(super) fn read(text: &str, sort: Sort) -> Result<Self> {
        let other = || bad(text, " in this order");
        let none = || bad(text, "");
        let (skip, place) = match text.split_once('~') {
            Some((skip, place)) => (skip.parse().map_err(|_| none())?, place),
            None => (0, text),
        };
        let (order, name) = match (letter(sort), place.split_once(':')) {
            (None, None) => (0, place),
            (Some(letter), Some((order, name))) => {
                let number = order.strip_prefix(letter).ok_or_else(other)?;
                (number.parse().map_err(|_| none())?, name)
            }
            (None, Some(_)) | (Some(_), None) => return Err(other()),
        };
        let (aggregate_type, id) = name.split_once('/').ok_or_else(none)?;
        let name = AggregateKey::new(aggregate_type, id)?;
        Ok(Self { skip, sort, place: Place { order: Reverse(order), name } })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skip > 0 {
            write!(f, "{}~", self.skip)?;
        }
        if let Some(letter) = letter(self.sort) {
            write!(f, "{letter}{}:", self.place.order.0)?;
        }
        write!(f, "{}", self.place.name)
    }
}

fn bad(text: &str, order: &str) -> Error {
    let message = format!("`{text}` is not a cursor of a list{order}");
    Error::new(Kind::Invalid, "dbx::query::cursor", message)
        .help("give the `next` of the page before, with the same filter and order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_text_of_a_place() {
        for (text, sort) in [
            ("order/4", Sort::Id),
            ("7~order/4-a_B", Sort::Id),
            ("v12:order/4", Sort::Version),
            ("c-1:order/4", Sort::Created),
            ("3~u4711:order/4", Sort::Updated),
        ] {
            assert_eq!(Cursor::read(text, sort).unwrap().to_string(), text);
        }
        for (text, sort) in [
            ("", Sort::Id),
            ("order", Sort::Id),
            ("x~order/4", Sort::Id),
            ("~order/4", Sort::Id),
            ("-1~order/4", Sort::Id),
            ("7~", Sort::Id),
            ("v12:order/4", Sort::Id),
            ("v12:order/4", Sort::Updated),
            ("order/4", Sort::Version),
            ("v:order/4", Sort::Version),
            ("v1x:order/4", Sort::Version),
            ("v1:order", Sort::Version),
        ] {
            let error = Cursor::read(text, sort).unwrap_err();
            assert_eq!(error.code(), "dbx::query::cursor", "{text}");
        }
        assert!(Cursor::read("Order/4", Sort::Id).is_err());
    }
}
