//! Proofs against a checkpoint that is trusted: none is accepted that says anything but what the log holds.

use dbx::domain::Hash;
use dbx::proof::{Checkpoint, Frontier, SignedNote, VerifierKey, leaf_hash};
use dbx::service::{Trusted, check_proof};
use dbx::wire::{ConsistencyProof, InclusionProof, Proof};
use std::sync::LazyLock;

/// The proofs of all events of one log.
const EVENTS: [&str; 5] = [
    include_str!("seeds/proof/event-1.json"),
    include_str!("seeds/proof/event-2.json"),
    include_str!("seeds/proof/event-3.json"),
    include_str!("seeds/proof/event-4.json"),
    include_str!("seeds/proof/event-5.json"),
];

/// The log that the proofs are about.
struct Log {
    events: Vec<InclusionProof>,
    /// Its root at each size, from 1.
    roots: Vec<Hash>,
    checkpoint: String,
}

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let read = |text: &&str| match serde_json::from_str(text) {
        Ok(Proof::Inclusion(proof)) => proof,
        other => panic!("not a proof of an event: {other:?}"),
    };
    let events: Vec<InclusionProof> = EVENTS.iter().map(read).collect();
    let mut frontier = Frontier::default();
    let mut push = |proof: &InclusionProof| {
        frontier.push(leaf_hash(&proof.header));
        frontier.root()
    };
    let roots: Vec<Hash> = events.iter().map(&mut push).collect();
    let (size, root) = (roots.len() as u64, frontier.root());
    let checkpoint = Checkpoint { origin: "log".to_owned(), size, root }.to_string();
    let key = VerifierKey::new("nobody", [0; 32]).unwrap();
    let checkpoint = SignedNote::sign(checkpoint, &key, |_| [0; 64]).to_string();
    Log { events, roots, checkpoint }
});

/// Any text as a proof.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let log = &*LOG;
    let checkpoint = Trusted { checkpoint: Some(&log.checkpoint), ..Trusted::default() };
    let Ok(verdict) = check_proof(text, &checkpoint) else {
        assert!(check_proof(text, &Trusted::default()).is_err(), "the proof itself was read");
        return;
    };
    let proof: Proof = serde_json::from_str(text).expect("it was read before");
    let spelled = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&spelled).unwrap(), proof);
    let alone = check_proof(&spelled, &Trusted::default()).expect("and reads back");
    assert!(alone.ok || !verdict.ok, "what is known from elsewhere only adds doubts");
    assert_eq!(verdict.ok, verdict.checks.iter().all(|check| check.ok));
    assert!(verdict.event.is_none() || verdict.ok, "what is not proven is not shown");
    match (&proof, verdict.ok) {
        (Proof::Inclusion(proof), true) => {
            holds(log, proof);
            assert!(verdict.event.is_some());
        }
        (Proof::Consistency(proof), true) => grew(log, proof),
        (Proof::Inclusion(proof), false) => {
            assert!(!log.events.contains(proof), "a true proof is accepted");
        }
        (Proof::Consistency(_), false) => {}
    }
    if let Proof::Inclusion(proof) = &proof {
        root_alone(log, text, proof);
    }
}

/// The event is the one at this place of the log, and so is its body where there is one.
fn holds(log: &Log, proof: &InclusionProof) {
    let place = usize::try_from(proof.log.index).expect("a place in the log");
    let event = log.events.get(place).expect("a place in the log");
    assert_eq!(proof.header, event.header);
    assert_eq!(proof.log, event.log);
    assert!(proof.body.is_none() || proof.body == event.body);
}

/// The log of the checkpoint began as the proof says, if it is the newer of the two.
fn grew(log: &Log, proof: &ConsistencyProof) {
    let size = |root| log.roots.iter().position(|own| own == root).map(|index| index as u64 + 1);
    if proof.new_size == log.roots.len() as u64 && Some(&proof.new_root) == log.roots.last() {
        assert_eq!(size(&proof.old_root), Some(proof.old_size), "the root of another beginning");
    } else {
        assert_eq!(size(&proof.old_root), Some(log.roots.len() as u64), "nothing of it is known");
    }
}

/// A root says nothing of the size: still, no header passes that is not in the log.
fn root_alone(log: &Log, text: &str, proof: &InclusionProof) {
    let trusted = Trusted { root: log.roots.last().copied(), ..Trusted::default() };
    let verdict = check_proof(text, &trusted).expect("it was read before");
    if verdict.ok && Some(&proof.log.root) == log.roots.last() {
        assert!(log.events.iter().any(|event| event.header == proof.header));
    }
}
