//! dbx, as a program that links it sees it.

use crate::workload;
use dbx::domain::Json;
use dbx::server::{ServeOptions, Stopper, serve};
use dbx::service::{Caller, Local, OpenOptions, Restrict, Service};
use dbx::wire::{ArchiveRequest, CommitReceipt, CommitRequest, Operation, TokenRequest};
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

    /// Archives an account.
    pub(crate) fn archive(&self, account: u64) {
        let request = ArchiveRequest {
            aggregate_type: workload::TYPE.into(),
            aggregate_id: workload::id(account),
            ..ArchiveRequest::default()
        };
        self.service.archive(&self.caller, &request).unwrap();
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

/// A daemon of a workspace, on threads of this process.
pub(crate) struct Server {
    local: Local,
    stopper: Stopper,
    thread: std::thread::JoinHandle<dbx::error::Result<()>>,
    pub(crate) socket: String,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    /// Makes a workspace with the schema of the workload in force, and serves it.
    pub(crate) fn start(folder: &Path) -> Self {
        Dbx::create(folder).close();
        Self::open(folder)
    }

    /// Serves a workspace.
    pub(crate) fn open(folder: &Path) -> Self {
        let local = Local::open(options(&folder.canonicalize().unwrap())).unwrap();
        let everything = TokenRequest {
            group: "bench".into(),
            user: "bench".into(),
            actions: vec!["*.*".into()],
            resources: vec!["*".into()],
            ..TokenRequest::default()
        };
        let caller = Caller::local("bench", Restrict::Default);
        let token = local.token_generate(&caller, &everything).unwrap().token;
        let serving = ServeOptions {
            restrict: Restrict::Default,
            user: "bench".into(),
            address: Some(([127, 0, 0, 1], 0).into()),
            ..ServeOptions::default()
        };
        let stopper = Stopper::new();
        let (told, ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let (local, stopper) = (local.clone(), stopper.clone());
            move || serve(local, serving, &stopper, |daemon| told.send(daemon.clone()).unwrap())
        });
        let daemon = ready.recv().unwrap();
        let (socket, address) = (daemon.socket, daemon.address.unwrap());
        Self { local, stopper, thread, socket, address, token }
    }

    /// How long the log is.
    pub(crate) fn position(&self) -> u64 {
        self.local.wait_beyond(u64::MAX, std::time::Duration::ZERO).unwrap()
    }

    pub(crate) fn stop(self) {
        self.stopper.stop();
        drop(self.local);
        self.thread.join().unwrap().unwrap();
    }
}
