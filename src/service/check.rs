//! Checking proofs, from the proof alone: no store, no workspace, no key.

use crate::domain::{Hash, Header, Json};
use crate::error::{Error, Kind, Result};
use crate::proof::{
    Checkpoint, Join, NoteError, Side, SignedNote, Span, VerifierKey, body_hash, consistency_roots,
    consistency_spans, inclusion_root, inclusion_spans, leaf_hash,
};
use crate::store::{decode_body, decode_header, sealed_body};
use crate::wire::{
    ConsistencyProof, HashStep, InclusionProof, LeafProof, PathNode, Proof, ProofCheck,
    ProofVerdict, ProvenEvent,
};

/// What is known from elsewhere, to hold a proof against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// A root: of the log, or of the aggregate.
    pub root: Option<Hash>,
    /// A checkpoint: the text of a signed note.
    pub checkpoint: Option<&'a str>,
    /// Whose signature the checkpoint must have: a verifier key.
    pub key: Option<&'a str>,
}

/// Checks a proof, given as its JSON, and holds it against what is known from elsewhere.
///
/// # Errors
/// A text that is no proof, no note or no key. A proof that does not hold is no error but in the verdict.
pub fn check_proof(text: &str, trusted: &Trusted<'_>) -> Result<ProofVerdict> {
    let proof: Proof = serde_json::from_str(text).map_err(|error| {
        Error::new(Kind::Invalid, "dbx::proof::malformed", format!("not a proof: {error}"))
            .help("a proof is what `dbx prove` writes, unchanged")
    })?;
    let (mut checks, event) = match &proof {
        Proof::Inclusion(proof) => inclusion(proof),
        Proof::Consistency(proof) => (consistency(proof), None),
    };
    if let Some(root) = trusted.root {
        checks.push(expected_root(&proof, &root));
    }
    if let Some(note) = trusted.checkpoint {
        checks.extend(expected_checkpoint(&proof, note, trusted.key)?);
    }
    let ok = checks.iter().all(|check| check.ok);
    let anchored = trusted.root.is_some() || trusted.checkpoint.is_some();
    Ok(ProofVerdict { ok, checks, event: event.filter(|_| ok), anchored })
}

/// A signed checkpoint, read.
pub(super) fn read_checkpoint(text: &str) -> Result<(SignedNote, Checkpoint)> {
    let malformed = |message: String| {
        Error::new(Kind::Invalid, "dbx::checkpoint::malformed", message)
            .help("a checkpoint is what `dbx checkpoint` prints, unchanged")
    };
    let note: SignedNote = text.parse().map_err(|error: NoteError| malformed(error.to_string()))?;
    let checkpoint = note.text.parse();
    let checkpoint: Checkpoint =
        checkpoint.map_err(|error: crate::proof::CheckpointError| malformed(error.to_string()))?;
    Ok((note, checkpoint))
}

/// A verifier key, read.
pub(super) fn read_key(text: &str) -> Result<VerifierKey> {
    text.trim().parse().map_err(|error: NoteError| {
        Error::new(Kind::Invalid, "dbx::checkpoint::key", error.to_string())
            .help("`dbx checkpoint --public-key` prints the key of a workspace")
    })
}

fn check(name: &str, claim: String) -> ProofCheck {
    let (steps, computed, expected, reason) = (Vec::new(), None, None, None);
    ProofCheck { name: name.to_owned(), claim, steps, computed, expected, ok: false, reason }
}

impl ProofCheck {
    /// Compares what was computed with what should have been.
    fn compare(mut self, computed: Option<Hash>, expected: &Hash, otherwise: &str) -> Self {
        self.ok = computed.as_ref() == Some(expected);
        self.computed = computed.map(|hash| hash.to_string());
        self.expected = Some(expected.to_string());
        self.reason = (!self.ok).then(|| otherwise.to_owned());
        self
    }

    /// Gives up for a reason.
    fn fails(mut self, reason: impl Into<String>) -> Self {
        self.ok = false;
        self.reason = Some(reason.into());
        self
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn node(join: Join) -> HashStep {
    let Join { left, right, node } = join;
    HashStep::Node { left: left.to_string(), right: right.to_string(), hash: node.to_string() }
}

/// The hashes of a path, if it names the leaves that the sizes ask for.
fn hashes(path: &[PathNode], spans: &[Span]) -> Option<Vec<Hash>> {
    let named = path.iter().map(|node| Span { from: node.from, to: node.to });
    named.eq(spans.iter().copied()).then(|| path.iter().map(|node| node.hash).collect())
}

const SHAPE: &str = "the path is not the one that these sizes ask for";
const OTHER_ROOT: &str = "the hashes lead to another root";

fn inclusion(proof: &InclusionProof) -> (Vec<ProofCheck>, Option<ProvenEvent>) {
    let leaf = leaf_hash(&proof.header);
    let header = decode_header(&proof.header);
    let mut checks = vec![header_check(proof, &leaf, header.as_ref().map_err(ToString::to_string))];
    let mut content = None;
    if let (Some(body), Ok(header)) = (&proof.body, &header) {
        // A sealed body is what was committed, and shows nothing.
        let read = match sealed_body(body) {
            Ok(Some(_)) => Ok(None),
            _ => decode_body(body).map(Some),
        };
        let hash = body_hash(body);
        let mut check = check("body", "the body is the one whose hash the header holds".into());
        check.steps.push(HashStep::Body { bytes: length(body), hash: hash.to_string() });
        let check = check.compare(Some(hash), &header.body_hash, "the body has another hash");
        checks.push(match &read {
            Err(error) if check.ok => check.fails(error.to_string()),
            _ => check,
        });
        content = read.ok().flatten();
    }
    for (name, whose, tree) in
        [("aggregate", "the aggregate's", &proof.aggregate), ("log", "the log's", &proof.log)]
    {
        checks.push(tree_check(name, whose, &leaf, tree));
    }
    let event = header.ok().map(|header| proven(header, content, proof.log.index));
    (checks, event)
}

fn header_check(
    proof: &InclusionProof,
    leaf: &Hash,
    header: Result<&Header, String>,
) -> ProofCheck {
    let mut check = check("leaf", "the header says which version it is".into());
    check.steps.push(HashStep::Leaf { bytes: length(&proof.header), hash: leaf.to_string() });
    check.computed = Some(leaf.to_string());
    match header {
        Err(error) => check.fails(error),
        Ok(header) if header.version.get().checked_sub(1) != Some(proof.aggregate.index) => {
            let (version, index) = (header.version, proof.aggregate.index);
            check.fails(format!("version {version} is not leaf {index} of its aggregate"))
        }
        Ok(header) => {
            check.ok = true;
            check.claim = format!("the header is that of {}@{}", header.aggregate, header.version);
            check
        }
    }
}

fn tree_check(name: &str, whose: &str, leaf: &Hash, tree: &LeafProof) -> ProofCheck {
    let LeafProof { index, size, root, path } = tree;
    let mut check = check(name, format!("it is leaf {index} of the {size} of {whose} tree"));
    check.expected = Some(root.to_string());
    let Some(path) = hashes(path, &inclusion_spans(*index, *size)) else {
        return check.fails(SHAPE);
    };
    let mut steps = Vec::new();
    let computed = inclusion_root(leaf, *index, *size, &path, |join| steps.push(node(join)));
    check.steps = steps;
    check.compare(computed, root, if computed.is_some() { OTHER_ROOT } else { SHAPE })
}

fn consistency(proof: &ConsistencyProof) -> Vec<ProofCheck> {
    let ConsistencyProof { old_size, old_root, new_size, new_root, path } = proof;
    let mut old = check("old", format!("the first {old_size} events have the older root"));
    let mut new =
        check("new", format!("with what came after them, the {new_size} have the newer root"));
    let path = hashes(path, &consistency_spans(*old_size, *new_size));
    let roots = path.and_then(|path| {
        consistency_roots(*old_size, old_root, *new_size, &path, |side, join| match side {
            Side::Old => old.steps.push(node(join)),
            Side::New => new.steps.push(node(join)),
        })
    });
    let otherwise = if roots.is_some() { OTHER_ROOT } else { SHAPE };
    let (old_computed, new_computed) = roots.unzip();
    vec![
        old.compare(old_computed, old_root, otherwise),
        new.compare(new_computed, new_root, otherwise),
    ]
}

/// The trees that a proof speaks of: name, size, root.
fn trees(proof: &Proof) -> [(&'static str, u64, &Hash); 2] {
    match proof {
        Proof::Inclusion(InclusionProof { aggregate, log, .. }) => {
            [("log", log.size, &log.root), ("aggregate", aggregate.size, &aggregate.root)]
        }
        Proof::Consistency(proof) => [
            ("newer log", proof.new_size, &proof.new_root),
            ("older log", proof.old_size, &proof.old_root),
        ],
    }
}

fn expected_root(proof: &Proof, root: &Hash) -> ProofCheck {
    let trees = trees(proof);
    let found = trees.iter().find(|(_, _, own)| *own == root);
    let (name, _, own) = found.or(trees.first()).copied().unwrap_or(("log", 0, root));
    check("root", format!("the root of the {name} is the expected one")).compare(
        Some(*own),
        root,
        "the proof is about another root",
    )
}

/// A checkpoint is about the log: about either size of it where the proof has two.
fn expected_checkpoint(proof: &Proof, note: &str, key: Option<&str>) -> Result<Vec<ProofCheck>> {
    let (note, checkpoint) = read_checkpoint(note)?;
    let mut checks = Vec::new();
    if let Some(key) = key {
        let key = read_key(key)?;
        let check = check("signature", format!("the checkpoint is signed by {}", key.name()));
        checks.push(match note.verify(&key) {
            Ok(()) => ProofCheck { ok: true, ..check },
            Err(error) => check.fails(error.to_string()),
        });
    }
    let size = checkpoint.size;
    let log = trees(proof).into_iter().find(|(name, own, _)| *name != "aggregate" && *own == size);
    let check =
        check("checkpoint", format!("the log at {size} events has the root of the checkpoint"));
    checks.push(match log {
        Some((_, _, root)) => {
            check.compare(Some(*root), &checkpoint.root, "the checkpoint has another root")
        }
        None => check.fails(format!(
            "the proof is not about the log at {size} events: make one with `--size {size}`"
        )),
    });
    Ok(checks)
}

fn proven(header: Header, body: Option<crate::domain::Body>, index: u64) -> ProvenEvent {
    let (content, extensions, note) = match body {
        Some(body) => (Some(body.content), Some(body.metadata), body.note),
        None => (None, None, None),
    };
    ProvenEvent {
        aggregate_type: header.aggregate.aggregate_type.to_string(),
        aggregate_id: header.aggregate.id.to_string(),
        version: header.version.get(),
        position: index.saturating_add(1).to_string(),
        event_type: header.event_type.to_string(),
        kind: header.kind.as_str().to_owned(),
        event_id: header.event_id.to_string(),
        created_at: header.created_at.to_string(),
        commit: format!("c{}", header.commit),
        schema_version: header.schema_version,
        issued_by: super::record::issuer(header.actor),
        body_hash: header.body_hash.to_string(),
        content: content.filter(|content| *content != Json::Null),
        extensions: extensions.filter(|extensions| *extensions != Json::Null),
        note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Caller, Restrict, Service};
    use crate::wire::{CommitRequest, Operation, ProveQuery};
    use proptest::prelude::*;

    /// The proof of the second of two events.
    fn second() -> InclusionProof {
        let dir = tempfile::tempdir().unwrap();
        let service = Service::init(dir.path()).unwrap();
        let me = Caller::local("ada", Restrict::Default);
        let operation = Operation {
            aggregate_type: "thing".into(),
            aggregate_id: "1".into(),
            event_type: "seen".into(),
            ..Operation::default()
        };
        for _ in 0..2 {
            let operations = vec![operation.clone()];
            service.commit(&me, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
        }
        let query = ProveQuery {
            aggregate_type: "thing".into(),
            aggregate_id: "1".into(),
            with_body: true,
            ..ProveQuery::default()
        };
        match service.prove_inclusion(&me, &query).unwrap() {
            Proof::Inclusion(proof) => proof,
            Proof::Consistency(_) => panic!("another kind of proof"),
        }
    }

    fn verdict(proof: InclusionProof) -> ProofVerdict {
        let text = serde_json::to_string(&Proof::Inclusion(proof)).unwrap();
        check_proof(&text, &Trusted::default()).unwrap()
    }

    fn failed(verdict: &ProofVerdict) -> Vec<&str> {
        verdict.checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str()).collect()
    }

    /// A tree of nothing but the header.
    fn alone(header: &[u8]) -> LeafProof {
        LeafProof { index: 0, size: 1, root: leaf_hash(header), path: Vec::new() }
    }

    #[test]
    fn hashes_that_fit_are_not_enough() {
        let proof = second();
        let good = verdict(proof.clone());
        assert!(good.ok && !good.anchored, "{good:?}");
        assert_eq!(good.event.unwrap().position, "2");

        let shifted = verdict(InclusionProof { aggregate: alone(&proof.header), ..proof.clone() });
        assert_eq!((failed(&shifted), shifted.event.is_none()), (vec!["leaf"], true));
        assert_eq!(
            shifted.checks[0].reason.as_deref(),
            Some("version 2 is not leaf 0 of its aggregate")
        );

        let header = b"no header".to_vec();
        let (aggregate, log) = (alone(&header), alone(&header));
        let unreadable = verdict(InclusionProof { header, aggregate, log, body: None });
        assert_eq!((failed(&unreadable), unreadable.event.as_ref()), (vec!["leaf"], None));

        let other = verdict(InclusionProof { body: Some(b"other".to_vec()), ..proof });
        assert_eq!(failed(&other), ["body"]);
    }

    #[test]
    fn nothing_is_proven_by_a_log_of_nothing() {
        let hash = "ab".repeat(32);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = format!(
            r#"{{"consistency":{{"old_size":0,"old_root":"{empty}","new_size":7,"new_root":"{hash}","path":[]}}}}"#
        );
        let verdict = check_proof(&text, &Trusted::default()).unwrap();
        assert_eq!(failed(&verdict), ["old", "new"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_numbers_are_checked_without_harm(
            index: u64, size: u64, old_size: u64, new_size: u64, length in 0_usize..70,
        ) {
            let node = PathNode { from: index, to: size, hash: Hash([7; 32]) };
            let path = vec![node; length];
            let tree = LeafProof { index, size, root: Hash([1; 32]), path: path.clone() };
            let header = b"header".to_vec();
            let (aggregate, log) = (tree.clone(), tree);
            let forged = verdict(InclusionProof { header, body: None, aggregate, log });
            prop_assert!(!forged.ok);
            let (old_root, new_root) = (Hash([2; 32]), Hash([3; 32]));
            let proof = ConsistencyProof { old_size, old_root, new_size, new_root, path };
            prop_assert!(consistency(&proof).iter().any(|check| !check.ok));
        }
    }
}
