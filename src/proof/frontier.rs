//! The right edge of a tree: all that appending to it and its root need.

use super::hash::{EMPTY_ROOT, node_hash};
use crate::domain::Hash;

/// A tree reduced to the roots of its complete subtrees ("peaks").
///
/// A tree of `size` leaves splits into one complete subtree per set bit of `size`, the largest on the left. Their
/// roots are all that later leaves and the root of RFC 6962 section 2.1 depend on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// A size and peaks that do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {expected} peaks, not {found}")]
pub struct FrontierError {
    /// The number of leaves.
    pub size: u64,
    /// How many peaks a tree of this size has.
    pub expected: u32,
    /// How many there were.
    pub found: usize,
}

impl Frontier {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// A frontier from its stored parts, the peaks from the largest subtree to the smallest.
    ///
    /// # Errors
    /// [`FrontierError`] unless there is one peak per set bit of `size`.
    pub fn from_parts(size: u64, peaks: Vec<Hash>) -> Result<Self, FrontierError> {
        let expected = size.count_ones();
        if u32::try_from(peaks.len()) == Ok(expected) {
            Ok(Self { size, peaks })
        } else {
            Err(FrontierError { size, expected, found: peaks.len() })
        }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, from the largest to the smallest.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf: one node per complete subtree that it finishes, two on average.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// As [`Frontier::push`], and gives the root after it, for hardly more than the root costs: the nodes that the leaf
    /// finishes are the first of those that join it with the peaks before it.
    pub fn push_for_root(&mut self, leaf: Hash) -> Hash {
        let finished = usize::try_from(self.size.trailing_ones()).unwrap_or(usize::MAX);
        let (mut hash, mut peak) = (leaf, leaf);
        for (before, left) in self.peaks.iter().rev().enumerate() {
            hash = node_hash(left, &hash);
            if before < finished {
                peak = hash;
            }
        }
        self.peaks.truncate(self.peaks.len().saturating_sub(finished));
        self.peaks.push(peak);
        self.size += 1;
        hash
    }

    /// The root by RFC 6962; [`EMPTY_ROOT`] without leaves.
    pub fn root(&self) -> Hash {
        root_of_peaks(self.peaks.iter())
    }
}

impl Extend<Hash> for Frontier {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<T: IntoIterator<Item = Hash>>(leaves: T) -> Self {
        let mut frontier = Self::new();
        frontier.extend(leaves);
        frontier
    }
}

/// Joins peaks, given from the largest subtree to the smallest, into the root.
pub(super) fn root_of_peaks<'a>(peaks: impl DoubleEndedIterator<Item = &'a Hash>) -> Hash {
    peaks.copied().rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::leaf_hash;

    fn leaves(count: u32) -> impl Iterator<Item = Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes()))
    }

    #[test]
    fn small_trees_join_as_rfc_6962_says() {
        let l: Vec<Hash> = leaves(3).collect();
        assert_eq!(Frontier::new().root(), EMPTY_ROOT);
        assert_eq!(leaves(1).collect::<Frontier>().root(), l[0]);
        let pair = node_hash(&l[0], &l[1]);
        assert_eq!(leaves(2).collect::<Frontier>().root(), pair);
        assert_eq!(leaves(3).collect::<Frontier>().root(), node_hash(&pair, &l[2]));
    }

    #[test]
    fn a_push_for_the_root_is_a_push_and_the_root() {
        let (mut plain, mut quick) = (Frontier::new(), Frontier::new());
        for leaf in leaves(1_100) {
            plain.push(leaf);
            assert_eq!(quick.push_for_root(leaf), plain.root());
            assert_eq!(quick, plain);
        }
    }

    #[test]
    fn parts_survive_and_a_wrong_number_of_peaks_is_refused() {
        let mut frontier: Frontier = leaves(13).collect();
        let parts = Frontier::from_parts(13, frontier.peaks().to_vec());
        assert_eq!(parts.as_ref(), Ok(&frontier));
        let mut again = parts.unwrap();
        frontier.push(leaf_hash(b"x"));
        again.push(leaf_hash(b"x"));
        assert_eq!(again.root(), frontier.root());
        assert_eq!(
            Frontier::from_parts(12, vec![Hash::default(); 3]).unwrap_err().to_string(),
            "a tree of 12 leaves has 2 peaks, not 3"
        );
    }
}
