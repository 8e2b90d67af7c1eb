//! The only user of fjall.
