//! The three ways in which dbx hashes, kept apart by their prefix.
//!
//! RFC 6962 section 2.1: a leaf starts with a zero byte and a node with a one, so that no node can be passed off as a
//! leaf.

use crate::domain::Hash;
use ring::digest::{Context, Digest, SHA256, digest};

const LEAF: u8 = 0;
const NODE: u8 = 1;

/// The root of a tree without leaves: the SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

fn take(digest: &Digest) -> Hash {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    Hash(bytes)
}

/// A plain SHA-256 over bytes that come piece by piece.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Over nothing yet.
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Takes further bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything that was taken.
    pub fn finish(self) -> Hash {
        take(&self.0.finish())
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The plain SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    take(&digest(&SHA256, bytes))
}

/// The hash by which a header binds its body: the plain SHA-256 of the stored bytes.
pub fn body_hash(body: &[u8]) -> Hash {
    sha256(body)
}

/// The leaf of a stored header: SHA-256(0x00 ‖ header).
pub fn leaf_hash(header: &[u8]) -> Hash {
    // Most headers fit here, and to hash one piece is faster than to hash two.
    let mut bytes = [LEAF; 320];
    if let Some(whole) = bytes.get_mut(..=header.len()) {
        if let Some((_, rest)) = whole.split_first_mut() {
            rest.copy_from_slice(header);
        }
        return sha256(whole);
    }
    let mut context = Context::new(&SHA256);
    context.update(&[LEAF]);
    context.update(header);
    take(&context.finish())
}

/// The node over two nodes or leaves: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [NODE; 65];
    let (_, children) = bytes.split_at_mut(1);
    let (first, second) = children.split_at_mut(32);
    first.copy_from_slice(left.as_bytes());
    second.copy_from_slice(right.as_bytes());
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_keep_leaves_nodes_and_bodies_apart() {
        assert_eq!(sha256(b""), EMPTY_ROOT);
        let (left, right) = (leaf_hash(b"a"), leaf_hash(b"b"));
        for len in [1, 2, 318, 319, 320, 321, 1_000] {
            let bytes: Vec<u8> = (0..=len).map(|at| u8::try_from(at % 251).unwrap()).collect();
            assert_eq!(leaf_hash(&bytes[1..]), sha256(&bytes), "{len}");
        }
        let mut node = vec![1];
        node.extend_from_slice(left.as_bytes());
        node.extend_from_slice(right.as_bytes());
        assert_eq!(node_hash(&left, &right), sha256(&node));
        assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    }

    #[test]
    fn the_empty_leaf_is_that_of_the_test_vectors() {
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }
}
