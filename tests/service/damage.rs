//! A store that lost events never passes for a good one.

use super::{ada, append};
use crate::common::damage;
use dbx::service::{Restrict, Service};
use dbx::wire::FaultKind;

#[test]
fn a_store_that_opened_for_reading_only_never_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (service, me) = (Service::init(dir.path()).unwrap(), ada(Restrict::Default));
    for (id, text) in [("n-1", "the first"), ("n-2", "the one that breaks"), ("n-3", "behind it")] {
        append(&service, &me, ("note", id), "noted", &format!(r#"{{"text": "{text}"}}"#)).unwrap();
    }
    assert_eq!(service.read_only(), None);
    assert!(service.verify(&me, &|_, _| {}).unwrap().ok);
    assert!(service.verify_aggregate(&me, "note", "n-1").unwrap().ok);
    service.close().unwrap();

    assert!(damage(dir.path().join(".dbx/store"), "the one that breaks") > 0);
    let service = Service::open_in(dir.path()).unwrap();
    let reason = service.read_only().unwrap().to_owned();
    let verdict = service.verify(&me, &|_, _| {}).unwrap();
    assert_eq!((verdict.ok, verdict.fault_count, verdict.faults.len()), (false, 2, 2));
    assert_eq!(
        (verdict.faults[0].kind, &verdict.faults[0].message),
        (FaultKind::Unreadable, &reason)
    );
    assert_eq!(verdict.faults[1].kind, FaultKind::Anchor, "and the log was longer");
    // Nothing that is left of the aggregate is wrong, and yet nobody knows what it had.
    let verdict = service.verify_aggregate(&me, "note", "n-1").unwrap();
    assert_eq!((verdict.ok, verdict.count, verdict.faults.len()), (false, 1, 1));
    assert_eq!(
        (verdict.faults[0].kind, &verdict.faults[0].message),
        (FaultKind::Unreadable, &reason)
    );
}
