//! A state that is not the fold of its events, written through the engine itself.

use super::{ada, append};
use dbx::service::{Restrict, Service};
use dbx::wire::FaultKind;

/// Changes the bytes of the state in the head of the only aggregate, every checksum right.
fn forge(store: &std::path::Path) {
    let db = fjall::Database::builder(store).open().unwrap();
    let heads = db.keyspace("ag", fjall::KeyspaceCreateOptions::default).unwrap();
    let (key, value) = heads.first_key_value().unwrap().into_inner().unwrap();
    let (from, to) = (b"\"paid\"", b"\"open\"");
    let at = value.windows(from.len()).position(|bytes| bytes == from).unwrap();
    let mut forged = value.to_vec();
    forged[at..at + to.len()].copy_from_slice(to);
    heads.insert(key, forged).unwrap();
    db.persist(fjall::PersistMode::SyncAll).unwrap();
}

#[test]
fn a_forged_state_is_found_by_a_refold_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::init(dir.path()).unwrap();
    let me = ada(Restrict::Default);
    append(&service, &me, ("order", "1"), "placed", r#"{"status": "open"}"#).unwrap();
    append(&service, &me, ("order", "1"), "paid", r#"{"status": "paid"}"#).unwrap();
    let good = service.verify_all(&me, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(good.ok && good.faults.is_empty(), "{good:?}");
    service.close().unwrap();
    forge(&dir.path().join(".dbx/store"));
    let service = Service::open_in(dir.path()).unwrap();
    let verdict = service.verify_all(&me, &|_, _| {}, &|_, _| {}).unwrap();
    assert!(!verdict.ok);
    assert_eq!(verdict.fault_count, 1);
    let fault = &verdict.faults[0];
    assert_eq!((fault.kind, fault.aggregate.as_deref()), (FaultKind::State, Some("order/1")));
    assert_eq!((fault.version, fault.position.as_deref()), (Some(2), Some("2")));
}
