//! The only user of fjall.

pub mod disk;
