//! Hashing, trees and proofs: RFC 6962 with SHA-256.
//!
//! Two kinds of tree stand on the same leaves. Every aggregate has a [`Frontier`], which is all that appending and the
//! root need. The log as a whole has a [`LogTree`], whose complete tiles are stored, so that a proof reads a handful
//! of them instead of every leaf.
//!
//! A proof is a list of hashes. [`inclusion_path`] and [`consistency_path`] make it from any [`NodeSource`];
//! [`verify_inclusion`] and [`verify_consistency`] check it against roots and nothing else. A root that others can rely on
//! is a [`Checkpoint`] in a [`SignedNote`].

mod checkpoint;
mod frontier;
mod hash;
mod note;
mod path;
#[cfg(test)]
mod reference;
mod source;
mod tiles;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use frontier::{Frontier, FrontierError};
pub use hash::{EMPTY_ROOT, Hasher, body_hash, leaf_hash, node_hash, sha256};
pub use note::{NoteError, NoteSignature, SignedNote, VerifierKey};
pub use path::{
    PathError, Span, consistency_path, consistency_spans, inclusion_path, inclusion_spans, root_at,
};
pub use source::{MissingNode, NodeSource, TileError, TileNodes};
pub use tiles::{CompleteTile, LogTree, RestoreError, TILE_WIDTH, ragged_len, tile_root};
pub use verify::{
    Join, Side, consistency_roots, inclusion_root, verify_consistency, verify_inclusion,
};
