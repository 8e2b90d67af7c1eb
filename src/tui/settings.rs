//! What the user set: the table `[tui]` of `.dbx/config.toml`.

use super::action::{self, Keymap};
use super::clipboard::Clipboard;
use super::theme::Theme;
use crate::domain::{Filter, Timestamp};
use crate::error::Error;
use crate::workspace::config::{self, ConfigProblem, Severity};
use crate::workspace::{ConfigError, Paths};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of the table, with what each takes.
const KEYS: [(&str, &str); 6] = [
    ("theme", "\"dark\", \"light\", \"ansi\", \"none\" or \"auto\""),
    ("glyphs", "\"unicode\", \"ascii\" or \"auto\""),
    ("mouse", "true or false"),
    ("clipboard", "\"auto\", \"osc52\" or \"tools\""),
    ("keys", "a table: write `[tui.keys]` on a line of its own"),
    ("filters", "a table: write `[tui.filters]` on a line of its own"),
];

/// A filter with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedFilter {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What the user set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The theme; `None` where it is to be found out.
    pub(crate) theme: Option<Theme>,
    /// Whether more than ASCII is drawn; `None` where that is to be found out.
    pub(crate) unicode: Option<bool>,
    pub(crate) mouse: bool,
    pub(crate) clipboard: Clipboard,
    pub(crate) keymap: Keymap,
    /// In the order of the file.
    pub(crate) filters: Vec<SavedFilter>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: None,
            unicode: None,
            mouse: true,
            clipboard: Clipboard::Auto,
            keymap: Keymap::standard(),
            filters: Vec::new(),
        }
    }
}

/// Reads the table.
///
/// # Errors
/// Everything that is wrong with it, each with its line.
pub(crate) fn read(paths: &Paths) -> Result<Settings, Error> {
    let file = config::read_file(&paths.config)?;
    let (settings, problems) = settings(&file.text);
    if problems.is_empty() {
        return Ok(settings);
    }
    Err(ConfigError::File { file, problems }.into())
}

/// Looks whether the table can be used.
///
/// # Errors
/// As the dashboard would say.
pub fn check(paths: &Paths) -> Result<(), Error> {
    read(paths).map(drop)
}

fn settings(text: &str) -> (Settings, Vec<ConfigProblem>) {
    let (mut settings, mut problems) = (Settings::default(), Vec::new());
    // What is no TOML, or no table, is reported by whoever reads the rest of the file.
    let (table, errors) = DeTable::parse_recoverable(text);
    let tui = table.get_ref().get("tui").and_then(|tui| tui.get_ref().as_table());
    let Some(tui) = tui.filter(|_| errors.is_empty()) else { return (settings, problems) };
    for (name, value) in tui {
        let read = match name.get_ref().as_ref() {
            "theme" => text_of(value).and_then(|name| match name {
                // As where nothing is set.
                "auto" => Some(()),
                name => Theme::from_name(name).map(|theme| settings.theme = Some(theme)),
            }),
            "glyphs" => text_of(value).and_then(|name| match name {
                "auto" => Some(()),
                "unicode" | "ascii" => {
                    settings.unicode = Some(name == "unicode");
                    Some(())
                }
                _ => None,
            }),
            "mouse" => value.get_ref().as_bool().map(|mouse| settings.mouse = mouse),
            "clipboard" => text_of(value)
                .and_then(Clipboard::from_name)
                .map(|clipboard| settings.clipboard = clipboard),
            "keys" => value.get_ref().as_table().map(|keys| {
                problems.extend(action::custom(keys, &mut settings.keymap));
            }),
            "filters" => value.get_ref().as_table().map(|table| {
                let (filters, wrong) = filters(table);
                settings.filters = filters;
                problems.extend(wrong);
            }),
            other => {
                problems.push(unknown(other, name.span()));
                continue;
            }
        };
        if read.is_none() {
            problems.push(mistyped(name.get_ref(), value.span()));
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    (settings, problems)
}

fn text_of<'a>(value: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
    value.get_ref().as_str()
}

fn filters(table: &DeTable<'_>) -> (Vec<SavedFilter>, Vec<ConfigProblem>) {
    let (mut filters, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in table {
        let Some(text) = text_of(value) else {
            let message = format!("`tui.filters.{}` is a text", name.get_ref());
            let help = "as in: paid = \"status:paid\"".to_owned();
            problems.push(problem("dbx::config::type", value.span(), message, Some(help)));
            continue;
        };
        // Relative times count from when it is used; here it is only looked whether it can be read.
        match Filter::parse_at(text, Timestamp::from_micros(0)) {
            Ok(_) => filters.push((
                name.span().start,
                SavedFilter { name: name.get_ref().to_string(), text: text.to_owned() },
            )),
            Err(error) => {
                let place = text.get(error.span.clone()).unwrap_or_default();
                let message = format!("the filter cannot be read at `{place}`: {error}");
                problems.push(problem(
                    "dbx::query::filter",
                    value.span(),
                    message,
                    Some(error.help),
                ));
            }
        }
    }
    filters.sort_by_key(|(place, _)| *place);
    (filters.into_iter().map(|(_, filter)| filter).collect(), problems)
}

fn unknown(name: &str, span: Range<usize>) -> ConfigProblem {
    let near = KEYS
        .iter()
        .map(|(key, _)| (strsim::jaro_winkler(name, key), *key))
        .filter(|(similarity, _)| *similarity >= 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let help = match near {
        Some((_, key)) => format!("did you mean `{key}`?"),
        None => "the table takes `theme`, `glyphs`, `mouse`, `clipboard`, `keys` and `filters`"
            .to_owned(),
    };
    let message = format!("there is no key `{name}` in `[tui]`");
    problem("dbx::config::unknown_key", span, message, Some(help))
}

fn mistyped(name: &str, span: Range<usize>) -> ConfigProblem {
    let takes = KEYS.iter().find(|(key, _)| *key == name).map_or("", |(_, takes)| takes);
    problem("dbx::config::value", span, format!("`tui.{name}` takes {takes}"), None)
}

fn problem(
    code: &'static str,
    span: Range<usize>,
    message: String,
    help: Option<String>,
) -> ConfigProblem {
    ConfigProblem { severity: Severity::Error, code, span, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::config::ConfigSource;

    fn shown(text: &str) -> String {
        let source = ConfigSource { name: String::new(), text: text.to_owned() };
        let line = |problem: ConfigProblem| {
            let (line, column) = source.line_column(problem.span.start);
            let help = problem.help.map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{line}:{column} {}: {}{help}", problem.code, problem.message)
        };
        settings(text).1.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_set_holds() {
        let text = "[tui]\ntheme = \"light\"\nglyphs = \"unicode\"\nmouse = false\nclipboard = \"osc52\"\n[tui.filters]\n\"paid today\" = \"status:paid at:-1d..\"\nbig = \"total:>100\"\n[tui.keys]\nX = \"quit\"\n";
        let (read, problems) = settings(text);
        assert_eq!(problems, []);
        assert_eq!((read.theme, read.mouse), (Some(Theme::Light), false));
        assert_eq!(read.unicode, Some(true));
        assert_eq!(read.clipboard, Clipboard::Osc52);
        let names: Vec<&str> = read.filters.iter().map(|filter| filter.name.as_str()).collect();
        assert_eq!(names, ["paid today", "big"], "in the order of the file");
        let quit = action::named("quit").unwrap();
        assert!(read.keymap.of(quit).any(|chord| chord.name() == "X"));
        let (nothing, problems) = settings("[tui]\ntheme = \"auto\"\nclipboard = \"auto\"\n");
        assert_eq!((nothing.theme, nothing.mouse, problems), (None, true, vec![]));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = "[tui]\ntheme = \"pink\"\nmouse = 1\nclipbord = \"auto\"\nkeys = 3\ncolour = 1\n[tui.filters]\na = 1\nb = \"at:sometime\"\n";
        insta::assert_snapshot!(shown(text), @r#"
        2:9 dbx::config::value: `tui.theme` takes "dark", "light", "ansi", "none" or "auto"
        3:9 dbx::config::value: `tui.mouse` takes true or false
        4:1 dbx::config::unknown_key: there is no key `clipbord` in `[tui]` (did you mean `clipboard`?)
        5:8 dbx::config::value: `tui.keys` takes a table: write `[tui.keys]` on a line of its own
        6:1 dbx::config::unknown_key: there is no key `colour` in `[tui]` (the table takes `theme`, `glyphs`, `mouse`, `clipboard`, `keys` and `filters`)
        8:5 dbx::config::type: `tui.filters.a` is a text (as in: paid = "status:paid")
        9:5 dbx::query::filter: the filter cannot be read at `sometime`: `sometime` is not a time (write 2026-11-20, 2026-11-20T14:00Z or -2h (s, m, h, d, w))
        "#);
    }
}
