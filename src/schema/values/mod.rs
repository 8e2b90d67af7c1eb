//! Payloads and states against a compiled schema: what is wrong with them, and the form in which they are stored.
//!
//! Nothing here knows a store or a clock. A write passes through in this order, and every step adds to one list of
//! [`Violation`]s, so that a writer sees all that is wrong at once:
//!
//! 1. [`check_payload`] for payloads that are merged, [`check_patched`] for RFC 6902 patches: the aggregate's lock, the
//!    event's name, its allowlist, types, rules. Both yield normalised values.
//! 2. [`check_state`]: what depends on the state before and after, locked and required fields.
//! 3. [`check_references`]: the targets that the event mentions, through a look-up that the caller gives.
//! 4. [`check_note`] and [`check_metadata`] for what travels beside the payload.

mod envelope;
mod formats;
mod payload;
mod reference;
mod rules;
mod state;
mod types;
mod violation;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod properties;

pub use envelope::{METADATA_BYTES_MAX, NOTE_CHARS_MAX, check_metadata, check_note};
pub use payload::{check_lock, check_payload};
pub use reference::{
    ReferenceError, ReferenceUse, check_references, parse_reference, reference_text, references,
};
pub use rules::{canonical_bound, compare_canonical};
pub use state::{check_patched, check_state, visible};
pub use types::normalise;
pub use violation::Violation;
