//! Telling a server to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// Tells a server to stop; clones tell the same one.
#[derive(Debug, Clone, Default)]
pub struct Stopper {
    token: CancellationToken,
    handed_over: Arc<AtomicBool>,
}

impl Stopper {
    /// One that was not used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells it to stop: what is under way is finished, nothing new begins.
    pub fn stop(&self) {
        self.token.cancel();
    }

    /// Tells it to stop, so that a daemon can have the store.
    pub(super) fn hand_over(&self) {
        self.handed_over.store(true, Ordering::Release);
        self.stop();
    }

    /// Whether it was told to stop for a daemon.
    pub(super) fn is_handed_over(&self) -> bool {
        self.handed_over.load(Ordering::Acquire)
    }

    /// Whether it was told to.
    pub fn is_stopped(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until it is told to.
    pub(super) async fn stopped(&self) {
        self.token.cancelled().await;
    }
}
