use super::context::Context;
use super::failure::{Exit, Outcome};
use super::output::{
    Align, Cell, Meaning, Table, ago, quantity, seconds, short, thousands, visible,
};
use crate::wire::StatusReport;
use clap::Args;

/// Show the workspace at a glance
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {}

pub(super) fn run(context: &mut Context, _: &StatusArgs) -> Outcome {
    let service = context.open()?;
    let report = service.status(&context.reader())?;
    service.close()?;
    if context.ui.json() {
        context.ui.document(&report)?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, meaning, text) in facts(context, &report) {
        let cell = meaning.map_or_else(|| Cell::plain(&text), |meaning| Cell::new(meaning, &text));
        table.row(vec![Cell::dim(name), cell]);
    }
    context.ui.table(table)?;
    match report.stage {
        stage if stage.conflicts > 0 => context.ui.hint("`dbx stage list` names the conflicts, `dbx stage rebase` binds what still fits to what is there now"),
        stage if stage.operations > 0 => context.ui.hint("`dbx stage list` shows what is staged, `dbx commit -m MESSAGE` commits it"),
        _ => {}
    }
    match report.schema_state.as_str() {
        "changed" => context
            .ui
            .hint("`dbx schema diff` shows what would change, `dbx schema apply` applies it"),
        "unapplied" => context.ui.hint("`dbx schema apply` puts `schema.dbx` in force"),
        "invalid" => context.ui.hint("`dbx schema validate` says what is wrong with `schema.dbx`"),
        _ => {}
    }
    Ok(Exit::Ok)
}

type Fact = (&'static str, Option<Meaning>, String);

fn facts(context: &Context, report: &StatusReport) -> Vec<Fact> {
    let events = report.position.parse::<u64>().unwrap_or(0);
    let mut facts: Vec<Fact> = vec![
        ("workspace", Some(Meaning::Strong), visible(&report.workspace)),
        (
            "log",
            None,
            format!(
                "{} in {}",
                quantity(events, "event", "events"),
                quantity(report.commits, "commit", "commits")
            ),
        ),
    ];
    if let Some(last) = &report.last_event_at {
        facts.push(("last", None, format!("{} ({})", seconds(last), ago(context.now(), last))));
    }
    facts.push((
        "root",
        Some(Meaning::Accent),
        short(&report.root, context.ui.verbose()).to_owned(),
    ));
    let types = report.types.iter();
    let types: Vec<String> = types
        .map(|count| format!("{} {}", count.aggregate_type, thousands(count.aggregates)))
        .collect();
    if !types.is_empty() {
        facts.push(("types", None, types.join(" · ")));
    }
    facts.push(schema(report));
    facts.extend(stage(report));
    match report.encryption.as_deref() {
        None => {}
        Some("on") => facts.push(("sealed", None, "yes, and the key is there".to_owned())),
        Some(reason) => facts.push(("sealed", Some(Meaning::Warn), visible(reason))),
    }
    if let Some(reason) = &report.read_only {
        facts.push(("read-only", Some(Meaning::Danger), reason.clone()));
    }
    facts.push(("disk", None, size(report.disk_bytes)));
    if context.ui.verbose() {
        facts.push(("store", None, report.store.clone()));
        facts.push(("address", None, report.address.clone()));
    }
    facts
}

fn schema(report: &StatusReport) -> Fact {
    let applied = match report.schema_version {
        0 => "none applied".to_owned(),
        version => format!("@{version} applied"),
    };
    let (meaning, words) = match report.schema_state.as_str() {
        "applied" => (None, ", schema.dbx is the same"),
        "changed" => (Some(Meaning::Warn), ", schema.dbx is not the same"),
        "invalid" => (Some(Meaning::Danger), ", schema.dbx has errors"),
        "missing" => (Some(Meaning::Warn), ", there is no schema.dbx"),
        "unapplied" => (Some(Meaning::Warn), ", schema.dbx waits to be applied"),
        _ => (None, ""),
    };
    ("schema", meaning, format!("{applied}{words}"))
}

/// What waits for its commit, if anything does.
fn stage(report: &StatusReport) -> Option<Fact> {
    let stage = report.stage;
    let operations = quantity(stage.operations, "operation", "operations");
    match (stage.operations, stage.conflicts) {
        (0, _) => None,
        (_, 0) => Some(("stage", None, operations)),
        (_, conflicts) => {
            let conflicts = quantity(conflicts, "conflict", "conflicts");
            Some(("stage", Some(Meaning::Warn), format!("{operations}, {conflicts}")))
        }
    }
}

/// A size in binary units with one digit behind the point, in whole-number arithmetic.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u32, &str); 3] = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = UNITS.into_iter().find(|(shift, _)| bytes >> shift > 0);
    match unit {
        None => format!("{bytes} B"),
        Some((shift, name)) => {
            let tenths = ((bytes >> (shift - 10)) * 10) >> 10;
            format!("{}.{} {name}", thousands(tenths / 10), tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_one_digit_behind_the_point() {
        let sizes = [0, 1_023, 1_024, 1_536, 5 << 20, (1 << 30) + (1 << 29)].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 MiB", "1.5 GiB"]);
    }
}
