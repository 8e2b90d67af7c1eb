//! What a server says of itself: its log, its metrics, the id of each request.
//!
//! No token, key, payload or name of an aggregate is in any of it: requests are named by the pattern of their route.
//!
//! ```text
//! logging   where the lines of the log go
//! request   one line, one measurement and one id for each request
//! metrics   counters, gauges and histograms of one server
//! process   what the system says of this process
//! ```

pub(super) mod logging;
pub(super) mod metrics;
pub(super) mod process;
pub(super) mod request;

pub use logging::{Echo, LogOptions, Logging};
pub(super) use metrics::{Connected, Metrics};
