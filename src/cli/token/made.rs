//! A token that was just made.

use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{quantity, seconds, visible};
use crate::wire::TokenIssued;
use crate::workspace::Ttl;

/// Prints the token alone to standard output, so that it can go to a file, and what it is beside it.
pub(super) fn show(context: &mut Context, issued: &TokenIssued) -> Outcome {
    if context.ui.json() {
        context.ui.document(issued)?;
        return Ok(Exit::Ok);
    }
    about(context, issued);
    context.ui.line(&issued.token)?;
    context.ui.hint("keep it now: it is shown only once");
    Ok(Exit::Ok)
}

/// Says what a token is.
pub(super) fn about(context: &mut Context, issued: &TokenIssued) {
    context.ui.say(format!(
        "token {} for {}",
        issued.id,
        visible(&who(&issued.group, &issued.user))
    ));
    context.ui.say(format!(
        "allows {} on {}",
        issued.actions.join(", "),
        issued.resources.join(", ")
    ));
    let until = match &issued.expires_at {
        Some(time) => format!("holds until {}", seconds(time)),
        None => "never expires".to_owned(),
    };
    let limit = issued.limit.map(|limit| format!(", for {}", quantity(limit, "event", "events")));
    let alive = issued.keep_alive.map(|time| format!(", unless unused for {}", span(time)));
    context.ui.say(format!("{until}{}{}", limit.unwrap_or_default(), alive.unwrap_or_default()));
    if let Some(old) = &issued.replaces {
        context.ui.say(format!("takes the place of {old}, which does not hold any more"));
    }
}

/// `group/user`.
pub(super) fn who(group: &str, user: &str) -> String {
    format!("{group}/{user}")
}

/// A number of seconds as a time to live is written.
pub(super) fn span(seconds: u64) -> String {
    seconds.to_string().parse().map_or_else(|_| format!("{seconds}s"), |ttl: Ttl| ttl.to_string())
}
