//! The user's own keys: `[tui.keys]` of `.dbx/config.toml`.

use super::{Chord, Keymap, all, named};
use crate::workspace::config::{ConfigProblem, Severity};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Binds keys as the table says: `"ctrl-p" = "palette"`. What is wrong with an entry is given back with its place.
pub(crate) fn custom(table: &DeTable<'_>, keymap: &mut Keymap) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for (keys, name) in table {
        match entry(keys.get_ref(), keys.span(), name) {
            Ok((chord, action)) => keymap.bind(chord, action),
            Err(problem) => problems.push(problem),
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

fn entry(
    keys: &str,
    keys_span: Range<usize>,
    name: &Spanned<DeValue<'_>>,
) -> Result<(Chord, &'static super::Action), ConfigProblem> {
    let chord = Chord::parse(keys).ok_or_else(|| {
        let help = "write `q`, `G`, `ctrl-p`, `shift-tab`, `pgdn`, or two behind each other: `g g`";
        problem("key", keys_span.clone(), format!("`{keys}` is no key"), Some(help.to_owned()))
    })?;
    if chord.is_ambiguous() {
        let message = format!("no terminal tells `{keys}` from another key");
        let help = "take a letter, or another one with `ctrl-`".to_owned();
        return Err(problem("key", keys_span, message, Some(help)));
    }
    let text = match name.get_ref() {
        DeValue::String(text) => text.as_ref(),
        _ => "",
    };
    let action = named(text).ok_or_else(|| {
        let near = all()
            .map(|action| (strsim::jaro_winkler(text, action.name), action.name))
            .filter(|(similarity, _)| *similarity >= 0.8)
            .max_by(|left, right| left.0.total_cmp(&right.0));
        let help = match near {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => "such as `palette` or `next-view`; the README of dbx lists them".to_owned(),
        };
        problem("action", name.span(), format!("there is no action `{text}`"), Some(help))
    })?;
    Ok((chord, action))
}

fn problem(kind: &str, span: Range<usize>, message: String, help: Option<String>) -> ConfigProblem {
    let code = match kind {
        "key" => "dbx::tui::key",
        _ => "dbx::tui::action",
    };
    ConfigProblem { severity: Severity::Error, code, span, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::config::ConfigSource;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = "\n\"ctrl-p\" = \"quit\"\n\"hyper-x\" = \"palette\"\nx = \"palete\"\n\"ctrl-i\" = \"palette\"\ny = 3\n";
        let mut keymap = Keymap::standard();
        let source = ConfigSource { name: String::new(), text: text.to_owned() };
        let table = DeTable::parse(text).unwrap();
        let shown: Vec<String> = custom(table.get_ref(), &mut keymap)
            .into_iter()
            .map(|problem| {
                let (line, column) = source.line_column(problem.span.start);
                let help = problem.help.unwrap_or_default();
                format!("{line}:{column} {}: {} ({help})", problem.code, problem.message)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        3:1 dbx::tui::key: `hyper-x` is no key (write `q`, `G`, `ctrl-p`, `shift-tab`, `pgdn`, or two behind each other: `g g`)
        4:5 dbx::tui::action: there is no action `palete` (did you mean `palette`?)
        5:1 dbx::tui::key: no terminal tells `ctrl-i` from another key (take a letter, or another one with `ctrl-`)
        6:5 dbx::tui::action: there is no action `` (such as `palette` or `next-view`; the README of dbx lists them)
        ");
        let quit = named("quit").unwrap();
        assert!(keymap.of(quit).any(|chord| chord.name() == "ctrl-p"));
    }
}
