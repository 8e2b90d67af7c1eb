//! Where a page of a list begins.

use crate::domain::AggregateKey;
use crate::error::{Error, Kind, Result};
use std::fmt;
use std::str::FromStr;

/// The place behind which a page begins: `order/4`. What stands there need not be in the list. Where the page before ended
/// while it passed over what it was to skip, it says how many are left to be passed over: `7~order/4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) skip: usize,
    pub(super) name: AggregateKey,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skip > 0 {
            write!(f, "{}~", self.skip)?;
        }
        write!(f, "{}", self.name)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (skip, name) = match text.split_once('~') {
            Some((skip, name)) => (skip.parse().map_err(|_| bad(text))?, name),
            None => (0, text),
        };
        let (aggregate_type, id) = name.split_once('/').ok_or_else(|| bad(text))?;
        Ok(Self { skip, name: AggregateKey::new(aggregate_type, id)? })
    }
}

fn bad(text: &str) -> Error {
    let message = format!("`{text}` is not a cursor of a list");
    Error::new(Kind::Invalid, "dbx::query::cursor", message)
        .help("give the `next` of the page before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_the_text_of_a_place() {
        for text in ["order/4", "7~order/4-a_B"] {
            assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        }
        for text in ["", "order", "x~order/4", "~order/4", "-1~order/4", "7~", "7~order"] {
            let error = text.parse::<Cursor>().unwrap_err();
            assert_eq!(error.code(), "dbx::query::cursor", "{text}");
        }
        assert!("Order/4".parse::<Cursor>().is_err());
    }
}
