//! What the dashboard is told in tests about whether the log is what was written.

use super::shop::{event, hash, status};
use crate::domain::Hash;
use crate::proof::{inclusion_path, inclusion_root, inclusion_spans, leaf_hash};
use crate::tui::model::{Consistent, Name, Proven};
use crate::tui::worker::{VerifyAnswer, VerifyAsk};
use crate::wire::{
    AggregateVerdict, AnchorVerdict, Fault, FaultKind, HashStep, InclusionProof, LeafProof,
    LogVerdict, PathNode, Proof, ProofCheck, ProofVerdict, ProvenEvent,
};

/// The place of the proven event in the log, from 0.
const INDEX: u64 = 1_712;

fn check(name: &str, claim: &str, steps: Vec<HashStep>, root: Option<&str>) -> ProofCheck {
    ProofCheck {
        name: name.into(),
        claim: claim.into(),
        steps,
        computed: root.map(str::to_owned),
        expected: root.map(str::to_owned),
        ok: true,
        reason: None,
    }
}

/// A proof in a tree of made-up leaves, whose last hash is the root of the shop.
fn proven(name: &Name, version: u64, size: u64, root: &str) -> Proven {
    let index = INDEX.min(size - 1);
    let leaves: Vec<Hash> = (0..size).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
    let path = inclusion_path(leaves.as_slice(), index, size).unwrap();
    let leaf = leaves[usize::try_from(index).unwrap()];
    let mut steps = Vec::new();
    inclusion_root(&leaf, index, size, &path, |join| {
        let (left, right) = (join.left.to_string(), join.right.to_string());
        steps.push(HashStep::Node { left, right, hash: join.node.to_string() });
    });
    if let Some(HashStep::Node { hash, .. }) = steps.last_mut() {
        root.clone_into(hash);
    }
    let spans = inclusion_spans(index, size).into_iter();
    let node =
        |(span, hash): (crate::proof::Span, Hash)| PathNode { from: span.from, to: span.to, hash };
    let log = LeafProof {
        index,
        size,
        root: root.parse().unwrap(),
        path: spans.zip(path).map(node).collect(),
    };
    let aggregate =
        LeafProof { index: version - 1, size: version, root: log.root, path: Vec::new() };
    let header = leaf.to_string().into_bytes();
    let bytes = vec![HashStep::Leaf { bytes: 212, hash: leaf.to_string() }];
    let checks = vec![
        check("leaf", "the header says which version it is", bytes, None),
        check("aggregate", "the leaf is in the aggregate's tree", Vec::new(), Some(root)),
        check("log", "the leaf is in the log's tree", steps, Some(root)),
        check("root", "the root is the expected one", Vec::new(), Some(root)),
    ];
    let proof = InclusionProof { header, body: None, aggregate, log };
    let text = serde_json::to_string_pretty(&Proof::Inclusion(proof.clone())).unwrap();
    let event = Some(proven_event(name, version));
    let verdict = ProofVerdict { ok: true, checks, event, anchored: true };
    Proven { name: name.clone(), version, text, proof, verdict }
}

fn proven_event(name: &Name, version: u64) -> ProvenEvent {
    let event = event(name, version);
    ProvenEvent {
        aggregate_type: event.aggregate_type,
        aggregate_id: event.aggregate_id,
        version,
        position: (INDEX + 1).to_string(),
        event_type: event.event_type,
        kind: "merge".into(),
        event_id: event.metadata.event_id,
        created_at: event.metadata.created_at,
        commit: event.metadata.commit,
        schema_version: 7,
        issued_by: event.metadata.issued_by,
        body_hash: hash("body"),
        content: None,
        extensions: None,
        note: None,
    }
}

/// A verdict on the whole log with these faults.
pub(crate) fn log(faults: Vec<Fault>) -> LogVerdict {
    let ok = faults.is_empty();
    LogVerdict {
        count: 4_211,
        aggregates: 2_505,
        root: if ok { status().root } else { hash("other") },
        good_up_to: if ok { "4211" } else { "1690" }.into(),
        good_up_to_commit: if ok { "c7" } else { "c3" }.into(),
        anchor: Some(AnchorVerdict { position: "4211".into(), root: status().root, ok }),
        refolded: true,
        ok,
        fault_count: u64::try_from(faults.len()).unwrap(),
        faults,
        kept: "dbx changed nothing".into(),
        states_left_out: None,
    }
}

/// What is wrong with an event, and what follows from it.
pub(crate) fn faults() -> Vec<Fault> {
    let fault = |kind, message: &str| Fault {
        kind,
        message: message.into(),
        position: Some("1713".into()),
        aggregate: Some("order/order-38".into()),
        version: Some(22),
        stored: Some(hash("stored")),
        recomputed: Some(hash("found")),
    };
    vec![
        fault(FaultKind::BodyChanged, "the body is not the one whose hash the header holds"),
        Fault {
            position: Some("1800".into()),
            version: Some(23),
            ..fault(FaultKind::State, "the state is not the fold of the events")
        },
        Fault {
            position: None,
            aggregate: None,
            version: None,
            ..fault(FaultKind::LogRoot, "the root of the log is not the stored one")
        },
    ]
}

/// A verdict on an aggregate.
pub(crate) fn aggregate(name: &Name, faults: Vec<Fault>) -> AggregateVerdict {
    AggregateVerdict {
        aggregate_type: name.aggregate_type.clone(),
        aggregate_id: name.id.clone(),
        count: 22,
        merkle_root: hash("root"),
        ok: faults.is_empty(),
        faults,
        states_left_out: None,
    }
}

/// Answers what the view that verifies asks.
pub(crate) fn answer(ask: &VerifyAsk) -> VerifyAnswer {
    match ask {
        VerifyAsk::Log => VerifyAnswer::Log(Box::new(log(Vec::new()))),
        VerifyAsk::Aggregate(name) => {
            VerifyAnswer::Aggregate(Box::new(aggregate(name, Vec::new())))
        }
        VerifyAsk::Prove { name, version, size, root, .. } => {
            let proven = proven(name, version.unwrap_or(22), *size, root);
            VerifyAnswer::Proven(Box::new(proven))
        }
        VerifyAsk::Consistency { old, size, .. } => VerifyAnswer::Consistent(Consistent {
            old_size: old.as_ref().map_or(4_210, |(size, _)| *size),
            new_size: *size,
            reason: None,
        }),
    }
}
