//! Making proofs: RFC 6962 sections 2.1.1 and 2.1.2 (RFC 9162 sections 2.1.3 and 2.1.4), over any source of nodes.

use super::frontier::root_of_peaks;
use super::source::NodeSource;
use crate::domain::Hash;

/// Why there is no such proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError<E> {
    /// The leaf is not in the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    Index {
        /// The leaf's place, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("a tree of {old_size} leaves cannot have grown into one of {new_size}")]
    Sizes {
        /// The leaves of the older tree.
        old_size: u64,
        /// The leaves of the newer tree.
        new_size: u64,
    },
    /// A node could not be had.
    #[error("{0}")]
    Source(E),
}

/// The largest power of two below `count`, which must be at least 2: where RFC 6962 splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root over the leaves `from..to`, where `from` is a multiple of the power of two at or above `to - from`.
fn subtree<S: NodeSource + ?Sized>(source: &S, from: u64, to: u64) -> Result<Hash, S::Error> {
    let mut peaks = Vec::new();
    let mut at = from;
    while at < to {
        let level = (to - at).ilog2();
        peaks.push(source.node(level, at >> level)?);
        at += 1 << level;
    }
    Ok(root_of_peaks(peaks.iter()))
}

/// The root of the first `size` leaves; the source may have more of them.
///
/// # Errors
/// What the source says.
pub fn root_at<S: NodeSource + ?Sized>(source: &S, size: u64) -> Result<Hash, S::Error> {
    subtree(source, 0, size)
}

/// The leaves `from..to`, counted from 0, that stand below one hash of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first leaf.
    pub from: u64,
    /// The leaf after the last one.
    pub to: u64,
}

/// Which leaves each hash of the audit path of leaf `index` in a tree of `size` leaves stands for, from the bottom up;
/// nothing for a leaf that is not in the tree.
pub fn inclusion_spans(index: u64, size: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    if index >= size {
        return spans;
    }
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            spans.push(Span { from: middle, to });
            to = middle;
        } else {
            spans.push(Span { from, to: middle });
            from = middle;
        }
    }
    spans.reverse();
    spans
}

/// Which leaves each hash of the consistency proof between trees of `old_size` and `new_size` leaves stands for, in the
/// order of the proof; nothing where the older tree is empty, as large, or larger.
pub fn consistency_spans(old_size: u64, new_size: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    if old_size == 0 || old_size > new_size {
        return spans;
    }
    let (mut from, mut to) = (0, new_size);
    while old_size < to {
        let middle = from + split(to - from);
        if old_size <= middle {
            spans.push(Span { from: middle, to });
            to = middle;
        } else {
            spans.push(Span { from, to: middle });
            from = middle;
        }
    }
    // The verifier knows the root of the older tree, unless what is left is only a part of it.
    if from > 0 {
        spans.push(Span { from, to });
    }
    spans.reverse();
    spans
}

fn hashes<S: NodeSource + ?Sized>(
    source: &S,
    spans: &[Span],
) -> Result<Vec<Hash>, PathError<S::Error>> {
    let hash = |span: &Span| subtree(source, span.from, span.to).map_err(PathError::Source);
    spans.iter().map(hash).collect()
}

/// The audit path of leaf `index` (from 0) in the tree of the first `size` leaves, from the bottom up.
///
/// # Errors
/// [`PathError::Index`] for a leaf that is not in the tree; what the source says.
pub fn inclusion_path<S: NodeSource + ?Sized>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, PathError<S::Error>> {
    if index >= size {
        return Err(PathError::Index { index, size });
    }
    hashes(source, &inclusion_spans(index, size))
}

/// The proof that the tree of the first `old_size` leaves is the beginning of that of the first `new_size`.
///
/// It is empty where the sizes are equal or the older tree has no leaves.
///
/// # Errors
/// [`PathError::Sizes`] when the older tree is the larger one; what the source says.
pub fn consistency_path<S: NodeSource + ?Sized>(
    source: &S,
    old_size: u64,
    new_size: u64,
) -> Result<Vec<Hash>, PathError<S::Error>> {
    if old_size > new_size {
        return Err(PathError::Sizes { old_size, new_size });
    }
    hashes(source, &consistency_spans(old_size, new_size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::reference::{self, CT_LEAVES, ct_hashes, numbered};
    use crate::proof::{Frontier, LogTree, TileNodes, leaf_hash};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn hex(hashes: &[&str]) -> Vec<Hash> {
        hashes.iter().map(|text| text.parse().unwrap()).collect()
    }

    const L0: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    const L1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const L4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const N01: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    const N23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const N45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    const N67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const N03: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    const N47: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

    #[test]
    fn roots_are_those_of_the_test_vectors() {
        let roots = hex(&[
            L0,
            N01,
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            N03,
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]);
        let leaves = ct_hashes();
        for (size, root) in (1_u64..).zip(&roots) {
            assert_eq!(root_at(leaves.as_slice(), size).as_ref(), Ok(root));
        }
        assert_eq!(roots.len(), CT_LEAVES.len());
    }

    #[test]
    fn paths_are_those_of_the_test_vectors() {
        let leaves = ct_hashes();
        for (index, size, path) in [
            (0, 1, vec![]),
            (0, 8, vec![L1, N23, N47]),
            (5, 8, vec![L4, N67, N03]),
            (2, 3, vec![N01]),
            (1, 5, vec![L0, N23, L4]),
        ] {
            assert_eq!(inclusion_path(leaves.as_slice(), index, size), Ok(hex(&path)));
        }
        for (old, new, path) in [
            (1, 1, vec![]),
            (0, 5, vec![]),
            (1, 8, vec![L1, N23, N47]),
            (6, 8, vec![N45, N67, N03]),
            (2, 5, vec![N23, L4]),
        ] {
            assert_eq!(consistency_path(leaves.as_slice(), old, new), Ok(hex(&path)));
        }
    }

    #[test]
    fn impossible_proofs_are_refused() {
        let leaves = ct_hashes();
        let beyond = inclusion_path(leaves.as_slice(), 8, 8).unwrap_err();
        assert_eq!(beyond.to_string(), "leaf 8 is not in a tree of 8 leaves");
        let shrunk = consistency_path(leaves.as_slice(), 3, 2).unwrap_err();
        assert_eq!(shrunk.to_string(), "a tree of 3 leaves cannot have grown into one of 2");
        let longer = inclusion_path(leaves.as_slice(), 3, 9).unwrap_err();
        assert_eq!(longer.to_string(), "the tree has no node 8 on level 0");
    }

    #[test]
    fn tiles_prove_around_the_second_level() {
        let mut tree = LogTree::new();
        let mut tiles = BTreeMap::new();
        let leaves: Vec<Hash> = (0..65_800_u64).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for leaf in &leaves {
            for tile in tree.push(*leaf) {
                tiles.insert((tile.level, tile.index), tile.hashes);
            }
        }
        for size in [65_535, 65_536, 65_537, 65_800] {
            let nodes = || {
                TileNodes::new(&tree, |level, index| {
                    tiles.get(&(level, index)).map(|tile| tile.as_slice()).ok_or("no such tile")
                })
            };
            let known: Frontier =
                leaves[..usize::try_from(size).unwrap()].iter().copied().collect();
            assert_eq!(root_at(&nodes(), size), Ok(known.root()));
            for index in [0, 255, 256, 32_768, 65_279, 65_534] {
                let from_tiles = inclusion_path(&nodes(), index, size).unwrap();
                assert_eq!(Ok(from_tiles), inclusion_path(leaves.as_slice(), index, size));
                let from_tiles = consistency_path(&nodes(), index, size).unwrap();
                assert_eq!(Ok(from_tiles), consistency_path(leaves.as_slice(), index, size));
            }
        }
    }

    #[test]
    fn every_size_to_600_has_the_root_of_the_reference() {
        let leaves = numbered(600);
        let mut frontier = Frontier::new();
        for size in 0..=leaves.len() {
            let expected = reference::root(&leaves[..size]);
            assert_eq!(frontier.root(), expected, "size {size}");
            assert_eq!(root_at(&leaves[..size], size as u64), Ok(expected));
            frontier.extend(leaves.get(size).copied());
        }
    }

    #[test]
    fn spans_belong_to_one_size_and_place_only() {
        let mut seen = std::collections::HashMap::new();
        for size in 2..48 {
            for place in 0..size {
                let spans = format!("{:?}", inclusion_spans(place, size));
                assert_eq!(seen.insert(spans, (place, size)), None);
            }
        }
        seen.clear();
        for new_size in 2..48 {
            for old_size in 1..new_size {
                let spans = format!("{:?}", consistency_spans(old_size, new_size));
                assert_eq!(seen.insert(spans, (old_size, new_size)), None);
            }
        }
        assert_eq!(inclusion_spans(u64::MAX - 1, u64::MAX).len(), 63);
        assert_eq!((inclusion_spans(3, 3), consistency_spans(4, 3)), (vec![], vec![]));
        assert_eq!((consistency_spans(0, 3), consistency_spans(3, 3)), (vec![], vec![]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn paths_equal_the_reference(size in 1_usize..600, part in 0_usize..600) {
            let leaves = numbered(size);
            let index = part % size;
            prop_assert_eq!(
                inclusion_path(leaves.as_slice(), index as u64, size as u64).unwrap(),
                reference::path(index, &leaves)
            );
            prop_assert_eq!(
                consistency_path(leaves.as_slice(), index as u64 + 1, size as u64).unwrap(),
                reference::proof(index + 1, &leaves)
            );
        }
    }
}
