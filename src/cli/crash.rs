//! A panic is a fault of dbx: it is said so, briefly, with what is needed to report it.

use crate::error::Kind;
use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Runs `work`; gives the exit code of a fault of dbx where it panics.
pub(super) fn guarded(work: impl FnOnce() -> u8) -> u8 {
    panic::set_hook(Box::new(report));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Kind::Internal.exit_code())
}

fn report(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let payload = info.payload();
    let what = payload.downcast_ref::<&str>().copied();
    let what = what.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = message(what.unwrap_or("no message"), &place);
    // Not being able to say it is no reason to panic again.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn message(what: &str, place: &str) -> String {
    format!(
        "dbx::bug\n\n  × this is a bug in dbx {}: {what} ({place})\n  \
         note: what was committed is safe; `dbx verify` checks it\n  \
         help: report the command, this message and `dbx status`\n",
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bug_is_called_one() {
        let text = super::message("index out of bounds", "src/x.rs:1:2");
        assert!(text.contains("this is a bug in dbx"), "{text}");
        assert!(text.contains("index out of bounds (src/x.rs:1:2)"), "{text}");
    }
}
