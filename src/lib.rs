//! dbx: git for an application's facts.

pub mod clock;
pub mod error;

pub mod cli;
pub mod domain;
pub mod proof;
pub mod schema;
pub mod service;
pub mod store;
pub mod wire;
pub mod workspace;
