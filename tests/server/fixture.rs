//! A workspace in a temporary directory, and a server of it on a thread.

use super::client::{Client, Door};
use crate::common::NOW;
use dbx::clock::{Clock, Fixed};
use dbx::domain::{Json, Timestamp};
use dbx::server::{Access, ServeOptions, Stopper, serve};
use dbx::service::{Caller, Local, OpenOptions, Restrict, Service};
use dbx::wire::{CommitReceipt, CommitRequest, Daemon, Operation, TokenRequest};
use dbx::workspace::config::Overrides;
use dbx::workspace::{Env, InitOptions, Key, Paths, Template, init};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// What a server is started with.
#[derive(Default)]
pub(crate) struct Setup {
    /// The schema in force; none if absent.
    pub(crate) schema: Option<&'static str>,
    /// Keys of the configuration.
    pub(crate) keys: Vec<(Key, &'static str)>,
    /// How writes are held against the schema.
    pub(crate) restrict: Restrict,
    /// Everything in it is sealed.
    pub(crate) encrypted: bool,
    /// Where time comes from; it stands still at [`NOW`] if absent.
    pub(crate) clock: Option<Arc<dyn Clock>>,
    /// Who can reach it, and how.
    pub(crate) access: Access,
}

/// A server of a workspace, which ends and is removed with the value.
pub(crate) struct Serving {
    /// What it says of itself.
    pub(crate) daemon: Daemon,
    /// Tells it to stop.
    pub(crate) stopper: Stopper,
    local: Option<Local>,
    thread: Option<JoinHandle<dbx::error::Result<()>>>,
    admin: String,
    options: OpenOptions,
    dir: TempDir,
}

impl Serving {
    /// An empty workspace without a schema.
    pub(crate) fn new() -> Self {
        Self::start(Setup::default())
    }

    /// With a schema in force.
    pub(crate) fn with_schema(schema: &'static str) -> Self {
        Self::start(Setup { schema: Some(schema), ..Setup::default() })
    }

    /// Makes a workspace and serves it.
    pub(crate) fn start(setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = workspace(dir.path(), &setup);
        let local = Local::open(options.clone()).unwrap();
        if let Some(schema) = setup.schema {
            local.schema_apply(&ada(), schema).unwrap();
        }
        let admin = token(&local, &["*.*"], &["*"]);
        let serve_options = ServeOptions {
            restrict: setup.restrict,
            user: "ada".into(),
            address: Some(([127, 0, 0, 1], 0).into()),
            access: setup.access,
            ..ServeOptions::default()
        };
        let (stopper, served) = (Stopper::new(), local.clone());
        let (told, ready) = mpsc::channel();
        let thread = std::thread::spawn({
            let stopper = stopper.clone();
            move || {
                serve(served, serve_options, &stopper, |daemon| told.send(daemon.clone()).unwrap())
            }
        });
        let daemon = ready.recv().expect("the server starts");
        Self { daemon, stopper, local: Some(local), thread: Some(thread), admin, options, dir }
    }

    /// Tells the server to stop, and waits until it did and the store is closed.
    pub(crate) fn stop(mut self) {
        self.end().unwrap();
    }

    fn end(&mut self) -> dbx::error::Result<()> {
        self.stopper.stop();
        self.local = None;
        self.thread.take().map_or(Ok(()), |thread| thread.join().expect("it ends in peace"))
    }

    /// The directory of the workspace.
    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn paths(&self) -> &Paths {
        &self.options.paths
    }

    /// The store, without the server between.
    pub(crate) fn local(&self) -> &Local {
        self.local.as_ref().unwrap()
    }

    /// What a command works with: the service, over the socket.
    pub(crate) fn service(&self) -> Service {
        let service = Service::connect(self.options.clone()).unwrap();
        assert!(service.daemon().is_some(), "nobody answers at the socket");
        service
    }

    /// At the socket, as its user.
    pub(crate) fn socket(&self) -> Client {
        Client::new(Door::Socket(self.daemon.socket.clone().into())).with("dbx-user", "ada")
    }

    /// At the address, with a token that may do everything.
    pub(crate) fn tcp(&self) -> Client {
        self.stranger().bearing(&self.admin)
    }

    /// At the address, without a token.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(Door::Tcp(self.daemon.address.as_ref().unwrap().parse().unwrap()))
    }

    /// A new token.
    pub(crate) fn token(&self, actions: &[&str], resources: &[&str]) -> String {
        token(self.local(), actions, resources)
    }

    /// Appends an event to `type/id`, whatever is there, without the server between.
    #[track_caller]
    pub(crate) fn append(&self, name: &str, event: &str, payload: &Value) -> CommitReceipt {
        let (aggregate_type, id) = name.split_once('/').unwrap();
        let operation = Operation {
            aggregate_type: aggregate_type.into(),
            aggregate_id: id.into(),
            event_type: event.into(),
            payload: Some(Json::parse(&payload.to_string()).unwrap()),
            ..Operation::default()
        };
        let request = CommitRequest { operations: vec![operation], ..CommitRequest::default() };
        self.local().commit(&ada(), &request).unwrap()
    }
}

/// A test that fails must not hang in its server.
impl Drop for Serving {
    fn drop(&mut self) {
        self.stopper.stop();
        self.local = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The local user.
pub(crate) fn ada() -> Caller {
    Caller::local("ada", Restrict::Default)
}

/// Makes a workspace in a directory.
pub(crate) fn workspace(dir: &Path, setup: &Setup) -> OpenOptions {
    let env = Env::fixed(dir, std::iter::empty::<(String, String)>());
    init(dir, InitOptions { template: Template::None, nested: false }, &env).unwrap();
    let overrides =
        setup.keys.iter().fold(Overrides::new(), |all, (key, text)| all.with(*key, Some(*text)));
    let paths = Paths::at(dir);
    let config = dbx::workspace::config::load(&paths, &env, &overrides).unwrap().config;
    let mut options = OpenOptions::new(paths, config, "a test");
    let now: Timestamp = NOW.parse().unwrap();
    options.clock = setup.clock.clone().unwrap_or_else(|| Arc::new(Fixed(now)));
    let make = if setup.encrypted { Local::create_encrypted } else { Local::create };
    make(&options).unwrap();
    options
}

/// What is asked for where a test needs a token.
pub(crate) fn token_request(actions: &[&str], resources: &[&str]) -> TokenRequest {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    TokenRequest {
        group: "test".into(),
        user: "tess".into(),
        actions: texts(actions),
        resources: texts(resources),
        ..TokenRequest::default()
    }
}

fn token(local: &Local, actions: &[&str], resources: &[&str]) -> String {
    let request = token_request(actions, resources);
    local.token_generate(&ada(), &request).unwrap().token
}
