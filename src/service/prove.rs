//! Making proofs. What is handed out was checked first: a proof that does not hold is damage, found here.

use super::Local;
use super::caller::Caller;
use super::found::{Found, find_frame};
use super::record::Eyes;
use crate::domain::access::Action;
use crate::domain::{Hash, Position, Version};
use crate::error::{Error, Kind, Result};
use crate::proof::{
    Frontier, Span, body_hash, consistency_spans, inclusion_path, inclusion_spans, leaf_hash,
    verify_consistency, verify_inclusion,
};
use crate::store::{LogNodes, StoreError, View, decode_body, decode_header, sealed_body};
use crate::wire::{ConsistencyProof, InclusionProof, LeafProof, PathNode, Proof, ProveQuery};
use std::ops::ControlFlow;

impl Local {
    /// Proves that an event is in its aggregate's tree as it is now and in the log's tree at some size.
    ///
    /// # Errors
    /// There is no such event, the log has not that many, the body holds what the caller may not see, or the stored
    /// bytes are damaged.
    pub fn prove_inclusion(&self, caller: &Caller, query: &ProveQuery) -> Result<Proof> {
        let gate = self.gate(caller)?;
        gate.aggregate(Action::AggregateRead, &query.aggregate_type, &query.aggregate_id)?;
        let view = self.view()?;
        let found = find_frame(&view, &query.aggregate_type, &query.aggregate_id)?;
        let version = match query.at {
            Some(at) => found.version_at(&view, at)?,
            None => found.head.version,
        };
        let missing = || StoreError::Inconsistent(format!("`{}@{version}` is missing", found.name));
        let position = view.locate(&found.key, version)?.ok_or_else(missing)?.position;
        let stored = view.with_event(position, |event| {
            Ok((event.header_bytes().to_vec(), event.body_bytes().to_vec()))
        })?;
        let (header, body) = stored.ok_or_else(missing)?;
        let leaf = leaf_hash(&header);
        let log_size = size(&view, query.log_size)?;
        if position.get() > log_size {
            let message = format!(
                "`{}@{version}` is #{position}, not among the first {log_size}",
                found.name
            );
            return Err(Error::new(Kind::NotFound, "dbx::proof::later", message));
        }
        let log = log_leaf(&view, &leaf, position, log_size)?;
        let aggregate = aggregate_leaf(&view, &found, &leaf, version)?;
        let body = if query.with_body {
            Some(self.provable(caller, &found, &header, body)?)
        } else {
            None
        };
        Ok(Proof::Inclusion(InclusionProof { header, body, aggregate, log }))
    }

    /// Proves that the log at `old_size` events is the beginning of the log at `new_size`, or as it is now.
    ///
    /// # Errors
    /// Sizes that prove nothing or that the log never had, or damaged bytes.
    pub fn prove_consistency(
        &self,
        caller: &Caller,
        old_size: u64,
        new_size: Option<u64>,
    ) -> Result<Proof> {
        self.gate(caller)?.whole_log(Action::AggregateRead)?;
        let view = self.view()?;
        let new_size = size(&view, new_size)?;
        if old_size == 0 || old_size > new_size {
            let message =
                format!("the log at {old_size} events is no beginning of the log at {new_size}");
            return Err(Error::new(Kind::Invalid, "dbx::proof::sizes", message)
                .help("name two sizes, the smaller first and at least 1, as in `100..200`"));
        }
        let nodes = LogNodes::at(&view, new_size)?;
        let (old_root, new_root) = (nodes.root_at(old_size)?, nodes.root());
        let path = nodes.consistency(old_size)?;
        if !verify_consistency(old_size, &old_root, new_size, &new_root, &path) {
            return Err(damaged("the tiles of the log's tree contradict each other".into()));
        }
        let path = named(path, consistency_spans(old_size, new_size));
        Ok(Proof::Consistency(ConsistencyProof { old_size, old_root, new_size, new_root, path }))
    }

    /// The bytes of a body, where they are what was committed and the caller may see all of them.
    fn provable(
        &self,
        caller: &Caller,
        found: &Found,
        header: &[u8],
        body: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let place = || found.name.to_string();
        let committed = decode_header(header).map_err(StoreError::record(place()))?.body_hash;
        if body_hash(&body) != committed {
            return Err(damaged(format!(
                "a body of `{}` is not the one that was committed",
                found.name
            )));
        }
        if sealed_body(&body).map_err(StoreError::record(place()))?.is_some() {
            // What is handed out shows nothing to anybody without the key.
            return Ok(body);
        }
        let schema = self.store().schema();
        let content = decode_body(&body).map_err(StoreError::record(place()))?.content;
        let name = found.name.aggregate_type.as_str();
        if Eyes::new(&schema.schema, caller).sees_all(name, &content) {
            return Ok(body);
        }
        let message =
            "the body holds fields that the schema hides, and a body is proven as a whole";
        Err(Error::new(Kind::Forbidden, "dbx::proof::hidden", message)
            .help("leave the body out: the header is bound to it by its hash"))
    }
}

fn damaged(message: String) -> Error {
    StoreError::Inconsistent(message).into()
}

/// A size of the log: the one that is asked for, if it has as many, or what it has.
pub(super) fn size(view: &View, wanted: Option<u64>) -> Result<u64> {
    let last = view.last_position()?.get();
    match wanted {
        Some(size) if size > last => {
            let message = format!("the log has {last} events, not {size}");
            Err(Error::new(Kind::NotFound, "dbx::proof::size", message))
        }
        wanted => Ok(wanted.unwrap_or(last)),
    }
}

fn named(path: Vec<Hash>, spans: Vec<Span>) -> Vec<PathNode> {
    let node = |(hash, span): (Hash, Span)| PathNode { from: span.from, to: span.to, hash };
    path.into_iter().zip(spans).map(node).collect()
}

fn log_leaf(view: &View, leaf: &Hash, position: Position, size: u64) -> Result<LeafProof> {
    let nodes = LogNodes::at(view, size)?;
    let index = position.get() - 1;
    let (root, path) = (nodes.root(), nodes.inclusion(index)?);
    if !verify_inclusion(leaf, index, size, &path, &root) {
        return Err(damaged(format!("event #{position} is not the one that the log's tree holds")));
    }
    Ok(LeafProof { index, size, root, path: named(path, inclusion_spans(index, size)) })
}

fn aggregate_leaf(view: &View, found: &Found, leaf: &Hash, version: Version) -> Result<LeafProof> {
    let (size, index) = (found.head.version.get(), version.get() - 1);
    let mut leaves = Vec::new();
    view.aggregate_events(&found.key, Version(1), found.head.version, |_, event| {
        leaves.push(event.leaf());
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    let frontier: Frontier = leaves.iter().copied().collect();
    let root = frontier.root();
    let path = inclusion_path(leaves.as_slice(), index, size);
    let path = path.map_err(|error| damaged(format!("`{}`: {error}", found.name)))?;
    let same = frontier.size() == size && frontier.peaks() == found.head.peaks;
    if !same || !verify_inclusion(leaf, index, size, &path, &root) {
        return Err(damaged(format!("the tree of `{}` is not that of its events", found.name)));
    }
    Ok(LeafProof { index, size, root, path: named(path, inclusion_spans(index, size)) })
}
