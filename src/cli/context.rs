//! What every command needs from outside.

use super::args::{Global, WriteArgs};
use super::failure::Failure;
use super::output::{Ui, visible};
use crate::clock::{Clock, System};
use crate::domain::Timestamp;
use crate::error::{Error, Kind};
use crate::service::token::{self, Bearer};
use crate::service::{Caller, LOCK_WAIT, OpenOptions, Restrict, Service};
use crate::workspace::{self, Config, Env, Paths};
use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What every command needs from outside.
#[derive(Debug)]
pub(crate) struct Context {
    /// Where output goes.
    pub(crate) ui: Ui,
    /// The environment.
    pub(crate) env: Env,
    global: Global,
    command: String,
    now: Timestamp,
    warned: Cell<bool>,
    bearer: OnceCell<Result<Option<Bearer>, Error>>,
}

impl Context {
    pub(crate) fn new(ui: Ui, env: Env, global: Global, command: String) -> Self {
        let now = System.now();
        Self { ui, env, global, command, now, warned: Cell::new(false), bearer: OnceCell::new() }
    }

    /// The folder that the command runs in.
    pub(crate) fn directory(&self) -> Result<PathBuf, Error> {
        self.env.directory(self.global.directory.as_deref()).map_err(|error| {
            Error::new(Kind::Invalid, "dbx::cli::directory", error.to_string())
                .help("change to a folder that exists, or name one with `-C`")
        })
    }

    /// A file as seen from the folder that the command runs in.
    pub(crate) fn file(&self, path: &Path) -> Result<PathBuf, Error> {
        Ok(self.directory()?.join(path))
    }

    /// The clock that `DBX_CLOCK` fixes.
    pub(crate) fn clock(&self) -> Result<Arc<dyn Clock>, Error> {
        self.env.clock()
    }

    /// The time now; that of the start where the clock cannot be read, which opening the store reports.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock().map_or(self.now, |clock| clock.now())
    }

    /// The workspace.
    pub(crate) fn paths(&self) -> Result<Paths, Error> {
        Ok(workspace::discover(&self.directory()?, &self.env)?)
    }

    /// The configuration in effect.
    pub(crate) fn config(&self, paths: &Paths) -> Result<Config, Failure> {
        super::config::effective(&self.ui, paths, &self.env)
    }

    /// Opens the workspace's store to read from it, with a warning where that is all it can be opened for.
    pub(crate) fn open(&self) -> Result<Service, Failure> {
        let service = self.open_to_write()?;
        self.warn_if_damaged(&service);
        Ok(service)
    }

    fn warn_if_unfinished(&self, service: &Service) {
        let Some(reason) = service.unfinished() else { return };
        if !self.warned.replace(true) {
            self.ui.warn(format!(
                "{}; until it is, the files may hold keys that were to be destroyed",
                visible(reason)
            ));
        }
    }

    /// Opens the workspace's store for a command whose writes say themselves when they are refused.
    pub(crate) fn open_to_write(&self) -> Result<Service, Failure> {
        let paths = self.paths()?;
        self.bearer()?;
        let service = Service::connect(self.options(paths, LOCK_WAIT)?)?;
        self.warn_if_unfinished(&service);
        Ok(service)
    }

    /// Opens the workspace's store to read from it, without waiting for whoever holds it.
    pub(crate) fn open_at_once(&self, paths: &Paths) -> Result<Service, Failure> {
        self.bearer()?;
        let service = Service::connect(self.options(paths.clone(), Duration::ZERO)?)?;
        self.warn_if_damaged(&service);
        self.warn_if_unfinished(&service);
        Ok(service)
    }

    fn warn_if_damaged(&self, service: &Service) {
        let Some(reason) = service.read_only() else { return };
        // A command may open the store more than once; the warning is about all that it prints.
        if !self.warned.replace(true) {
            let reason = visible(reason);
            self.ui.warn(format!(
                "the store is open for reading only: {reason}; what follows may lack events"
            ));
        }
    }

    /// What opening a store takes.
    pub(crate) fn options(
        &self,
        paths: Paths,
        lock_wait: Duration,
    ) -> Result<OpenOptions, Failure> {
        let config = self.config(&paths)?;
        // What comes after the opening of a store is the store's; files for others are made before it.
        workspace::files::keep_to_owner();
        let paths = paths.with_data_dir(config.data_dir.as_deref());
        let (clock, command) = (self.clock()?, self.command.clone());
        Ok(OpenOptions { paths, config, clock, lock_wait, command })
    }

    /// The operating system's name for the user.
    pub(crate) fn user(&self) -> String {
        let mut names = ["USER", "LOGNAME", "USERNAME"].into_iter();
        names.find_map(|name| self.env.get(name)).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Who reads: whoever the token names, or whoever may read the files.
    pub(crate) fn reader(&self) -> Caller {
        self.asking(Restrict::Default)
    }

    /// Who writes.
    pub(crate) fn caller(&self, write: &WriteArgs) -> Caller {
        self.asking(write.restrict.into())
    }

    /// The user of the files, whatever token is given: for workspaces that are only being made.
    pub(crate) fn local(&self) -> Caller {
        Caller::local(self.user(), Restrict::Default)
    }

    fn asking(&self, restrict: Restrict) -> Caller {
        let mut caller = match self.bearer() {
            Ok(None) => Caller::local(self.user(), restrict),
            Ok(Some(bearer)) => Caller::bearing(&bearer, restrict),
            // Opening the store says why.
            Err(_) => Caller::nobody(),
        };
        caller.show_hidden = self.global.hidden;
        caller
    }

    /// Who came with a token to the workspace; `None` where none was given.
    fn bearer(&self) -> Result<Option<Bearer>, Error> {
        self.bearer.get_or_init(|| self.bearer_in(&self.paths()?)).clone()
    }

    fn bearer_in(&self, paths: &Paths) -> Result<Option<Bearer>, Error> {
        let Some(text) = self.token()? else { return Ok(None) };
        token::identify(paths, &text, self.clock()?.now()).map(Some)
    }

    /// Who asks in a workspace that is not the one of this folder.
    pub(crate) fn reader_in(&self, paths: &Paths) -> Result<Caller, Error> {
        Ok(match self.bearer_in(paths)? {
            None => self.local(),
            Some(bearer) => Caller::bearing(&bearer, Restrict::Default),
        })
    }

    /// The token that is given: by the flag, or by a variable of the environment.
    fn token(&self) -> Result<Option<String>, Error> {
        let flag = self.global.token.as_ref().map(|secret| secret.0.clone());
        let mut variables = ["DBX_TOKEN", "EVENTDBX_TOKEN"].into_iter();
        let given = flag.or_else(|| variables.find_map(|name| self.env.get(name)));
        let Some(text) = given else { return Ok(None) };
        let Some(file) = text.strip_prefix('@') else { return Ok(Some(text)) };
        let text = super::input::read(self, Path::new(file)).map_err(|error| {
            error.help(
                "name a file that holds a token alone, as `dbx token generate > FILE` writes it",
            )
        })?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
