//! Ending a process by SIGKILL at a moment of its life: no handler, no destructor, no flush.

use crate::common::{Running, awaited};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

/// Starts a process and kills it as soon as `now` says so; whether it was killed, and not done before.
pub(super) fn killed_when(command: &mut Command, mut now: impl FnMut() -> bool) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let status = awaited("it is killed or ends", || {
        if now() {
            child.kill().unwrap();
            return Some(child.wait().unwrap());
        }
        child.try_wait().unwrap()
    });
    assert!(status.success() || status.signal() == Some(9), "{command:?}: {status:?}");
    !status.success()
}

/// Starts a process and kills it when it said so many things that `read` understands; gives all of them.
pub(super) fn killed_after<T>(
    command: &mut Command,
    count: usize,
    read: impl Fn(&str) -> Option<T>,
) -> Vec<T> {
    let mut running = Running::out(command.stderr(Stdio::null()));
    let mut found = Vec::new();
    while let Some(line) = running.next() {
        let Some(thing) = read(&line) else { continue };
        found.push(thing);
        if found.len() == count {
            running.child.kill().unwrap();
        }
    }
    assert_eq!(running.wait(), -1, "it was killed");
    assert!(found.len() >= count, "{} of {count}", found.len());
    found
}
