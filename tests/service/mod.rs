//! The service, as a program that embeds dbx uses it.

mod archive;
mod config;
mod conflicts;
mod damage;
mod export;
mod forged;
mod history;
mod impact;
mod links;
mod resolve;
mod stage;
mod staging;
mod timeline;
mod tokens;

use dbx::domain::Json;
use dbx::service::{Caller, OpenOptions, Restrict, Service};
use dbx::wire::{ArchiveRequest, CommitReceipt, CommitRequest, Operation};
use dbx::workspace::config::Overrides;
use dbx::workspace::{Env, Key, Paths};
use std::path::Path;

/// The caller of these tests.
fn ada(restrict: Restrict) -> Caller {
    Caller::local("ada", restrict)
}

/// Opens the workspace in `dir` with some keys of the configuration set.
fn open(dir: &Path, keys: &[(Key, &str)]) -> Service {
    let env = Env::fixed(dir, std::iter::empty::<(String, String)>());
    let overrides =
        keys.iter().fold(Overrides::new(), |all, (key, text)| all.with(*key, Some(*text)));
    let paths = Paths::at(dir);
    let config = dbx::workspace::config::load(&paths, &env, &overrides).unwrap().config;
    let paths = paths.with_data_dir(config.data_dir.as_deref());
    let options = OpenOptions::new(paths, config, "a test");
    Service::create(&options).unwrap();
    Service::open(options).unwrap()
}

/// Appends one event, whatever is there.
fn append(
    service: &Service,
    caller: &Caller,
    (aggregate_type, id): (&str, &str),
    event: &str,
    payload: &str,
) -> dbx::error::Result<CommitReceipt> {
    let operation = Operation {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        event_type: event.into(),
        payload: Some(Json::parse(payload).unwrap()),
        ..Operation::default()
    };
    service
        .commit(caller, &CommitRequest { operations: vec![operation], ..CommitRequest::default() })
}

/// Asks for an aggregate, as `type/id`, to be archived or restored.
fn archive_request(name: &str) -> ArchiveRequest {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    ArchiveRequest {
        aggregate_type: aggregate_type.into(),
        aggregate_id: id.into(),
        ..ArchiveRequest::default()
    }
}
