//! `kill -9` in the middle of commits of a whole stage: never half of one, and the stage is there or gone with it.

use super::child::{caller, options, say, stager, workspace};
use super::kill::killed_after;
use dbx::domain::Json;
use dbx::service::Service;
use dbx::wire::{EventsQuery, Operation, StageCommitRequest, StageRequest};
use std::path::Path;

/// Operations of one stage.
const OPERATIONS: u64 = 500;

/// Aggregates that they are on.
const AGGREGATES: u64 = 50;

const KILLS: u64 = 12;

fn operation(round: u64, index: u64) -> Operation {
    Operation {
        aggregate_type: "order".into(),
        aggregate_id: format!("o-{}", index % AGGREGATES),
        event_type: "changed".into(),
        payload: Some(Json::parse(&format!(r#"{{"round":{round},"index":{index}}}"#)).unwrap()),
        ..Operation::default()
    }
}

/// Stages and commits without end, telling when it has done either.
pub(super) fn stage_and_commit(service: &Service, first: u64) {
    for round in first.. {
        let staged = service.stage(&caller()).unwrap();
        if staged.operations.is_empty() {
            let operations = (0..OPERATIONS).map(|index| operation(round, index)).collect();
            let request = StageRequest { operations, dry_run: false };
            service.stage_add(&caller(), &request).unwrap();
        }
        say(&format!("staged {round}"));
        let message = Some(format!("round {round}"));
        let request = StageCommitRequest { message, ..StageCommitRequest::default() };
        service.stage_commit(&caller(), &request).unwrap();
        say(&format!("committed {round}"));
    }
}

/// Kills a child after so many things that it said; gives the last of each.
fn killed(root: &Path, first: u64, words: usize) -> (u64, u64) {
    let said = killed_after(&mut stager(root, first), words, |line| {
        let (verb, round) = line.strip_suffix('\n')?.split_once(' ')?;
        ["staged", "committed"].contains(&verb).then(|| (verb == "staged", round.parse().unwrap()))
    });
    let last = |staged| said.iter().rev().find(|one| one.0 == staged).map_or(0, |one| one.1);
    (last(true), last(false))
}

fn round_of(payload: &Json) -> u64 {
    payload.get("round").unwrap().to_string().parse().unwrap()
}

#[test]
fn a_commit_of_five_hundred_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path());
    let (mut next, mut whole, mut waiting) = (1, 0, 0);
    for kill in 0..KILLS {
        // Odd counts end behind a staging, so that the commit is under way.
        let words = usize::try_from(1 + kill % 3).unwrap();
        let (staged, committed) = killed(folder.path(), next, words);
        let service = Service::open(options(folder.path(), "dbx verify")).unwrap();
        let mut query = EventsQuery { reverse: true, ..EventsQuery::default() };
        query.take = Some(1);
        let last = service.events(&caller(), &query).unwrap().events.pop();
        let position = last.as_ref().map_or(0, |event| event.position.parse::<u64>().unwrap());
        assert_eq!(position % OPERATIONS, 0, "every commit is whole");
        let in_log = last.map_or(0, |event| round_of(event.payload.as_ref().unwrap()));
        assert!(in_log >= committed, "what was acknowledged is there");
        let stage = service.stage(&caller()).unwrap();
        let rounds: Vec<u64> = stage
            .operations
            .iter()
            .map(|one| round_of(one.operation.payload.as_ref().unwrap()))
            .collect();
        if rounds.is_empty() {
            assert!(staged <= in_log, "round {staged} was staged, and the log ends with {in_log}");
            next = in_log + 1;
            whole += 1;
        } else {
            assert_eq!(rounds.len() as u64, OPERATIONS, "the stage is whole");
            assert!(rounds.iter().all(|round| *round == in_log + 1), "it is not in the log");
            assert_eq!((stage.conflicts, stage.refused), (0, 0));
            next = in_log + 1;
            waiting += 1;
        }
        let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
        assert!(verdict.ok && verdict.count == position, "{:?}", verdict.faults);
        service.close().unwrap();
    }
    println!("{KILLS} kills: {waiting} stages waited, {whole} were gone with their commit");
}
