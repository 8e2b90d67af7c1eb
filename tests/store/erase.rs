//! `kill -9` while aggregates are erased and master keys replaced, again and again on the same store.

use super::child::{caller, options};
use super::kill::killed_after;
use dbx::domain::Json;
use dbx::service::Service;
use dbx::wire::{ArchiveRequest, CommitRequest, GetQuery, Operation};
use dbx::workspace::Protection;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Command;

const DIR: &str = "DBX_TEST_ERASER_DIR";
const SEED: &str = "DBX_TEST_ERASER_SEED";

const KILLS: u64 = 12;

/// What no file may hold, before an erasure as after it.
const MARKER: &str = "the-marker-51c0";

#[expect(clippy::disallowed_methods, reason = "a child is told by its parent what to do")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Not a test by itself: without its environment it has nothing to do. Makes aggregates, erases every other one, and
/// replaces the master key now and then; says what is about to happen and what has happened.
#[test]
fn the_child_erases() {
    let Some(root) = variable(DIR) else { return };
    let seed = variable(SEED).unwrap();
    let service = Service::open(options(Path::new(&root), "dbx eraser")).unwrap();
    for number in 0_u64.. {
        let id = format!("s{seed}-{number}");
        service.commit(&caller(), &made(&id)).unwrap();
        say(&format!("made {id}"));
        if number % 2 == 1 {
            say(&format!("erasing {id}"));
            service.erase(&caller(), &erased(&id)).unwrap();
            say(&format!("erased {id}"));
        }
        if number % 5 == 4 {
            service.rotate_key(&caller(), &Protection::Same).unwrap();
            say("rotated");
        }
    }
}

fn made(id: &str) -> CommitRequest {
    let operation = Operation {
        aggregate_type: "order".into(),
        aggregate_id: id.into(),
        event_type: "made".into(),
        payload: Some(Json::parse(&format!(r#"{{"text":"{MARKER} {id}"}}"#)).unwrap()),
        ..Operation::default()
    };
    CommitRequest {
        operations: vec![operation],
        message: Some(MARKER.into()),
        ..CommitRequest::default()
    }
}

fn erased(id: &str) -> ArchiveRequest {
    ArchiveRequest {
        aggregate_type: "order".into(),
        aggregate_id: id.into(),
        note: None,
        expected_version: None,
        idempotency_key: None,
        dry_run: false,
    }
}

fn say(line: &str) {
    // One write for each line, so that the last one is whole however the process ends.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Lets a child go on until it said so many lines, kills it, and gives everything that it said.
fn killed(root: &Path, seed: u64, lines: usize) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "store::erase::the_child_erases", "--nocapture", "--test-threads=1"])
        .env(DIR, root)
        .env(SEED, seed.to_string());
    killed_after(&mut command, lines, |line| {
        let whole = line.strip_suffix('\n')?;
        let words = ["made ", "erasing ", "erased ", "rotated"];
        words.iter().any(|word| whole.starts_with(word)).then(|| whole.to_owned())
    })
}

fn state(service: &Service, id: &str) -> (String, bool) {
    let query =
        GetQuery { aggregate_type: "order".into(), aggregate_id: id.into(), ..GetQuery::default() };
    let record = service.get(&caller(), &query).unwrap();
    (record.state.to_string(), record.erased.is_some())
}

/// The files below `folder` that hold the marker.
fn holding(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(MARKER) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn erasures_and_rotations_survive_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let begin = options(folder.path(), "dbx init");
    std::fs::create_dir_all(&begin.paths.dot).unwrap();
    assert!(Service::create_encrypted(&begin).unwrap());
    // What each aggregate must be: readable, erased, or either.
    let mut known: BTreeMap<String, Option<bool>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for round in 0..KILLS {
        let wanted = usize::try_from(1 + round * 7 % 17).unwrap();
        for line in killed(folder.path(), round, wanted) {
            let (verb, id) = line.split_once(' ').unwrap_or((&line, ""));
            match verb {
                "made" => drop(known.insert(id.to_owned(), Some(false))),
                "erasing" => drop(known.insert(id.to_owned(), None)),
                "erased" => drop(known.insert(id.to_owned(), Some(true))),
                _ => {}
            }
        }
        let service = Service::open(options(folder.path(), "dbx verify")).unwrap();
        let erased: BTreeSet<String> =
            service.erasures(&caller()).unwrap().into_iter().map(|one| one.aggregate_id).collect();
        for (id, must) in &known {
            let (found, is_erased) = state(&service, id);
            assert_eq!(is_erased, erased.contains(id), "{id}");
            assert!(must.is_none_or(|must| must == is_erased), "round {round}: {id} {must:?}");
            let whole = format!(r#"{{"text":"{MARKER} {id}"}}"#);
            assert_eq!(found, if is_erased { "{}".to_owned() } else { whole }, "{id}");
        }
        let verdict = service.verify_all(&caller(), &|_, _| {}, &|_, _| {}).unwrap();
        assert!(verdict.ok && verdict.states_left_out.is_none(), "{:?}", verdict.faults);
        service.close().unwrap();
        let keys = std::fs::read_dir(folder.path().join(".dbx/keys")).unwrap();
        let keys: Vec<_> = keys.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(keys, ["data_aes256.key"], "round {round}");
        assert_eq!(holding(&folder.path().join(".dbx")), Vec::<String>::new(), "round {round}");
        names.extend(known.keys().cloned());
    }
    assert!(known.values().any(|must| *must == Some(true)), "something was erased");
    assert!(names.len() as u64 >= KILLS, "{}", names.len());
}
