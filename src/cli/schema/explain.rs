use super::report::object;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::output::{Align, Cell, Meaning, Table};
use crate::domain::Json;
use crate::error::{Error, Kind};
use crate::schema::Code;
use clap::Args;

/// Explain a code that `validate` reports
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, such as E012; lists all without one
    code: Option<String>,
}

pub(super) fn run(context: &mut Context, args: &ExplainArgs) -> Outcome {
    let Some(text) = &args.code else { return list(context) };
    let code: Code = text.parse().map_err(|message: String| {
        Error::new(Kind::NotFound, "dbx::schema::code", message)
            .help("`dbx schema explain` lists the codes")
    })?;
    if context.ui.json() {
        context.ui.document(&document(code))?;
    } else {
        context.ui.page();
        context.ui.raw(code.explain().as_bytes())?;
    }
    Ok(Exit::Ok)
}

fn list(context: &mut Context) -> Outcome {
    if context.ui.json() {
        Code::ALL.iter().try_for_each(|code| context.ui.record(&document(*code)))?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for code in Code::ALL {
        table.row(vec![Cell::new(Meaning::Accent, code.as_str()), Cell::plain(code.title())]);
    }
    context.ui.page();
    context.ui.table(table)?;
    Ok(Exit::Ok)
}

fn document(code: Code) -> Json {
    let part = |pick: fn(&crate::schema::Page) -> &'static str| {
        code.page().map_or(Json::Null, |page| pick(page).into())
    };
    object([
        ("code", code.as_str().into()),
        ("title", code.title().into()),
        ("severity", code.severity().as_str().into()),
        ("what", part(|page| page.what)),
        ("why", part(|page| page.why)),
        ("wrong", part(|page| page.wrong)),
        ("right", part(|page| page.right)),
        ("fix", part(|page| page.fix)),
    ])
}
