//! `kill -9` during group commit, again and again on the same store.

use super::child::{Ack, caller, command, options, workspace};
use super::kill::killed_after;
use dbx::service::Service;
use dbx::wire::{EventRecord, EventsQuery};
use std::collections::BTreeMap;
use std::path::Path;

const KILLS: u64 = 50;

/// Lets a child write until so many commits were acknowledged, kills it, and gives everything that it said.
fn killed(root: &Path, threads: usize, seed: u64, acks: usize) -> Vec<Ack> {
    killed_after(&mut command(root, threads, seed, &[]), acks, |line| {
        assert!(!line.starts_with("fail"), "{line}");
        Ack::parse(line)
    })
}

/// The events behind a position.
fn events_after(service: &Service, position: u64) -> Vec<EventRecord> {
    let query = EventsQuery { after: Some(position), ..EventsQuery::default() };
    service.events(&caller(), &query).unwrap().events
}

/// How many operations the commit has that an event is of: its payload tells.
fn operations(event: &EventRecord) -> u64 {
    let number = event.payload.as_ref().unwrap().get("number").unwrap();
    let number: u64 = number.to_string().parse().unwrap();
    1 + number % 4
}

/// Everything behind `known` is dense and made of whole commits, and all that was acknowledged is there.
fn check(service: &Service, known: u64, acks: &[Ack]) -> u64 {
    let events = events_after(service, known);
    let mut commits: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
    for (event, position) in events.iter().zip(known + 1..) {
        assert_eq!(event.position, position.to_string(), "positions are dense");
        commits.entry(&event.metadata.commit).or_default().push(event);
    }
    for (commit, events) in &commits {
        assert_eq!(events.len() as u64, operations(events[0]), "{commit} is whole");
    }
    for ack in acks {
        assert!(ack.first > known, "a new position: {ack:?}");
        let index = usize::try_from(ack.first - known - 1).unwrap();
        let event = events.get(index).unwrap_or_else(|| panic!("{ack:?} is lost"));
        let name = format!("{}/{}", event.aggregate_type, event.aggregate_id);
        assert_eq!((name, event.version), (ack.aggregate.clone(), ack.version));
        assert_eq!(commits[event.metadata.commit.as_str()].len() as u64, ack.count);
    }
    known + events.len() as u64
}

#[test]
fn nothing_acknowledged_is_lost_over_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path());
    let (mut last, mut acknowledged) = (0, 0);
    for round in 0..KILLS {
        let threads = [8, 16, 32, 64][usize::try_from(round % 4).unwrap()];
        // From right after the first commit to deep inside the stream.
        let wanted = usize::try_from(1 + round * 37 % 211).unwrap();
        let acks = killed(folder.path(), threads, round, wanted);
        acknowledged += acks.len();
        let service = Service::open(options(folder.path(), "dbx verify")).unwrap();
        last = check(&service, last, &acks);
        for ack in acks.iter().rev().take(2) {
            let (aggregate_type, id) = ack.aggregate.split_once('/').unwrap();
            let verdict = service.verify_aggregate(&caller(), aggregate_type, id).unwrap();
            assert!(verdict.ok && verdict.count >= ack.version, "{:?}", verdict.faults);
        }
        if round % 10 == 9 {
            let verdict = service.verify(&caller(), &|_, _| {}).unwrap();
            assert!(verdict.ok && verdict.count == last, "{:?}", verdict.faults);
        }
        service.close().unwrap();
    }
    println!("{KILLS} kills, {acknowledged} commits acknowledged, {last} events found");
}
