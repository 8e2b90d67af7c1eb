use super::list::{word, written};
use super::made::{span, who};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table, ago, issuer, seconds};
use crate::wire::TokenInfo;
use clap::Args;

/// Show what one token allows and what became of it
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its id, or the beginning of it
    #[arg(value_name = "TOKEN_ID")]
    id: String,
}

pub(super) fn run(context: &mut Context, args: &ShowArgs) -> Outcome {
    let service = context.open()?;
    let token = service.token_info(&context.reader(), &args.id)?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&token)?;
        return Ok(Exit::Ok);
    }
    let (status, meaning) = word(token.status);
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    table.row(vec![Cell::dim("token"), Cell::new(Meaning::Accent, &token.id)]);
    table.row(vec![Cell::dim("status"), Cell::new(meaning, status)]);
    for (name, text) in facts(context, &token) {
        table.row(vec![Cell::dim(name), Cell::plain(text)]);
    }
    context.ui.table(table)?;
    Ok(Exit::Ok)
}

fn facts(context: &Context, token: &TokenInfo) -> Vec<(&'static str, String)> {
    let time = |time: &String| format!("{} ({})", seconds(time), ago(context.now(), time));
    let mut facts = vec![
        ("who", who(&token.group, &token.user)),
        ("allows", token.actions.join(", ")),
        ("on", token.resources.join(", ")),
        ("made", format!("{} by {}", time(&token.issued_at), issuer(&token.issued_by))),
        ("expires", token.expires_at.as_deref().map_or("never".to_owned(), seconds)),
    ];
    if let (Some(keep_alive), Some(at)) = (token.keep_alive, &token.idle_at) {
        let text = format!("for {} after each use, now until {}", span(keep_alive), seconds(at));
        facts.push(("holds", text));
    }
    facts.push(("written", written(token)));
    facts.extend(token.last_used_at.as_ref().map(|at| ("last used", time(at))));
    if let (Some(at), Some(by)) = (&token.revoked_at, &token.revoked_by) {
        facts.push(("revoked", format!("{} by {}", time(at), issuer(by))));
    }
    facts.extend(token.replaced_by.clone().map(|id| ("replaced by", id)));
    facts
}
