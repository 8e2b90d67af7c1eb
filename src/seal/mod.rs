//! AES-256-GCM envelopes and the keys for them. Pure but for randomness: no file, no clock.
//!
//! One master key of a workspace wraps one data key for each aggregate, and a data key seals what is the aggregate's.
//! Everything that is sealed has the form of [`Key::seal`], so that it says by itself which key opens it. A key is
//! named by an id that is computed from it: the wrong key is told from damage by the id alone.
//!
//! | file | what it does |
//! | --- | --- |
//! | [`mod@key`] | keys: made, named, wrapped; sealing and opening |
//! | [`context`] | associated data: what a ciphertext belongs to |
//! | [`mod@file`] | the text of the file that holds a master key |

pub mod context;
pub mod file;
pub mod key;

pub use context::Context;
pub use file::{FileError, KeyFile};
pub use key::{KEY_BYTES, Key, KeyId, OVERHEAD_BYTES, SealError, Secret};
