//! How much a page may hold in bytes: whoever asks for a page has all of it in memory, at both ends.

use serde::Serialize;
use std::io::{self, Write};

/// A page ends with the item that reaches so many bytes, whatever was asked for.
pub(crate) const PAGE_BYTES: usize = 8 << 20;

/// What is left of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room(usize);

impl Room {
    /// That of a page of so many bytes.
    #[cfg(test)]
    fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// That of a whole page.
    pub(super) fn page() -> Self {
        Self(PAGE_BYTES)
    }

    /// Takes so many bytes of it.
    pub(super) fn take(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }

    /// Takes as many bytes of it as the JSON of `item` has.
    pub(super) fn take_json(&mut self, item: &impl Serialize) {
        self.take(json_bytes(item));
    }

    /// Whether the page ends here.
    pub(super) fn is_full(self) -> bool {
        self.0 == 0
    }
}

/// Counts what it is given.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json_bytes(item: &impl Serialize) -> usize {
    let mut count = Count(0);
    // Counting cannot fail, and the keys of every object are texts.
    let counted = serde_json::to_writer(&mut count, item);
    debug_assert!(counted.is_ok(), "JSON into a number");
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_full_with_the_item_that_reaches_its_end() {
        let mut room = Room::of(10);
        room.take_json(&"seven");
        assert!(!room.is_full());
        room.take_json(&[1]);
        assert!(room.is_full());
        room.take(1);
        assert!(room.is_full() && !Room::page().is_full());
    }
}
