//! The tree of the whole log, cut into tiles.
//!
//! ```text
//! level 1                tile 0: the roots of tiles 0..=255 of level 0
//!              ┌────────────────┼────────────────┐
//! level 0   tile 0           tile 1           tile 2 …  256 leaf hashes each
//! ```
//!
//! A tile is written once, when it is complete. What is not complete yet, fewer than 256 hashes a level, stays in
//! memory and is rebuilt at opening: the ragged row of level 0 from the newest leaves, that of level `k` from the
//! roots of the newest tiles of level `k - 1`. The layout is that of the static certificate transparency logs
//! (<https://c2sp.org/tlog-tiles>).

use super::frontier::{Frontier, root_of_peaks};
use super::hash::node_hash;
use crate::domain::Hash;

/// How many hashes a tile holds.
pub const TILE_WIDTH: usize = 256;

/// The binary logarithm of [`TILE_WIDTH`].
pub(super) const TILE_BITS: u32 = 8;

/// A tile that has all its hashes and will never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteTile {
    /// 0 holds leaf hashes; `k` holds the roots of tiles of level `k - 1`.
    pub level: u8,
    /// The place in the level, from 0: the tile holds the hashes `index * 256 ..` of its level.
    pub index: u64,
    /// The hashes.
    pub hashes: Box<[Hash; TILE_WIDTH]>,
    /// Their root by RFC 6962, which is a hash of the next level.
    pub root: Hash,
}

/// Why the ragged edge could not be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError<E> {
    /// A row could not be read.
    #[error("{0}")]
    Source(E),
    /// A row has another length than the size of the log says.
    #[error("row {index} of level {level} of the log's tree has {found} hashes, not {expected}")]
    Length {
        /// The level.
        level: u8,
        /// The index that the tile will have once it is complete.
        index: u64,
        /// How many hashes the row has by the size of the log.
        expected: usize,
        /// How many there were.
        found: usize,
    },
}

/// The tree of the log: its ragged edge in memory, everything else in tiles that the caller stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogTree {
    size: u64,
    /// Row `k` is the ragged row of level `k`, always with fewer than [`TILE_WIDTH`] hashes.
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    hashes: Vec<Hash>,
    /// The peaks over `hashes`: the root of the tile falls out of them when it is complete.
    frontier: Frontier,
}

/// How many hashes the ragged row of `level` has in a log of `size` leaves.
pub fn ragged_len(size: u64, level: u8) -> usize {
    let count = size.checked_shr(TILE_BITS * u32::from(level)).unwrap_or(0);
    usize::try_from(count % TILE_WIDTH as u64).unwrap_or(0)
}

/// The index that the ragged row of `level` will have as a tile, in a log of `size` leaves.
pub(super) fn ragged_index(size: u64, level: u8) -> u64 {
    size.checked_shr(TILE_BITS * (u32::from(level) + 1)).unwrap_or(0)
}

/// The root of a complete tile by RFC 6962, as [`Frontier`] gives it, but level by level: the hashes of a level do not wait
/// for each other, which a processor makes use of.
pub fn tile_root(hashes: &[Hash; TILE_WIDTH]) -> Hash {
    let mut row = *hashes;
    let mut len = TILE_WIDTH;
    while len > 1 {
        len /= 2;
        for at in 0..len {
            if let (Some(left), Some(right)) = (row.get(2 * at), row.get(2 * at + 1)) {
                let node = node_hash(left, right);
                if let Some(slot) = row.get_mut(at) {
                    *slot = node;
                }
            }
        }
    }
    let [root, ..] = row;
    root
}

impl LogTree {
    /// The tree of an empty log.
    pub const fn new() -> Self {
        Self { size: 0, rows: Vec::new() }
    }

    /// Rebuilds the ragged edge of a log of `size` leaves.
    ///
    /// `row(level, index)` gives the hashes of the row that will be tile `index` of `level`: for level 0 the leaf
    /// hashes from leaf `index * 256` on (counted from 0), for level `k` the roots of the tiles of level `k - 1` from
    /// tile `index * 256` on, [`ragged_len`] of them. It is asked only for rows that are not empty.
    ///
    /// # Errors
    /// What `row` says, or that a row has the wrong length.
    pub fn restore<E>(
        size: u64,
        mut row: impl FnMut(u8, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Self, RestoreError<E>> {
        let mut rows = Vec::new();
        let mut level = 0;
        while size.checked_shr(TILE_BITS * u32::from(level)).unwrap_or(0) > 0 {
            let (index, expected) = (ragged_index(size, level), ragged_len(size, level));
            let hashes = match expected {
                0 => Vec::new(),
                _ => row(level, index).map_err(RestoreError::Source)?,
            };
            if hashes.len() != expected {
                let found = hashes.len();
                return Err(RestoreError::Length { level, index, expected, found });
            }
            let frontier = hashes.iter().copied().collect();
            rows.push(Row { hashes, frontier });
            level += 1;
        }
        Ok(Self { size, rows })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the log by RFC 6962; [`EMPTY_ROOT`](super::EMPTY_ROOT) without leaves.
    pub fn root(&self) -> Hash {
        root_of_peaks(self.peaks())
    }

    /// The peaks of the whole log, from the largest subtree to the smallest.
    pub fn frontier(&self) -> Frontier {
        // A row has one peak per set bit of its length, and its length is a digit of the size to base 256.
        Frontier::from_parts(self.size, self.peaks().copied().collect()).unwrap_or_default()
    }

    fn peaks(&self) -> impl DoubleEndedIterator<Item = &Hash> {
        self.rows.iter().rev().flat_map(|row| row.frontier.peaks())
    }

    /// The hashes of the ragged row of `level`; none where the level has no row yet.
    pub fn row(&self, level: u8) -> &[Hash] {
        self.rows.get(usize::from(level)).map_or(&[], |row| &row.hashes)
    }

    /// Appends a leaf and gives back the tiles that it completes, the lowest level first: a tile of level `k` for
    /// every leaf whose number is a multiple of 256 to the power of `k + 1`.
    #[must_use = "complete tiles are forgotten here: store them"]
    pub fn push(&mut self, leaf: Hash) -> Vec<CompleteTile> {
        self.size += 1;
        self.rise(0, leaf)
    }

    /// Appends the [`TILE_WIDTH`] leaves of a tile, of which only the [`tile_root`] is needed, and gives back the tiles of
    /// higher levels that they complete. `None`, and nothing is appended, where the log does not end with a whole tile.
    #[must_use = "complete tiles are forgotten here: store them"]
    pub fn push_tile(&mut self, root: Hash) -> Option<Vec<CompleteTile>> {
        if !self.row(0).is_empty() {
            return None;
        }
        self.size += TILE_WIDTH as u64;
        Some(self.rise(1, root))
    }

    /// Appends a hash to the row of `level`, and the root of each tile that this completes to the row above.
    fn rise(&mut self, mut level: u8, mut hash: Hash) -> Vec<CompleteTile> {
        let mut complete = Vec::new();
        loop {
            let at = usize::from(level);
            if self.rows.len() <= at {
                self.rows.resize_with(at + 1, Row::default);
            }
            let Some(row) = self.rows.get_mut(at) else { return complete };
            row.hashes.push(hash);
            row.frontier.push(hash);
            if row.hashes.len() < TILE_WIDTH {
                return complete;
            }
            let Row { hashes, frontier } = std::mem::take(row);
            hash = frontier.root();
            let Ok(hashes) = hashes.into_boxed_slice().try_into() else { return complete };
            // The level's row has just become empty, so its next index is one past that of this tile.
            let index = ragged_index(self.size, level).saturating_sub(1);
            complete.push(CompleteTile { level, index, hashes, root: hash });
            level += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::leaf_hash;
    use std::collections::BTreeMap;

    fn leaf(i: u64) -> Hash {
        leaf_hash(&i.to_be_bytes())
    }

    #[test]
    fn equals_the_frontier_and_restores_at_every_boundary() {
        let mut tree = LogTree::new();
        let mut frontier = Frontier::new();
        let mut roots: BTreeMap<(u8, u64), Hash> = BTreeMap::new();
        let checked = [1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 65_792, 66_000];
        for i in 0..66_000 {
            frontier.push(leaf(i));
            for tile in tree.push(leaf(i)) {
                assert_eq!(tile.hashes.iter().copied().collect::<Frontier>().root(), tile.root);
                assert_eq!(tile_root(&tile.hashes), tile.root);
                assert!(roots.insert((tile.level, tile.index), tile.root).is_none());
            }
            let size = i + 1;
            assert!(tree.rows.iter().all(|row| row.hashes.len() < TILE_WIDTH));
            if !checked.contains(&size) {
                continue;
            }
            assert_eq!(tree.root(), frontier.root(), "size {size}");
            assert_eq!(tree.frontier(), frontier, "size {size}");
            let restored = LogTree::restore(size, |level, index| {
                let first = index * 256;
                let len = ragged_len(size, level) as u64;
                Ok::<_, ()>(
                    (first..first + len)
                        .map(|n| if level == 0 { leaf(n) } else { roots[&(level - 1, n)] })
                        .collect(),
                )
            });
            assert_eq!(restored.as_ref(), Ok(&tree), "size {size}");
        }
        assert_eq!(roots.keys().filter(|(level, _)| *level == 0).count(), 257);
        assert_eq!(roots.keys().filter(|(level, _)| *level == 1).count(), 1);
    }

    #[test]
    fn whole_tiles_grow_as_their_leaves_do() {
        let (mut by_leaf, mut by_tile) = (LogTree::new(), LogTree::new());
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        for tile in 0..300 {
            let leaves = std::array::from_fn(|at| leaf(tile * 256 + at as u64));
            for leaf in leaves {
                expected.extend(by_leaf.push(leaf).into_iter().filter(|tile| tile.level > 0));
            }
            found.extend(by_tile.push_tile(tile_root(&leaves)).unwrap());
            assert_eq!(by_tile, by_leaf);
        }
        assert_eq!(found, expected);
        assert_eq!(found.len(), 1);
        let _ = by_tile.push(leaf(0));
        let before = by_tile.clone();
        assert_eq!(by_tile.push_tile(leaf(0)), None);
        assert_eq!(by_tile, before);
    }

    #[test]
    fn a_tile_knows_its_place() {
        let mut tree = LogTree::new();
        let mut tiles = Vec::new();
        for i in 0..600 {
            tiles.extend(tree.push(leaf(i)));
        }
        assert_eq!(tiles.len(), 2);
        for (n, tile) in (0_u64..).zip(&tiles) {
            assert_eq!((tile.level, tile.index), (0, n));
            assert_eq!(tile.hashes[3], leaf(n * 256 + 3));
        }
        assert_eq!(tree.row(0).len(), 88);
        assert_eq!(tree.row(1), [tiles[0].root, tiles[1].root]);
        assert!(tree.row(2).is_empty());
    }

    #[test]
    fn a_row_of_the_wrong_length_or_an_unreadable_one_is_refused() {
        let short = LogTree::restore(300, |_, _| Ok::<_, ()>(vec![Hash::default(); 7]));
        assert_eq!(short, Err(RestoreError::Length { level: 0, index: 1, expected: 44, found: 7 }));
        let unreadable = LogTree::restore(1, |_, _| Err("torn"));
        assert_eq!(unreadable, Err(RestoreError::Source("torn")));
        let nothing = LogTree::restore(0, |_, _| Err("must not be asked"));
        assert_eq!(nothing, Ok(LogTree::new()));
    }
}
