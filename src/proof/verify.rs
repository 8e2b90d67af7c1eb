//! Checking proofs: the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2.
//!
//! A root binds the leaves, not their number: a path may fit several sizes. Take a root and its size from the same
//! trusted place, such as a checkpoint.

use super::hash::{EMPTY_ROOT, node_hash};
use crate::domain::Hash;

/// One step of a proof: two hashes become the node above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// The left one.
    pub left: Hash,
    /// The right one.
    pub right: Hash,
    /// SHA-256(0x01 ‖ left ‖ right).
    pub node: Hash,
}

impl Join {
    fn of(left: Hash, right: Hash) -> Self {
        Self { left, right, node: node_hash(&left, &right) }
    }
}

/// Which of the two trees of a consistency proof a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The older one.
    Old,
    /// The newer one.
    New,
}

/// The root to which `path` leads from `leaf`, leaf `index` (from 0) of a tree of `size` leaves; `None` where the path
/// is not as long as such a one is. Every step is handed to `joined`.
pub fn inclusion_root(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    mut joined: impl FnMut(Join),
) -> Option<Hash> {
    if index >= size {
        return None;
    }
    // The place of the node so far, and of the last node of its level.
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        let join = if at & 1 == 1 || at == last {
            skip_lonely_levels(&mut at, &mut last);
            Join::of(*sibling, hash)
        } else {
            Join::of(hash, *sibling)
        };
        hash = join.node;
        joined(join);
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether `path` proves that `leaf` is leaf `index` (from 0) of the tree of `size` leaves whose root is `root`.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    inclusion_root(leaf, index, size, path, |_| ()).as_ref() == Some(root)
}

/// The roots of both trees to which `path` leads, the older first; `None` where the path is not as long as such a one
/// is, or where the older tree has no leaves and so nothing says anything about the newer one. Every step is handed to
/// `joined`.
///
/// The root of an older tree that is complete is itself the first node, which is why the proof leaves it out.
pub fn consistency_roots(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    path: &[Hash],
    mut joined: impl FnMut(Side, Join),
) -> Option<(Hash, Hash)> {
    if old_size == 0 || old_size > new_size {
        return None;
    }
    if old_size == new_size {
        return path.is_empty().then_some((*old_root, *old_root));
    }
    let (first, rest) = match path.split_first() {
        Some(_) if old_size.is_power_of_two() => (old_root, path),
        Some(split) => split,
        None => return None,
    };
    let trailing = (old_size - 1).trailing_ones();
    let (mut at, mut last) = ((old_size - 1) >> trailing, (new_size - 1) >> trailing);
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return None;
        }
        let join = if at & 1 == 1 || at == last {
            let join = Join::of(*sibling, old);
            old = join.node;
            joined(Side::Old, join);
            skip_lonely_levels(&mut at, &mut last);
            Join::of(*sibling, new)
        } else {
            Join::of(new, *sibling)
        };
        new = join.node;
        joined(Side::New, join);
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((old, new))
}

/// Whether `path` proves that the tree of `old_size` leaves with the root `old_root` is the beginning of that of
/// `new_size` leaves with the root `new_root`. Nothing is the beginning of everything.
#[must_use]
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    path: &[Hash],
) -> bool {
    if old_size == 0 {
        let empty = new_size == 0;
        return path.is_empty() && *old_root == EMPTY_ROOT && (!empty || new_root == old_root);
    }
    consistency_roots(old_size, old_root, new_size, path, |_, _| ()) == Some((*old_root, *new_root))
}

/// Climbs the levels on which the last node has no sibling and is passed up as it is.
fn skip_lonely_levels(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::reference::{self, numbered};
    use proptest::prelude::*;

    /// The turns from a leaf up to the root, `true` where the sibling is on the left: what a size and an index decide.
    fn turns(index: usize, size: usize) -> Vec<bool> {
        let leaves: Vec<usize> = (0..size).collect();
        let (mut part, mut turns) = (leaves.as_slice(), Vec::new());
        while part.len() > 1 {
            let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
            let goes_right = right.contains(&index);
            part = if goes_right { right } else { left };
            turns.insert(0, goes_right);
        }
        turns
    }

    fn flip(hash: &Hash, bit: usize) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash(bytes)
    }

    /// Every path that differs from `path` in one place: a bit, an entry more, one less, two changed about.
    fn mutations(path: &[Hash], bit: usize) -> Vec<Vec<Hash>> {
        let mut out = Vec::new();
        for at in 0..path.len() {
            let mut flipped = path.to_vec();
            flipped[at] = flip(&flipped[at], bit);
            let mut without = path.to_vec();
            without.remove(at);
            out.extend([flipped, without]);
            if at > 0 {
                let mut swapped = path.to_vec();
                swapped.swap(at - 1, at);
                out.push(swapped);
            }
        }
        for at in 0..=path.len() {
            let mut longer = path.to_vec();
            longer.insert(at, Hash::default());
            out.push(longer);
        }
        out
    }

    #[test]
    fn every_small_proof_is_accepted() {
        for size in 1..=70 {
            let leaves = numbered(size);
            let root = reference::root(&leaves);
            for part in 0..=size {
                let (n, size) = (part as u64, size as u64);
                if let Some(leaf) = leaves.get(part) {
                    let path = reference::path(part, &leaves);
                    assert!(verify_inclusion(leaf, n, size, &path, &root), "{n} {size}");
                }
                let path = if part == 0 { Vec::new() } else { reference::proof(part, &leaves) };
                let old = reference::root(&leaves[..part]);
                assert!(verify_consistency(n, &old, size, &root, &path), "{n} {size}");
            }
        }
    }

    #[test]
    fn nothing_is_the_beginning_of_everything_and_of_itself_only() {
        let other = Hash::default();
        assert!(verify_consistency(0, &EMPTY_ROOT, 0, &EMPTY_ROOT, &[]));
        assert!(verify_consistency(0, &EMPTY_ROOT, 5, &other, &[]));
        assert!(!verify_consistency(0, &other, 0, &other, &[]));
        assert!(!verify_consistency(0, &other, 5, &other, &[]));
        assert!(!verify_consistency(0, &EMPTY_ROOT, 5, &other, &[other]));
        assert!(!verify_consistency(3, &other, 2, &other, &[]));
        assert!(!verify_consistency(2, &other, 3, &other, &[]), "a proof that is missing");
        assert!(!verify_inclusion(&other, 0, 0, &[], &other));
    }

    #[test]
    fn sizes_at_the_end_of_the_numbers_end_too() {
        let (hash, path) = (Hash::default(), vec![Hash::default(); 70]);
        assert!(!verify_inclusion(&hash, u64::MAX - 1, u64::MAX, &path, &hash));
        assert!(!verify_consistency(u64::MAX - 1, &hash, u64::MAX, &hash, &path));
        assert!(!verify_consistency(1 << 63, &hash, u64::MAX, &hash, &path));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn inclusion_is_sound(size in 1_usize..600, part in 0_usize..600, bit in 0_usize..256) {
            let (leaves, index) = (numbered(size), part % size);
            let (root, path) = (reference::root(&leaves), reference::path(index, &leaves));
            let (leaf, i, n) = (leaves[index], index as u64, size as u64);
            prop_assert!(verify_inclusion(&leaf, i, n, &path, &root));
            prop_assert!(!verify_inclusion(&flip(&leaf, bit), i, n, &path, &root));
            prop_assert!(!verify_inclusion(&leaf, i, n, &path, &flip(&root, bit)));
            for mutated in mutations(&path, bit) {
                prop_assert!(!verify_inclusion(&leaf, i, n, &mutated, &root));
            }
            for other in (0..size).filter(|other| *other != index) {
                prop_assert!(!verify_inclusion(&leaf, other as u64, n, &path, &root));
                prop_assert!(!verify_inclusion(&leaves[other], i, n, &path, &root));
            }
            // Another size passes exactly where it asks for the same turns: the root does not bind the size.
            for other in [size - 1, size + 1, size * 2, size.next_power_of_two(), 1, 600] {
                let same = other > index && turns(index, other) == turns(index, size);
                prop_assert_eq!(verify_inclusion(&leaf, i, other as u64, &path, &root), same);
            }
        }

        #[test]
        fn consistency_is_sound(size in 2_usize..600, part in 0_usize..600, bit in 0_usize..256) {
            let (leaves, old) = (numbered(size), 1 + part % (size - 1));
            let (old_root, root) = (reference::root(&leaves[..old]), reference::root(&leaves));
            let (path, m, n) = (reference::proof(old, &leaves), old as u64, size as u64);
            prop_assert!(verify_consistency(m, &old_root, n, &root, &path));
            prop_assert!(!verify_consistency(m, &flip(&old_root, bit), n, &root, &path));
            prop_assert!(!verify_consistency(m, &old_root, n, &flip(&root, bit), &path));
            prop_assert!(!verify_consistency(n, &root, m, &old_root, &path));
            for mutated in mutations(&path, bit) {
                prop_assert!(!verify_consistency(m, &old_root, n, &root, &mutated));
            }
            for other in (1..size).filter(|other| *other != old) {
                let other_root = reference::root(&leaves[..other]);
                prop_assert!(!verify_consistency(m, &other_root, n, &root, &path));
                let other = other as u64;
                prop_assert!(!verify_consistency(other, &other_root, n, &root, &path));
                prop_assert!(!verify_consistency(other, &old_root, n, &root, &path));
            }
            // A history that was rewritten: the old tree with one leaf changed.
            let mut forged = leaves[..old].to_vec();
            forged[part % old] = flip(&forged[part % old], bit);
            let forged = reference::root(&forged);
            prop_assert!(!verify_consistency(m, &forged, n, &root, &path));
        }
    }
}
