//! Proofs, checkpoints and what checking them found.
//!
//! A proof needs no store and no key to be checked: hashing what it holds leads to the roots, or does not.
//!
//! ```text
//! {"inclusion":
//!   {"header": base64, "body": base64,             the stored bytes; the body only where it was asked for
//!    "aggregate": {"index": 1, "size": 3, "root": hex, "path": [{"from": 0, "to": 1, "hash": hex}, …]},
//!    "log":       {"index": 16, "size": 7462, …}}}
//! {"consistency":
//!   {"old_size": 100, "old_root": hex, "new_size": 7462, "new_root": hex, "path": […]}}
//! ```
//!
//! Places are counted from 0. Each hash of a path stands for the leaves `from..to`, which follow from the sizes
//! (RFC 6962 section 2.1): said all the same, they tie the path to the sizes, which the hashes alone do not. Every value
//! has one spelling only.

use super::event::Issuer;
use crate::domain::{Hash, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A proof that can be checked by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// An event is in its aggregate's tree and in the log's.
    Inclusion(InclusionProof),
    /// The log at one size is the beginning of the log at a later one.
    Consistency(ConsistencyProof),
}

/// That an event is in its aggregate's tree and in the log's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// The bytes of the event's header, whose hash is the leaf of both trees.
    #[serde(with = "base64_bytes")]
    #[schema(value_type = String, content_encoding = "base64")]
    pub header: Vec<u8>,
    /// The bytes of the event's body, whose hash is in the header.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64_bytes::optional")]
    #[schema(value_type = Option<String>, content_encoding = "base64")]
    pub body: Option<Vec<u8>>,
    /// The aggregate's tree.
    pub aggregate: LeafProof,
    /// The log's tree.
    pub log: LeafProof,
}

/// That a leaf is in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeafProof {
    /// The leaf's place, from 0: one less than the version or the position.
    pub index: u64,
    /// How many leaves the tree has.
    pub size: u64,
    /// Its root.
    #[serde(with = "hex_hash")]
    pub root: Hash,
    /// The audit path of RFC 6962 section 2.1.1, from the bottom up.
    pub path: Vec<PathNode>,
}

/// That the log only grew from one size to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// The smaller size, at least 1.
    pub old_size: u64,
    /// The root at that size.
    #[serde(with = "hex_hash")]
    pub old_root: Hash,
    /// The larger size.
    pub new_size: u64,
    /// The root at that size.
    #[serde(with = "hex_hash")]
    pub new_root: Hash,
    /// The proof of RFC 6962 section 2.1.2.
    pub path: Vec<PathNode>,
}

/// One hash of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathNode {
    /// The first leaf below it.
    pub from: u64,
    /// The leaf after the last one below it.
    pub to: u64,
    /// The root over these leaves.
    #[serde(with = "hex_hash")]
    pub hash: Hash,
}

/// What checking a proof found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProofVerdict {
    /// Whether everything holds.
    pub ok: bool,
    /// What was checked, step by step.
    pub checks: Vec<ProofCheck>,
    /// The event of an inclusion proof that holds; null otherwise.
    pub event: Option<ProvenEvent>,
    /// Whether a root or a checkpoint from elsewhere was compared with: without one a proof speaks of its own root only.
    pub anchored: bool,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProofCheck {
    /// What: `leaf`, `body`, `aggregate`, `log`, `old`, `new`, `root`, `checkpoint` or `signature`.
    pub name: String,
    /// What is to hold, in a sentence.
    pub claim: String,
    /// The hashes that were computed, in their order.
    pub steps: Vec<HashStep>,
    /// What they lead to, in hex; null where nothing was computed.
    pub computed: Option<String>,
    /// What they should lead to, in hex; null where there is nothing to compare with.
    pub expected: Option<String>,
    /// Whether it holds.
    pub ok: bool,
    /// Why it does not; null where it does.
    pub reason: Option<String>,
}

/// One SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum HashStep {
    /// Over the body.
    Body {
        /// How many bytes.
        bytes: u64,
        /// The hash.
        hash: String,
    },
    /// Over 0x00 and the header.
    Leaf {
        /// How many bytes the header has.
        bytes: u64,
        /// The hash.
        hash: String,
    },
    /// Over 0x01 and two hashes.
    Node {
        /// The left one.
        left: String,
        /// The right one.
        right: String,
        /// The hash.
        hash: String,
    },
}

/// An event as its proof shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProvenEvent {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The aggregate's id.
    pub aggregate_id: String,
    /// The place in the aggregate, from 1.
    pub version: u64,
    /// The place in the log, from 1, as a decimal string.
    pub position: String,
    /// What happened.
    pub event_type: String,
    /// What it does to the state: `merge`, `patch`, `archive`, `restore`, `nullify` or `erase`.
    pub kind: String,
    /// The Snowflake id, as a decimal string.
    pub event_id: String,
    /// When it was committed.
    pub created_at: String,
    /// The commit, as `c7`.
    pub commit: String,
    /// The schema version that admitted it; 0 where none did.
    pub schema_version: u64,
    /// Who wrote it.
    pub issued_by: Issuer,
    /// SHA-256 of the body, in hex.
    pub body_hash: String,
    /// The payload or the patch; null where the proof has no body.
    pub content: Option<Json>,
    /// The writer's extensions; null where there are none or the proof has no body.
    pub extensions: Option<Json>,
    /// The note.
    pub note: Option<String>,
}

/// A checkpoint of the log, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedCheckpoint {
    /// Whose log.
    pub origin: String,
    /// How many events it has.
    pub size: u64,
    /// The root over them, in hex.
    pub root: String,
    /// The signed note: what others keep.
    pub note: String,
    /// What others need to check its signature.
    pub verifier_key: String,
}

/// How the log stands to a checkpoint from earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointVerdict {
    /// Whether the log is the one of the checkpoint, or has only grown since.
    pub ok: bool,
    /// Whose log, by the checkpoint.
    pub origin: String,
    /// How many events the log had, by the checkpoint.
    pub size: u64,
    /// The root over them, by the checkpoint, in hex.
    pub root: String,
    /// The root that the same number of events has now, recomputed from their bytes, in hex; null where there are fewer.
    pub recomputed: Option<String>,
    /// How many events the log has now.
    pub log_size: u64,
    /// The root over them, recomputed, in hex.
    pub log_root: String,
    /// Who signed the checkpoint: the key whose signature was checked; null where no key was known.
    pub signed_by: Option<String>,
    /// What is wrong, in sentences.
    pub faults: Vec<String>,
}

/// 64 hex digits in lower case.
mod hex_hash {
    use crate::domain::Hash;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hash: Hash = text.parse().map_err(D::Error::custom)?;
        if hash.to_string() == text {
            return Ok(hash);
        }
        Err(D::Error::custom("a hash has lower-case digits"))
    }
}

/// Base64 with padding (RFC 4648 section 4), in its one canonical form.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// Absent, or bytes; never null.
    pub(super) mod optional {
        use serde::{Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde hands over what the field is")]
        pub(in crate::wire::proof) fn serialize<S: Serializer>(
            bytes: &Option<Vec<u8>>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            super::serialize(bytes.as_deref().unwrap_or_default(), serializer)
        }

        pub(in crate::wire::proof) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Vec<u8>>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Proof {
        let node = PathNode { from: 1, to: 2, hash: Hash([0xab; 32]) };
        let tree = LeafProof { index: 0, size: 2, root: Hash([1; 32]), path: vec![node] };
        Proof::Inclusion(InclusionProof {
            header: b"head".to_vec(),
            body: Some(b"body!".to_vec()),
            aggregate: tree.clone(),
            log: tree,
        })
    }

    #[test]
    fn every_value_has_one_spelling() {
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), sample());
        let refused = |from: &str, to: &str| {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(serde_json::from_str::<Proof>(&changed).is_err(), "{changed}");
        };
        refused("abab", "ABab");
        refused("abab", "ab");
        refused(r#""index":0"#, r#""index":-0"#);
        refused(r#""index":0"#, r#""index":0.0"#);
        refused(r#""index":0"#, r#""index":"0""#);
        refused(r#""index":0"#, r#""index":00"#);
        refused(r#""index":0"#, r#""index":0,"index":0"#);
        refused(r#""index":0"#, r#""index":0,"more":0"#);
        refused("Ym9keSE=", "Ym9keSF=");
        refused("Ym9keSE=", "Ym9keSE");
        refused(r#""Ym9keSE=""#, "null");
        refused(r#"{"inclusion""#, r#"{"consistency""#);
        refused(r#"{"inclusion""#, r#"{"x":1,"inclusion""#);
    }
}
