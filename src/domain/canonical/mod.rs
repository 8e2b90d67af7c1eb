//! The one way in which dbx writes a value of each type, and how such values compare.
//!
//! Two writers who mean the same value must store the same bytes, or equal facts get different hashes. Every function
//! here works on text: no digit passes through a float, so none is lost.

pub mod binary;
pub mod date;
pub mod decimal;
pub mod float;
pub mod integer;
pub mod timestamp;
