//! A stored byte changed through the storage engine, checksums and all, as the surfaces get to see it.

use super::child::{caller, options, workspace};
use dbx::domain::Json;
use dbx::error::Kind;
use dbx::service::Service;
use dbx::wire::{CommitRequest, FaultKind, Operation};
use std::path::Path;

fn commit(service: &Service, id: &str, payload: &str) -> dbx::error::Result<()> {
    let operation = Operation {
        aggregate_type: "order".into(),
        aggregate_id: id.into(),
        event_type: "changed".into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    };
    let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
    service.commit(&caller(), &request).map(drop)
}

fn open(root: &Path) -> Service {
    Service::open(options(root, "dbx test")).unwrap()
}

/// Replaces `from` by `to`, of the same length, in the event at `position`.
fn change(root: &Path, position: u64, from: &[u8], to: &[u8]) {
    let db = fjall::Database::builder(root.join(".dbx/store")).open().unwrap();
    let log = db.keyspace("ev", fjall::KeyspaceCreateOptions::default).unwrap();
    let mut chunk = log.get(position.to_be_bytes()).unwrap().unwrap().to_vec();
    let at = chunk.windows(from.len()).position(|window| window == from).unwrap();
    chunk[at..at + to.len()].copy_from_slice(to);
    let crc_at = chunk.len() - 4;
    let crc = crc32c::crc32c(&chunk[..crc_at]);
    chunk[crc_at..].copy_from_slice(&crc.to_le_bytes());
    log.insert(position.to_be_bytes(), chunk).unwrap();
    db.persist(fjall::PersistMode::SyncAll).unwrap();
}

#[test]
fn a_changed_payload_and_a_changed_actor() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    workspace(root);
    let service = open(root);
    for number in 1..=6 {
        let payload = format!(r#"{{"total":"100.0{number}"}}"#);
        commit(&service, if number % 2 == 0 { "even" } else { "odd" }, &payload).unwrap();
    }
    assert!(service.verify(&caller(), &|_, _| {}).unwrap().ok);
    service.close().unwrap();

    change(root, 3, b"100.03", b"900.03");
    let service = open(root);
    let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
    assert!(!verdict.ok);
    assert_eq!((verdict.fault_count, verdict.good_up_to.as_str()), (1, "2"));
    let fault = &verdict.faults[0];
    assert_eq!(fault.kind, FaultKind::BodyChanged);
    assert_eq!(fault.position.as_deref(), Some("3"));
    assert_eq!((fault.aggregate.as_deref(), fault.version), (Some("order/odd"), Some(2)));
    let verdict = service.verify_aggregate(&caller(), "order", "odd").unwrap();
    assert_eq!((verdict.ok, verdict.faults.first()), (false, Some(fault)));
    assert!(service.verify_aggregate(&caller(), "order", "even").unwrap().ok);
    commit(&service, "even", "{}").expect("the trees are whole, so writing goes on");
    service.close().unwrap();

    // Who wrote it is in the header, which the trees bind.
    change(root, 4, b"ada", b"eve");
    let service = open(root);
    let error = commit(&service, "even", "{}").unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Corrupt, "dbx::store::read_only"));
    let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
    let found: Vec<_> =
        verdict.faults.iter().map(|fault| (fault.kind, fault.position.as_deref())).collect();
    assert_eq!(
        found[..2],
        [(FaultKind::BodyChanged, Some("3")), (FaultKind::AggregateRoot, Some("4")),]
    );
    assert!(found.contains(&(FaultKind::LogRoot, None)), "{found:?}");
}
