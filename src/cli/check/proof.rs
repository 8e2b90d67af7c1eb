use crate::cli::context::Context;
use crate::cli::failure::{Exit, Outcome};
use crate::cli::input;
use crate::cli::output::{Meaning, Painter, ago, issuer, pretty, short, thousands, visible};
use crate::cli::usage;
use crate::domain::{Hash, Timestamp};
use crate::service::{Trusted, check_proof};
use crate::wire::{HashStep, ProofCheck, ProofVerdict, ProvenEvent};
use std::path::Path;

/// Checks a proof and shows each step. Needs no workspace.
pub(in crate::cli) fn proof(
    context: &mut Context,
    file: &Path,
    root: Option<&str>,
    checkpoint: Option<&Path>,
    key: Option<&str>,
) -> Outcome {
    let root = root.map(str::parse::<Hash>).transpose().map_err(|error| {
        usage::error(format!("--root: {error}")).help("`dbx status` prints the root of the log")
    })?;
    let text = input::read(context, file)?;
    let checkpoint = checkpoint.map(|file| input::read(context, file)).transpose()?;
    let trusted = Trusted { root, checkpoint: checkpoint.as_deref(), key };
    let verdict = check_proof(&text, &trusted)?;
    let exit = Exit::good_or(verdict.ok, Exit::Fault);
    if context.ui.json() {
        context.ui.document(&verdict)?;
        return Ok(exit);
    }
    let lines = lines(&verdict, context.now(), context.ui.verbose(), context.ui.paint());
    context.ui.lines(lines)?;
    if checkpoint.is_some() && key.is_none() {
        context.ui.warn("nobody looked at who signed the checkpoint: name the key with `--key`");
    }
    if verdict.ok && !verdict.anchored {
        context.ui.hint(
            "the roots are the proof's own word: compare them with one that you trust, by `--root` or `--checkpoint`",
        );
    }
    Ok(exit)
}

fn lines(verdict: &ProofVerdict, now: Timestamp, whole: bool, paint: Painter) -> Vec<String> {
    let mut lines = Vec::new();
    for check in &verdict.checks {
        lines.extend(check_lines(check, whole, paint));
    }
    lines.push(String::new());
    lines.push(if verdict.ok {
        format!("{} the proof holds", paint.paint(Meaning::Ok, "✓"))
    } else {
        format!("{} the proof does not hold", paint.paint(Meaning::Danger, "✗"))
    });
    if let Some(event) = &verdict.event {
        lines.push(String::new());
        lines.extend(event_lines(event, now, whole, paint));
    }
    lines
}

fn check_lines(check: &ProofCheck, whole: bool, paint: Painter) -> Vec<String> {
    let (sign, meaning) = if check.ok { ("✓", Meaning::Ok) } else { ("✗", Meaning::Danger) };
    let name = paint.strong(format!("{:<10}", check.name));
    let mut lines =
        vec![format!("{} {name} {}", paint.paint(meaning, sign), visible(&check.claim))];
    for step in &check.steps {
        lines.push(format!("    {}", step_line(step, whole, paint)));
    }
    if let Some(reason) = &check.reason {
        lines.push(format!("    {}", paint.paint(Meaning::Danger, visible(reason))));
    }
    let shown = |hash: &Option<String>| {
        hash.as_deref().map_or_else(|| "nothing".to_owned(), |hash| short(hash, whole).to_owned())
    };
    if check.expected.is_some() {
        let (computed, expected) = (shown(&check.computed), shown(&check.expected));
        let sign = if check.ok { "=" } else { "≠" };
        lines.push(format!("    computed {computed} {sign} expected {expected}"));
    }
    lines
}

fn step_line(step: &HashStep, whole: bool, paint: Painter) -> String {
    let (input, hash) = match step {
        HashStep::Body { bytes, hash } => (format!("body, {} bytes", thousands(*bytes)), hash),
        HashStep::Leaf { bytes, hash } => {
            (format!("0x00 | header, {} bytes", thousands(*bytes)), hash)
        }
        HashStep::Node { left, right, hash } => {
            (format!("0x01 | {} | {}", short(left, whole), short(right, whole)), hash)
        }
    };
    format!("{} = {}", paint.dim(format!("SHA256({input})")), paint.accent(short(hash, whole)))
}

fn event_lines(event: &ProvenEvent, now: Timestamp, whole: bool, paint: Painter) -> Vec<String> {
    let place = format!("{}/{}@{}", event.aggregate_type, event.aggregate_id, event.version);
    let mut lines = vec![format!(
        "{}  {}  {}",
        paint.strong(visible(&event.event_type)),
        visible(&place),
        paint.accent(format!("#{}", event.position)),
    )];
    let mut fact = |name: &str, value: String| {
        lines.push(format!("  {}  {value}", paint.dim(format!("{name:<6}"))));
    };
    let when = ago(now, &event.created_at);
    fact("when", format!("{}  {}", event.created_at, paint.dim(format!("({when})"))));
    fact("by", issuer(&event.issued_by));
    fact("commit", event.commit.clone());
    fact("id", event.event_id.clone());
    let schema = event.schema_version;
    fact("schema", if schema == 0 { "none".into() } else { format!("@{schema}") });
    fact("kind", event.kind.clone());
    fact("body", short(&event.body_hash, whole).to_owned());
    if let Some(note) = &event.note {
        fact("note", visible(note));
    }
    if let Some(extensions) = &event.extensions {
        fact("meta", visible(&extensions.to_string()));
    }
    if let Some(content) = &event.content {
        lines.push(String::new());
        lines.extend(pretty(content, paint).into_iter().map(|line| format!("  {line}")));
    }
    lines
}
