//! Telling a server to stop.

use tokio_util::sync::CancellationToken;

/// Tells a server to stop; clones tell the same one.
#[derive(Debug, Clone, Default)]
pub struct Stopper {
    token: CancellationToken,
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

    /// Whether it was told to.
    pub fn is_stopped(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits until it is told to.
    pub(super) async fn stopped(&self) {
        self.token.cancelled().await;
    }
}
