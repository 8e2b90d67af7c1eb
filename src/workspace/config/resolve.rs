//! What holds in the end, and who said so.

use super::key::{Key, Value};
use super::problem::{ConfigError, ConfigProblem, ConfigSource, Severity};
use super::read::{check, read_file};
use crate::seal::Secret;
use crate::workspace::data_key;
use crate::workspace::env::Env;
use crate::workspace::paths::Paths;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// Who said what a key holds; a later one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Nobody.
    Default,
    /// `.dbx/config.toml`
    File,
    /// An environment variable.
    Environment,
    /// A flag of the command.
    Flag,
}

impl Origin {
    /// The word for it, as JSON shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The values that flags give, as their text.
#[derive(Debug, Clone, Default)]
pub struct Overrides(BTreeMap<Key, String>);

impl Overrides {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and `key`'s; without a value nothing changes, so that an absent flag can be passed on as it is.
    #[must_use]
    pub fn with(mut self, key: Key, text: Option<impl Into<String>>) -> Self {
        if let Some(text) = text {
            self.0.insert(key, text.into());
        }
        self
    }
}

/// The configuration that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The TCP port of the daemon; 0 lets the system choose.
    pub port: u16,
    /// The IP address that the daemon listens on.
    pub bind_addr: IpAddr,
    /// Where the store lies, seen from the root; `None` for `.dbx/store`.
    pub data_dir: Option<PathBuf>,
    /// How many aggregates are held in memory.
    pub cache_threshold: usize,
    /// How many rows a list shows on a terminal.
    pub list_page_size: usize,
    /// The largest page that one request may ask for.
    pub page_limit: usize,
    /// The number of this writer in event ids, at most 1023.
    pub snowflake_worker_id: u16,
    /// The largest payload of an event, in bytes.
    pub payload_limit: usize,
    /// The secret that protects the master key, from the environment only; shown nowhere.
    pub data_encryption_key: Option<Secret>,
    origins: BTreeMap<Key, Origin>,
}

impl Default for Config {
    fn default() -> Self {
        let mut config = Self {
            port: 0,
            bind_addr: IpAddr::V4(Ipv4Addr::LOCALHOST),
            data_dir: None,
            cache_threshold: 0,
            list_page_size: 0,
            page_limit: 0,
            snowflake_worker_id: 0,
            payload_limit: 0,
            data_encryption_key: None,
            origins: BTreeMap::new(),
        };
        for key in Key::ALL.into_iter().filter(|key| *key != Key::DataDir) {
            config.assign(key, &key.default_value());
        }
        config
    }
}

/// One key of the configuration with its value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// What it holds.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
}

impl Config {
    /// Who said what `key` holds.
    pub fn origin(&self, key: Key) -> Origin {
        self.origins.get(&key).copied().unwrap_or(Origin::Default)
    }

    /// What `key` holds.
    pub fn get(&self, key: Key) -> Value {
        // All of these come from a `u64`, so the conversion back loses nothing.
        let integer = |number: usize| Value::Integer(u64::try_from(number).unwrap_or(u64::MAX));
        match key {
            Key::Port => Value::Integer(self.port.into()),
            Key::BindAddr => Value::Text(self.bind_addr.to_string()),
            Key::DataDir => match &self.data_dir {
                Some(dir) => Value::Text(dir.display().to_string()),
                None => key.default_value(),
            },
            Key::CacheThreshold => integer(self.cache_threshold),
            Key::ListPageSize => integer(self.list_page_size),
            Key::PageLimit => integer(self.page_limit),
            Key::SnowflakeWorkerId => Value::Integer(self.snowflake_worker_id.into()),
            Key::PayloadLimit => integer(self.payload_limit),
        }
    }

    /// Every key with its value and origin, in the order in which they are shown.
    pub fn entries(&self) -> Vec<Entry> {
        Key::ALL
            .into_iter()
            .map(|key| Entry { key, value: self.get(key), origin: self.origin(key) })
            .collect()
    }

    /// The configuration as TOML that can be read back, each line with the origin of its value.
    pub fn to_toml(&self) -> String {
        let lines: Vec<(String, String)> = self
            .entries()
            .into_iter()
            .map(|Entry { key, value, origin }| {
                let from = match origin {
                    Origin::Default => "default".to_owned(),
                    Origin::File => "file".to_owned(),
                    Origin::Environment => format!("environment: {}", key.variable()),
                    Origin::Flag => format!("flag: {}", key.flag()),
                };
                (format!("{key} = {}", value.to_toml()), from)
            })
            .collect();
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (line, from) in lines {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{line:width$}  # {from}");
        }
        text
    }

    fn assign(&mut self, key: Key, value: &Value) {
        match (key, value) {
            (Key::Port, Value::Integer(n)) => self.port = narrow(*n),
            (Key::SnowflakeWorkerId, Value::Integer(n)) => self.snowflake_worker_id = narrow(*n),
            (Key::CacheThreshold, Value::Integer(n)) => self.cache_threshold = size(*n),
            (Key::ListPageSize, Value::Integer(n)) => self.list_page_size = size(*n),
            (Key::PageLimit, Value::Integer(n)) => self.page_limit = size(*n),
            (Key::PayloadLimit, Value::Integer(n)) => self.payload_limit = size(*n),
            (Key::DataDir, Value::Text(text)) => self.data_dir = Some(PathBuf::from(text)),
            (Key::BindAddr, Value::Text(text)) => {
                if let Ok(address) = text.parse() {
                    self.bind_addr = address;
                }
            }
            // The key has checked the value: numbers for numbers, texts for texts.
            (_, Value::Integer(_) | Value::Text(_)) => {}
        }
    }

    fn assign_from(&mut self, key: Key, value: &Value, origin: Origin) {
        self.assign(key, value);
        self.origins.insert(key, origin);
    }
}

/// Ranges of keys end below what the types hold; the fallback is never reached.
fn narrow(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A configuration and what is to be said about its file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Warnings about the file; there are no errors among them.
    pub warnings: Vec<ConfigProblem>,
    /// The file that the warnings point into; empty where there is no file.
    pub source: ConfigSource,
}

/// Reads the configuration of a workspace: flags over the environment over the file over the defaults.
///
/// # Errors
/// The file cannot be read or has errors (all of them are reported), or a flag or variable has a value that its key
/// does not take.
pub fn load(paths: &Paths, env: &Env, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let source = read_file(&paths.config)?;
    let file = check(&source.text);
    if file.problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(ConfigError::File { file: source, problems: file.problems });
    }
    let mut config = Config::default();
    for (key, value) in &file.values {
        config.assign_from(*key, value, Origin::File);
    }
    config.data_encryption_key = env.get(data_key::VARIABLE).map(Secret::new);
    for key in Key::ALL {
        if let Some(text) = env.get(&key.variable()) {
            config.assign_text(key, &text, Origin::Environment)?;
        }
    }
    for (key, text) in &overrides.0 {
        config.assign_text(*key, text, Origin::Flag)?;
    }
    Ok(Loaded { config, warnings: file.problems, source })
}

impl Config {
    fn assign_text(&mut self, key: Key, text: &str, origin: Origin) -> Result<(), ConfigError> {
        let value = key.read_text(text).map_err(|expects| ConfigError::Value {
            key,
            origin,
            given_by: match origin {
                Origin::Environment => format!("`{}`", key.variable()),
                Origin::Flag => format!("`{}`", key.flag()),
                Origin::File | Origin::Default => format!("`{key}`"),
            },
            value: text.chars().take(64).collect(),
            expects,
        })?;
        self.assign_from(key, &value, origin);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use tempfile::TempDir;

    fn workspace(text: &str) -> (TempDir, Paths) {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::at(dir.path());
        std::fs::create_dir(&paths.dot).unwrap();
        std::fs::write(&paths.config, text).unwrap();
        (dir, paths)
    }

    fn env(variables: &[(&str, &str)]) -> Env {
        Env::fixed("/", variables.iter().copied())
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_defaults() {
        let (_dir, paths) = workspace("port = 1\nlist_page_size = 2\npage_limit = 3\n");
        let env = env(&[("DBX_PORT", "11"), ("DBX_LIST_PAGE_SIZE", "12"), ("DBX_PAGE_LIMIT", "")]);
        let flags = Overrides::new().with(Key::Port, Some("21")).with(Key::BindAddr, None::<&str>);
        let config = load(&paths, &env, &flags).unwrap().config;
        assert_eq!((config.port, config.list_page_size, config.page_limit), (21, 12, 3));
        assert_eq!(config.origin(Key::Port), Origin::Flag);
        assert_eq!(config.origin(Key::ListPageSize), Origin::Environment);
        assert_eq!(config.origin(Key::PageLimit), Origin::File);
        assert_eq!(config.origin(Key::BindAddr), Origin::Default);
    }

    #[test]
    fn every_key_arrives_from_every_side() {
        for key in Key::ALL {
            let text = match key.default_value() {
                Value::Integer(_) => "7",
                Value::Text(_) if key == Key::BindAddr => "::1",
                Value::Text(_) => "some where",
            };
            let value = key.read_text(text).unwrap();
            let (_dir, paths) = workspace(&format!("{key} = {}\n", value.to_toml()));
            let file = load(&paths, &env(&[]), &Overrides::new()).unwrap().config;
            let (_dir, empty) = workspace("");
            let variable = env(&[(key.variable().as_str(), text)]);
            let variable = load(&empty, &variable, &Overrides::new()).unwrap().config;
            let flag = Overrides::new().with(key, Some(text));
            let flag = load(&empty, &env(&[]), &flag).unwrap().config;
            for (config, origin) in
                [(file, Origin::File), (variable, Origin::Environment), (flag, Origin::Flag)]
            {
                assert_eq!((config.get(key), config.origin(key)), (value.clone(), origin), "{key}");
                for other in Key::ALL.into_iter().filter(|other| *other != key) {
                    assert_eq!(config.get(other), other.default_value(), "{key} changed {other}");
                }
            }
        }
    }

    #[test]
    fn prints_toml_that_reads_back_the_same() {
        let (_dir, paths) = workspace("data_dir = \"a \\\"b\\\"\"\n");
        let loaded = load(&paths, &env(&[("DBX_PORT", "8080")]), &Overrides::new()).unwrap();
        let text = loaded.config.to_toml();
        insta::assert_snapshot!(text, @r##"
        port = 8080              # environment: DBX_PORT
        bind_addr = "127.0.0.1"  # default
        data_dir = 'a "b"'       # file
        cache_threshold = 10000  # default
        list_page_size = 10      # default
        page_limit = 1000        # default
        snowflake_worker_id = 0  # default
        payload_limit = 262144   # default
        "##);
        std::fs::write(&paths.config, &text).unwrap();
        let again = load(&paths, &env(&[]), &Overrides::new()).unwrap();
        assert!(again.warnings.is_empty());
        for key in Key::ALL {
            assert_eq!(again.config.get(key), loaded.config.get(key));
        }
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        let (_dir, paths) = workspace("");
        let refuse = |env: Env, flags: Overrides| {
            Error::from(load(&paths, &env, &flags).unwrap_err()).to_string()
        };
        insta::assert_snapshot!(refuse(env(&[("DBX_PORT", "70000")]), Overrides::new()), @"`70000` is no value for `DBX_PORT`: it takes a whole number from 0 to 65535");
        let flag = Overrides::new().with(Key::BindAddr, Some("localhost"));
        insta::assert_snapshot!(refuse(env(&[]), flag), @r#"`localhost` is no value for `--bind-addr`: it takes an IP address such as "127.0.0.1""#);
        let sealed = env(&[("DBX_DATA_ENCRYPTION_KEY", "hunter2")]);
        let dir = tempfile::tempdir().unwrap();
        let loaded = load(&Paths::at(dir.path()), &sealed, &Overrides::new()).unwrap();
        assert_eq!(loaded.config.data_encryption_key, Some(Secret::new("hunter2")));
        assert!(!loaded.config.to_toml().contains("hunter2"), "it is shown nowhere");
    }

    #[test]
    fn errors_of_the_file_stop_and_warnings_do_not() {
        let (_dir, paths) = workspace("colour = 1\nport = 9\n");
        let loaded = load(&paths, &env(&[]), &Overrides::new()).unwrap();
        assert_eq!((loaded.config.port, loaded.warnings.len()), (9, 1));
        std::fs::write(&paths.config, "colour = 1\nport = -9\n").unwrap();
        let error = Error::from(load(&paths, &env(&[]), &Overrides::new()).unwrap_err());
        let details: Vec<_> = error.detail_list().iter().map(|d| d.message.as_str()).collect();
        assert_eq!(
            details,
            [
                "line 1, column 1: there is no key `colour`: it has no effect",
                "line 2, column 8: `port` takes a whole number from 0 to 65535",
            ]
        );
    }
}
