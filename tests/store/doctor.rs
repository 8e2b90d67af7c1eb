//! `kill -9` at each step of a repair.

use super::child::{caller, options};
use super::kill::killed_when;
use crate::common::copy;
use dbx::domain::Json;
use dbx::service::{Local, Service};
use dbx::wire::{CommitRequest, EventsQuery, Operation, RepairKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// What shows up on the disk, step by step. A repair that is killed there is finished or undone.
const STEPS: [&str; 5] = ["salvage/view", "store.next", "salvage/store-1", "next", "store.before"];

/// A store whose index of heads is missing.
fn damaged(root: &Path) {
    std::fs::create_dir(root).unwrap();
    let service = Service::init(root).unwrap();
    for number in 0..40 {
        let operations = (0..25).map(|part| Operation {
            aggregate_type: "order".into(),
            aggregate_id: format!("{}", (number * 25 + part) % 70),
            event_type: "changed".into(),
            payload: Some(Json::parse(&format!(r#"{{"number":{number}}}"#)).unwrap()),
            ..Operation::default()
        });
        let request =
            CommitRequest { operations: operations.collect(), ..CommitRequest::default() };
        service.commit(&caller(), &request).unwrap();
    }
    service.close().unwrap();
    std::fs::remove_file(root.join(".dbx/store/keyspaces/5/current")).unwrap();
}

fn repair(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbx"));
    command.arg("-C").arg(root).args(["doctor", "--repair", "--yes"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How often a repair is begun anew until one is killed at a step: this process may look too late.
const TRIES: usize = 5;

#[test]
fn a_repair_that_is_killed_at_any_step_is_finished_or_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken");
    damaged(&broken);
    let mut killed = 0;
    for step in STEPS {
        let root = folder.path().join(step.replace('/', "-"));
        let in_time = (0..TRIES).any(|_| {
            let _ = std::fs::remove_dir_all(&root);
            copy(&broken, &root);
            killed_when(&mut repair(&root), || root.join(".dbx").join(step).exists())
        });
        killed += usize::from(in_time);
        let report = Local::doctor(&caller(), &options(&root, "dbx doctor"), &|_, _| {}).unwrap();
        let kinds: Vec<RepairKind> = report.repairs.iter().map(|repair| repair.kind).collect();
        let wanted =
            |kind: &RepairKind| matches!(kind, RepairKind::Rebuild | RepairKind::Permissions);
        assert!(kinds.iter().all(wanted), "{step}: {report:?}");
        assert!(report.ok || kinds.contains(&RepairKind::Rebuild), "{step}: {report:?}");
        assert!(repair(&root).status().unwrap().success(), "{step}");
        let service = Service::open(options(&root, "dbx test")).unwrap();
        assert_eq!(service.read_only(), None);
        let verdict = service.verify_all(&caller(), &|_, _| {}, &|_, _| {}).unwrap();
        assert!(verdict.ok && verdict.count == 1000, "{step}: {:?}", verdict.faults);
        let query = EventsQuery { after: Some(999), ..EventsQuery::default() };
        assert_eq!(service.events(&caller(), &query).unwrap().events.len(), 1);
        service.close().unwrap();
        for left in ["store.next", "store.before", "next", "next.new", "salvage/view"] {
            assert!(!root.join(".dbx").join(left).exists(), "{step} left {left}");
        }
    }
    assert!(killed >= 3, "{killed} of the steps were seen in time");
}
