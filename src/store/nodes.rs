//! Proofs out of the tiles of the log's tree: a handful of reads, however long the log is.

use super::error::StoreError;
use super::open::restore;
use super::view::View;
use crate::domain::Hash;
use crate::proof::{
    LogTree, PathError, TileError, TileNodes, consistency_path, inclusion_path, root_at,
};

/// The tree of the log as it was at one size.
pub(crate) struct LogNodes<'a> {
    view: &'a View,
    tree: LogTree,
}

impl<'a> LogNodes<'a> {
    /// The tree over the first `size` events, which the log must have.
    pub(crate) fn at(view: &'a View, size: u64) -> Result<Self, StoreError> {
        Ok(Self { view, tree: restore(view, size)? })
    }

    /// Its root.
    pub(crate) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The root that it had at a smaller size.
    pub(crate) fn root_at(&self, size: u64) -> Result<Hash, StoreError> {
        root_at(&TileNodes::new(&self.tree, |level, tile| self.tile(level, tile)), size)
            .map_err(tile_error)
    }

    /// The audit path of the leaf at `index`, counted from 0.
    pub(crate) fn inclusion(&self, index: u64) -> Result<Vec<Hash>, StoreError> {
        let nodes = TileNodes::new(&self.tree, |level, tile| self.tile(level, tile));
        inclusion_path(&nodes, index, self.tree.size()).map_err(path_error)
    }

    /// The proof that the tree of the first `old_size` events is the beginning of this one.
    pub(crate) fn consistency(&self, old_size: u64) -> Result<Vec<Hash>, StoreError> {
        let nodes = TileNodes::new(&self.tree, |level, tile| self.tile(level, tile));
        consistency_path(&nodes, old_size, self.tree.size()).map_err(path_error)
    }

    fn tile(&self, level: u8, tile: u64) -> Result<Vec<Hash>, StoreError> {
        let mut hashes = self.view.tile(level, tile)?.ok_or_else(|| {
            StoreError::Inconsistent(format!("tile {tile} of level {level} is missing"))
        })?;
        // The last one is the root of the others.
        hashes.pop();
        Ok(hashes)
    }
}

fn tile_error(error: TileError<StoreError>) -> StoreError {
    match error {
        TileError::Source(error) => error,
        other => StoreError::Inconsistent(other.to_string()),
    }
}

fn path_error(error: PathError<TileError<StoreError>>) -> StoreError {
    match error {
        PathError::Source(error) => tile_error(error),
        other => StoreError::Inconsistent(other.to_string()),
    }
}
