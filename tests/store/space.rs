//! No more space in the middle of a commit: a limit on the size of files stands for a disk that is full.

use super::child::{Ack, caller, command, options, workspace};
use dbx::service::Service;
use dbx::wire::{CommitRequest, Operation};

/// SIGXFSZ (25) would end the process; a full disk sends no signal. The limit is in units of 512 or 1024 bytes, as the
/// shell likes: one or two megabytes.
const LIMITED: [&str; 4] = ["sh", "-c", r#"trap '' 25; ulimit -f 2048; exec "$@""#, "sh"];

#[test]
fn a_full_disk_stops_the_writer_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path());
    let output = command(folder.path(), 16, 1, &LIMITED).output().unwrap();
    assert!(output.status.success(), "the child ended by itself: {output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let acks: Vec<Ack> = said.split_inclusive('\n').filter_map(Ack::parse).collect();
    assert!(acks.len() > 100, "{} commits fit", acks.len());
    let failures: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("fail ")).collect();
    let unknown = failures.iter().filter(|line| line.contains("outcome_unknown")).count();
    assert!(unknown > 0, "{failures:?}");
    for failure in &failures {
        let (code, kind) = failure.split_once(' ').unwrap();
        assert!(["dbx::store::outcome_unknown", "dbx::store::poisoned"].contains(&code), "{code}");
        assert_eq!(kind, "Unavailable");
    }
    assert!(said.contains("end closed"), "it was closed in good order");
    let service = Service::open(options(folder.path(), "dbx verify")).unwrap();
    for ack in &acks {
        let event = service.event_at(&caller(), ack.first).unwrap();
        let name = format!("{}/{}", event.aggregate_type, event.aggregate_id);
        assert_eq!((name, event.version), (ack.aggregate.clone(), ack.version));
    }
    let operation = Operation {
        aggregate_type: "order".into(),
        aggregate_id: "after".into(),
        event_type: "changed".into(),
        ..Operation::default()
    };
    let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
    service.commit(&caller(), &request).expect("with space again, writes work again");
    let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    service.close().unwrap();
}
