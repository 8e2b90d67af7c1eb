//! A list of any length, of which only what is looked at is in memory.
//!
//! Handing a widget a million rows takes seconds for one frame; a screenful takes half a millisecond. So rows come in
//! pages, a few of which are kept, and only those of the screen are drawn.

/// Rows in a page: a few screens.
pub(crate) const PAGE: usize = 128;

/// Pages that are kept: the ones looked at last.
const PAGES: usize = 8;

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    /// So many.
    Known(usize),
    /// So many, and nobody has looked further.
    AtLeast(usize),
}

impl Total {
    /// How many rows there are at least.
    pub(crate) fn rows(self) -> usize {
        match self {
            Self::Known(rows) | Self::AtLeast(rows) => rows,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Page<T> {
    index: usize,
    /// When it was read; `None` where it is known to be out of date.
    epoch: Option<u64>,
    rows: Vec<T>,
}

/// A list, and where in it one is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window<T> {
    /// The selected row.
    pub(crate) cursor: usize,
    /// The first row on the screen.
    pub(crate) top: usize,
    total: Total,
    /// The pages in memory, the one that came last at the end.
    pages: Vec<Page<T>>,
    /// Whether the last move went towards the start.
    upwards: bool,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { cursor: 0, top: 0, total: Total::AtLeast(0), pages: Vec::new(), upwards: false }
    }
}

impl<T> Window<T> {
    /// How many rows there are.
    pub(crate) fn total(&self) -> Total {
        self.total
    }

    /// Whether it is known that there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.total == Total::Known(0)
    }

    /// Whether any row was ever there.
    pub(crate) fn is_loaded(&self) -> bool {
        !self.pages.is_empty()
    }

    /// A row, if it is in memory.
    pub(crate) fn get(&self, row: usize) -> Option<&T> {
        let page = self.pages.iter().find(|page| page.index == row / PAGE)?;
        page.rows.get(row % PAGE)
    }

    /// The selected row, if it is in memory.
    pub(crate) fn selected(&self) -> Option<&T> {
        self.get(self.cursor)
    }

    /// The rows in memory with their places, page by page.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, &T)> {
        self.pages.iter().flat_map(|page| {
            page.rows.iter().enumerate().map(|(at, row)| (page.index * PAGE + at, row))
        })
    }

    /// Takes a page in: read at `epoch`, with `more` behind it.
    pub(crate) fn put(&mut self, index: usize, rows: Vec<T>, more: bool, epoch: u64) {
        let end = index * PAGE + rows.len();
        self.total = match (more, self.total) {
            (true, Total::Known(rows)) if rows > end => self.total,
            (true, Total::AtLeast(rows)) => Total::AtLeast(rows.max(end + 1)),
            (true, Total::Known(_)) => Total::AtLeast(end + 1),
            // A page beyond the end says nothing about where that is.
            (false, _) if rows.is_empty() && index > 0 => Total::AtLeast(0),
            (false, _) => Total::Known(end),
        };
        self.pages.retain(|page| page.index != index);
        self.pages.push(Page { index, epoch: Some(epoch), rows });
        if self.pages.len() > PAGES {
            self.pages.remove(0);
        }
        self.clamp();
    }

    /// Whether a page is there, however old.
    pub(crate) fn holds(&self, index: usize) -> bool {
        self.pages.iter().any(|page| page.index == index)
    }

    /// Has a page read again before it is looked at the next time.
    pub(crate) fn expire(&mut self, index: usize) {
        for page in self.pages.iter_mut().filter(|page| page.index == index) {
            page.epoch = None;
        }
    }

    /// Says how many rows there are, where that is known from elsewhere.
    pub(crate) fn know(&mut self, rows: usize) {
        self.total = Total::Known(rows);
        self.clamp();
    }

    fn clamp(&mut self) {
        if let Total::Known(rows) = self.total {
            self.cursor = self.cursor.min(rows.saturating_sub(1));
        }
    }

    /// The next page that is wanted: one that is on the screen of `height` rows, or else the next one in the direction
    /// of the last move. Pages from before `epoch` are read again, behind those that are not there at all: a log that grows
    /// faster than a page is read would leave half of the screen empty.
    pub(crate) fn wanted(&self, height: usize, epoch: u64) -> Option<usize> {
        let fresh = |index: usize| {
            let mut pages = self.pages.iter();
            pages.any(|page| page.index == index && page.epoch >= Some(epoch))
        };
        let exists = |index: usize| match self.total {
            Total::Known(0) => index == 0,
            Total::Known(rows) => index * PAGE < rows,
            Total::AtLeast(rows) => index * PAGE <= rows,
        };
        let last = (self.top + height.max(1) - 1) / PAGE;
        let seen = || (self.top / PAGE..=last).filter(|index| exists(*index));
        let missing = |index: &usize| !self.holds(*index);
        let age = |index: &usize| self.pages.iter().find(|page| page.index == *index)?.epoch;
        // Of those that are old the oldest: the others have their turn when the log grew again.
        let oldest = || seen().filter(|index| !fresh(*index)).min_by_key(age);
        if let Some(index) = seen().find(missing).or_else(oldest) {
            return Some(index);
        }
        let next = if self.upwards { (self.top / PAGE).checked_sub(1) } else { Some(last + 1) };
        next.filter(|index| exists(*index) && !fresh(*index))
    }

    /// Moves the cursor by `rows`.
    pub(crate) fn step(&mut self, rows: isize) {
        self.upwards = rows < 0;
        self.cursor = self.cursor.saturating_add_signed(rows);
        self.cursor = self.cursor.min(self.total.rows().saturating_sub(1));
    }

    /// Moves the cursor to a row.
    pub(crate) fn go(&mut self, row: usize) {
        self.upwards = row < self.cursor;
        self.cursor = row.min(self.total.rows().saturating_sub(1));
    }

    /// Scrolls so that the cursor is among `height` rows on the screen.
    pub(crate) fn settle(&mut self, height: usize) {
        let rows = self.total.rows();
        let highest = (self.cursor + 1).saturating_sub(height.max(1));
        self.top = self.top.clamp(highest, self.cursor.max(highest));
        // Where rows went away, what is left moves down rather than leaving the screen half empty.
        self.top = self.top.min(rows.saturating_sub(height)).max(highest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(rows: usize) -> Window<usize> {
        let mut window = Window::default();
        window.put(0, (0..rows.min(PAGE)).collect(), rows > PAGE, 1);
        window
    }

    #[test]
    fn pages_come_in_the_direction_of_the_last_move() {
        let mut window = filled(1000);
        assert_eq!(window.total(), Total::AtLeast(PAGE + 1));
        assert_eq!(window.wanted(20, 1), Some(1), "the next one is there before it is needed");
        window.go(PAGE);
        window.settle(20);
        window.put(1, (PAGE..2 * PAGE).collect(), true, 1);
        assert_eq!(window.selected(), Some(&PAGE));
        assert_eq!(window.wanted(20, 1), Some(2));
        assert_eq!(window.wanted(20, 2), Some(0), "what is on the screen is read again first");
    }

    #[test]
    fn a_page_that_is_not_there_is_read_before_one_that_is_old() {
        let mut window = filled(1000);
        window.go(PAGE + 5);
        window.settle(20);
        assert_eq!(window.top, PAGE - 19, "both pages are on the screen");
        for epoch in 2..5 {
            assert_eq!(window.wanted(20, epoch), Some(1));
        }
        window.put(1, (PAGE..2 * PAGE).collect(), true, 1);
        assert_eq!(window.wanted(20, 2), Some(0));
        window.put(0, (0..PAGE).collect(), true, 2);
        assert_eq!(window.wanted(20, 2), Some(1));
    }

    #[test]
    fn pages_that_are_old_take_turns() {
        let mut window = filled(1000);
        window.put(1, (PAGE..2 * PAGE).collect(), true, 1);
        window.go(PAGE + 5);
        window.settle(20);
        // The log grew again whenever a page is there.
        let turns = (2..8).map(|epoch| {
            let index = window.wanted(20, epoch + 1).unwrap();
            window.put(index, (index * PAGE..(index + 1) * PAGE).collect(), true, epoch);
            index
        });
        assert_eq!(turns.collect::<Vec<_>>(), [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn only_a_few_pages_are_kept() {
        let mut window = filled(100_000);
        for index in 0..50 {
            window.put(index, (index * PAGE..(index + 1) * PAGE).collect(), true, 1);
        }
        assert_eq!(window.rows().count(), PAGES * PAGE);
        assert_eq!((window.get(0), window.get(49 * PAGE)), (None, Some(&(49 * PAGE))));
    }

    #[test]
    fn a_list_that_shrinks_keeps_the_cursor_in_it() {
        let mut window = filled(50);
        window.go(49);
        window.settle(10);
        window.put(0, (0..5).collect(), false, 2);
        window.settle(10);
        assert_eq!((window.cursor, window.top, window.total()), (4, 0, Total::Known(5)));
        window.put(0, Vec::new(), false, 3);
        assert!(window.is_empty());
        assert_eq!((window.cursor, window.wanted(10, 3)), (0, None));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_on_the_screen(
            rows in 0_usize..300,
            moves in proptest::collection::vec((-200_isize..200, 1_usize..60), 0..40),
        ) {
            let mut window = filled(rows);
            for (by, height) in moves {
                window.step(by);
                window.settle(height);
                prop_assert!(window.top <= window.cursor && window.cursor < window.top + height);
                prop_assert!(window.cursor < window.total().rows().max(1));
            }
        }
    }
}
