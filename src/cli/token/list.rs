use super::made::who;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, seconds};
use crate::wire::{TokenInfo, TokenStatus};
use clap::Args;

/// Show the tokens that were made, never the tokens themselves
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Also those that do not hold any more
    #[arg(short, long)]
    all: bool,
}

pub(super) fn run(context: &mut Context, args: &ListArgs) -> Outcome {
    let service = context.open()?;
    let mut list = service.token_list(&context.reader())?;
    service.close()?;
    let all = list.tokens.len();
    if !args.all && !context.ui.json() {
        list.tokens.retain(|token| holds(token.status));
    }
    let left_out = all - list.tokens.len();
    if context.ui.json() {
        context.ui.document(&list)?;
        return Ok(Exit::Ok);
    }
    table(context, &list.tokens)?;
    match (list.tokens.len(), left_out) {
        (0, 0) => context.ui.say("no token was made"),
        (_, 0) => {}
        (0, _) => context.ui.hint("no token holds any more: `--all` shows those that did"),
        _ => context.ui.hint(format!("{left_out} more do not hold any more: `--all` shows them")),
    }
    Ok(Exit::Ok)
}

fn holds(status: TokenStatus) -> bool {
    matches!(status, TokenStatus::Active | TokenStatus::UsedUp)
}

pub(super) fn word(status: TokenStatus) -> (&'static str, Meaning) {
    match status {
        TokenStatus::Active => ("active", Meaning::Ok),
        TokenStatus::UsedUp => ("used up", Meaning::Warn),
        TokenStatus::Expired => ("expired", Meaning::Dim),
        TokenStatus::Idle => ("idle", Meaning::Dim),
        TokenStatus::Revoked => ("revoked", Meaning::Danger),
    }
}

/// How many events were written, of how many.
pub(super) fn written(token: &TokenInfo) -> String {
    match token.limit {
        Some(limit) => format!("{} of {limit}", token.written),
        None => token.written.to_string(),
    }
}

/// One line for each token.
pub(super) fn table(context: &mut Context, tokens: &[TokenInfo]) -> Result<(), Failure> {
    if tokens.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("id", Align::Left),
        ("who", Align::Left),
        ("status", Align::Left),
        ("made", Align::Left),
        ("expires", Align::Left),
        ("written", Align::Right),
        ("allows", Align::Left),
    ]);
    for token in tokens {
        let (status, meaning) = word(token.status);
        let end = [token.expires_at.as_deref(), token.idle_at.as_deref()];
        let end = end.into_iter().flatten().min().map_or("never".to_owned(), seconds);
        table.row(vec![
            Cell::new(Meaning::Accent, &token.id),
            Cell::new(Meaning::Strong, who(&token.group, &token.user)),
            Cell::new(meaning, status),
            Cell::dim(seconds(&token.issued_at)),
            Cell::plain(end),
            Cell::plain(written(token)),
            Cell::plain(format!("{} on {}", token.actions.join(", "), token.resources.join(", "))),
        ]);
    }
    context.ui.page();
    context.ui.table(table)
}
