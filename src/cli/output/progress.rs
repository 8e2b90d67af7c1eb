//! Progress on standard error: only on a terminal, and only for what takes long enough to wonder.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// How long a command may be silent.
const PATIENCE: Duration = Duration::from_millis(300);

/// A bar that shows itself once the command takes longer than people wait for.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    since: Instant,
    shown: std::cell::Cell<bool>,
}

/// What a bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Events; the total is known.
    Events,
    /// Aggregates; the total is known.
    Aggregates,
    /// Bytes of a file whose size is known.
    Bytes,
    /// Lines of a stream without an end in sight.
    Lines,
}

impl Progress {
    pub(super) fn new(terminal: bool, verb: &str, unit: Unit) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            let template = match unit {
                Unit::Events => {
                    "{msg} [{bar:28}] {human_pos}/{human_len} events · {per_sec} · {eta} left"
                }
                Unit::Aggregates => {
                    "{msg} [{bar:28}] {human_pos}/{human_len} aggregates · {per_sec} · {eta} left"
                }
                Unit::Bytes => {
                    "{msg} [{bar:28}] {bytes}/{total_bytes} · {binary_bytes_per_sec} · {eta} left"
                }
                Unit::Lines => "{msg} {spinner} {human_pos} lines · {per_sec}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.set_message(verb.to_owned());
            bar
        });
        Self { bar, since: Instant::now(), shown: std::cell::Cell::new(false) }
    }

    /// Shows how far the work is.
    pub(crate) fn at(&self, done: u64, of: Option<u64>) {
        let Some(bar) = &self.bar else { return };
        if !self.shown.get() {
            if self.since.elapsed() < PATIENCE {
                return;
            }
            self.shown.set(true);
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Some(of) = of {
            bar.set_length(of);
        }
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
