//! What tests of use cases begin with.

use super::{Caller, Local, OpenOptions, Restrict};
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
