//! dbx, as a program that links it sees it.

use crate::workload;
use dbx::domain::Json;
use dbx::service::{Caller, OpenOptions, Restrict, Service};
use dbx::wire::{CommitReceipt, CommitRequest, Operation};
use dbx::workspace::{Config, Env, InitOptions, Paths, Template};
use std::path::Path;

/// One open workspace.
#[derive(Clone)]
pub(crate) struct Dbx {
    pub(crate) service: Service,
    pub(crate) caller: Caller,
}

fn options(folder: &Path) -> OpenOptions {
    OpenOptions::new(Paths::at(folder), Config::default(), "bench")
}

impl Dbx {
    /// Makes a workspace with the schema of the workload in force.
    pub(crate) fn create(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let init = InitOptions { template: Template::None, nested: true };
        dbx::workspace::init(folder, init, &Env::process()).unwrap();
        let folder = folder.canonicalize().unwrap();
        Service::create(&options(&folder)).unwrap();
        let made = Self::open(&folder);
        made.service.schema_apply(&made.caller, workload::SCHEMA).unwrap();
        made
    }

    /// Opens a workspace.
    pub(crate) fn open(folder: &Path) -> Self {
        let service = Service::open(options(&folder.canonicalize().unwrap())).unwrap();
        Self { service, caller: Caller::local("bench", Restrict::Default) }
    }

    pub(crate) fn commit(&self, operations: Vec<Operation>) -> CommitReceipt {
        let request = CommitRequest { operations, ..CommitRequest::default() };
        self.service.commit(&self.caller, &request).unwrap()
    }

    pub(crate) fn close(self) {
        self.service.close().unwrap();
    }
}

/// A change of an account, from the text of its payload: checking that it is JSON is part of the work.
pub(crate) fn operation(account: u64, payload: &str, expected_version: Option<u64>) -> Operation {
    Operation {
        aggregate_type: workload::TYPE.into(),
        aggregate_id: workload::id(account),
        event_type: workload::EVENT.into(),
        payload: Some(Json::parse(payload).unwrap()),
        expected_version,
        ..Operation::default()
    }
}
