//! Where proofs take their nodes from: leaf hashes in memory, or the tiles of the log.

use super::frontier::Frontier;
use super::tiles::{LogTree, TILE_BITS, TILE_WIDTH, ragged_index};
use crate::domain::Hash;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The complete subtrees of a tree.
pub trait NodeSource {
    /// Why a node could not be had.
    type Error;

    /// The root of the complete subtree over the 2^`level` leaves from leaf `index * 2^level` on, counted from 0.
    ///
    /// # Errors
    /// When the node cannot be read or there are not as many leaves.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// A node beyond the leaves of its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no node {index} on level {level}")]
pub struct MissingNode {
    /// The binary logarithm of the number of leaves below the node.
    pub level: u32,
    /// The place in the level, from 0.
    pub index: u64,
}

/// The first `2^bits` hashes from `start` on, if there are as many.
fn part(hashes: &[Hash], start: u64, bits: u32) -> Option<&[Hash]> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(1_usize.checked_shl(bits)?)?;
    hashes.get(start..end)
}

fn root(hashes: &[Hash]) -> Hash {
    hashes.iter().copied().collect::<Frontier>().root()
}

/// Leaf hashes in memory: every node is computed, so a whole proof hashes each leaf once.
impl NodeSource for [Hash] {
    type Error = MissingNode;

    fn node(&self, level: u32, index: u64) -> Result<Hash, MissingNode> {
        1_u64
            .checked_shl(level)
            .and_then(|span| index.checked_mul(span))
            .and_then(|start| part(self, start, level))
            .map(root)
            .ok_or(MissingNode { level, index })
    }
}

/// Why a node could not be had from tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// A tile could not be read.
    #[error("{0}")]
    Source(E),
    /// The log is not as long.
    #[error(transparent)]
    Missing(MissingNode),
    /// A tile with another number of hashes than [`TILE_WIDTH`].
    #[error("tile {index} of level {level} has {found} hashes, not 256")]
    Length {
        /// The tile's level.
        level: u8,
        /// The tile's index.
        index: u64,
        /// How many hashes it has.
        found: usize,
    },
}

/// The log's nodes, from complete tiles that `read(level, index)` fetches and from the ragged edge in memory.
///
/// Each tile is read once, so make one of these per proof: it remembers what it read.
#[derive(Debug)]
pub struct TileNodes<'a, F, T> {
    tree: &'a LogTree,
    read: F,
    seen: RefCell<BTreeMap<(u8, u64), T>>,
}

impl<'a, F, T, E> TileNodes<'a, F, T>
where
    F: Fn(u8, u64) -> Result<T, E>,
    T: AsRef<[Hash]>,
{
    /// The nodes of `tree`, whose complete tiles `read` fetches.
    pub fn new(tree: &'a LogTree, read: F) -> Self {
        Self { tree, read, seen: RefCell::default() }
    }

    fn in_tile(&self, level: u8, tile: u64, start: u64, bits: u32) -> Result<Hash, TileError<E>> {
        let mut seen = self.seen.borrow_mut();
        let hashes = match seen.entry((level, tile)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert((self.read)(level, tile).map_err(TileError::Source)?)
            }
        };
        let hashes: &[Hash] = (*hashes).as_ref();
        match part(hashes, start, bits) {
            Some(hashes_below) if hashes.len() == TILE_WIDTH => Ok(root(hashes_below)),
            _ => Err(TileError::Length { level, index: tile, found: hashes.len() }),
        }
    }
}

impl<F, T, E> NodeSource for TileNodes<'_, F, T>
where
    F: Fn(u8, u64) -> Result<T, E>,
    T: AsRef<[Hash]>,
{
    type Error = TileError<E>;

    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error> {
        let missing = || TileError::Missing(MissingNode { level, index });
        let tile_level = u8::try_from(level / TILE_BITS).map_err(|_| missing())?;
        let bits = level % TILE_BITS;
        let first = index.checked_mul(1 << bits).ok_or_else(missing)?;
        let (tile, start) = (first / TILE_WIDTH as u64, first % TILE_WIDTH as u64);
        let ragged = ragged_index(self.tree.size(), tile_level);
        if tile < ragged {
            return self.in_tile(tile_level, tile, start, bits);
        }
        let row = if tile == ragged { self.tree.row(tile_level) } else { &[] };
        part(row, start, bits).map(root).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::leaf_hash;

    #[test]
    fn tiles_and_leaves_give_the_same_nodes_and_each_tile_is_read_once() {
        let leaves: Vec<Hash> = (0..70_000_u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut tree = LogTree::new();
        let mut tiles = BTreeMap::new();
        for leaf in &leaves {
            for tile in tree.push(*leaf) {
                tiles.insert((tile.level, tile.index), tile.hashes);
            }
        }
        let reads = RefCell::new(Vec::new());
        let nodes = TileNodes::new(&tree, |level, index| {
            reads.borrow_mut().push((level, index));
            tiles.get(&(level, index)).map(|tile| tile.as_slice()).ok_or("no such tile")
        });
        for level in 0..17 {
            let count = 70_000_u64 >> level;
            for index in [0, 1, count / 2, count.saturating_sub(1), count] {
                let from_leaves = leaves.node(level, index).ok();
                assert_eq!(nodes.node(level, index).ok(), from_leaves, "{level} {index}");
                assert_eq!(from_leaves.is_some(), index < count);
            }
        }
        let reads = reads.into_inner();
        let distinct: std::collections::BTreeSet<_> = reads.iter().collect();
        assert_eq!(distinct.len(), reads.len());
    }

    #[test]
    fn hostile_indices_and_short_tiles_are_errors() {
        let mut tree = LogTree::new();
        for i in 0..300_u32 {
            let _ = tree.push(leaf_hash(&i.to_be_bytes()));
        }
        let nodes = TileNodes::new(&tree, |_, _| Ok::<_, &str>(vec![Hash::default(); 3]));
        assert_eq!(
            nodes.node(1, 2),
            Err(TileError::Length { level: 0, index: 0, found: 3 }),
            "a tile that was cut short"
        );
        for (level, index) in [(0, u64::MAX), (7, u64::MAX), (4_000, 0), (64, 0), (9, 0)] {
            let missing = MissingNode { level, index };
            assert_eq!(nodes.node(level, index), Err(TileError::Missing(missing)));
            assert_eq!([Hash::default(); 3].node(level, index), Err(missing));
        }
    }
}
