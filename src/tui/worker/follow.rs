//! Looks whether the workspace is still what it was, and says so when it is not.

use super::door::Door;
use super::queue::Queue;
use crate::error::{Kind, Result};
use crate::service::{Caller, Service};
use crate::tui::model::Connection;
use crate::tui::msg::Msg;
use crate::wire::StatusReport;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How often a store is looked at that nobody serves: as often as `dbx events --follow` does.
const LOOK: Duration = Duration::from_millis(500);

/// How often it is looked whether the store can be let go of.
const BREATH: Duration = Duration::from_millis(50);

/// How long one request waits for the log to grow. What changes beside the log, the stage and the schema, is seen after it.
const WAIT: Duration = Duration::from_secs(1);

/// The longest pause between two attempts to reach a store that cannot be reached; they begin a second apart.
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// What was found.
struct Found {
    status: StatusReport,
    daemon: Option<(Option<String>, u32)>,
}

fn look(service: &Service, caller: &Caller, known: Option<u64>) -> Result<Found> {
    let daemon = service.daemon().map(|daemon| (daemon.address.clone(), daemon.pid));
    if let (Some(_), Some(position)) = (&daemon, known) {
        service.wait_beyond(position, WAIT)?;
    }
    Ok(Found { status: service.status(caller)?, daemon })
}

/// Runs until the end.
pub(super) fn run(queue: &Queue, door: &Door, caller: &Caller, messages: &Sender<Msg>) {
    let (mut last, mut connection): (Option<StatusReport>, Connection) =
        (None, Connection::Connecting);
    let mut failures = 0;
    loop {
        let known = last.as_ref().and_then(|status| status.position.parse().ok());
        let pause = match door.ask(|service| look(service, caller, known)) {
            Ok(found) => {
                failures = 0;
                let pause = if found.daemon.is_some() { Duration::ZERO } else { LOOK };
                let now = match found.daemon {
                    Some((address, pid)) => Connection::Daemon(address, pid),
                    None => Connection::Local,
                };
                if now != connection {
                    connection = now.clone();
                    let _ = messages.send(Msg::Connection(now));
                }
                if last.as_ref() != Some(&found.status) {
                    last = Some(found.status.clone());
                    let _ = messages.send(Msg::Status(Box::new(found.status)));
                }
                pause
            }
            Err(error) => {
                // Whoever cannot read the status by its token can read other things; nothing is wrong with the way.
                let refused = matches!(error.kind(), Kind::Forbidden | Kind::Unauthenticated);
                failures += 1;
                connection = Connection::Offline(error, failures);
                let _ = messages.send(Msg::Connection(connection.clone()));
                if refused { PAUSE_MAX } else { pause_after(failures) }
            }
        };
        if rest(queue, door, pause) {
            return;
        }
    }
}

/// How long to wait after so many failures: 1, 2, 4, 8 s.
fn pause_after(failures: u32) -> Duration {
    let doubled = 1_u64 << failures.saturating_sub(1).min(3);
    Duration::from_secs(doubled).min(PAUSE_MAX)
}

/// Waits, and lets go of the store meanwhile; true at the end.
fn rest(queue: &Queue, door: &Door, pause: Duration) -> bool {
    let start = Instant::now();
    loop {
        if queue.rest(BREATH.min(pause)) {
            return true;
        }
        // What closing says is what the next opening finds, and says.
        let _ = door.let_go();
        if start.elapsed() >= pause {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_less_and_less_often() {
        let pauses = [1, 2, 3, 4, 5, 40].map(|failures| pause_after(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8]);
    }
}
