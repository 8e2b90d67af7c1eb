//! dbx inside another program: the short ways in.
//!
//! A program that embeds dbx hands over a directory and gets a [`Service`]. Nothing here reads the environment: what
//! the command line would take from variables, a host decides itself, with [`OpenOptions`].

use super::{OpenOptions, Service};
use crate::error::Result;
use crate::workspace::config::{Overrides, load};
use crate::workspace::{Env, InitOptions, Paths, Template, discover, init};
use std::path::Path;

/// What others are told about a host while it has the store.
const COMMAND: &str = "a program that embeds dbx";

impl Service {
    /// Makes a workspace in `root`, which must exist, and opens it; one that is there already is only opened. No
    /// `schema.dbx` is written: a host brings its own.
    ///
    /// # Errors
    /// `root` lies in another workspace, its `.dbx/` was made by another program, or the file system refuses.
    pub fn init(root: &Path) -> Result<Self> {
        let options = InitOptions { template: Template::None, nested: false };
        let report = init(root, options, &environment(root))?;
        let options = options_for(report.paths)?;
        Self::create(&options)?;
        Self::open(options)
    }

    /// Opens the workspace of `dir`: the nearest `.dbx/` in it or above it, as git finds its own.
    ///
    /// # Errors
    /// There is none, its configuration has errors, or another process has it.
    pub fn open_in(dir: &Path) -> Result<Self> {
        Self::open(options_for(discover(dir, &environment(dir))?)?)
    }
}

fn environment(dir: &Path) -> Env {
    Env::fixed(dir, std::iter::empty::<(String, String)>())
}

fn options_for(paths: Paths) -> Result<OpenOptions> {
    let loaded = load(&paths, &environment(&paths.root), &Overrides::new())?;
    let paths = paths.with_data_dir(loaded.config.data_dir.as_deref());
    Ok(OpenOptions::new(paths, loaded.config, COMMAND))
}
