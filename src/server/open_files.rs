//! Every connection is an open file to the system, of which a process may have so many.

use super::limits::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many as a daemon will ever need, for systems that set no bound.
const WANTED: u64 = 65_536;

/// Those that the store and everything else need.
const RESERVED: u64 = 256;

/// Asks the system for as many open files as this process may have, and fits the connections of two doors into them.
pub(super) fn within(mut limits: Limits) -> Limits {
    let before = getrlimit(Resource::Nofile);
    let most = before.maximum.unwrap_or(WANTED).min(WANTED);
    if before.current.is_some_and(|current| current < most) {
        // Where it is refused, those there are have to do.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..before });
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(WANTED);
    let wanted = limits.connections;
    limits.connections = fitting(files, wanted);
    tracing::info!(open_files = files, connections = limits.connections, "open files");
    if limits.connections < wanted {
        tracing::warn!(
            open_files = files,
            "fewer connections than wanted: let the process have more open files, as with `ulimit -n`"
        );
    }
    limits
}

fn fitting(files: u64, wanted: usize) -> usize {
    let each = files.saturating_sub(RESERVED) / 2;
    usize::try_from(each).unwrap_or(wanted).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_store() {
        assert_eq!(fitting(65_536, 4096), 4096);
        assert_eq!(fitting(1024, 4096), 384);
        assert_eq!(fitting(100, 4096), 1);
        assert_eq!(fitting(1024, 0), 1);
    }
}
