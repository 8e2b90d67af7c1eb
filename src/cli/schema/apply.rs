use super::breaking::{concerns, impact_of};
use super::source::{FileArg, Source, compiled};
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::output::{Meaning, quantity, short};
use crate::error::{Detail, Error, Kind};
use crate::schema::{self, Break};
use crate::wire::{Impact, ImpactRequest, SchemaApplied, SchemaVersion};
use clap::Args;

/// Put the working schema in force
///
/// Stores it as the next version. A schema that breaks something is refused unless `--allow-breaking` is given, and
/// is asked for on a terminal.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    file: FileArg,
    /// Also a schema that breaks readers, replays or writers
    #[arg(long)]
    allow_breaking: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(context: &mut Context, args: &ApplyArgs) -> Outcome {
    let working = args.file.read(context)?;
    let new = compiled(&working)?;
    let (service, caller) = (context.open_to_write()?, context.reader());
    let applied = service.schema_in_force(&caller)?;
    let breaks = match &applied {
        Some(applied) => schema::breaking(&compiled(&old(applied))?, &new),
        None => Vec::new(),
    };
    if !breaks.is_empty() {
        let request = ImpactRequest {
            old: applied.as_ref().map(|applied| old(applied).text),
            new: working.text.clone(),
        };
        // What is refused or asked stands whether or not what it concerns can be counted.
        let impacts = || service.schema_impact(&caller, &request).unwrap_or_default();
        if !args.allow_breaking {
            return Err(refused(&breaks, &impacts()).into());
        }
        if !args.yes {
            let question = question(&working.name, &breaks, &impacts());
            context.ui.confirm(&question, false)?;
        }
    }
    let done = service.schema_apply(&caller, &working.text)?;
    service.close()?;
    show(context, &done)?;
    Ok(Exit::Ok)
}

fn old(applied: &SchemaVersion) -> Source {
    let text = applied.source.clone().unwrap_or_default();
    Source { name: format!("applied @{}", applied.version), text }
}

/// What is asked before something that breaks is applied, and what of that is stored.
fn question(name: &str, breaks: &[Break], impacts: &[Impact]) -> String {
    let count = u64::try_from(breaks.len()).unwrap_or(u64::MAX);
    let breaks_said = quantity(count, "break", "breaks");
    let none = |found: &Break| impact_of(found, impacts).is_some_and(Impact::is_nothing);
    let stored = if breaks.iter().all(none) { " that concern nothing stored" } else { "" };
    format!("apply {name} with {breaks_said}{stored}?")
}

fn refused(breaks: &[Break], impacts: &[Impact]) -> Error {
    let detail = |found: &Break| Detail {
        pointer: found.path.clone(),
        code: format!("{} {}", found.class, found.code),
        message: match impact_of(found, impacts) {
            Some(impact) => format!("{}; {}", found.message, concerns(impact)),
            None => found.message.clone(),
        },
    };
    let count = u64::try_from(breaks.len()).unwrap_or(u64::MAX);
    let message = format!("the schema has {}", quantity(count, "break", "breaks"));
    Error::new(Kind::Negative, "dbx::schema::breaking", message)
        .kept("the schema in force was not changed")
        .help("`dbx schema breaking` says how to avoid them; `--allow-breaking` applies it all the same")
        .details(breaks.iter().map(detail).collect())
}

fn show(context: &mut Context, done: &SchemaApplied) -> Result<(), Failure> {
    if context.ui.json() {
        return context.ui.document(done);
    }
    let paint = context.ui.paint();
    let word = paint.paint(Meaning::Ok, "✓");
    let version = paint.accent(format!("@{}", done.version));
    let hash = paint.dim(short(&done.hash, context.ui.verbose()));
    let line = if done.changed {
        format!("{word} schema {version} is in force  {hash}")
    } else {
        format!("{word} schema {version} was in force already  {hash}")
    };
    context.ui.line(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_nothing_is_asked_so() {
        let compiled = |text: &str| schema::compile(text).schema.unwrap();
        let old = compiled("aggregate a { event e {} }\naggregate b { event e {} }\n");
        let breaks = schema::breaking(&old, &compiled("aggregate a { event e {} }\n"));
        let impact = |found: &Break, events| Impact {
            code: found.code.into(),
            path: found.path.clone(),
            events,
            aggregates: 0,
            examples: Vec::new(),
        };
        let with = |events| breaks.iter().map(|found| impact(found, events)).collect::<Vec<_>>();
        let asked = question("schema.dbx", &breaks, &with(0));
        assert_eq!(asked, "apply schema.dbx with 2 breaks that concern nothing stored?");
        let unknown = "apply schema.dbx with 2 breaks?";
        assert_eq!(question("schema.dbx", &breaks, &with(3)), unknown);
        assert_eq!(question("schema.dbx", &breaks, &[]), unknown, "nobody could count");
    }
}
