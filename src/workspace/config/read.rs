//! Reading `config.toml`: values with spans, and everything that is wrong with them in one run.

use super::key::{self, Key, RESERVED_TABLES, Value};
use super::problem::{ConfigError, ConfigProblem, ConfigSource, Severity};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a file says, and what is wrong with it.
#[derive(Debug, Clone)]
pub(super) struct FileValues {
    pub(super) values: BTreeMap<Key, Value>,
    pub(super) problems: Vec<ConfigProblem>,
}

/// Reads the file at `path`; an empty text where there is none.
///
/// # Errors
/// It cannot be read, or it is not UTF-8.
pub fn read_file(path: &Path) -> Result<ConfigSource, ConfigError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(ConfigError::Io { path: path.to_owned(), source }),
    };
    let text = String::from_utf8(bytes).map_err(|error| ConfigError::NotText {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })?;
    Ok(ConfigSource { name: path.display().to_string(), text })
}

/// Checks a file's text. Where it is not TOML, only that is reported.
pub(super) fn check(text: &str) -> FileValues {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut problems: Vec<_> = errors
            .iter()
            .map(|error| ConfigProblem {
                severity: Severity::Error,
                code: "dbx::config::syntax",
                span: error.span().unwrap_or_default(),
                message: error.message().trim_end_matches('.').replace('\n', ", "),
                help: None,
            })
            .collect();
        problems.sort_by_key(|problem: &ConfigProblem| problem.span.start);
        return FileValues { values: BTreeMap::new(), problems };
    }
    let mut read = FileValues { values: BTreeMap::new(), problems: Vec::new() };
    for (name, value) in table.get_ref() {
        match entry(name.get_ref(), name.span(), value) {
            Ok(Some((key, value))) => {
                read.values.insert(key, value);
            }
            Ok(None) => {}
            Err(problem) => read.problems.push(problem),
        }
    }
    read.problems.sort_by_key(|problem| problem.span.start);
    read
}

/// The type of a value with its article.
fn a_type(value: &DeValue<'_>) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn entry(
    name: &str,
    name_span: Range<usize>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Option<(Key, Value)>, ConfigProblem> {
    let error = |code, span, message, help| ConfigProblem {
        severity: Severity::Error,
        code,
        span,
        message,
        help,
    };
    if RESERVED_TABLES.contains(&name) {
        return if value.get_ref().is_table() {
            Ok(None)
        } else {
            Err(error(
                "dbx::config::type",
                value.span(),
                format!("`{name}` is a table, not {}", a_type(value.get_ref())),
                Some(format!("write `[{name}]` on a line of its own")),
            ))
        };
    }
    if let Some(reason) = key::refusal(name) {
        let message = format!("`{name}` cannot be set: {reason}");
        let help = Some("remove the line".to_owned());
        return Err(error("dbx::config::refused", name_span, message, help));
    }
    let Some(key) = Key::ALL.into_iter().find(|key| key.name() == name) else {
        return Err(ConfigProblem {
            severity: Severity::Warning,
            code: "dbx::config::unknown_key",
            span: name_span,
            message: format!("there is no key `{name}`: it has no effect"),
            help: key::nearest(name).map(|nearest| format!("did you mean `{nearest}`?")),
        });
    };
    let found = value.get_ref();
    let same_type = found.is_integer() == matches!(key.default_value(), Value::Integer(_))
        && (found.is_integer() || found.is_str());
    if !same_type {
        let message = format!("`{name}` takes {}, not {}", key.expects(), a_type(found));
        return Err(error("dbx::config::type", value.span(), message, None));
    }
    let read = match found {
        DeValue::String(text) => key.read_string(text),
        DeValue::Integer(number) => {
            // Numbers too large for 128 bits are as much out of range as any.
            let number = i128::from_str_radix(number.as_str(), number.radix());
            number.map_err(|_| key.expects()).and_then(|number| key.read_integer(number))
        }
        _ => Err(key.expects()),
    };
    match read {
        Ok(value) => Ok(Some((key, value))),
        Err(expects) => {
            let message = format!("`{name}` takes {expects}");
            Err(error("dbx::config::range", value.span(), message, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every problem as `line:column severity code: message (help)` with the text that it points at.
    fn problems(text: &str) -> String {
        let source = ConfigSource { name: String::new(), text: text.to_owned() };
        let line = |problem: &ConfigProblem| {
            let (line, column) = source.line_column(problem.span.start);
            format!(
                "{line}:{column} {:?} {} `{}`: {} ({})\n",
                problem.severity,
                problem.code,
                text.get(problem.span.clone()).unwrap(),
                problem.message,
                problem.help.as_deref().unwrap_or("-"),
            )
        };
        check(text).problems.iter().map(line).collect()
    }

    #[test]
    fn the_template_has_every_key_at_its_default_and_no_problem() {
        let template = include_str!("../../../templates/config.toml");
        assert_eq!(problems(template), "");
        assert!(check(template).values.is_empty());
        let uncommented: String = template
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_eq!(problems(&uncommented), "");
        let values = check(&uncommented).values;
        for key in Key::ALL {
            assert_eq!(values.get(&key), Some(&key.default_value()), "{key}");
            assert!(template.contains(&format!("[{}]", key.variable())), "{key}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = "# é\nlist_pagesize = 5\nport = 70000\nbind_addr = 7\npage_limit = \"10\"\ncolour = 1\n\
                    data_encryption_key = \"x\"\ntui = 1\nsnowflake_worker_id = -1\npayload_limit = 1.5\n\
                    cache_threshold = 0xFFFFFFFFFFFF\ndata_dir = \"\"\n[extra]\nport = 1\n";
        insta::assert_snapshot!(problems(text), @r##"
        2:1 Warning dbx::config::unknown_key `list_pagesize`: there is no key `list_pagesize`: it has no effect (did you mean `list_page_size`?)
        3:8 Error dbx::config::range `70000`: `port` takes a whole number from 0 to 65535 (-)
        4:13 Error dbx::config::type `7`: `bind_addr` takes an IP address such as "127.0.0.1", not an integer (-)
        5:14 Error dbx::config::type `"10"`: `page_limit` takes a whole number from 1 to 100000, not a string (-)
        6:1 Warning dbx::config::unknown_key `colour`: there is no key `colour`: it has no effect (-)
        7:1 Error dbx::config::refused `data_encryption_key`: `data_encryption_key` cannot be set: a key is never written here: `dbx config --data-encryption-key` changes it (remove the line)
        8:7 Error dbx::config::type `1`: `tui` is a table, not an integer (write `[tui]` on a line of its own)
        9:23 Error dbx::config::range `-1`: `snowflake_worker_id` takes a whole number from 0 to 1023 (-)
        10:17 Error dbx::config::type `1.5`: `payload_limit` takes a whole number from 1 to 1048576, not a float (-)
        11:19 Error dbx::config::range `0xFFFFFFFFFFFF`: `cache_threshold` takes a whole number from 0 to 10000000 (-)
        12:12 Error dbx::config::range `""`: `data_dir` takes the path of a folder (-)
        13:2 Warning dbx::config::unknown_key `extra`: there is no key `extra`: it has no effect (-)
        "##);
    }

    #[test]
    fn later_tables_and_other_ways_to_write_are_fine() {
        let text = "\u{feff}port = 0x1F90\r\n[tui.keys]\r\nquit = \"q\"\r\n";
        assert_eq!(problems(text), "");
        assert_eq!(check(text).values.get(&Key::Port), Some(&Value::Integer(8080)));
    }

    #[test]
    fn what_is_not_toml_is_said_with_its_place() {
        insta::assert_snapshot!(problems("port = \nbind_addr = \"x\nport 3\n"), @r##"
        1:8 Error dbx::config::syntax ``: string values must be quoted, expected literal string (-)
        2:15 Error dbx::config::syntax ``: invalid basic string, expected `"` (-)
        3:6 Error dbx::config::syntax ``: key with no value, expected `=` (-)
        "##);
        insta::assert_snapshot!(problems("port = 1\nport = 2\n"), @"2:1 Error dbx::config::syntax `port`: duplicate key (-)");
    }

    #[test]
    fn no_text_panics() {
        proptest::proptest!(|(text in "[a-z_=\\[\\]\"'#.0-9\\n \\\\é]{0,60}")| {
            let source = ConfigSource { name: String::new(), text: text.clone() };
            for problem in check(&text).problems {
                proptest::prop_assert!(text.get(problem.span.clone()).is_some());
                source.line_column(problem.span.start);
            }
        });
    }

    #[test]
    fn files_that_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        assert_eq!(read_file(&path).unwrap().text, "");
        std::fs::write(&path, b"port = 1 # \xff").unwrap();
        assert!(matches!(read_file(&path), Err(ConfigError::NotText { offset: 11, .. })));
        assert!(matches!(read_file(dir.path()), Err(ConfigError::Io { .. })));
    }
}
