//! What tests of use cases begin with.

use super::{Caller, Local, OpenOptions, Restrict};
use crate::domain::Json;
use crate::wire::{CommitRequest, Operation};
use crate::workspace::config::{Overrides, load};
use crate::workspace::{Env, InitOptions, Template, init};
use tempfile::TempDir;

/// An empty workspace without a schema, which is removed with the first of the values, and its local user.
pub(super) fn local() -> (TempDir, Local, Caller) {
    let dir = tempfile::tempdir().unwrap();
    let env = Env::fixed(dir.path(), std::iter::empty::<(String, String)>());
    let made = InitOptions { template: Template::None, nested: false };
    let paths = init(dir.path(), made, &env).unwrap().paths;
    let config = load(&paths, &env, &Overrides::new()).unwrap().config;
    let options = OpenOptions::new(paths, config, "a test");
    Local::create(&options).unwrap();
    let local = Local::open(options).unwrap();
    (dir, local, Caller::local("ada", Restrict::Default))
}

/// That an event without a payload happens to an aggregate, which is named as `order/4`.
pub(super) fn operation(name: &str, event: &str) -> Operation {
    let (aggregate_type, id) = name.split_once('/').unwrap();
    Operation {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
        event_type: event.to_owned(),
        payload: Some(Json::parse("{}").unwrap()),
        ..Operation::default()
    }
}

/// Commits operations together.
pub(super) fn commit(local: &Local, caller: &Caller, operations: Vec<Operation>) {
    local.commit(caller, &CommitRequest { operations, ..CommitRequest::default() }).unwrap();
}
