//! Stopping when the user says so, at a place where nothing is half done.

use std::sync::atomic::{AtomicBool, Ordering};

static STOPPED: AtomicBool = AtomicBool::new(false);

/// From here on an interrupt is remembered and no longer ends the process.
pub(super) fn listen() {
    // It fails only where somebody listens already.
    let _ = ctrlc::set_handler(|| STOPPED.store(true, Ordering::Relaxed));
}

/// Whether the user said stop.
pub(super) fn stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}
