//! Hashing, trees and proofs: RFC 6962 with SHA-256.
//!
//! Two kinds of tree stand on the same leaves. Every aggregate has a [`Frontier`], which is all that appending and the
//! root need. The log as a whole has a [`LogTree`], whose complete tiles are stored, so that a proof reads a handful
//! of them instead of every leaf.

mod frontier;
mod hash;
mod tiles;

pub use frontier::{Frontier, FrontierError};
pub use hash::{EMPTY_ROOT, body_hash, leaf_hash, node_hash, sha256};
pub use tiles::{CompleteTile, LogTree, RestoreError, TILE_WIDTH, ragged_len};
