//! Edits of `config.toml` that keep comments, order and everything else.

use super::key::{Key, Value};
use super::problem::{ConfigError, ConfigProblem, ConfigSource, Severity};
use super::read::read_file;
use super::resolve::Origin;
use crate::workspace::files::{self, Access};
use std::path::Path;
use toml_edit::{DocumentMut, Item};

/// Reads what somebody wants to set `key` to, without setting it.
///
/// # Errors
/// [`ConfigError::Value`].
pub fn value_of(key: Key, text: &str) -> Result<Value, ConfigError> {
    key.read_text(text).map_err(|expects| ConfigError::Value {
        key,
        origin: Origin::File,
        given_by: format!("`{key}`"),
        value: text.chars().take(64).collect(),
        expects,
    })
}

/// Sets `key` in the file at `path` to what `text` says, atomically, for the owner only (0600).
///
/// A key that is there keeps its place and the comment behind it. One that is only there as a comment (`# port = 7070`,
/// as the template has them all) is written below that comment; any other goes behind the last key.
///
/// # Errors
/// The key does not take the value, the file is not TOML, or it cannot be read or written. It is as it was.
pub fn set(path: &Path, key: Key, text: &str) -> Result<Value, ConfigError> {
    let value = value_of(key, text)?;
    let source = read_file(path)?;
    let mut document = parse(&source)?;
    let edited = if document.contains_key(key.name()) {
        replace(&mut document, key, &value);
        document.to_string()
    } else {
        insert(&source.text, document, key, &value)
    };
    write(path, &edited)?;
    Ok(value)
}

/// Sets a filter of the dashboard in `[tui.filters]`, or removes it where there is no text. Everything else stays as it is.
///
/// # Errors
/// The file is not TOML, `tui` or `tui.filters` is no table, or the file cannot be read or written. It is as it was.
pub fn set_filter(path: &Path, name: &str, text: Option<&str>) -> Result<(), ConfigError> {
    let source = read_file(path)?;
    let mut document = parse(&source)?;
    let new = document.get("tui").and_then(|tui| tui.get("filters")).is_none();
    if new && text.is_none() {
        return Ok(());
    }
    // Comments at the end of the file stay above a table that comes behind them: a key that is uncommented there is none of
    // the table's.
    let above = if new {
        document.trailing().as_str().unwrap_or_default().to_owned()
    } else {
        String::new()
    };
    let tables = Some(document.as_table_mut()).and_then(|root| {
        let tui = below(root, "tui")?;
        // A table that only holds others needs no heading of its own.
        tui.set_implicit(true);
        below(tui, "filters")
    });
    let Some(filters) = tables else { return Err(no_table(source)) };
    match (text, filters.get_mut(name)) {
        (Some(text), Some(Item::Value(old))) => {
            let mut new = toml_edit::Value::from(text);
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        (Some(text), _) => drop(filters.insert(name, toml_edit::value(text))),
        (None, _) => drop(filters.remove(name)),
    }
    let empty = filters.is_empty();
    if new {
        let end = if above.is_empty() || above.ends_with('\n') { "" } else { "\n" };
        filters.decor_mut().set_prefix(format!("{above}{end}\n"));
        document.set_trailing("");
    }
    if empty && let Some(tui) = document.get_mut("tui").and_then(Item::as_table_mut) {
        tui.remove("filters");
    }
    write(path, &document.to_string())
}

/// The table `name`, made where there is none; `None` where something else is in its place.
fn below<'a>(table: &'a mut toml_edit::Table, name: &str) -> Option<&'a mut toml_edit::Table> {
    table.entry(name).or_insert_with(toml_edit::table).as_table_mut()
}

fn no_table(file: ConfigSource) -> ConfigError {
    let problem = ConfigProblem {
        severity: Severity::Error,
        code: "dbx::config::type",
        span: 0..0,
        message: "`tui` and `tui.filters` are tables".to_owned(),
        help: Some("write `[tui.filters]` on a line of its own".to_owned()),
    };
    ConfigError::File { file, problems: vec![problem] }
}

fn parse(source: &ConfigSource) -> Result<DocumentMut, ConfigError> {
    source.text.parse().map_err(|error: toml_edit::TomlError| ConfigError::File {
        problems: vec![ConfigProblem {
            severity: Severity::Error,
            code: "dbx::config::syntax",
            span: error.span().unwrap_or_default(),
            message: error.message().trim_end_matches('.').replace('\n', ", "),
            help: None,
        }],
        file: source.clone(),
    })
}

fn item(value: &Value) -> toml_edit::Value {
    match value {
        // Ranges of keys end far below `i64::MAX`.
        Value::Integer(number) => i64::try_from(*number).unwrap_or(i64::MAX).into(),
        Value::Text(text) => text.as_str().into(),
    }
}

/// Changes the value in its place: the key, its comments and the white space around it stay.
fn replace(document: &mut DocumentMut, key: Key, value: &Value) {
    let mut new = item(value);
    match document.get_mut(key.name()) {
        Some(Item::Value(old)) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        _ => {
            document.insert(key.name(), Item::Value(new));
        }
    }
}

/// Puts a new key below its own comment where it has one, else behind the last key.
fn insert(text: &str, mut document: DocumentMut, key: Key, value: &Value) -> String {
    let before = document.clone();
    // Comments behind the last key would come after the new one; in a file of nothing but comments they are all there.
    if document.iter().all(|(_, item)| item.is_table() || item.is_array_of_tables()) {
        let mut above = document.trailing().as_str().unwrap_or_default().to_owned();
        if !above.is_empty() && !above.ends_with('\n') {
            above.push('\n');
        }
        document.insert(key.name(), Item::Value(item(value)));
        if document.len() == 1 {
            document.set_trailing("");
            if let Some(mut inserted) = document.key_mut(key.name()) {
                inserted.leaf_decor_mut().set_prefix(above);
            }
        }
    } else {
        document.insert(key.name(), Item::Value(item(value)));
    }
    below_comment(text, key, value)
        .filter(|edited| adds_only(edited, &before, key, value))
        .unwrap_or_else(|| document.to_string())
}

/// The text with the key on a line of its own behind the line that holds it as a comment.
fn below_comment(text: &str, key: Key, value: &Value) -> Option<String> {
    let mut edited = String::with_capacity(text.len() + 64);
    let mut found = false;
    for line in text.split_inclusive('\n') {
        edited.push_str(line);
        let body = line.trim_start().strip_prefix('#').map(str::trim_start);
        let rest = body.and_then(|body| body.strip_prefix(key.name()));
        if !found && rest.is_some_and(|rest| rest.trim_start().starts_with('=')) {
            found = true;
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            if !line.ends_with('\n') {
                edited.push_str(end);
            }
            for part in [key.name(), " = ", value.to_toml().as_str(), end] {
                edited.push_str(part);
            }
        }
    }
    found.then_some(edited)
}

/// Whether `edited` says what `before` says, and `key` besides. It does not where the comment stands inside a table or a
/// multi-line string.
fn adds_only(edited: &str, before: &DocumentMut, key: Key, value: &Value) -> bool {
    let (Ok(mut edited), Ok(before)) =
        (edited.parse::<toml::Table>(), before.to_string().parse::<toml::Table>())
    else {
        return false;
    };
    let same = match (edited.remove(key.name()), value) {
        (Some(toml::Value::Integer(found)), Value::Integer(wanted)) => {
            u64::try_from(found) == Ok(*wanted)
        }
        (Some(toml::Value::String(found)), Value::Text(wanted)) => found == *wanted,
        _ => false,
    };
    same && edited == before
}

fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    // A link stays a link: what it points at is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    files::write_atomic(&target, text.as_bytes(), Access::Private)
        .map_err(|source| ConfigError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy as _;
    use tempfile::TempDir;

    fn file(text: &str) -> (TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    fn edited(text: &str, key: Key, value: &str) -> String {
        let (_dir, path) = file(text);
        set(&path, key, value).unwrap();
        assert_eq!(files::mode_beyond_owner(&path).unwrap(), 0);
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn a_value_changes_and_nothing_around_it() {
        assert_eq!(
            edited(
                "# a\npage_limit=5 # b\n  port   =  1   # why\n\n[tui.keys] # c\nq = 1\n",
                Key::Port,
                "2"
            ),
            "# a\npage_limit=5 # b\n  port   =  2   # why\n\n[tui.keys] # c\nq = 1\n"
        );
    }

    #[test]
    fn a_key_is_written_below_its_comment() {
        let template = include_str!("../../../templates/config.toml");
        let once = edited(template, Key::ListPageSize, "25");
        assert_eq!(
            once,
            template
                .replace("# list_page_size = 10\n", "# list_page_size = 10\nlist_page_size = 25\n")
        );
        assert_eq!(
            edited(&once, Key::ListPageSize, "30"),
            once.replace("list_page_size = 25", "list_page_size = 30")
        );
        assert_eq!(edited("# port = 7070", Key::Port, "1"), "# port = 7070\nport = 1\n");
    }

    #[test]
    fn a_comment_inside_a_table_or_a_string_is_none_of_ours() {
        assert_eq!(
            edited("[tui]\n# port = 1\nx = 1\n", Key::Port, "2"),
            "port = 2\n[tui]\n# port = 1\nx = 1\n"
        );
        assert_eq!(
            edited("data_dir = '''\n# port = 1\n'''\n", Key::Port, "2"),
            "data_dir = '''\n# port = 1\n'''\nport = 2\n"
        );
    }

    #[test]
    fn a_key_without_a_comment_goes_behind_the_others() {
        assert_eq!(
            edited("page_limit = 5 # b\n\n# c\n[tui.keys]\nq = 1\n# d\n", Key::DataDir, "a\"b"),
            "page_limit = 5 # b\ndata_dir = 'a\"b'\n\n# c\n[tui.keys]\nq = 1\n# d\n"
        );
        assert_eq!(edited("", Key::Port, "1"), "port = 1\n");
        assert_eq!(edited("# only words\n", Key::Port, "1"), "# only words\nport = 1\n");
    }

    #[test]
    fn a_filter_is_added_changed_and_removed() {
        let saved = |text: &str, name: &str, filter: Option<&str>| {
            let (_dir, path) = file(text);
            set_filter(&path, name, filter).map(|()| std::fs::read_to_string(&path).unwrap())
        };
        let paid = saved("# a\nport = 1 # b\n", "paid", Some("status:paid")).unwrap();
        assert_eq!(paid, "# a\nport = 1 # b\n\n[tui.filters]\npaid = \"status:paid\"\n");
        let keys = "[tui.keys] # c\nq = \"quit\" # d\n";
        let beside = saved(keys, "a b", Some("x:\"y\"")).unwrap();
        assert_eq!(beside, format!("{keys}\n[tui.filters]\n\"a b\" = 'x:\"y\"'\n"));
        let two = "[tui]\nmouse = false\n[tui.filters]\na = \"1\" # one\nb = \"2\" # two\n";
        assert_eq!(saved(two, "a", Some("3")).unwrap(), two.replace("\"1\"", "\"3\""));
        assert_eq!(saved(two, "a", None).unwrap(), two.replace("a = \"1\" # one\n", ""));
        let template = include_str!("../../../templates/config.toml");
        let kept = saved(template, "a", Some("b")).unwrap();
        assert_eq!(kept, format!("{template}\n[tui.filters]\na = \"b\"\n"));
        let one = "port = 1\n# data_dir = \"x\"\n";
        let behind = saved(one, "a", Some("b")).unwrap();
        assert_eq!(behind, format!("{one}\n[tui.filters]\na = \"b\"\n"));
        assert_eq!(saved(&behind, "a", None).unwrap().trim_end(), "port = 1");
        assert_eq!(saved(one, "a", None).unwrap(), one, "what is not there is not removed");
        for none in ["tui = 1\n", "[tui]\nfilters = 2\n", "port =\n"] {
            assert!(saved(none, "a", Some("b")).is_err(), "{none}");
        }
    }

    #[test]
    fn what_cannot_be_edited_stays_as_it_is() {
        let broken = "port = \n";
        let (_dir, path) = file(broken);
        assert!(matches!(set(&path, Key::Port, "1"), Err(ConfigError::File { .. })));
        assert!(matches!(set(&path, Key::Port, "x"), Err(ConfigError::Value { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        // A value out of range can be mended.
        assert_eq!(edited("port = -1\n", Key::Port, "1"), "port = 1\n");
    }

    /// Lines of a file, in every order: an edit changes one key and leaves every comment.
    const LINES: [&str; 10] = [
        "# words",
        "",
        "# port = 7070",
        "#port=1 # twice",
        "page_limit = 5 # why",
        "  port = 9",
        "data_dir = \"\"\"\n# port = 3\n\"\"\"",
        "[tui.keys]",
        "quit = [\n  1, # one\n]",
        "[[more]]",
    ];

    proptest::proptest! {
        #[test]
        fn nothing_else_changes(lines in proptest::sample::subsequence(&LINES[..], 0..=10)
            .prop_shuffle(), newline in proptest::bool::ANY, number in 0_u16..)
        {
            let mut text = lines.join("\n");
            if newline {
                text.push('\n');
            }
            let Ok(mut before) = text.parse::<toml::Table>() else { return Ok(()) };
            let after = edited(&text, Key::Port, &number.to_string());
            before.insert("port".into(), toml::Value::Integer(number.into()));
            proptest::prop_assert_eq!(after.parse::<toml::Table>().unwrap(), before);
            for comment in ["# words", "# port = 7070", "#port=1 # twice", "# why", "# one"] {
                proptest::prop_assert_eq!(
                    after.matches(comment).count(), text.matches(comment).count()
                );
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let (dir, path) = file("port = 1\n");
        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        set(&link, Key::Port, "2").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "port = 2\n");
    }
}
